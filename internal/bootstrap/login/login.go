// Package login is how a function starts on AWS that logs in to a database. It is apart from package bootstrap so that the other
// functions carry no PostgreSQL client: it is an eighth of the package that Lambda loads.
//
// It refuses to log in without TLS, and by anything but IAM.
package login

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/acso/disaster-recovery/internal/bootstrap"
	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/platform"
)

// AuthorityFile is the bundle of RDS's certificate authorities, beside the binary: they are in no system's trust store.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
const AuthorityFile = "rds-ca.pem"

// readOnly is PostgreSQL's read_only_sql_transaction.
const readOnly = "25006"

// Start is bootstrap.Start for a function that logs in to a database.
func Start[H, In, Out any](make func(platform.Platform) H, handle func(H, context.Context, In) (Out, error)) {
	bootstrap.Start(func(p platform.Platform) H {
		p.SQL = &postgres{aws: p.AWS}
		return make(p)
	}, handle)
}

// postgres opens connections with IAM authentication: the password is a signature that is made here, without a call.
type postgres struct {
	aws         aws.Config
	authorities *x509.CertPool
}

// Open connects as database.User, over TLS only.
func (p *postgres) Open(ctx context.Context, endpoint platform.Endpoint) (platform.Conn, error) {
	if err := p.trust(); err != nil {
		return nil, err
	}
	address := net.JoinHostPort(endpoint.Host, strconv.Itoa(int(endpoint.Port)))
	token, err := auth.BuildAuthToken(ctx, address, endpoint.Region, database.User, p.aws.Credentials)
	if err != nil {
		return nil, fmt.Errorf("sign the login to %s: %w", address, err)
	}
	settings, err := pgx.ParseConfig("")
	if err != nil {
		return nil, fmt.Errorf("prepare the connection to %s: %w", address, err)
	}
	if endpoint.Port < 1 || endpoint.Port > 65535 {
		return nil, fmt.Errorf("connect to %s: %d is no port", endpoint.Host, endpoint.Port)
	}
	settings.Host, settings.Port, settings.Database = endpoint.Host, uint16(endpoint.Port), endpoint.Database
	settings.User, settings.Password = database.User, token
	settings.Fallbacks = nil
	settings.TLSConfig = &tls.Config{ServerName: endpoint.Host, RootCAs: p.authorities, MinVersion: tls.VersionTLS12}
	conn, err := pgx.ConnectConfig(ctx, settings)
	if err != nil {
		return nil, err
	}
	return &connection{conn: conn}, nil
}

func (p *postgres) trust() error {
	if p.authorities != nil {
		return nil
	}
	file := bootstrap.Beside(AuthorityFile)
	bundle, err := os.ReadFile(file) // #nosec G304 -- the deployment puts it there
	if err != nil {
		return fmt.Errorf("read RDS's certificate authorities: %w; the stacks put them beside the binary", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(bundle) {
		return fmt.Errorf("%s holds no certificate", file)
	}
	p.authorities = pool
	return nil
}

type connection struct{ conn *pgx.Conn }

func (c *connection) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	tag, err := c.conn.Exec(ctx, statement, args...)
	return tag.RowsAffected(), explain(err)
}

func (c *connection) Query(ctx context.Context, statement string, args ...any) ([][]any, error) {
	rows, err := c.conn.Query(ctx, statement, args...)
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	var all [][]any
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return nil, err
		}
		all = append(all, values)
	}
	return all, explain(rows.Err())
}

func (c *connection) Close(ctx context.Context) error { return c.conn.Close(ctx) }

// explain makes the refusal of a replica recognisable.
func explain(err error) error {
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) && refusal.Code == readOnly {
		return fmt.Errorf("%w: %w", platform.ErrReadOnly, err)
	}
	return err
}
