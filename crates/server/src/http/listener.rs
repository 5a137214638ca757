//! Accepts connections and serves them until told to drain: bounded in number, in header size and in time.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Connections at once. Further ones wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 8_192;
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 32 << 10;
/// Bytes read ahead of a connection. The head's limit is the smaller one.
const BUFFER_BYTES_MAX: usize = 64 << 10;
/// Headers of a request.
const HEADERS_MAX: usize = 100;
/// How long a request's head may take, and how long a connection may idle.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// How long requests under way may take once the server drains.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(20);
/// How long to wait when the system has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` until `draining` is cancelled, then until the requests under way have ended.
pub(crate) async fn serve(listener: TcpListener, router: Router, draining: CancellationToken) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    loop {
        let slot = connections.clone().acquire_owned().await.expect("the semaphore is never closed");
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = draining.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(stream, router.clone());
                let watched = graceful.watch(connection);
                tokio::spawn(async move {
                    // A connection that breaks off is the client's affair; its requests were answered or not.
                    let _ = watched.await;
                    drop(slot);
                });
            }
            Err(error) => pause(&error).await,
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIME_MAX, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way when the time to drain was over");
    }
}

fn connection(
    stream: TcpStream,
    router: Router,
) -> http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Router>> {
    // Without it small answers wait for the client's acknowledgement. A socket that refuses is slower, not wrong.
    let _ = stream.set_nodelay(true);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(BUFFER_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .half_close(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
}

/// A connection that was reset before it was accepted costs nothing; a lack of descriptors needs a moment.
async fn pause(error: &io::Error) {
    let connection = matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    );
    if !connection {
        tracing::error!(%error, "connections cannot be accepted");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}
