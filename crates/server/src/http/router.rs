//! The router, built from the route table, and the walk of every request: correlation id, credential, grant, query,
//! body, handler, headers of the answer.
//!
//! There is no other way in: what is not in the table is 404, and what is in it asks for what its `access` says.

use super::call::Call;
use super::handlers::{self, Answer, Handler};
use super::query::Query;
use super::{body, correlation, reply};
use crate::app::denials::Denial;
use crate::app::{App, Error};
use crate::auth::{self, Credential, Denied, Refusal};
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use futures_util::FutureExt as _;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;
use tenure_api::{Access, Code, Permission, ROUTES, Route};
use tenure_types::TenantId;

const TENANT: HeaderName = HeaderName::from_static("x-tenant-id");
/// Characters of a path in an audit event.
const PATH_CHARS_MAX: usize = 256;

#[derive(Debug)]
struct Entry {
    route: &'static Route,
    /// The route's place in the table, which its metrics are kept by.
    index: usize,
    handler: Handler,
}

/// The router of the API.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    for (index, route) in ROUTES.iter().enumerate() {
        let handler = handlers::of(route.operation);
        assert!(
            handler.fits(route.access),
            "the handler of {} asks for another proof than its route",
            route.path
        );
        let entry = Arc::new(Entry { route, index, handler });
        for path in route.paths() {
            let (app, entry) = (app.clone(), entry.clone());
            let walk = move |request: Request| serve(app.clone(), entry.clone(), request);
            router = router.route(path, on(filter(route.method), walk));
        }
    }
    router.fallback(no_route).method_not_allowed_fallback(no_method)
}

fn filter(method: tenure_api::Method) -> MethodFilter {
    match method {
        tenure_api::Method::Get => MethodFilter::GET,
        tenure_api::Method::Post => MethodFilter::POST,
        tenure_api::Method::Put => MethodFilter::PUT,
        tenure_api::Method::Delete => MethodFilter::DELETE,
    }
}

async fn no_route(request: Request) -> Response {
    let correlation_id = correlation::of(request.headers());
    let error = Error::refused(Code::NoRoute, "there is no such path; `/openapi.json` lists all");
    let mut response = reply::problem(error, request.uri().path(), &correlation_id);
    reply::finish(response.headers_mut(), &correlation_id);
    response
}

/// The router adds `Allow` to whatever this answers.
async fn no_method(request: Request) -> Response {
    let correlation_id = correlation::of(request.headers());
    let mut response = if request.method() == Method::OPTIONS {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    } else {
        let detail = format!("the path does not take `{}`; `Allow` lists what it takes", request.method());
        reply::problem(Error::refused(Code::MethodNotAllowed, detail), request.uri().path(), &correlation_id)
    };
    reply::finish(response.headers_mut(), &correlation_id);
    response
}

async fn serve(app: Arc<App>, entry: Arc<Entry>, request: Request) -> Response {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let correlation_id = correlation::of(&parts.headers);
    let path = parts.uri.path().to_owned();
    let mut tenant = None;
    let walk = walk(&app, &entry, parts, body, &correlation_id, &mut tenant);
    // A panic is a bug of one request and ends that request alone.
    let answer = AssertUnwindSafe(walk).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(correlation_id = &*correlation_id, path = entry.route.path, "a handler panicked");
        Err(Error::refused(
            Code::Internal,
            "the server failed; its log has the details under the correlation id",
        ))
    });
    let mut response = answer.unwrap_or_else(|error| reply::problem(error, &path, &correlation_id));
    reply::finish(response.headers_mut(), &correlation_id);
    app.metrics.answered(entry.index, tenant.as_ref(), response.status(), began.elapsed());
    response
}

async fn walk(
    app: &Arc<App>,
    entry: &Entry,
    parts: Parts,
    body: Body,
    correlation_id: &Arc<str>,
    tenant: &mut Option<TenantId>,
) -> Answer {
    let route = entry.route;
    let (headers, now) = (&parts.headers, app.clock.now().0 / 1_000);
    match (&entry.handler, route.access) {
        (Handler::Public(handler), Access::Public) => {
            let call = call(route, parts, body).await?;
            handler(app.clone(), (), call).await
        }
        (Handler::Caller(handler), Access::Authenticated) => {
            let credential =
                credential(app, headers, now).map_err(|r| refuse(app, entry, &parts, correlation_id, r))?;
            let caller = tenant_header(headers).and_then(|named| auth::caller(credential.clone(), named));
            let caller = caller.map_err(|d| deny(app, entry, &parts, correlation_id, &credential, &d))?;
            let call = call(route, parts, body).await?;
            handler(app.clone(), caller, call).await
        }
        (Handler::Tenant(handler), Access::Tenant(permission)) => {
            let credential =
                credential(app, headers, now).map_err(|r| refuse(app, entry, &parts, correlation_id, r))?;
            let grant = tenant_header(headers)
                .and_then(|named| auth::authorise(&credential, permission, named, correlation_id));
            let grant = grant.map_err(|d| deny(app, entry, &parts, correlation_id, &credential, &d))?;
            *tenant = Some(grant.tenant().clone());
            let call = call(route, parts, body).await?;
            handler(app.clone(), grant, call).await
        }
        (Handler::Platform(handler), Access::Platform(permission)) => {
            let credential =
                credential(app, headers, now).map_err(|r| refuse(app, entry, &parts, correlation_id, r))?;
            let grant = auth::authorise_platform(&credential, permission);
            let grant = grant.map_err(|d| deny(app, entry, &parts, correlation_id, &credential, &d))?;
            let call = call(route, parts, body).await?;
            handler(app.clone(), grant, call).await
        }
        // The router was not built if they do not fit; and if they did not, nobody would get in.
        _ => Err(Error::refused(Code::Forbidden, "this route is closed")),
    }
}

