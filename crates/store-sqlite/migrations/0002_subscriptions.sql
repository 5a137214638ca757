-- What executions wait for, so that an event finds them without a look at who waits. `kind` '': any type; `correlation`
-- '': no expectation yet. One order serves both questions: which filters there are, and who waits at one of them.
CREATE TABLE subscriptions (
  tenant TEXT NOT NULL,
  kind TEXT NOT NULL,
  digest BLOB NOT NULL,
  task TEXT NOT NULL,
  filter INTEGER NOT NULL,
  correlation BLOB NOT NULL,
  execution BLOB NOT NULL,
  PRIMARY KEY (tenant, kind, digest, task, filter, correlation, execution)
) WITHOUT ROWID;

-- The same by execution, as one record: what is to go when the next set comes. `key` is `executions.key`.
CREATE TABLE subscribed (key INTEGER PRIMARY KEY, record BLOB NOT NULL);

-- started_by: which definitions events of a type start; `kind` '': any type.
CREATE TABLE starts_on (
  tenant TEXT NOT NULL,
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  PRIMARY KEY (tenant, kind, namespace, name, version)
) WITHOUT ROWID;

-- The types again, encoded, as a part of the record: none before this schema.
ALTER TABLE definitions ADD COLUMN starts_on BLOB NOT NULL DEFAULT x'00';
