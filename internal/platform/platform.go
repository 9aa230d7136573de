// Package platform is everything a function gets from outside: AWS, the clock, and the three seams beside AWS
// (HTTP, DNS and SQL).
//
// The lab and AWS fill the same value, so a handler cannot tell where it runs. It must not reach around it:
// no time.Now, no os.Getenv, no goroutine of its own.
package platform

import (
	"context"
	"io"
	"io/fs"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/acso/disaster-recovery/internal/environment"
)

// Platform is what New of every function takes.
type Platform struct {
	AWS         aws.Config // its Region is the region the function runs in
	Environment *environment.Environment
	Clock       Clock
	HTTP        http.RoundTripper
	DNS         Resolver
	SQL         Opener

	// Files is the application data where it is mounted; nil in functions without the mount. Symbolic links can be read, and
	// where the mount takes writes it is a Folder.
	Files fs.FS
	// Sources is the git repository of what is deployed; nil in functions that do not read it.
	Sources Sources
	// Parallel is how many files a handler may send at once; 0 and 1 start no goroutine, which the lab needs.
	Parallel int
}

// Folder is a tree of files that can be written. Paths are those of fs.ValidPath; nothing leads out of the tree, symbolic
// links included.
type Folder interface {
	fs.ReadLinkFS
	// Create makes a file, or empties the one that is there. Its folder exists.
	Create(name string, mode fs.FileMode) (io.WriteCloser, error)
	MkdirAll(name string, mode fs.FileMode) error
	// Rename puts a file in the place of what has the other name, at once.
	Rename(from, to string) error
	// Remove removes a file, a link or an empty folder.
	Remove(name string) error
	Symlink(target, name string) error
	Chmod(name string, mode fs.FileMode) error
	Chtimes(name string, modified time.Time) error
}

// Sources is a git repository.
type Sources interface {
	// Archive writes the tree of a commit as a gzipped tar file below a folder. The same commit gives the same bytes. token is
	// what the repository asks for, as the environment's sourcesToken holds it, or "". A commit that the repository does not have
	// is an error with fs.ErrNotExist in its chain, and a token that it does not accept one with fs.ErrPermission.
	Archive(ctx context.Context, token, commit, folder string, out io.Writer) error
}

// Region is the region the function runs in.
func (p Platform) Region() string { return p.AWS.Region }

// In is the AWS configuration for calls to another region.
func (p Platform) In(region string) aws.Config {
	config := p.AWS.Copy()
	config.Region = region
	return config
}

// Clock is time: real on AWS, virtual in the lab.
type Clock interface {
	Now() time.Time
	// WithTimeout bounds calls made with the context, in this clock's time. A call to the failing region is
	// always made under one, so that an unanswered call costs seconds and not the recovery.
	WithTimeout(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc)
}

// Resolver asks the authoritative servers of the public zone directly, past every cache.
type Resolver interface {
	// CNAME is the target that the name's record answers with now, without the trailing dot.
	CNAME(ctx context.Context, name string) (string, error)
	// TXT is the text that the name's record answers with now.
	TXT(ctx context.Context, name string) (string, error)
}

// Opener opens a connection to the database behind an endpoint, as the function's IAM identity.
type Opener interface {
	Open(ctx context.Context, endpoint Endpoint) (Conn, error)
}

// Endpoint is a database on an instance.
type Endpoint struct {
	Region   string
	Host     string
	Port     int32
	Database string
}

// Conn is one database connection. It is not safe for concurrent use.
type Conn interface {
	// Exec runs a statement and returns the number of rows it touched.
	Exec(ctx context.Context, statement string, args ...any) (int64, error)
	// Query returns all rows; the statement must bound them.
	Query(ctx context.Context, statement string, args ...any) ([][]any, error)
	Close(ctx context.Context) error
}

// ErrReadOnly is in the chain of the error of a write to a database in recovery (PostgreSQL 25006): a replica.
var ErrReadOnly error = readOnlyError{}

type readOnlyError struct{}

func (readOnlyError) Error() string {
	return "cannot execute in a read-only transaction (SQLSTATE 25006)"
}
