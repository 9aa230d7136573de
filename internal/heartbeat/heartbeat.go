// Package heartbeat is the little data that tells the truth about the big database: a row a minute that replicates like
// every other row, and a canary row that shows whether a database takes writes.
//
// It knows no other statement. The lab's database understands exactly these constants and refuses every other text, so
// a statement that was only tried in the lab cannot differ from the one that runs on PostgreSQL.
package heartbeat

// Schema creates what the statements need; the deployment runs it once on the writer, and replication carries it.
const Schema = `CREATE TABLE IF NOT EXISTS dr_heartbeat (at timestamptz NOT NULL, region text NOT NULL, epoch bigint NOT NULL);
CREATE INDEX IF NOT EXISTS dr_heartbeat_at ON dr_heartbeat (at);
CREATE TABLE IF NOT EXISTS dr_canary (name text PRIMARY KEY, at timestamptz NOT NULL);`

// The statements. Times travel as time.Time, epochs as int64, names and regions as string.
const (
	// Insert adds one heartbeat: when, by the clock of the function in the active region; the region; the epoch of the
	// last incident that region knows.
	Insert = "INSERT INTO dr_heartbeat (at, region, epoch) VALUES ($1, $2, $3)"
	// Last is the newest heartbeat that this database has: one row with one time, or NULL when there is none.
	Last = "SELECT max(at) FROM dr_heartbeat"
	// LastUntil is the same up to a time: on a database that has taken heartbeats again since it was restored, it tells what
	// was restored.
	LastUntil = "SELECT max(at) FROM dr_heartbeat WHERE at <= $1"
	// Canary writes one row and overwrites it the next time: the smallest write that proves a database accepts writes.
	Canary = "INSERT INTO dr_canary (name, at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET at = excluded.at"
	// CanaryRead reads the canary back.
	CanaryRead = "SELECT at FROM dr_canary WHERE name = $1"
	// InRecovery is one row with one boolean: true on a replica, false on a writer.
	InRecovery = "SELECT pg_is_in_recovery()"
	// NextTransaction is one row with one int64: the number of the next transaction that writes. The difference between
	// two histories of one database is how many transactions the one has that the other lacks, those included that
	// were rolled back: https://www.postgresql.org/docs/16/functions-info.html#FUNCTIONS-PG-SNAPSHOT.
	NextTransaction = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
	// Written is one row with one int64: how far the log of a writer is, in bytes. Replayed is the same for a replica: how
	// much of its writer's log it has applied. A physical replica has the positions of its writer, so the two compare:
	// https://www.postgresql.org/docs/16/functions-admin.html#FUNCTIONS-RECOVERY-INFO-TABLE.
	Written  = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
	Replayed = "SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint"
)
