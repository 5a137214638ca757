//! `/v1/events`, and signals to one execution.

use super::Answer;
use crate::app::{App, events, workflows};
use crate::auth::Grant;
use crate::http::idempotency::{self, Request};
use crate::http::{Call, Reply, cloud_events};
use http::StatusCode;
use std::sync::Arc;

pub(super) async fn publish(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let received = cloud_events::read(&call)?;
    let request = idempotency::request(&app, &grant, &call).await?;
    let accepted = match &request {
        Request::Repeated(reply) => return Ok(reply.clone().into()),
        Request::Promised(_, promised) => events::published_before(promised)?,
        Request::Plain | Request::First(_) => {
            events::publish(&app, &grant, received, request.promise()).await?
        }
    };
    Ok(request.answer(Reply::new(StatusCode::ACCEPTED, &accepted)))
}

pub(super) async fn signal(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let command = call.json_or_default()?;
    let request = idempotency::request(&app, &grant, &call).await?;
    let id = call.parameter("id");
    let workflow = match &request {
        Request::Repeated(reply) => return Ok(reply.clone().into()),
        Request::Promised(..) => workflows::show(&app, &grant, id).await?,
        Request::Plain | Request::First(_) => {
            events::signal(&app, &grant, id, command, request.promise()).await?
        }
    };
    Ok(request.answer(Reply::ok(&workflow)))
}
