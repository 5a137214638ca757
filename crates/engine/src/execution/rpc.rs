//! JSON-RPC answers: one message, or a stream of server-sent events that holds messages.

use super::input::Answer;
use super::request::RpcRequest;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;

/// The answer to a request, by its id.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// `result`
    Result(Json),
    /// `error`
    Error {
        /// `code`
        code: i64,
        /// `message`
        message: String,
        /// `data`
        data: Option<Json>,
    },
}

/// Every reply to the request with this id, in their order. Messages that are no replies, or to others, are left out.
pub fn replies(answer: &Answer, id: i64) -> Vec<Reply> {
    messages(answer).iter().filter_map(|message| reply(message, id)).collect()
}

/// Whether what has come of a stream of events holds the reply already, so that its end need not be waited for.
pub fn replied(content_type: &str, body: &[u8], id: i64) -> bool {
    is_stream(content_type)
        && events(body).iter().filter_map(|data| Json::parse(data).ok()).any(|m| reply(&m, id).is_some())
}

fn messages(answer: &Answer) -> Vec<Json> {
    let kind = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if kind.is_some_and(|(_, kind)| is_stream(kind)) {
        return events(&answer.body).iter().filter_map(|data| Json::parse(data).ok()).collect();
    }
    let Ok(message) = Json::from_slice(&answer.body) else { return vec![] };
    message.items().unwrap_or_else(|| vec![message])
}

/// Whether an answer of this content type is a stream of server-sent events.
fn is_stream(content_type: &str) -> bool {
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/event-stream")
}

fn reply(message: &Json, id: i64) -> Option<Reply> {
    // What comes back under a request's own connection and is an error is about it, whatever its id: one about a
    // request that could not be read has none, and one about the session has that of its opening.
    let error = message.get("error").filter(|error| !error.is_null());
    let own = message.get("id").filter(|id| !id.is_null());
    match (own, error) {
        (Some(own), None) if own.as_i64() != Some(id) && own.as_str() != Some(&id.to_string()) => None,
        (_, Some(error)) => Some(Reply::Error {
            code: error.get("code").and_then(|code| code.as_i64()).unwrap_or_default(),
            message: error
                .get("message")
                .and_then(|text| text.as_str().map(str::to_owned))
                .unwrap_or_default(),
            data: error.get("data").filter(|data| !data.is_null()),
        }),
        (Some(_), None) => message.get("result").map(Reply::Result),
        (None, None) => None,
    }
}

/// The data of each whole event. What follows the last blank line has not arrived yet.
fn events(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body).replace("\r\n", "\n").replace('\r', "\n");
    let mut all = vec![];
    let mut data: Option<String> = None;
    let mut rest = text.as_str();
    while let Some((line, tail)) = rest.split_once('\n') {
        rest = tail;
        if line.is_empty() {
            all.extend(data.take());
        } else if let Some(value) = line.strip_prefix("data:") {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => data = Some(value.to_owned()),
            }
        }
    }
    all
}

/// What a reply means to the task that sent the request.
pub(super) fn output(request: &RpcRequest, reply: Reply) -> Result<Json, Error> {
    let result = match reply {
        Reply::Result(result) => result,
        Reply::Error { code, message, data } => return Err(fault(request, code, &message, data.as_ref())),
    };
    let failed = result.get("isError").and_then(|failed| failed.as_bool()) == Some(true);
    if failed && &*request.method == "tools/call" {
        return Err(Error::runtime(format!("the tool failed: {}", shortened(&said(&result)))));
    }
    Ok(result)
}

/// The texts of a tool's result.
fn said(result: &Json) -> String {
    let content = result.get("content").and_then(|content| content.items()).unwrap_or_default();
    let texts = content.iter().filter_map(|item| item.get("text"));
    let texts: Vec<String> = texts.filter_map(|text| text.as_str().map(str::to_owned)).collect();
    if texts.is_empty() { result.text().to_owned() } else { texts.join("; ") }
}

/// The codes of JSON-RPC itself, then those of A2A (-32001 …) and MCP (-32002: no such resource).
fn fault(request: &RpcRequest, code: i64, message: &str, data: Option<&Json>) -> Error {
    let mut detail = format!("{} was answered with error {code}: {}", request.method, shortened(message));
    if let Some(data) = data {
        detail = format!("{detail} ({})", shortened(data.text()));
    }
    match (&request.protocol, code) {
        (_, -32602) => Error::validation(detail),
        (_, -32700 | -32600) => Error::configuration(detail),
        (_, -32601) => Error::communication(501, detail),
        (super::request::RpcProtocol::Mcp { .. }, -32002) | (super::request::RpcProtocol::A2a, -32001) => {
            Error::communication(404, detail)
        }
        (super::request::RpcProtocol::A2a, -32002) => Error::communication(409, detail),
        (super::request::RpcProtocol::A2a, -32003 | -32004 | -32007) => Error::communication(501, detail),
        (super::request::RpcProtocol::A2a, -32005) => Error::communication(415, detail),
        (super::request::RpcProtocol::A2a, -32006) => Error::communication(502, detail),
        _ => Error::communication(500, detail),
    }
}

fn shortened(text: &str) -> String {
    use super::limits::EXCERPT_BYTES_MAX;
    match text.char_indices().find(|(at, c)| at + c.len_utf8() > EXCERPT_BYTES_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: &str, body: &str) -> Answer {
        let headers = vec![("content-type".into(), kind.into())];
        Answer { status: 200, headers, body: body.into(), truncated: false }
    }

    fn result(text: &str) -> Reply {
        Reply::Result(Json::parse(text).unwrap())
    }

    #[test]
    fn a_reply_is_found_by_its_id_among_other_messages() {
        let json = |body: &str| replies(&answer("application/json", body), 1);
        assert_eq!(json(r#"{"jsonrpc":"2.0","id":1,"result":{"a":1}}"#), [result(r#"{"a":1}"#)]);
        assert_eq!(json(r#"{"jsonrpc":"2.0","id":"1","result":2}"#), [result("2")]);
        assert_eq!(json(r#"{"jsonrpc":"2.0","id":2,"result":2}"#), []);
        assert_eq!(json(r#"[{"id":2,"result":2},{"id":1,"result":3}]"#), [result("3")]);
        assert_eq!(json("nonsense"), []);
        let error = Reply::Error { code: -32700, message: "bad".into(), data: None };
        assert_eq!(json(r#"{"id":null,"error":{"code":-32700,"message":"bad"}}"#), [error]);
    }

    #[test]
    fn whole_events_are_read_and_a_half_one_waits() {
        let body = ": hello\r\n\r\nevent: message\r\ndata: {\"method\":\"notifications/progress\"}\r\n\r\nid: 7\ndata: {\"id\":1,\ndata: \"result\":5}\n\ndata: {\"id\":1,\"result\":6}\n";
        let stream = |body: &str| replies(&answer("text/event-stream; charset=utf-8", body), 1);
        assert_eq!(stream(body), [result("5")]);
        assert_eq!(stream(&format!("{body}\n")), [result("5"), result("6")]);
        assert_eq!(stream(""), []);
    }
}
