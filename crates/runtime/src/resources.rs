//! Reads what a definition refers to outside of itself, through the egress, once, when it is registered.
//!
//! Deliberately absent: what a resource means (`tenure-dsl`), credentials, caches, and retries: whoever registers tries
//! again.

use crate::egress::{Connection, Egress, Target};
use bytes::Bytes;
use http::header::{ACCEPT, HOST, HeaderValue, LOCATION, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tenure_dsl::limits::{CATALOG_FUNCTIONS_MAX, RESOURCE_BYTES_MAX, RESOURCES_MAX};
use tenure_dsl::resource::{Resources, Source, Wanted};
use tenure_types::TenantId;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Bytes of all resources of one definition: they are stored with it in one piece.
pub const RESOURCES_BYTES_MAX: usize = 8 << 20;
/// How long reading one resource may take, redirects included.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(10);
/// How long reading all resources of one definition may take.
pub const FETCH_ALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Redirects from one address to the next.
pub const REDIRECTS_MAX: usize = 3;

/// Reads resources.
#[derive(Debug)]
pub(crate) struct Reader {
    egress: Arc<Egress>,
}

impl Reader {
    pub(crate) fn new(egress: Arc<Egress>) -> Self {
        Self { egress }
    }

    /// Begins with what is wanted.
    pub(crate) fn gather<'a>(&'a self, tenant: &'a TenantId, wanted: &[Wanted]) -> Gathering<'a> {
        Gathering {
            reader: self,
            tenant,
            open: wanted.to_vec().into(),
            resources: Resources::default(),
            room: RESOURCES_BYTES_MAX,
            end: Instant::now() + FETCH_ALL_TIMEOUT,
            fetched: 0,
            called: 0,
        }
    }

    async fn read(&self, tenant: &TenantId, address: &str, deadline: Instant) -> Result<Bytes, String> {
        let mut address = address.to_owned();
        for _ in 0..=REDIRECTS_MAX {
            match self.get(tenant, &address, deadline).await? {
                Found::Content(content) => return Ok(content),
                Found::Elsewhere(next) => {
                    if address.starts_with("https:") && !next.starts_with("https:") {
                        return Err("it redirects from https to http".to_owned());
                    }
                    address = next;
                }
            }
        }
        Err(format!("it redirects more than {REDIRECTS_MAX} times"))
    }

    async fn get(&self, tenant: &TenantId, address: &str, deadline: Instant) -> Result<Found, String> {
        let (target, path) = Target::parse(address).map_err(|error| chain(&error))?;
        let connection = Box::pin(self.egress.connect(tenant, &target, deadline)).await;
        let connection = connection.map_err(|error| chain(&error))?;
        let request = request(&target, &path)?;
        let answer = timeout_at(deadline, exchange(connection, request, address)).await;
        answer.unwrap_or_else(|_| Err("it was not read in time".to_owned()))
    }
}

/// The resources of one definition as they come, and what bounds them.
pub(crate) struct Gathering<'a> {
    reader: &'a Reader,
    tenant: &'a TenantId,
    open: VecDeque<Wanted>,
    resources: Resources,
    room: usize,
    end: Instant,
    fetched: usize,
    called: usize,
}

impl Gathering<'_> {
    /// The next one that is to be read. One too many is noted, and not read.
    pub(crate) fn next(&mut self) -> Option<Wanted> {
        while let Some(next) = self.open.pop_front() {
            if self.resources.get(&next.address).is_some() {
                continue;
            }
            let (count, max) = match next.source {
                Source::Document | Source::Function => (&mut self.fetched, RESOURCES_MAX),
                Source::Catalog(_) => (&mut self.called, CATALOG_FUNCTIONS_MAX),
            };
            if *count < max {
                *count += 1;
                return Some(next);
            }
            let why = format!("it is one more than the {max} that a definition and its functions may need");
            self.resources.refuse(next.address, why);
        }
        None
    }

    /// Reads one from its address.
    pub(crate) async fn read(&self, wanted: &Wanted) -> Result<Vec<u8>, String> {
        let deadline = self.end.min(Instant::now() + FETCH_TIMEOUT);
        let content = self.reader.read(self.tenant, &wanted.address, deadline).await?;
        Ok(content.to_vec())
    }

    /// Keeps what was read, or why it was not; what it needs in turn comes later.
    pub(crate) fn take(&mut self, wanted: Wanted, content: Result<Vec<u8>, String>) {
        let content = content.and_then(|content| {
            let too_large = || format!("all resources together have more than {RESOURCES_BYTES_MAX} bytes");
            self.room = self.room.checked_sub(content.len()).ok_or_else(too_large)?;
            Ok(content)
        });
        match content {
            Ok(content) => {
                self.open.extend(wanted.further(&content));
                self.resources.insert(wanted.address, content);
            }
            Err(why) => self.resources.refuse(wanted.address, why),
        }
    }

    /// Everything that was read.
    pub(crate) fn finish(self) -> Resources {
        self.resources
    }
}

enum Found {
    Content(Bytes),
    Elsewhere(String),
}

fn request(target: &Target, path: &str) -> Result<Request<Empty<Bytes>>, String> {
    let host = HeaderValue::from_str(&target.authority()).map_err(|error| error.to_string())?;
    let agent = HeaderValue::from_static(concat!("tenure/", env!("CARGO_PKG_VERSION")));
    let request = Request::get(path).header(HOST, host).header(USER_AGENT, agent).header(ACCEPT, "*/*");
    request.body(Empty::new()).map_err(|error| error.to_string())
}

async fn exchange(
    connection: Connection,
    request: Request<Empty<Bytes>>,
    address: &str,
) -> Result<Found, String> {
    let opened = http1::handshake(TokioIo::new(connection)).await;
    let (mut sender, connection) = opened.map_err(|error| chain(&error))?;
    // Ends with the sender, at the end of this function at the latest.
    let driver = tokio::spawn(connection);
    let found = answer(&mut sender, request, address).await;
    driver.abort();
    found
}

async fn answer(
    sender: &mut http1::SendRequest<Empty<Bytes>>,
    request: Request<Empty<Bytes>>,
    address: &str,
) -> Result<Found, String> {
    let answer = sender.send_request(request).await.map_err(|error| chain(&error))?;
    let status = answer.status();
    if status.is_redirection()
        && let Some(location) = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok())
    {
        let next = Url::parse(address).and_then(|base| base.join(location));
        return next.map(|next| Found::Elsewhere(next.into())).map_err(|error| error.to_string());
    }
    if status != StatusCode::OK {
        return Err(format!("it was answered with status {}", status.as_u16()));
    }
    let body = Limited::new(answer.into_body(), RESOURCE_BYTES_MAX).collect().await;
    body.map(|body| Found::Content(body.to_bytes())).map_err(|error| {
        if error.is::<LengthLimitError>() {
            return format!("it has more than {RESOURCE_BYTES_MAX} bytes");
        }
        chain(&*error)
    })
}

/// The error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
