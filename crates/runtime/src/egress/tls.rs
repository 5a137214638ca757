//! TLS for outbound connections: 1.3, the public roots and the operator's own, no early data.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// Reads the certificates of a PEM file, for [`super::Options::extra_roots`].
pub fn roots_from_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    CertificateDer::pem_slice_iter(pem).collect()
}

/// The same for HTTP/2 alone.
pub(super) fn http2(client: &ClientConfig) -> Arc<ClientConfig> {
    let mut config = client.clone();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

/// Early data stays off: a replay of it would be an attempt that nobody decided on.
pub(super) fn client(extra_roots: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in extra_roots {
        roots.add(root.clone())?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    assert!(!config.enable_early_data, "early data is off by default");
    Ok(Arc::new(config))
}
