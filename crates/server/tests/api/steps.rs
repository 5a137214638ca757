//! A service that steps call, and the definition that calls it.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How the service behaves.
#[derive(Clone, Copy)]
pub(crate) enum Behaviour {
    /// Answers 200 with `{"charged": true}`.
    Answers,
    /// Reads the request and hangs up: nobody knows what happened.
    HangsUp,
    /// Never answers.
    Hangs,
}

pub(crate) async fn serve(behaviour: Behaviour) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, behaviour));
        }
    });
    address
}

async fn answer(mut stream: TcpStream, behaviour: Behaviour) {
    let mut request = vec![0; 16 << 10];
    let _ = stream.read(&mut request).await;
    match behaviour {
        Behaviour::Answers => {
            let body = r#"{"charged":true}"#;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes()).await;
        }
        Behaviour::HangsUp => {}
        Behaviour::Hangs => std::future::pending().await,
    }
}

/// One POST, which may have happened at most once.
pub(crate) fn charge(to: SocketAddr) -> String {
    format!(
        "
document: {{ dsl: '1.0.3', namespace: test, name: charge, version: '1.0.0' }}
do:
  - charge:
      call: http
      with: {{ method: post, endpoint: 'http://{to}/charge', body: {{ amount: 1 }} }}
"
    )
}
