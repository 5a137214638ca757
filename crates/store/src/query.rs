//! Questions to a store and their answers. A position in a list is a key, never an offset: writes do not shift pages.

use crate::filter::Filter;
use crate::records::{DefinitionHead, ExecutionRow, FunctionHead, Resource};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use tenure_types::{DefinitionId, ExecutionId, FunctionId, Status, Timestamp};

/// In which order executions are listed; equal times by id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// Latest `started_at` first.
    #[default]
    NewestFirst,
    /// Earliest `started_at` first.
    OldestFirst,
}

/// The position after the last row of a page. The API binds it to tenant and filter before it hands it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// `started_at` of that row.
    pub started_at: Timestamp,
    /// Its id.
    pub id: ExecutionId,
}

impl Cursor {
    /// The position of a row.
    pub fn of(row: &ExecutionRow) -> Self {
        Self { started_at: row.started_at, id: row.id }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{:x}", self.started_at.0, self.id.0)
    }
}

impl FromStr for Cursor {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("`{text}` is not a position in a list");
        let (at, id) = text.split_once('.').ok_or_else(refuse)?;
        let started_at = u64::from_str_radix(at, 16).map_err(|_| refuse())?;
        let id = u128::from_str_radix(id, 16).map_err(|_| refuse())?;
        Ok(Self { started_at: Timestamp(started_at), id: ExecutionId(id) })
    }
}

/// Which executions to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Those that match.
    pub filter: Filter,
    /// In this order.
    pub order: Order,
    /// At most so many, capped at `PAGE_ITEMS_MAX`.
    pub page_size: usize,
    /// Those after this position.
    pub cursor: Option<Cursor>,
}

/// One page of executions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows, in order.
    pub rows: Vec<Arc<ExecutionRow>>,
    /// Where the next page starts, if there is more.
    pub next: Option<Cursor>,
}

/// Which definitions to list, by namespace, name and version (semantic order of versions).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefinitionQuery {
    /// Of this namespace only.
    pub namespace: Option<Arc<str>>,
    /// Of this name only.
    pub name: Option<Arc<str>>,
    /// Deleted ones too.
    pub deleted: bool,
    /// At most so many, capped at `PAGE_ITEMS_MAX`.
    pub page_size: usize,
    /// Those after this one.
    pub after: Option<DefinitionId>,
}

/// One page of definitions. Deleted ones are listed only when they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefinitionPage {
    /// The definitions, without their texts.
    pub items: Vec<DefinitionHead>,
    /// Where the next page starts, if there is more.
    pub next: Option<DefinitionId>,
}

/// Which functions to list, in the order of name and version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionQuery {
    /// Of this name only.
    pub name: Option<Arc<str>>,
    /// At most so many, capped at `PAGE_ITEMS_MAX`.
    pub page_size: usize,
    /// Those after this one.
    pub after: Option<FunctionId>,
}

/// One page of functions. Deleted ones are not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionPage {
    /// The functions, without their texts.
    pub items: Vec<FunctionHead>,
    /// Where the next page starts, if there is more.
    pub next: Option<FunctionId>,
}

/// Which audit records to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Those after this sequence number; 0 from the start.
    pub after_seq: u64,
    /// At most so many, capped at `PAGE_ITEMS_MAX`.
    pub limit: usize,
    /// About this resource only.
    pub resource: Option<Resource>,
}

/// A position in the due index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DueCursor {
    /// When the execution is due.
    pub due: Timestamp,
    /// The execution.
    pub id: ExecutionId,
}

/// Which executions of a definition bear a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyHolders {
    /// The one that has not ended.
    pub open: Option<(ExecutionId, Status)>,
    /// Of those that have ended, the one that started last.
    pub ended: Option<(ExecutionId, Status)>,
}
