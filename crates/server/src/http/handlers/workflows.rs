//! `/v1/workflows`.

use super::Answer;
use crate::app::workflows::{self, Outcome, Started};
use crate::app::{App, Error};
use crate::auth::Grant;
use crate::http::idempotency::{self, Request};
use crate::http::{Call, Reply, prefer};
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tenure_api::Code;
use tenure_runtime::codec::Response as Promised;

pub(super) async fn start(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let wait = prefer::wait(&call.headers);
    let command = call.json()?;
    let request = idempotency::request(&app, &grant, &call).await?;
    let started = match &request {
        Request::Repeated(reply) => return Ok(reply.clone().into()),
        Request::Promised(_, promised) => {
            let Promised { id, status, .. } = Promised::from_bytes(promised).ok_or_else(broken_promise)?;
            workflows::started_before(&app, &grant, id, status, wait).await?
        }
        Request::Plain | Request::First(_) => {
            workflows::start(&app, &grant, command, wait, request.promise()).await?
        }
    };
    Ok(request.answer(reply(&started, wait)))
}

fn reply(started: &Started, wait: Option<Duration>) -> Reply {
    let status = match started.outcome {
        Outcome::Created => StatusCode::CREATED,
        Outcome::Existing | Outcome::Ended => StatusCode::OK,
        Outcome::UnderWay => StatusCode::ACCEPTED,
    };
    let reply = Reply::new(status, &started.body).at(format!("/v1/workflows/{}", started.body.id));
    Reply { waited: wait.map(|wait| wait.as_secs()), ..reply }
}

fn broken_promise() -> Error {
    Error::refused(Code::Internal, "the stored answer to this idempotency key cannot be read")
}

pub(super) async fn list(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    Ok(Reply::ok(&workflows::list(&app, &grant, &call.query).await?).into())
}

pub(super) async fn children(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let id = call.parameter("id");
    Ok(Reply::ok(&workflows::children(&app, &grant, id, &call.query).await?).into())
}

pub(super) async fn count(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    Ok(Reply::ok(&workflows::count(&app, &grant, &call.query).await?).into())
}

pub(super) async fn show(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    Ok(Reply::ok(&workflows::look(&app, &grant, call.parameter("id"), &call.query).await?).into())
}

pub(super) async fn cancel(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let command = call.json_or_default()?;
    let request = idempotency::request(&app, &grant, &call).await?;
    let id = call.parameter("id");
    let workflow = match &request {
        Request::Repeated(reply) => return Ok(reply.clone().into()),
        Request::Promised(..) => workflows::show(&app, &grant, id).await?,
        Request::Plain | Request::First(_) => {
            workflows::cancel(&app, &grant, id, command, request.promise()).await?
        }
    };
    Ok(request.answer(Reply::ok(&workflow)))
}

pub(super) async fn terminate(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let command = call.json_or_default()?;
    let request = idempotency::request(&app, &grant, &call).await?;
    let id = call.parameter("id");
    let workflow = match &request {
        Request::Repeated(reply) => return Ok(reply.clone().into()),
        Request::Promised(..) => workflows::show(&app, &grant, id).await?,
        Request::Plain | Request::First(_) => {
            workflows::terminate(&app, &grant, id, command, request.promise()).await?
        }
    };
    Ok(request.answer(Reply::ok(&workflow)))
}