/// Query, path and body, after the grant.
async fn call(route: &'static Route, mut parts: Parts, body: Body) -> Result<Call, Error> {
    let query = Query::parse(parts.uri.query(), route.query)?;
    let parameters = RawPathParams::from_request_parts(&mut parts, &()).await;
    let parameters = parameters.map_err(|_| Error::parameter("the path is not UTF-8"))?;
    let parameters = parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let (content, body) = body::read(route, &parts.headers, body).await?;
    Ok(Call { route, parameters, query, headers: parts.headers, content, body })
}

fn credential(app: &App, headers: &HeaderMap, now: u64) -> Result<Arc<Credential>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).into_iter();
    let value = values.next().ok_or(Refusal::Missing)?;
    if values.next().is_some() {
        return Err(Refusal::Several);
    }
    let text = value.to_str().map_err(|_| Refusal::Scheme)?;
    let (scheme, token) = text.split_once(' ').ok_or(Refusal::Scheme)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::Scheme);
    }
    app.verifier.verify(token, now)
}

/// The tenant that the request names. Several of them, or one that is no text, is none that anybody holds.
fn tenant_header(headers: &HeaderMap) -> Result<Option<&str>, Denied> {
    let mut values = headers.get_all(TENANT).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text)),
        _ => Err(Denied::Tenant),
    }
}

/// 401, noted. The answer does not say what was wrong with the credential.
fn refuse(app: &App, entry: &Entry, parts: &Parts, correlation_id: &Arc<str>, refusal: Refusal) -> Error {
    app.metrics.refused(refusal);
    note(app, entry, parts, correlation_id, refusal.as_str(), None, None);
    let detail = match refusal {
        Refusal::Missing => "send `Authorization: Bearer` and a token",
        _ => "the credential is not valid here",
    };
    Error::refused(Code::Unauthenticated, detail)
}

/// 403, noted.
fn deny(
    app: &App,
    entry: &Entry,
    parts: &Parts,
    correlation_id: &Arc<str>,
    credential: &Credential,
    denied: &Denied,
) -> Error {
    let (reason, tenant, error) = match denied {
        Denied::TenantRequired => {
            let detail = "the credential is good for several tenants: choose one with `X-Tenant-Id`";
            return Error::refused(Code::TenantRequired, detail);
        }
        Denied::Tenant => ("tenant", None, forbidden("the credential is not good for this tenant".into())),
        Denied::Permission { tenant, permission } => ("permission", tenant.clone(), lacking(*permission)),
    };
    note(app, entry, parts, correlation_id, reason, tenant, Some(credential));
    error
}

fn lacking(permission: Permission) -> Error {
    let (permission, role) = (permission.as_str(), permission.role().as_str());
    forbidden(format!("this needs the permission `{permission}`, which the role `{role}` holds"))
}

fn forbidden(detail: String) -> Error {
    Error::refused(Code::Forbidden, detail)
}

fn note(
    app: &App,
    entry: &Entry,
    parts: &Parts,
    correlation_id: &Arc<str>,
    reason: &'static str,
    tenant: Option<TenantId>,
    credential: Option<&Credential>,
) {
    let actor = credential.map(|credential| {
        let roles = tenant.as_ref().map(|tenant| credential.roles_in(tenant)).unwrap_or_default();
        auth::actor_of(credential, &roles)
    });
    let (subject, kind, roles) = match actor {
        Some(actor) => (actor.subject, actor.kind, actor.roles),
        None => ("anonymous".into(), "anonymous".into(), Vec::new()),
    };
    let denial = Denial {
        tenant,
        subject,
        kind,
        roles,
        action: entry.route.action,
        resource: entry.route.resource,
        reason,
        path: parts.uri.path().chars().take(PATH_CHARS_MAX).collect(),
        correlation_id: correlation_id.clone(),
    };
    app.denials.note(app.clock.now(), denial);
}
