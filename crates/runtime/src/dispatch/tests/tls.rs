//! Calls over TLS: who is trusted, and that a failed handshake sends nothing.

use super::lab::{Lab, SEND_BY_MS, Seen, Server, answered, class, ok};
use crate::egress::{Egress, Options, Policy};
use rcgen::{CertificateParams, CertifiedKey, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn certificate(names: &[&str]) -> CertifiedKey<KeyPair> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let signing_key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(names).unwrap().self_signed(&signing_key).unwrap();
    CertifiedKey { cert, signing_key }
}

pub(super) fn server_config(key: &CertifiedKey<KeyPair>) -> Arc<ServerConfig> {
    let der = PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], der)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// Answers each request with the protocol that was agreed on.
fn tls_server(key: &CertifiedKey<KeyPair>) -> Server {
    let config = server_config(key);
    Server::run(move |peer| {
        let session = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = StreamOwned::new(session, peer.stream);
        let mut buffer = [0; 4096];
        while matches!(stream.read(&mut buffer), Ok(1..)) {
            let protocol =
                String::from_utf8_lossy(stream.conn.alpn_protocol().unwrap_or_default()).into_owned();
            stream.write_all(ok(&protocol).as_bytes()).unwrap();
        }
    })
}

pub(super) fn lab(roots: Vec<CertificateDer<'static>>) -> Lab {
    let options = Options { extra_roots: roots, ..Options::new(Policy::open(vec![])) };
    Lab::over(Egress::new(options).unwrap(), 64, |_| {})
}

#[tokio::test]
async fn the_operators_root_is_trusted_and_http_1_1_is_agreed_on() {
    let key = certificate(&["localhost", "127.0.0.1"]);
    let server = tls_server(&key);
    let mut lab = lab(vec![key.cert.der().clone()]);
    for host in ["127.0.0.1", "localhost"] {
        let call = lab.call(&format!("https://{host}:{}/", server.addr.port()));
        assert_eq!(answered(lab.outcome(call).await).body, b"http/1.1");
    }
    let call = lab.call(&format!("https://localhost:{}/", server.addr.port()));
    answered(lab.outcome(call).await);
    assert_eq!(lab.handle.counters().connections_reused, 1);
}

#[tokio::test]
async fn an_unknown_root_is_not_sent_to() {
    let server = tls_server(&certificate(&["127.0.0.1"]));
    let mut lab = lab(vec![]);
    let call = lab.call(&format!("https://{}/", server.addr));
    assert_eq!(class(&lab.outcome(call).await), "not_sent tls");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_sent_to() {
    let key = certificate(&["other.example"]);
    let server = tls_server(&key);
    let mut lab = lab(vec![key.cert.der().clone()]);
    let call = lab.call(&format!("https://{}/", server.addr));
    assert_eq!(class(&lab.outcome(call).await), "not_sent tls");
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_not_sent_to() {
    let mut server = Server::run(|mut peer| {
        peer.send(ok("plain"));
        peer.until_closed();
    });
    let mut lab = lab(vec![]);
    let call = lab.call(&format!("https://{}/", server.addr));
    assert_eq!(class(&lab.outcome(call).await), "not_sent tls");
    assert_eq!(server.counts().1, 0);
}

#[tokio::test]
async fn a_handshake_that_hangs_until_the_send_by_is_not_sent() {
    let mut server = Server::run(|mut peer| {
        let mut byte = [0];
        peer.stream.read_exact(&mut byte).unwrap();
        peer.tell(Seen::Request("hello".into()));
        peer.until_closed();
    });
    let mut lab = lab(vec![]);
    lab.perform(lab.call(&format!("https://{}/", server.addr)));
    server.wait_for_request().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(SEND_BY_MS + 1)).await;
    assert_eq!(class(&lab.finished().await.outcome), "not_sent tls");
}
