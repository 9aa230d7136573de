// Package reconcile holds the statements by which two databases are compared row by row: which rows the one has that the
// other lacks, or has in an older version.
//
// It compares keys and times of change, never contents: what a column holds leaves no database. The lab's database
// understands exactly these statements for the table of its clients, and refuses every other text.
package reconcile

import (
	"fmt"
	"strings"

	"github.com/acso/disaster-recovery/internal/environment"
)

// PageRows is how many rows one statement gives or asks for.
const PageRows = 1000

// HeartbeatsSince are the heartbeats from a moment to another, both included: one column, a time.
const HeartbeatsSince = "SELECT at FROM dr_heartbeat WHERE at >= $1 AND at <= $2 ORDER BY at LIMIT 100000"

// Page gives key (text) and time of change of one page of the rows that were changed since a moment. $1 is the moment, $2
// the number of rows to pass over: the old database takes no writes, so pages do not shift.
func Page(t environment.Table) string {
	return fmt.Sprintf("SELECT %[2]s::text, %[3]s FROM %[1]s WHERE %[3]s >= $1 ORDER BY %[3]s, %[2]s LIMIT %[4]d OFFSET $2", t.Name, t.Key, t.Changed, PageRows)
}

// MostArrived is how many rows Arrived gives; one more tells that there are more.
const MostArrived = 200 * PageRows

// Arrived gives key (text) and time of change of the rows that were changed from a moment to before another. In one
// statement and not in pages: the database that serves takes writes, and pages would shift. $1 and $2 are the moments.
func Arrived(t environment.Table) string {
	return fmt.Sprintf("SELECT %[2]s::text, %[3]s FROM %[1]s WHERE %[3]s >= $1 AND %[3]s < $2 ORDER BY %[3]s, %[2]s LIMIT %[4]d", t.Name, t.Key, t.Changed, MostArrived+1)
}

// Tables are the names of all tables that are not PostgreSQL's own, with their schema: one column, a text.
// https://www.postgresql.org/docs/current/view-pg-tables.html
const Tables = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"

// Qualified is a table's name with its schema, which is public when none is written.
func Qualified(name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return "public." + name
}

// Known gives key (text) and time of change of those of the keys in $1, a list of texts, that the database has.
func Known(t environment.Table) string {
	return fmt.Sprintf("SELECT %[2]s::text, %[3]s FROM %[1]s WHERE %[2]s = ANY($1::text[]::%[4]s[])", t.Name, t.Key, t.Changed, t.KeyType)
}
