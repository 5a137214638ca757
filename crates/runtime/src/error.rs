//! What can go wrong with a node, grouped by what the caller does about it.

use crate::codec::CodecError;
use tenure_dsl::Diagnostic;
use tenure_engine::execution::Rejected;

/// Why a node did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The definition is not valid; every reason with its place in the text.
    #[error("the definition is not valid")]
    Invalid(Vec<Diagnostic>),
    /// The version is registered with other content.
    #[error("the version is registered with other content")]
    Taken,
    /// What the change was conditioned on does not hold.
    #[error("it is not as the request expects")]
    Precondition,
    /// The tenant has as many as it may have; the text names the limit.
    #[error("{0}")]
    LimitReached(String),
    /// There is no such thing, or it belongs to another tenant.
    #[error("there is no such thing")]
    NotFound,
    /// The engine refused the command.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// A queue of the node is full; try again later.
    #[error("the node is busy")]
    Busy,
    /// The disk is full; running work goes on, new work is refused.
    #[error("the store's disk is full")]
    Full,
    /// The outcome is unknown, or the node is going down. Ask again.
    #[error("the node cannot answer now: {0}")]
    Unavailable(String),
    /// What is stored cannot be read.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The store refused.
    #[error(transparent)]
    Store(tenure_store::Error),
}

impl From<tenure_store::Error> for Error {
    fn from(error: tenure_store::Error) -> Self {
        use tenure_store::Error as E;
        match error {
            E::Full => Self::Full,
            E::Contention(_) => Self::Busy,
            E::Connection(detail) => Self::Unavailable(detail),
            E::Taken(_) => Self::Taken,
            E::Fenced | E::Conflict(_) | E::Corrupt(_) | E::Busy(_) | E::Permanent(_) => Self::Store(error),
        }
    }
}
