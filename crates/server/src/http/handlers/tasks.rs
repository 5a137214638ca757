//! `/v1/workflows/{id}/tasks`.

use super::Answer;
use crate::app::{App, tasks, workflows};
use crate::auth::Grant;
use crate::http::idempotency::{self, Request};
use crate::http::{Call, Reply};
use std::sync::Arc;

pub(super) async fn list(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    Ok(Reply::ok(&tasks::list(&app, &grant, call.parameter("id"), &call.query).await?).into())
}

pub(super) async fn show(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let (id, reference) = (call.parameter("id"), call.parameter("reference"));
    Ok(Reply::ok(&tasks::show(&app, &grant, id, reference, &call.query).await?).into())
}

pub(super) async fn resolve(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let command = call.json()?;
    let request = idempotency::request(&app, &grant, &call).await?;
    let (id, reference) = (call.parameter("id"), call.parameter("reference"));
    let workflow = match &request {
        Request::Repeated(reply) => return Ok(reply.clone().into()),
        Request::Promised(..) => workflows::show(&app, &grant, id).await?,
        Request::Plain | Request::First(_) => {
            tasks::resolve(&app, &grant, id, reference, command, request.promise()).await?
        }
    };
    Ok(request.answer(Reply::ok(&workflow)))
}
