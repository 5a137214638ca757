//! A service on loopback that answers by script and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// One request, as far as the tests look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub line: String,
    pub key: String,
    pub body: String,
}

/// What the service does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Ok,
    Status(u16),
    /// Executes, and never answers.
    Never,
}

#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
    count: watch::Receiver<usize>,
}

impl Service {
    pub(crate) async fn start(script: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(vec![]));
        let (counted, count) = watch::channel(0);
        let (log, script) = (asked.clone(), Arc::new(script));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, log.clone(), script.clone(), counted.clone()));
            }
        });
        Self { address, asked, count }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn asked(&self, times: usize) {
        self.count.clone().wait_for(|count| *count >= times).await.unwrap();
    }
}

async fn serve(
    mut stream: TcpStream,
    log: Arc<Mutex<Vec<Request>>>,
    script: Arc<impl Fn(&Request, usize) -> Answer>,
    counted: watch::Sender<usize>,
) {
    while let Some(request) = read(&mut stream).await {
        let at = {
            let mut log = log.lock().unwrap();
            log.push(request.clone());
            log.len()
        };
        let answer = script(&request, at);
        counted.send_replace(at);
        let status = match answer {
            Answer::Ok => 200,
            Answer::Status(status) => status,
            Answer::Never => return std::future::pending().await,
        };
        let body = format!("{{\"at\":{at}}}");
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let header = |name: &str| {
                head.lines()
                    .filter_map(|line| line.split_once(':'))
                    .find(|(n, _)| n.eq_ignore_ascii_case(name))
            };
            let length = header("content-length").map_or(0, |(_, v)| v.trim().parse().unwrap());
            if body.len() >= length {
                let key = header("idempotency-key").map(|(_, v)| v.trim().to_owned()).unwrap_or_default();
                let line = head.lines().next().unwrap_or_default().to_owned();
                return Some(Request { line, key, body: body.to_owned() });
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => text.push_str(std::str::from_utf8(&buffer[..n]).unwrap()),
        }
    }
}
