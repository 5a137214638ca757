//! An execution's row as columns and back. What no query names is in one encoded column, `rest`.

use crate::error::{from_sql, undecodable};
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use tenure_store::{Error, ExecutionRow, Sealed};
use tenure_types::{CompensationStatus, DefinitionId, Digest, ExecutionId, Status, TenantId, Timestamp};

/// The columns that [`decode`] reads, in its order.
pub(crate) const COLUMNS: &str = "e.id, e.tenant, e.status, e.compensation, e.namespace, e.name, e.version, \
    e.business_key, e.correlation_id, e.started_at, e.updated_at, e.ended_at, e.due, e.rest, e.owing, e.parent";

/// The encoded column. It grows at its end only.
#[derive(Serialize)]
struct RestRef<'a> {
    digest: &'a Digest,
    labels: &'a [(String, String)],
    summary: &'a Sealed,
    events: u64,
}

#[derive(Deserialize)]
struct Rest {
    digest: Digest,
    labels: Vec<(String, String)>,
    summary: Sealed,
    events: u64,
}

/// The encoded column of a row.
pub(crate) fn rest(row: &ExecutionRow) -> Vec<u8> {
    let ExecutionRow { digest, labels, summary, events, .. } = row;
    postcard::to_stdvec(&RestRef { digest, labels, summary, events: *events })
        .expect("a vector takes every byte")
}

/// The labels in an encoded column.
pub(crate) fn labels(rest: &[u8]) -> Result<Vec<(String, String)>, Error> {
    let rest: Rest = postcard::from_bytes(rest).map_err(|error| undecodable("an execution's row", error))?;
    Ok(rest.labels)
}

/// A row from [`COLUMNS`].
pub(crate) fn decode(row: &Row<'_>) -> Result<ExecutionRow, Error> {
    let rest = row.get_ref(13).map_err(from_sql)?.as_blob().map_err(|error| from_sql(error.into()))?;
    let rest: Rest = postcard::from_bytes(rest).map_err(|error| undecodable("an execution's row", error))?;
    let text = |column: usize| -> Result<String, Error> { row.get(column).map_err(from_sql) };
    Ok(ExecutionRow {
        id: id(row.get(0).map_err(from_sql)?),
        tenant: tenant(&text(1)?)?,
        status: status(row.get(2).map_err(from_sql)?)?,
        compensation: compensation(row.get(3).map_err(from_sql)?)?,
        definition: DefinitionId {
            namespace: text(4)?.into(),
            name: text(5)?.into(),
            version: text(6)?.into(),
        },
        key: row.get::<_, Option<String>>(7).map_err(from_sql)?.map(Into::into),
        correlation_id: text(8)?.into(),
        started_at: from_ms(row.get(9).map_err(from_sql)?),
        updated_at: from_ms(row.get(10).map_err(from_sql)?),
        ended_at: row.get::<_, Option<i64>>(11).map_err(from_sql)?.map(from_ms),
        due: row.get::<_, Option<i64>>(12).map_err(from_sql)?.map(from_ms),
        digest: rest.digest,
        labels: rest.labels,
        summary: rest.summary,
        events: rest.events,
        parent: row.get::<_, Option<[u8; 16]>>(15).map_err(from_sql)?.map(id),
        owing: row.get(14).map_err(from_sql)?,
    })
}

/// An id as 16 bytes that sort like the number.
pub(crate) fn id_bytes(id: ExecutionId) -> [u8; 16] {
    id.0.to_be_bytes()
}

/// An id from its bytes.
pub(crate) fn id(bytes: [u8; 16]) -> ExecutionId {
    ExecutionId(u128::from_be_bytes(bytes))
}

/// A tenant from its text.
pub(crate) fn tenant(text: &str) -> Result<TenantId, Error> {
    TenantId::new(text).map_err(|error| Error::Corrupt(error.to_string()))
}

/// An instant as the database's signed number; the end of time stays the end of time.
pub(crate) fn ms(at: Timestamp) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

/// An instant from the database's number.
pub(crate) fn from_ms(ms: i64) -> Timestamp {
    if ms == i64::MAX { Timestamp(u64::MAX) } else { Timestamp(u64::try_from(ms).unwrap_or(0)) }
}

/// A status from its position.
pub(crate) fn status(code: u8) -> Result<Status, Error> {
    let status = Status::ALL.get(usize::from(code)).copied();
    status.ok_or_else(|| Error::Corrupt(format!("there is no status {code}")))
}

fn compensation(code: u8) -> Result<CompensationStatus, Error> {
    let status = CompensationStatus::ALL.get(usize::from(code)).copied();
    status.ok_or_else(|| Error::Corrupt(format!("there is no compensation status {code}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_codes_of_statuses_never_change() {
        let codes = [
            (Status::Pending, 0),
            (Status::Running, 1),
            (Status::Waiting, 2),
            (Status::Suspended, 3),
            (Status::Cancelled, 4),
            (Status::Faulted, 5),
            (Status::Completed, 6),
            (Status::Terminated, 7),
        ];
        for (named, code) in codes {
            assert_eq!(status(code), Ok(named));
            assert_eq!(named as u8, code);
        }
        assert!(matches!(status(8), Err(Error::Corrupt(_))));
        for (code, named) in (0..).zip(CompensationStatus::ALL) {
            assert_eq!(compensation(code), Ok(*named));
            assert_eq!(*named as u8, code);
        }
    }

    #[test]
    fn the_end_of_time_survives() {
        for at in [Timestamp(0), Timestamp(1_764_000_000_123), Timestamp(u64::MAX)] {
            assert_eq!(from_ms(ms(at)), at);
        }
    }
}
