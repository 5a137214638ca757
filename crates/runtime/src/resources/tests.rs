//! What is read, and why something is not.

use super::*;
use crate::egress::{self, Policy};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

/// Answers the first line of each request with what the function says.
fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = vec![];
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap();
            let _ = stream.write_all(answer(head.lines().next().unwrap_or_default()).as_bytes());
        }
    });
    address
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn moved(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

async fn read(policy: Policy, address: &str) -> Result<String, String> {
    let reader = Reader::new(Arc::new(Egress::new(egress::Options::new(policy)).unwrap()));
    let tenant = TenantId::new("acme").unwrap();
    let content = reader.read(&tenant, address, Instant::now() + FETCH_TIMEOUT).await?;
    Ok(String::from_utf8(content.to_vec()).unwrap())
}

#[tokio::test]
async fn content_is_read_and_redirects_are_followed() {
    let address = serve(|line| match line {
        "GET /a.json?v=1 HTTP/1.1" => moved("/b.json"),
        "GET /b.json HTTP/1.1" => ok("{}"),
        other => panic!("{other}"),
    });
    assert_eq!(read(Policy::open(vec![]), &format!("{address}/a.json?v=1")).await.as_deref(), Ok("{}"));
}

#[tokio::test]
async fn an_endless_redirect_and_a_bad_status_are_refused() {
    let address = serve(|line| {
        if line.contains("/loop") {
            moved("/loop")
        } else {
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned()
        }
    });
    let policy = || Policy::open(vec![]);
    assert_eq!(
        read(policy(), &format!("{address}/loop")).await,
        Err("it redirects more than 3 times".to_owned())
    );
    assert_eq!(
        read(policy(), &format!("{address}/x")).await,
        Err("it was answered with status 404".to_owned())
    );
}

#[tokio::test]
async fn a_resource_is_no_larger_than_its_limit() {
    let address = serve(|_| ok(&"x".repeat(RESOURCE_BYTES_MAX + 1)));
    let refused = read(Policy::open(vec![]), &address).await;
    assert_eq!(refused, Err(format!("it has more than {RESOURCE_BYTES_MAX} bytes")));
}

/// S5: what the policy closes to calls is closed to definitions, also behind a redirect.
#[tokio::test]
async fn the_egress_policy_holds_for_every_address_on_the_way() {
    let refused = read(Policy::strict(), "http://127.0.0.1:9/a.json").await.unwrap_err();
    assert!(refused.contains("is denied"), "{refused}");
    let address = serve(|_| moved("http://169.254.169.254/latest"));
    let refused = read(Policy::open(vec![]), &address).await.unwrap_err();
    assert!(refused.contains("egress to `169.254.169.254:80` is denied"), "{refused}");
}
