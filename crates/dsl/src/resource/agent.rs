//! A2A agent cards: where the agent listens.

use super::document::{items, text};
use serde_json::Value;

/// The endpoint that speaks JSON-RPC.
pub(crate) fn endpoint(card: &Value) -> Result<String, String> {
    let interfaces = items(card, "additionalInterfaces").iter().chain(items(card, "supportedInterfaces"));
    let mut all = vec![];
    if let Some(url) = text(card, "url") {
        all.push((text(card, "preferredTransport").unwrap_or("JSONRPC"), url));
    }
    for interface in interfaces {
        let binding = text(interface, "transport").or_else(|| text(interface, "protocolBinding"));
        all.extend(binding.zip(text(interface, "url")));
    }
    if all.is_empty() {
        return Err("it names no `url`".to_owned());
    }
    let found = all.iter().find(|(transport, _)| transport.eq_ignore_ascii_case("JSONRPC"));
    let Some((_, url)) = found else {
        let spoken: Vec<&str> = all.iter().map(|(transport, _)| *transport).collect();
        return Err(format!("the agent speaks {} and not JSON-RPC", spoken.join(", ")));
    };
    let lower = url.to_ascii_lowercase();
    if !lower.starts_with("http://") && !lower.starts_with("https://") {
        return Err(format!("its address `{url}` is not a whole URL"));
    }
    Ok((*url).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_endpoint_is_the_one_that_speaks_json_rpc() {
        let plain = json!({ "name": "a", "url": "https://a.example/rpc" });
        assert_eq!(endpoint(&plain).as_deref(), Ok("https://a.example/rpc"));
        let other = json!({
            "url": "https://a.example/grpc", "preferredTransport": "GRPC",
            "additionalInterfaces": [{ "url": "https://a.example/rpc", "transport": "JSONRPC" }]
        });
        assert_eq!(endpoint(&other).as_deref(), Ok("https://a.example/rpc"));
        let grpc = json!({ "url": "https://a.example/grpc", "preferredTransport": "GRPC" });
        assert_eq!(endpoint(&grpc), Err("the agent speaks GRPC and not JSON-RPC".to_owned()));
        assert_eq!(endpoint(&json!({})), Err("it names no `url`".to_owned()));
        assert_eq!(
            endpoint(&json!({ "url": "rpc" })),
            Err("its address `rpc` is not a whole URL".to_owned())
        );
    }
}
