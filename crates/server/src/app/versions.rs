//! Versions of a definition: enabled, disabled, deleted, compared, and how many executions each carries.

use super::definitions::act;
use super::{App, Error, view};
use crate::auth::Grant;
use crate::http::precondition::OnlyIf;
use std::sync::Arc;
use tenure_api::{
    DefinitionChange as Difference, DefinitionDiff, DefinitionImpact, DefinitionSummary, Json, StatusCount,
    VersionImpact,
};
use tenure_dsl::diff::{self, Change};
use tenure_engine::shard::Idempotency;
use tenure_runtime::{ChangeDefinition, DefinitionChange, RegisteredDefinition};
use tenure_store::filter::TextField;
use tenure_store::{DefinitionHead, DefinitionQuery, Filter};
use tenure_types::limits::PAGE_ITEMS_MAX;
use tenure_types::{DefinitionId, Digest};

/// Changes whenever something of a version changes: its content never does.
pub(crate) fn tag(digest: Digest, enabled: bool) -> String {
    let text = digest.to_string();
    let hash = text.strip_prefix("sha256:").unwrap_or(&text);
    format!("\"{}-{}\"", &hash[..32], if enabled { "enabled" } else { "disabled" })
}

/// Enables, disables or deletes a version, and gives it with its tag.
pub(crate) async fn change(
    app: &App,
    grant: &Grant,
    id: &DefinitionId,
    change: DefinitionChange,
    only_if: &OnlyIf,
    promise: Option<Idempotency>,
) -> Result<(DefinitionSummary, String), Error> {
    let as_seen = |head: &DefinitionHead| only_if.holds(&tag(head.digest, head.enabled));
    let wanted = ChangeDefinition { id, change, only_if: &as_seen };
    let head = app.handle.change_definition(grant.tenant(), wanted, &act(grant, promise)).await?;
    let head = head.ok_or_else(Error::not_found)?;
    Ok((view::definition_head(&head), tag(head.digest, head.enabled)))
}

/// A version without its text, with its tag.
pub(crate) async fn summary(
    app: &App,
    grant: &Grant,
    id: &DefinitionId,
) -> Result<(DefinitionSummary, String), Error> {
    let found = app.handle.definition(grant.tenant(), &id.namespace, &id.name, Some(&id.version)).await?;
    let found = found.ok_or_else(Error::not_found)?;
    let digest = found.definition.digest;
    let summary = view::definition_summary(&found.definition.id, digest, found.created_at, found.enabled);
    Ok((summary, tag(digest, found.enabled)))
}

/// How many executions run on which version.
pub(crate) async fn impact(
    app: &App,
    grant: &Grant,
    namespace: &str,
    name: &str,
) -> Result<DefinitionImpact, Error> {
    let heads = heads(app, grant, namespace, name).await?;
    if heads.is_empty() {
        return Err(Error::not_found());
    }
    let latest = app.handle.definition(grant.tenant(), namespace, name, None).await?;
    let latest = latest.map(|found| found.definition.id.version.clone());
    let mut versions = Vec::with_capacity(heads.len());
    for head in &heads {
        versions.push(version_impact(app, grant, head, latest.as_ref()).await?);
    }
    let open = versions.iter().map(|version| version.open).sum();
    let ended = versions.iter().map(|version| version.ended).sum();
    Ok(DefinitionImpact { namespace: namespace.into(), name: name.into(), versions, open, ended })
}

/// Every version of a definition, deleted ones too, the lowest first.
async fn heads(app: &App, grant: &Grant, namespace: &str, name: &str) -> Result<Vec<DefinitionHead>, Error> {
    let mut heads = Vec::new();
    let mut query = DefinitionQuery {
        namespace: Some(namespace.into()),
        name: Some(name.into()),
        deleted: true,
        page_size: PAGE_ITEMS_MAX,
        after: None,
    };
    loop {
        let page = app.handle.definitions(grant.tenant(), &query).await?;
        heads.extend(page.items);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(heads),
        }
    }
}

