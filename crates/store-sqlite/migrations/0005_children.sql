-- Whether something is under way that the status does not tell of.
ALTER TABLE executions ADD COLUMN owing INTEGER NOT NULL DEFAULT 0;
DROP INDEX executions_open;
-- open_executions: pending, running, suspended, and those that owe something.
CREATE INDEX executions_open ON executions (shard, id) WHERE status IN (0, 1, 3) OR owing = 1;

ALTER TABLE executions ADD COLUMN parent BLOB;
-- list by parent.
CREATE INDEX executions_by_parent ON executions (tenant, parent, started_at) WHERE parent IS NOT NULL;
