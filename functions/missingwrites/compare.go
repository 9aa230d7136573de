package missingwrites

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsrds "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/acso/disaster-recovery/internal/database"
	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/failure"
	"github.com/acso/disaster-recovery/internal/incident"
	"github.com/acso/disaster-recovery/internal/platform"
	"github.com/acso/disaster-recovery/internal/reconcile"
)

// most is how many rows of a table are compared in one report: beyond it the answer would take longer than a function runs.
const most = 200 * reconcile.PageRows

// heartbeats is how the project's own rows are called in a report.
const heartbeats = "dr_heartbeat"

// compare fills the report. A database that cannot be reached is an error, to be tried again; a table that cannot be
// compared is a line of the report.
func (h *Handler) compare(ctx context.Context, f *incident.Failback, report *Report) error {
	old, err := h.open(ctx, f.Kept)
	if err != nil {
		return err
	}
	defer func() { _ = old.Close(ctx) }() // what was read was read
	return database.In(h.p, f.From).Do(ctx, "compare rows", func(_ context.Context, live platform.Conn) error {
		c := comparison{old: old, live: live, since: f.Since, split: f.Split, until: h.p.Clock.Now(), report: report}
		report.Rows, report.Tables, report.Complete = []Row{}, []Table{}, true
		c.heartbeats(ctx)
		for _, table := range h.p.Environment.Database.Tables {
			c.table(ctx, table)
		}
		c.others(ctx, h.p.Environment.Database.Tables)
		if len(h.p.Environment.Database.Tables) == 0 {
			c.note(Table{Name: "every table of the application", Why: "database.tables of the environment file names none"})
		}
		return c.lost
	})
}

// open connects to an instance of this region by its name.
func (h *Handler) open(ctx context.Context, name string) (platform.Conn, error) {
	op := "connect to the old database " + name
	out, err := h.rds.DescribeDBInstances(ctx, &awsrds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(name)})
	var missing *types.DBInstanceNotFoundFault
	if errors.As(err, &missing) {
		return nil, failure.New(failure.NotFound, op, "it does not exist").Next("say who accepts that nothing can be compared")
	}
	if err != nil {
		return nil, failure.FromAWS(err, "%s", op)
	}
	if len(out.DBInstances) != 1 || out.DBInstances[0].Endpoint == nil {
		return nil, failure.New(failure.Unavailable, op, "it has no endpoint")
	}
	endpoint := out.DBInstances[0].Endpoint
	ctx, cancel := h.p.Clock.WithTimeout(ctx, database.Timeout)
	defer cancel()
	conn, err := h.p.SQL.Open(ctx, platform.Endpoint{Region: h.p.Region(), Host: aws.ToString(endpoint.Address), Port: aws.ToInt32(endpoint.Port), Database: h.p.Environment.Database.Name})
	if err != nil {
		return nil, &failure.Error{Kind: failure.Unavailable, Op: op, Err: err}
	}
	return conn, nil
}

type comparison struct {
	old, live    platform.Conn
	since, until time.Time
	split        time.Time // the promotion of the other side: what that one had changed before came from the old database
	report       *Report
	lost         error // a connection broke: nothing that follows says anything
}

func (c *comparison) note(t Table) {
	c.report.Tables = append(c.report.Tables, t)
	c.report.Complete = c.report.Complete && t.Complete
}

// refused tells whether PostgreSQL itself answered with an error, which is about the table; everything else is about the
// connection.
func refused(err error) bool {
	var answer interface{ SQLState() string }
	return errors.As(err, &answer)
}

// failed notes why a table is not complete, or that the connection broke.
func (c *comparison) failed(t *Table, err error) {
	if !refused(err) {
		c.lost = err
	}
	t.Why = err.Error()
}

// heartbeats compares the project's own rows, which every deployment has.
func (c *comparison) heartbeats(ctx context.Context) {
	t := Table{Name: heartbeats}
	defer func() { c.note(t) }()
	old, err := times(c.old.Query(ctx, reconcile.HeartbeatsSince, c.since, c.until))
	if err != nil {
		c.failed(&t, err)
		return
	}
	live, err := times(c.live.Query(ctx, reconcile.HeartbeatsSince, c.since, c.until))
	if err != nil {
		c.failed(&t, err)
		return
	}
	has := map[int64]bool{}
	for _, at := range live {
		has[at.UnixMicro()] = true
	}
	for _, at := range old {
		if t.Compared++; !has[at.UnixMicro()] {
			t.Missing++
			c.report.Rows = append(c.report.Rows, Row{Table: heartbeats, Key: at.UTC().Format(time.RFC3339Nano), Changed: at.UTC(), What: "missing"})
		}
	}
	t.Complete = true
}

// table compares page by page: each row of the old database is looked for by its key in the other.
func (c *comparison) table(ctx context.Context, table environment.Table) {
	t := Table{Name: table.Name}
	defer func() { c.note(t) }()
	for offset := int64(0); c.lost == nil; offset += reconcile.PageRows {
		if offset >= most {
			t.Why = fmt.Sprintf("more than %d rows were changed", most)
			return
		}
		page, err := keyed(c.old.Query(ctx, reconcile.Page(table), c.since, offset))
		if err != nil {
			c.failed(&t, err)
			return
		}
		keys := make([]string, 0, len(page))
		for _, row := range page {
			keys = append(keys, row.key)
		}
		known := map[string]time.Time{}
		if len(keys) > 0 {
			there, err := keyed(c.live.Query(ctx, reconcile.Known(table), keys))
			if err != nil {
				c.failed(&t, err)
				return
			}
			for _, row := range there {
				known[row.key] = row.changed
			}
		}
		for _, row := range page {
			t.Compared++
			version, has := known[row.key]
			switch {
			case !has:
				c.add(&t, row, "missing")
			case version.Before(row.changed):
				c.add(&t, row, "older")
			}
		}
		if len(page) < reconcile.PageRows {
			c.deletions(ctx, table, &t)
			return
		}
	}
}

func (c *comparison) add(t *Table, r row, what string) {
	t.Missing++
	c.report.Rows = append(c.report.Rows, Row{Table: t.Name, Key: r.key, Changed: r.changed.UTC(), What: what})
}

type row struct {
	key     string
	changed time.Time
}

func keyed(rows [][]any, err error) ([]row, error) {
	if err != nil {
		return nil, err
	}
	list := make([]row, 0, len(rows))
	for _, values := range rows {
		if len(values) != 2 {
			return nil, fmt.Errorf("expected key and time, got %d columns", len(values))
		}
		key, isText := values[0].(string)
		changed, isTime := values[1].(time.Time)
		if !isText || !isTime {
			return nil, fmt.Errorf("expected a text and a time, got a %T and a %T", values[0], values[1])
		}
		list = append(list, row{key, changed})
	}
	return list, nil
}

func times(rows [][]any, err error) ([]time.Time, error) {
	if err != nil {
		return nil, err
	}
	list := make([]time.Time, 0, len(rows))
	for _, values := range rows {
		if len(values) != 1 {
			return nil, fmt.Errorf("expected one time, got %d columns", len(values))
		}
		at, ok := values[0].(time.Time)
		if !ok {
			return nil, fmt.Errorf("expected a time, got a %T", values[0])
		}
		list = append(list, at)
	}
	return list, nil
}
