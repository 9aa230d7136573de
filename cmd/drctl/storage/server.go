package storage

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The server's account. It lives as long as the run, on loopback.
const account, secret = "bench", "bench-secret"

// server is versitygw on this machine.
type server struct {
	process  *exec.Cmd
	address  string
	endpoint string
	folder   string
	client   *s3.Client
}

// startServer starts it with its data in the folder; options are of its posix storage.
func startServer(ctx context.Context, program, folder string, options ...string) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &server{address: address, endpoint: "http://" + address, folder: folder + "/buckets"}
	if err := os.Mkdir(s.folder, 0o750); err != nil {
		return nil, err
	}
	// Without --keep-alive it closes each connection, and everybody would measure the making of connections.
	words := append([]string{"--port", address, "--keep-alive", "--quiet", "posix"}, append(options, s.folder)...)
	s.process = exec.CommandContext(ctx, program, words...) // #nosec G204 -- built or found by this program
	s.process.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+account, "ROOT_SECRET_KEY="+secret)
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	s.client = s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.endpoint), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(account, secret, ""),
	})
	for range 100 {
		if _, err = s.client.ListBuckets(ctx, &s3.ListBucketsInput{}); err == nil {
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("versitygw on %s does not answer: %w", address, err)
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

func (s *server) stop() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}

// bucket makes an empty bucket; what was in one of that name goes.
func (s *server) bucket(ctx context.Context, name string) error {
	if err := os.RemoveAll(s.folder + "/" + name); err != nil {
		return err
	}
	_, err := s.client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(name)})
	return err
}

// environment is what the tools need to reach the server, and no configuration of the user's.
func (s *server) environment() []string {
	return []string{
		"AWS_ACCESS_KEY_ID=" + account, "AWS_SECRET_ACCESS_KEY=" + secret, "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"RCLONE_CONFIG=/dev/null", "RCLONE_CONFIG_S3_TYPE=s3", "RCLONE_CONFIG_S3_PROVIDER=Other", "RCLONE_CONFIG_S3_ENDPOINT=" + s.endpoint,
		"RCLONE_CONFIG_S3_ACCESS_KEY_ID=" + account, "RCLONE_CONFIG_S3_SECRET_ACCESS_KEY=" + secret, "RCLONE_CONFIG_S3_FORCE_PATH_STYLE=true",
		"RESTIC_PASSWORD=bench", "RESTIC_CACHE_DIR=" + s.folder + "/../restic-cache",
	}
}
