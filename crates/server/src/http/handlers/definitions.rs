//! `/v1/workflow-definitions`.

use super::Answer;
use crate::app::{App, definitions, trial};
use crate::auth::Grant;
use crate::http::idempotency::{self, Request};
use crate::http::{Call, Reply};
use http::StatusCode;
use std::sync::Arc;
use tenure_api::DefinitionSummary;

pub(super) async fn register(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let request = idempotency::request(&app, &grant, &call).await?;
    let (definition, created) = match &request {
        Request::Repeated(reply) => return Ok(reply.clone().into()),
        Request::Promised(_, promised) => {
            // The same content again changes nothing and tells what was registered.
            let (definition, _) = definitions::register(&app, &grant, call.text()?, None).await?;
            (definition, promised.as_slice() == [1])
        }
        Request::Plain | Request::First(_) => {
            definitions::register(&app, &grant, call.text()?, request.promise()).await?
        }
    };
    Ok(request.answer(registered(&definition, created)))
}

fn registered(definition: &DefinitionSummary, created: bool) -> Reply {
    let DefinitionSummary { namespace, name, version, .. } = definition;
    let location = format!("/v1/workflow-definitions/{namespace}/{name}/versions/{version}");
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Reply::new(status, definition).at(location)
}

pub(super) async fn validate(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let request = idempotency::request(&app, &grant, &call).await?;
    if let Request::Repeated(reply) = &request {
        return Ok(reply.clone().into());
    }
    let validation = definitions::validate(&app, &grant, call.text()?).await?;
    Ok(request.answer(Reply::ok(&validation)))
}

pub(super) async fn test(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let command = call.json()?;
    let request = idempotency::request(&app, &grant, &call).await?;
    if let Request::Repeated(reply) = &request {
        return Ok(reply.clone().into());
    }
    Ok(request.answer(Reply::ok(&trial::run(&app, &grant, command).await?)))
}

pub(super) async fn list(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    Ok(Reply::ok(&definitions::list(&app, &grant, &call.query, None).await?).into())
}

pub(super) async fn versions(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let of = (call.parameter("namespace"), call.parameter("name"));
    Ok(Reply::ok(&definitions::list(&app, &grant, &call.query, Some(of)).await?).into())
}

pub(super) async fn show(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let (namespace, name) = (call.parameter("namespace"), call.parameter("name"));
    let (definition, tag) = definitions::show(&app, &grant, namespace, name, None).await?;
    Ok(Reply::ok(&definition).tagged(tag).into())
}

pub(super) async fn version(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let (namespace, name) = (call.parameter("namespace"), call.parameter("name"));
    let version = Some(call.parameter("version"));
    let (definition, tag) = definitions::show(&app, &grant, namespace, name, version).await?;
    Ok(Reply::ok(&definition).tagged(tag).into())
}
