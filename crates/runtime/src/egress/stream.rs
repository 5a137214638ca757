//! A connection, plain or TLS, that knows how many bytes have left.

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How many bytes the system has taken from a connection. An attempt of which none were taken was not sent.
#[derive(Clone, Debug, Default)]
pub struct BytesWritten(Arc<AtomicU64>);

impl BytesWritten {
    /// The count so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, result: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(bytes)) = result {
            self.0.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
    }
}

/// Tells whether the other side has said something that nobody has read. Asks the system, not the runtime, which learns
/// of it only when it next looks at its sockets.
#[derive(Debug)]
pub struct Silence(Option<OwnedFd>);

impl Silence {
    /// `false` when bytes, or the end of the connection, wait to be read. Under TLS always `true`: what waits there may be
    /// a session ticket, and only the session can tell.
    pub fn holds(&self) -> bool {
        let Some(socket) = &self.0 else { return true };
        let peeked = recv(socket, &mut [0u8; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT);
        matches!(peeked, Err(Errno::WOULDBLOCK))
    }
}

/// A TCP connection that counts.
#[derive(Debug)]
pub(super) struct Counted {
    tcp: TcpStream,
    written: BytesWritten,
}

impl Counted {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self { tcp, written: BytesWritten::default() }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.written.add(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs);
        self.written.add(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// An open connection to an address that the policy allows.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    written: BytesWritten,
}

#[derive(Debug)]
enum Stream {
    Plain(Counted),
    /// Boxed: a TLS session is a kilobyte, and most of the hot path is plain.
    Tls(Box<TlsStream<Counted>>),
}

impl Connection {
    pub(super) fn plain(stream: Counted) -> Self {
        Self { written: stream.written.clone(), stream: Stream::Plain(stream) }
    }

    pub(super) fn tls(stream: TlsStream<Counted>) -> Self {
        let written = stream.get_ref().0.written.clone();
        Self { written, stream: Stream::Tls(Box::new(stream)) }
    }

    /// The count of bytes that left; it goes on counting after this connection was given away.
    pub fn written(&self) -> BytesWritten {
        self.written.clone()
    }

    /// A look at what waits to be read; it goes on working after this connection was given away.
    pub fn silence(&self) -> Silence {
        match &self.stream {
            Stream::Plain(stream) => Silence(stream.tcp.as_fd().try_clone_to_owned().ok()),
            Stream::Tls(_) => Silence(None),
        }
    }

    fn inner(self: Pin<&mut Self>) -> Inner<'_> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Inner::Plain(Pin::new(stream)),
            Stream::Tls(stream) => Inner::Tls(Pin::new(&mut **stream)),
        }
    }
}

enum Inner<'a> {
    Plain(Pin<&'a mut Counted>),
    Tls(Pin<&'a mut TlsStream<Counted>>),
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.inner() {
            Inner::Plain(stream) => stream.poll_read(cx, buf),
            Inner::Tls(stream) => stream.poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.inner() {
            Inner::Plain(stream) => stream.poll_write(cx, buf),
            Inner::Tls(stream) => stream.poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.inner() {
            Inner::Plain(stream) => stream.poll_write_vectored(cx, bufs),
            Inner::Tls(stream) => stream.poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.inner() {
            Inner::Plain(stream) => stream.poll_flush(cx),
            Inner::Tls(stream) => stream.poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.inner() {
            Inner::Plain(stream) => stream.poll_shutdown(cx),
            Inner::Tls(stream) => stream.poll_shutdown(cx),
        }
    }
}