async fn version_impact(
    app: &App,
    grant: &Grant,
    head: &DefinitionHead,
    latest: Option<&Arc<str>>,
) -> Result<VersionImpact, Error> {
    let filter = Filter::everything()
        .text(TextField::Namespace, &head.id.namespace)
        .text(TextField::Name, &head.id.name)
        .text(TextField::Version, &head.id.version);
    let counts = app.handle.count(grant.tenant(), &filter).await?;
    let sum = |ended: bool| counts.iter().filter(|(s, _)| s.ended() == ended).map(|(_, n)| n).sum();
    Ok(VersionImpact {
        version: head.id.version.to_string(),
        digest: head.digest.to_string(),
        enabled: head.enabled,
        deleted: head.deleted,
        latest: latest == Some(&head.id.version),
        open: sum(false),
        ended: sum(true),
        statuses: counts.iter().map(|(status, n)| StatusCount { status: *status, count: *n }).collect(),
    })
}

/// What differs between two versions.
pub(crate) async fn diff(
    app: &App,
    grant: &Grant,
    (namespace, name): (&str, &str),
    from: Option<&str>,
    to: Option<&str>,
) -> Result<DefinitionDiff, Error> {
    let find = async |version: Option<&str>| {
        let found = app.handle.definition(grant.tenant(), namespace, name, version).await?;
        found.ok_or_else(Error::not_found)
    };
    let to = find(to).await?;
    let from = match from {
        Some(from) => find(Some(from)).await?,
        None => find(Some(&before(app, grant, &to.definition.id).await?)).await?,
    };
    let latest = app.handle.definition(grant.tenant(), namespace, name, None).await?;
    let latest = latest.map(|found| found.definition.id.version.clone());
    let head = |found: &RegisteredDefinition| DefinitionHead {
        id: found.definition.id.clone(),
        tenant: grant.tenant().clone(),
        digest: found.definition.digest,
        created_at: found.created_at,
        enabled: found.enabled,
        deleted: false,
    };
    let before = version_impact(app, grant, &head(&from), latest.as_ref()).await?;
    let after = version_impact(app, grant, &head(&to), latest.as_ref()).await?;
    let found = diff::documents(&from.definition.document.to_value(), &to.definition.document.to_value());
    Ok(DefinitionDiff {
        same: found.changes.iter().all(|change| change.pointer == "/document/version"),
        changes: found.changes.iter().map(difference).collect(),
        more: found.more,
        effect: effect(&before, &after),
        from: before,
        to: after,
    })
}

/// The version before one, or that one itself when it is the first.
async fn before(app: &App, grant: &Grant, id: &DefinitionId) -> Result<Arc<str>, Error> {
    let heads = heads(app, grant, &id.namespace, &id.name).await?;
    let earlier = heads.iter().take_while(|head| head.id.version != id.version).filter(|head| !head.deleted);
    Ok(earlier.last().map_or_else(|| id.version.clone(), |head| head.id.version.clone()))
}

fn difference(change: &Change) -> Difference {
    let json = |value: &serde_json::Value| Json::of(value).expect("documents are JSON");
    Difference {
        task: change.task.clone(),
        change: change.kind.as_str().into(),
        pointer: change.pointer.clone(),
        from: change.from.as_ref().map(json),
        to: change.to.as_ref().map(json),
    }
}

/// Executions never change their version by themselves: that is what there is to say, with the numbers.
fn effect(from: &VersionImpact, to: &VersionImpact) -> Vec<String> {
    let stays = |of: &VersionImpact| match of.open {
        0 => format!("no execution of {} is open", of.version),
        1 => format!("1 open execution of {} stays on it until it ends", of.version),
        n => format!("{n} open executions of {} stay on it until they end", of.version),
    };
    let mut said = vec![stays(from)];
    if from.version != to.version {
        said.push(stays(to));
    }
    if let Some(latest) = [from, to].into_iter().find(|version| version.latest) {
        said.push(format!("a start that names no version takes {}", latest.version));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_follows_content_and_state() {
        let [a, b] = [Digest([1; 32]), Digest([2; 32])];
        assert_eq!(tag(a, true), "\"01010101010101010101010101010101-enabled\"");
        assert_ne!(tag(a, true), tag(a, false));
        assert_ne!(tag(a, true), tag(b, true));
    }
}
