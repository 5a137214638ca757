-- The newest version of each secret; `record` holds its sealed value.
CREATE TABLE secrets (
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (tenant, name)
) WITHOUT ROWID;
