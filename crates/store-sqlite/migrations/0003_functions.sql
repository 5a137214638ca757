-- The functions of tenants' catalogs. Small and rarely written: read from the table only.
CREATE TABLE functions (
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  digest BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  text BLOB NOT NULL,
  PRIMARY KEY (tenant, name, version)
);
