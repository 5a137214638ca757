//! The admin listener: alive, ready, metrics. For the operator's network alone; it asks for no credential and shows no
//! tenant's data.

use crate::app::App;
use axum::Router;
use axum::extract::RawQuery;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;
use std::fmt::Write as _;
use std::sync::Arc;

const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The router of the admin listener.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let (ready, metrics) = (app.clone(), app.clone());
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(async move |RawQuery(query): RawQuery| readyz(&ready, query.as_deref())))
        .route("/metrics", get(async move || metrics_text(&metrics)))
}

/// Ready: new work is taken. Verbose: each check on a line.
fn readyz(app: &App, query: Option<&str>) -> Response {
    let health = app.handle.health();
    let checks = [
        ("store-writable", health.writable),
        ("disk-space", !health.full),
        ("serving", !app.draining.is_cancelled()),
    ];
    let ready = checks.iter().all(|(_, good)| *good);
    let mut text = String::new();
    if query.is_some_and(|query| query == "verbose" || query.starts_with("verbose=")) {
        for (name, good) in checks {
            let _ = writeln!(text, "[{}] {name}", if good { '+' } else { '-' });
        }
    }
    text.push_str(if ready { "ready\n" } else { "not ready\n" });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, text).into_response()
}

fn metrics_text(app: &App) -> Response {
    match app.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, METRICS_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be printed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
