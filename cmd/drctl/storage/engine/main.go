// Command engine is internal/backup and nothing else: what drctl bench measures, as a function would link it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/acso/disaster-recovery/internal/backup"
	"github.com/acso/disaster-recovery/internal/mount"
)

func main() {
	endpoint := flag.String("endpoint", "", "URL of the S3 server")
	bucket := flag.String("bucket", "", "bucket")
	folder := flag.String("dir", "", "backup: the tree")
	key := flag.String("manifest", "", "verify: key of the manifest")
	concurrency := flag.Int("concurrency", 0, "requests at once")
	now := flag.String("now", "", "when the run begins, RFC 3339 (default: the time)")
	part := flag.Int64("part", 0, "backup: bytes of a part (default: the engine's)")
	memory := flag.Int64("memory", 0, "backup: bytes held for sending (default: the engine's)")
	depth := flag.String("depth", "content", "verify: attributes or content")
	flag.Parse()
	if err := run(flag.Arg(0), *endpoint, *bucket, *folder, *key, *now, backup.Depth(*depth), *concurrency, *part, *memory); err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

func run(action, endpoint, bucket, folder, key, now string, depth backup.Depth, concurrency int, part, memory int64) error {
	// What is held is bounded by the engine; these keep the collector from adding as much again.
	debug.SetGCPercent(200)
	debug.SetMemoryLimit(map[string]int64{"backup": 52 << 20, "verify": 24 << 20}[action])
	if concurrency == 0 {
		concurrency = map[string]int{"backup": 16, "verify": 64}[action]
	}
	config := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
	}
	client := backup.Client(config, concurrency, func(o *s3.Options) { o.UsePathStyle = true })
	switch action {
	case "backup":
		return back(client, bucket, folder, now, backup.Options{Concurrency: concurrency, PartSize: part, Memory: memory})
	case "verify":
		return verify(client, bucket, key, depth, concurrency)
	}
	return fmt.Errorf("action %q is neither backup nor verify", action)
}

func back(client *s3.Client, bucket, folder, now string, options backup.Options) error {
	options.Now = time.Now()
	if now != "" {
		var err error
		if options.Now, err = time.Parse(time.RFC3339, now); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	point, err := backup.Run(context.Background(), backup.Directory(mount.Tree(root)),
		backup.Target{Client: client, Bucket: bucket, Environment: "bench", Kind: "application-data", Unversioned: true},
		options)
	if err != nil {
		return err
	}
	fmt.Printf("%s\t%d\t%d\n", point.Manifest, point.Objects, point.Sent)
	return nil
}

func verify(client *s3.Client, bucket, key string, depth backup.Depth, concurrency int) error {
	report, err := backup.Verify(context.Background(), backup.Store{Client: client, Bucket: bucket}, key, backup.CheckOptions{Depth: depth, Concurrency: concurrency})
	if err != nil {
		return err
	}
	fmt.Printf("%s\t%d\t%d\n", key, report.Tally.Objects, report.Tally.Pass)
	if !report.Good() {
		return fmt.Errorf("verify %s: %+v", key, report)
	}
	return nil
}
