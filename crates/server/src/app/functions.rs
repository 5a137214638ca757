//! Functions of a tenant's catalog: put, list, show, delete.

use super::definitions::{act, page_size};
use super::{App, Error, view};
use crate::auth::Grant;
use crate::http::Query;
use std::sync::Arc;
use tenure_api::{Code, Function, FunctionList, FunctionSummary};
use tenure_runtime as runtime;
use tenure_store::FunctionQuery;
use tenure_types::FunctionId;

/// The id of a new function, when it is one that `call` can name.
pub(crate) fn id(name: &str, version: &str) -> Result<FunctionId, Error> {
    let id = FunctionId { name: name.into(), version: version.into() };
    if tenure_dsl::function::parse_name(&id.to_string()).is_none() {
        let detail = "a function is named with lowercase letters, digits and `-`, and its version is a semantic version";
        return Err(Error::parameter(detail));
    }
    Ok(id)
}

/// Puts a function; `true` when it is new.
pub(crate) async fn put(
    app: &App,
    grant: &Grant,
    id: FunctionId,
    text: &str,
) -> Result<(FunctionSummary, bool), Error> {
    let put = app.handle.put_function(grant.tenant(), id, text, &act(grant, None)).await;
    let (head, created) = put.map_err(|error| match error {
        runtime::Error::Taken => {
            let detail =
                "other content is in the catalog under this name and version; a version never changes";
            Error::refused(Code::DefinitionTaken, detail)
        }
        other => other.into(),
    })?;
    Ok((view::function_summary(&head), created))
}

/// Shows a function.
pub(crate) async fn show(app: &App, grant: &Grant, name: &str, version: &str) -> Result<Function, Error> {
    let id = FunctionId { name: name.into(), version: version.into() };
    let found = app.handle.function(grant.tenant(), &id).await?;
    found.map(|found| view::function(&found)).ok_or_else(Error::not_found)
}

/// Lists functions, of one name or of all.
pub(crate) async fn list(app: &App, grant: &Grant, query: &Query) -> Result<FunctionList, Error> {
    let name = query.text("name");
    let scope = format!("functions {name:?}");
    let after = query.text("pageToken").map(|token| app.cursors.open(grant.tenant(), &scope, token));
    let after = after.transpose()?.map(|position| position_of(&position)).transpose()?;
    let question = FunctionQuery { name: name.map(Arc::from), page_size: page_size(query), after };
    let page = app.handle.functions(grant.tenant(), &question).await?;
    let next = page.next.map(|next| app.cursors.seal(grant.tenant(), &scope, &next.to_string()));
    Ok(FunctionList { items: page.items.iter().map(view::function_summary).collect(), next_page_token: next })
}

/// Hides a function.
pub(crate) async fn delete(
    app: &App,
    grant: &Grant,
    name: &str,
    version: &str,
) -> Result<FunctionSummary, Error> {
    let id = FunctionId { name: name.into(), version: version.into() };
    let hidden = app.handle.delete_function(grant.tenant(), &id, &act(grant, None)).await?;
    hidden.map(|head| view::function_summary(&head)).ok_or_else(Error::not_found)
}

fn position_of(text: &str) -> Result<FunctionId, Error> {
    let Some((name, version)) = text.split_once(':') else {
        return Err(Error::parameter("`pageToken` does not belong to this list and filter"));
    };
    Ok(FunctionId { name: name.into(), version: version.into() })
}
