//! Definitions: register, validate, list, show.

use super::error::item;
use super::{App, Error, versions, view};
use crate::auth::Grant;
use crate::http::Query;
use std::sync::Arc;
use tenure_api::{Definition, DefinitionList, DefinitionSummary, DefinitionVersionRef, Limits, Validation};
use tenure_engine::shard::Idempotency;
use tenure_runtime::{Act, Registered};
use tenure_store::DefinitionQuery;
use tenure_types::DefinitionId;

/// Registers a version; `true` when it is new.
pub(crate) async fn register(
    app: &App,
    grant: &Grant,
    text: &str,
    promise: Option<Idempotency>,
) -> Result<(DefinitionSummary, bool), Error> {
    let act = act(grant, promise);
    let Registered { definition, created, created_at } =
        app.handle.register(grant.tenant(), text, &act).await?;
    Ok((view::definition_summary(&definition.id, definition.digest, created_at, true), created))
}

/// Says what is wrong with a text and with what it refers to. Nothing is stored.
pub(crate) async fn validate(app: &App, grant: &Grant, text: &str) -> Result<Validation, Error> {
    Ok(match app.handle.validate(grant.tenant(), text).await {
        Ok(definition) => {
            let id = &definition.id;
            let definition = DefinitionVersionRef {
                namespace: id.namespace.to_string(),
                name: id.name.to_string(),
                version: id.version.to_string(),
                digest: definition.digest.to_string(),
            };
            Validation { valid: true, definition: Some(definition), errors: Vec::new() }
        }
        Err(tenure_runtime::Error::Invalid(diagnostics)) => {
            Validation { valid: false, definition: None, errors: diagnostics.iter().map(item).collect() }
        }
        Err(error) => return Err(error.into()),
    })
}

/// Shows a version, with its tag; the latest enabled one when none is named.
pub(crate) async fn show(
    app: &App,
    grant: &Grant,
    namespace: &str,
    name: &str,
    version: Option<&str>,
) -> Result<(Definition, String), Error> {
    let found = app.handle.definition(grant.tenant(), namespace, name, version).await?;
    let found = found.ok_or_else(Error::not_found)?;
    let tag = versions::tag(found.definition.digest, found.enabled);
    Ok((view::definition(&found), tag))
}

/// Lists versions, of one definition or of all.
pub(crate) async fn list(
    app: &App,
    grant: &Grant,
    query: &Query,
    of: Option<(&str, &str)>,
) -> Result<DefinitionList, Error> {
    let (namespace, name) = match of {
        Some((namespace, name)) => (Some(namespace), Some(name)),
        None => (query.text("namespace"), query.text("name")),
    };
    let deleted = query.flag("deleted");
    let scope = format!("definitions {namespace:?} {name:?} {deleted}");
    let after = query.text("pageToken").map(|token| app.cursors.open(grant.tenant(), &scope, token));
    let after = after.transpose()?.map(|position| position_of(&position)).transpose()?;
    let page_size = page_size(query);
    let (namespace, name) = (namespace.map(Arc::from), name.map(Arc::from));
    let question = DefinitionQuery { namespace, name, deleted, page_size, after };
    let page = app.handle.definitions(grant.tenant(), &question).await?;
    if of.is_some() && page.items.is_empty() && question.after.is_none() {
        return Err(Error::not_found());
    }
    let next = page.next.map(|next| app.cursors.seal(grant.tenant(), &scope, &position_text(&next)));
    Ok(DefinitionList {
        items: page.items.iter().map(view::definition_head).collect(),
        next_page_token: next,
    })
}

/// What the runtime writes down about a change.
pub(crate) fn act(grant: &Grant, idempotency: Option<Idempotency>) -> Act {
    let correlation_id = grant.correlation_id().clone();
    Act { actor: grant.actor().clone(), correlation_id, idempotency }
}

/// The page size that was asked for.
pub(crate) fn page_size(query: &Query) -> usize {
    let asked = query.number("pageSize").and_then(|size| usize::try_from(size).ok());
    asked.unwrap_or(Limits::CURRENT.page_items_default)
}

fn position_text(id: &DefinitionId) -> String {
    [&*id.namespace, &*id.name, &*id.version].join(" ")
}

fn position_of(text: &str) -> Result<DefinitionId, Error> {
    let mut parts = text.splitn(3, ' ').map(Arc::from);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(namespace), Some(name), Some(version)) => Ok(DefinitionId { namespace, name, version }),
        _ => Err(Error::parameter("`pageToken` does not belong to this list and filter")),
    }
}
