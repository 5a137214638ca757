-- Times are milliseconds since 1970; ids are 16 bytes, big-endian; enums are their position in `tenure-types`.

-- One row per transaction, appended. What is in it and not yet in the tables below is in the writer's memory.
CREATE TABLE journal (id INTEGER PRIMARY KEY, blob BLOB NOT NULL);

-- `applied`: journal rows up to this one are in the tables, whether they are deleted already or not.
CREATE TABLE meta (only INTEGER PRIMARY KEY CHECK (only = 1), shards INTEGER NOT NULL, applied INTEGER NOT NULL);

CREATE TABLE shards (shard INTEGER PRIMARY KEY, epoch INTEGER NOT NULL);

-- Pieces of histories, many appends in a row. `k` is `executions.key << 20 | first_seq`.
CREATE TABLE history (k INTEGER PRIMARY KEY, blob BLOB NOT NULL);

CREATE TABLE executions (
  key INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  tenant TEXT NOT NULL,
  shard INTEGER NOT NULL,
  status INTEGER NOT NULL,
  compensation INTEGER NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  business_key TEXT,
  correlation_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  ended_at INTEGER,
  due INTEGER,
  rest BLOB NOT NULL
);
-- load, row, history: an outside id to the internal key.
CREATE UNIQUE INDEX executions_by_id ON executions (id);
-- list without a more selective condition.
CREATE INDEX executions_by_start ON executions (tenant, started_at);
-- list, count: by status.
CREATE INDEX executions_by_status ON executions (tenant, status, started_at);
-- list, count: by definition.
CREATE INDEX executions_by_definition ON executions (tenant, namespace, name, started_at);
-- find_by_key, list by key.
CREATE INDEX executions_by_key ON executions (tenant, business_key, started_at) WHERE business_key IS NOT NULL;
-- list by correlation id.
CREATE INDEX executions_by_correlation ON executions (tenant, correlation_id, started_at);
-- due.
CREATE INDEX executions_by_due ON executions (shard, due) WHERE due IS NOT NULL;
-- open_executions: pending, running, suspended.
CREATE INDEX executions_open ON executions (shard, id) WHERE status IN (0, 1, 3);
-- delete_ended_before.
CREATE INDEX executions_by_end ON executions (tenant, ended_at) WHERE ended_at IS NOT NULL;

-- list by label, in the order of starts.
CREATE TABLE labels (
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY (tenant, name, value, started_at, key)
) WITHOUT ROWID;

-- How many rows of `executions` there are; kept by whoever writes them, in the same transaction.
CREATE TABLE counts (
  tenant TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  status INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (tenant, namespace, name, version, status)
) WITHOUT ROWID;

CREATE TABLE audit (
  tenant TEXT NOT NULL,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  resource_kind TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (tenant, seq)
) WITHOUT ROWID;
-- audit_page of one resource.
CREATE INDEX audit_by_resource ON audit (tenant, resource_id, resource_kind, seq);

CREATE TABLE idempotency (
  tenant TEXT NOT NULL,
  key TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
-- sweep_idempotency.
CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);

CREATE TABLE definitions (
  tenant TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  digest BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  text BLOB NOT NULL,
  PRIMARY KEY (tenant, namespace, name, version)
);
-- definition_by_digest.
CREATE INDEX definitions_by_digest ON definitions (tenant, digest);

CREATE TABLE tenants (id TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
