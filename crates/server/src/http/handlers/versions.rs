//! `/v1/workflow-definitions/{namespace}/{name}/versions/{version}` and what compares versions.

use super::Answer;
use crate::app::{App, Error, versions};
use crate::auth::Grant;
use crate::http::idempotency::{self, Request};
use crate::http::{Call, Reply, precondition};
use std::sync::Arc;
use tenure_runtime::DefinitionChange;
use tenure_types::DefinitionId;

pub(super) async fn enable(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    change(&app, &grant, &call, DefinitionChange::Enable).await
}

pub(super) async fn disable(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    change(&app, &grant, &call, DefinitionChange::Disable).await
}

async fn change(app: &Arc<App>, grant: &Grant, call: &Call, change: DefinitionChange) -> Answer {
    let only_if = precondition::of(&call.headers)?;
    let request = idempotency::request(app, grant, call).await?;
    let id = id(call);
    let (definition, tag) = match &request {
        Request::Repeated(reply) => return Ok(reply.clone().into()),
        Request::Promised(..) => versions::summary(app, grant, &id).await?,
        Request::Plain | Request::First(_) => {
            versions::change(app, grant, &id, change, &only_if, request.promise()).await?
        }
    };
    Ok(request.answer(Reply::ok(&definition).tagged(tag)))
}

pub(super) async fn delete(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let only_if = precondition::of(&call.headers)?;
    let delete = DefinitionChange::Delete;
    let (definition, _) = versions::change(&app, &grant, &id(&call), delete, &only_if, None).await?;
    Ok(Reply::ok(&definition).into())
}

pub(super) async fn impact(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let (namespace, name) = (call.parameter("namespace"), call.parameter("name"));
    Ok(Reply::ok(&versions::impact(&app, &grant, namespace, name).await?).into())
}

pub(super) async fn diff(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let (namespace, name) = (call.parameter("namespace"), call.parameter("name"));
    let (from, to) = (call.query.text("from"), call.query.text("to"));
    let diff: Result<_, Error> = versions::diff(&app, &grant, (namespace, name), from, to).await;
    Ok(Reply::ok(&diff?).into())
}

fn id(call: &Call) -> DefinitionId {
    let part = |name| call.parameter(name).into();
    DefinitionId { namespace: part("namespace"), name: part("name"), version: part("version") }
}
