package backup

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Client makes a client that keeps as many connections as are used at once: the SDK's keeps ten, and would open a new
// one for most requests. A configuration with an HTTP client of its own, as the lab's, keeps that.
func Client(config aws.Config, concurrency int, change ...func(*s3.Options)) *s3.Client {
	// Bytes a connection; bodies larger than the first are read past it, and a small object with its header goes out in
	// one system call.
	const in, out = 16 << 10, 32 << 10
	return s3.NewFromConfig(config, append([]func(*s3.Options){func(o *s3.Options) {
		standard, ok := o.HTTPClient.(*awshttp.BuildableClient)
		if config.HTTPClient != nil && !ok {
			return
		}
		if standard == nil {
			standard = awshttp.NewBuildableClient()
		}
		o.HTTPClient = standard.WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = concurrency, concurrency
			t.ReadBufferSize, t.WriteBufferSize = in, out
			t.DisableCompression = true
			t.IdleConnTimeout = time.Minute
		})
	}}, change...)...)
}
