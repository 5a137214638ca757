//! `/v1/functions`.

use super::Answer;
use crate::app::{App, functions};
use crate::auth::Grant;
use crate::http::{Call, Reply};
use http::StatusCode;
use std::sync::Arc;

pub(super) async fn put(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let id = functions::id(call.parameter("name"), call.parameter("version"))?;
    let (function, created) = functions::put(&app, &grant, id, call.text()?).await?;
    let location = format!("/v1/functions/{}/{}", function.name, function.version);
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(Reply::new(status, &function).at(location).into())
}

pub(super) async fn list(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    Ok(Reply::ok(&functions::list(&app, &grant, &call.query).await?).into())
}

pub(super) async fn show(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let (name, version) = (call.parameter("name"), call.parameter("version"));
    Ok(Reply::ok(&functions::show(&app, &grant, name, version).await?).into())
}

pub(super) async fn delete(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let (name, version) = (call.parameter("name"), call.parameter("version"));
    Ok(Reply::ok(&functions::delete(&app, &grant, name, version).await?).into())
}
