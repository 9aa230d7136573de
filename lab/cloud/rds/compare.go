package rds

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/acso/disaster-recovery/internal/environment"
	"github.com/acso/disaster-recovery/internal/reconcile"
)

// clientTable is the table that the numbered rows of the clients are in, as an environment names it.
func clientTable() environment.Table {
	return environment.Table{Name: "case_events", Key: "id", KeyType: "text", Changed: "changed_at"}
}

// compared answers the statements of internal/reconcile; it reports false for any other.
func (c *conn) compared(statement string, args []any) (rows [][]any, known bool, err error) {
	timeline, through := c.s.through(c.instance)
	switch table := clientTable(); statement {
	case reconcile.HeartbeatsSince:
		since, fits := timeAt(args, 0)
		until, fitsToo := timeAt(args, 1)
		if !fits || !fitsToo {
			break
		}
		for _, at := range timeline.heartbeatsBetween(through, since, until) {
			rows = append(rows, []any{at})
		}
		return rows, true, nil
	case reconcile.Page(table):
		since, fits := timeAt(args, 0)
		if len(args) != 2 || !fits {
			break
		}
		offset, fits := args[1].(int64)
		if !fits {
			break
		}
		all := slices.DeleteFunc(timeline.rowsSince(through, since), func(r clientRow) bool { return c.instance.erased[r.key()] })
		all = all[min(int(offset), len(all)):]
		return shown(all[:min(reconcile.PageRows, len(all))]), true, nil
	case reconcile.Known(table):
		keys, fits := args[0].([]string)
		if len(args) != 1 || !fits {
			break
		}
		wanted := map[string]bool{}
		for _, key := range keys {
			wanted[key] = true
		}
		all := slices.DeleteFunc(timeline.rowsSince(through, time.Time{}), func(r clientRow) bool { return !wanted[r.key()] || c.instance.erased[r.key()] })
		return shown(all), true, nil
	case reconcile.Arrived(table):
		since, fits := timeAt(args, 0)
		until, fitsToo := timeAt(args, 1)
		if !fits || !fitsToo {
			break
		}
		all := slices.DeleteFunc(timeline.rowsSince(through, since), func(r clientRow) bool { return r.at >= until.UnixNano() })
		return shown(all[:min(reconcile.MostArrived+1, len(all))]), true, nil
	case reconcile.Tables:
		for _, name := range append([]string{reconcile.Qualified(table.Name), "public.dr_canary", "public.dr_heartbeat"}, c.s.tables...) {
			rows = append(rows, []any{name})
		}
		return rows, true, nil
	default:
		if strings.Contains(statement, " FROM ") && strings.Contains(statement, "::text") {
			return nil, true, refusal{fmt.Sprintf("the lab has the table %s only: %q", table.Name, statement), "42P01"} // undefined_table
		}
		return nil, false, nil
	}
	return nil, true, refusal{fmt.Sprintf("%s: arguments %v do not fit", statement, args), "42P18"}
}

// Erase has a client's row deleted in one instance, too late for its replicas.
func (s *Service) Erase(i *Instance, client int32, number int64) {
	if i.erased == nil {
		i.erased = map[string]bool{}
	}
	i.erased[clientRow{client: client, number: number}.key()] = true
}

// AddTable has the database hold one more table that clients do not use.
func (s *Service) AddTable(name string) { s.tables = append(s.tables, name) }

// key is the primary key of a client's row.
func (r clientRow) key() string { return fmt.Sprintf("%d/%d", r.client, r.number) }

func shown(rows []clientRow) (out [][]any) {
	for _, r := range rows {
		out = append(out, []any{r.key(), time.Unix(0, r.at).UTC()})
	}
	return out
}

// rowsSince are the rows of clients among the commits up to through that were committed at since or later, by time and key.
func (t *Timeline) rowsSince(through, since time.Time) (rows []clientRow) {
	for ; t != nil; t, through = t.parent, earlier(t.cut, through) {
		at := through.UnixNano()
		last := sort.Search(len(t.rows), func(i int) bool { return t.rows[i].at > at })
		first := 0
		if !since.IsZero() {
			from := since.UnixNano()
			first = sort.Search(last, func(i int) bool { return t.rows[i].at >= from })
		}
		rows = append(rows, t.rows[first:last]...)
	}
	slices.SortFunc(rows, func(a, b clientRow) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return strings.Compare(a.key(), b.key())
	})
	return rows
}

func (t *Timeline) heartbeatsBetween(through, since, until time.Time) (found []time.Time) {
	for ; t != nil; t, through = t.parent, earlier(t.cut, through) {
		for _, b := range t.heartbeats {
			if !b.committed.After(through) && !b.newest.Before(since) && !b.newest.After(until) {
				found = append(found, b.newest)
			}
		}
	}
	slices.SortFunc(found, time.Time.Compare)
	return found
}
