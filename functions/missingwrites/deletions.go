package missingwrites

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/reconcile"
)

// deletions looks the other way round: a row that arrived and is gone from the old database was deleted there, and the
// deletion never arrived. Only rows that were changed since the beginning of the comparison can be seen so.
func (c *comparison) deletions(ctx context.Context, table environment.Table, t *Table) {
	t.Unseen = "deletions in the old database of rows that were last changed before " + c.since.UTC().Format(time.RFC3339) + ", or that the other side has changed since"
	arrived, err := keyed(c.live.Query(ctx, reconcile.Arrived(table), c.since, c.split))
	if err != nil {
		c.failed(t, err)
		return
	}
	if len(arrived) > reconcile.MostArrived {
		t.Why = fmt.Sprintf("more than %d rows arrived, so deletions were not looked for", reconcile.MostArrived)
		return
	}
	for chunk := range slices.Chunk(arrived, reconcile.PageRows) {
		keys := make([]string, 0, len(chunk))
		for _, row := range chunk {
			keys = append(keys, row.key)
		}
		there, err := keyed(c.old.Query(ctx, reconcile.Known(table), keys))
		if err != nil {
			c.failed(t, err)
			return
		}
		kept := map[string]bool{}
		for _, row := range there {
			kept[row.key] = true
		}
		for _, row := range chunk {
			if !kept[row.key] {
				t.Deleted++
				c.report.Rows = append(c.report.Rows, Row{Table: t.Name, Key: row.key, Changed: row.changed.UTC(), What: "deleted"})
			}
		}
	}
	t.Complete = true
}

// own are the project's tables: heartbeats are compared, and the canary says nothing.
var own = []string{"dr_heartbeat", "dr_canary"}

// others names the tables that nobody compared: what they lost is unknown. A list of tables that cannot be had is an error of
// the comparison as a whole.
func (c *comparison) others(ctx context.Context, configured []environment.Table) {
	if c.lost != nil {
		return
	}
	known := map[string]bool{}
	for _, name := range own {
		known[reconcile.Qualified(name)] = true
	}
	for _, table := range configured {
		known[reconcile.Qualified(table.Name)] = true
	}
	rows, err := c.old.Query(ctx, reconcile.Tables)
	if err != nil {
		all := Table{Name: "every other table"}
		c.failed(&all, err)
		c.note(all)
		return
	}
	for _, values := range rows {
		if name, isText := values[0].(string); isText && !known[name] {
			c.report.NotCompared = append(c.report.NotCompared, name)
		}
	}
}
