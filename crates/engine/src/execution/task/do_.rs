//! `do`: a list inside a list.

use super::super::history::Begun;
use super::Next;
use tenure_dsl::program::ScopeId;

pub(super) fn prepare(body: ScopeId) -> (Begun, Next) {
    (Begun::Do, Next::List(body))
}
