//! `/v1/secrets`.

use super::Answer;
use crate::app::{App, secrets};
use crate::auth::Grant;
use crate::http::{Call, Reply};
use http::StatusCode;
use std::sync::Arc;

pub(super) async fn put(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    let command = call.json_unquoted("an object with `value` and nothing else")?;
    let (secret, created) = secrets::put(&app, &grant, call.parameter("name"), &command).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(Reply::new(status, &secret).at(format!("/v1/secrets/{}", secret.name)).into())
}

pub(super) async fn list(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    Ok(Reply::ok(&secrets::list(&app, &grant, &call.query).await?).into())
}

pub(super) async fn show(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    Ok(Reply::ok(&secrets::show(&app, &grant, call.parameter("name")).await?).into())
}

pub(super) async fn delete(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    Ok(Reply::ok(&secrets::delete(&app, &grant, call.parameter("name")).await?).into())
}
