//! The driver's errors in the store's words.

use rusqlite::ErrorCode;
use tenure_store::Error;

/// What a driver's error means to the caller.
#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` takes")]
pub(crate) fn from_sql(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Contention(error.to_string()),
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => Error::Connection(error.to_string()),
        // Without a code it is the conversion of a column: stored bytes are not what was written.
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) | None => {
            Error::Corrupt(error.to_string())
        }
        Some(_) => Error::Permanent(error.to_string()),
    }
}

/// What a decoder's error means: these bytes were written by an encoder.
#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` closures have")]
pub(crate) fn undecodable(what: &str, error: postcard::Error) -> Error {
    Error::Corrupt(format!("{what} cannot be decoded: {error}"))
}
