//! The caller, the tenants, the audit trail, the limits, and the contract itself.

use super::Answer;
use crate::app::{App, Error, audit, identity};
use crate::auth::{Caller, Grant, PlatformGrant};
use crate::http::{Call, Reply};
use std::sync::Arc;
use tenure_api::{Limits, schema_document};

/// How long an editor may keep a schema.
const SCHEMA_SECONDS: u32 = 3_600;

pub(super) async fn audit(app: Arc<App>, grant: Grant, call: Call) -> Answer {
    Ok(Reply::ok(&audit::list(&app, &grant, &call.query).await?).into())
}

pub(super) async fn tenants(app: Arc<App>, grant: PlatformGrant, _call: Call) -> Answer {
    Ok(Reply::ok(&identity::tenants(&app, &grant).await?).into())
}

pub(super) async fn limits(_app: Arc<App>, _caller: Caller, _call: Call) -> Answer {
    Ok(Reply::ok(&Limits::CURRENT).into())
}

pub(super) async fn whoami(_app: Arc<App>, caller: Caller, _call: Call) -> Answer {
    Ok(Reply::ok(&identity::whoami(&caller)).into())
}

pub(super) async fn openapi(app: Arc<App>, _proof: (), _call: Call) -> Answer {
    Ok(Reply::text(app.openapi.clone()).into())
}

pub(super) async fn schema(_app: Arc<App>, _proof: (), call: Call) -> Answer {
    let name = call.parameter("name");
    let name = name.strip_suffix(".json").unwrap_or(name);
    if let Some(schema) = tenure_dsl::schemas::named(name) {
        return Ok(Reply::text(schema.as_bytes().into()).cached(SCHEMA_SECONDS).into());
    }
    let schema = schema_document(name).ok_or_else(Error::not_found)?;
    Ok(Reply::ok(&schema).into())
}

pub(super) async fn keys(app: Arc<App>, _proof: (), _call: Call) -> Answer {
    Ok(Reply::text(app.public_keys.clone()).into())
}
