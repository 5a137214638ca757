//! Protocol buffers: one unary method of a `.proto` file, and its messages as JSON.
//!
//! Messages follow the JSON mapping of proto3; fields that are not set are written with their default, so that an
//! expression can rely on them. Only this module names the compiler of `.proto` files and its descriptors. Deliberately
//! absent: streams, and files that import others than those of `google/protobuf`.

use crate::json::Json;
use crate::limits::{NESTING_MAX, RESOURCE_BYTES_MAX};
use prost_reflect::prost::Message as _;
use prost_reflect::{DeserializeOptions, DynamicMessage, MethodDescriptor, SerializeOptions};
use protox::Compiler;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use std::io;
use tenure_types::limits::PAYLOAD_BYTES_MAX;

/// The name under which the file itself is compiled.
const NAME: &str = "definition.proto";
/// Bytes before a message: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;

/// A unary method.
#[derive(Clone, Debug)]
pub struct Method(MethodDescriptor);

/// Why there is no such method.
#[derive(Debug, PartialEq)]
pub(crate) enum Refusal {
    /// The file is none, and why.
    Invalid(String),
    /// It has no such service; it has these.
    Service(Vec<String>),
    /// The service has no such method; it has these.
    Method(Vec<String>),
    /// The method cannot be called, and why.
    Unsupported(String),
}

impl Method {
    /// Compiles a file and finds a method of a service, by its short name or with its package.
    pub(crate) fn find(content: &[u8], service: &str, method: &str) -> Result<Self, Refusal> {
        let pool = compiled(content).map_err(Refusal::Invalid)?;
        let found = pool.services().find(|own| own.full_name() == service || own.name() == service);
        let Some(found) = found else {
            return Err(Refusal::Service(pool.services().map(|own| own.full_name().to_owned()).collect()));
        };
        let Some(method) = found.methods().find(|own| own.name() == method) else {
            return Err(Refusal::Method(found.methods().map(|own| own.name().to_owned()).collect()));
        };
        match (method.is_client_streaming(), method.is_server_streaming()) {
            (false, false) => Ok(Self(method)),
            (true, false) => Err(Refusal::Unsupported("it takes a stream of messages".to_owned())),
            (false, true) => Err(Refusal::Unsupported("it answers with a stream of messages".to_owned())),
            (true, true) => Err(Refusal::Unsupported("it is a stream in both directions".to_owned())),
        }
    }

    /// `/package.Service/Method`
    pub fn path(&self) -> String {
        format!("/{}/{}", self.0.parent_service().full_name(), self.0.name())
    }

    /// Whether the file says that calling it twice does no more than calling it once.
    pub(crate) fn repeatable(&self) -> bool {
        use prost_reflect::prost_types::method_options::IdempotencyLevel;
        let options = self.0.method_descriptor_proto().options.as_ref();
        options.is_some_and(|options| options.idempotency_level() != IdempotencyLevel::IdempotencyUnknown)
    }

    /// The request message of these arguments, framed for the wire.
    pub fn encode(&self, arguments: &Json) -> Result<Vec<u8>, String> {
        let mut source = serde_json::Deserializer::from_str(arguments.text());
        let options = DeserializeOptions::new();
        let message = DynamicMessage::deserialize_with_options(self.0.input(), &mut source, &options);
        let message = message.map_err(|error| error.to_string())?;
        let length = message.encoded_len();
        let mut bytes = Vec::with_capacity(PREFIX_BYTES + length);
        bytes.push(0);
        bytes.extend(u32::try_from(length).map_err(|_| "the message is too large".to_owned())?.to_be_bytes());
        message.encode(&mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    /// The one message of an answer's body.
    pub fn decode(&self, body: &[u8]) -> Result<Json, String> {
        let message = unframed(body)?;
        let message = DynamicMessage::decode(self.0.output(), message).map_err(|error| error.to_string())?;
        let mut text = Capped(Vec::new());
        let options = SerializeOptions::new().skip_default_fields(false);
        let mut target = serde_json::Serializer::new(&mut text);
        message.serialize_with_options(&mut target, &options).map_err(|error| error.to_string())?;
        Json::from_slice(&text.0).map_err(|error| error.to_string())
    }
}

/// A text that is no longer than a payload: the defaults of a message may be far longer than the message.
struct Capped(Vec<u8>);

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > PAYLOAD_BYTES_MAX {
            let why =
                format!("as JSON it is larger than the limit `payload_bytes_max` of {PAYLOAD_BYTES_MAX}");
            return Err(io::Error::other(why));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn unframed(body: &[u8]) -> Result<&[u8], String> {
    let (prefix, message) = body.split_first_chunk::<PREFIX_BYTES>().ok_or("it holds no message")?;
    let [compressed, length @ ..] = *prefix;
    if compressed != 0 {
        return Err("its message is compressed, which was not asked for".to_owned());
    }
    if message.len() != u32::from_be_bytes(length) as usize {
        return Err("it does not hold exactly one message".to_owned());
    }
    Ok(message)
}

fn compiled(content: &[u8]) -> Result<prost_reflect::DescriptorPool, String> {
    let text = std::str::from_utf8(content).map_err(|_| "it is not UTF-8".to_owned())?;
    assert!(text.len() <= RESOURCE_BYTES_MAX, "a larger resource is not read");
    if nesting(text) > NESTING_MAX {
        return Err(format!("it nests deeper than {NESTING_MAX} levels"));
    }
    let mut resolver = ChainFileResolver::new();
    resolver.add(One(File::from_source(NAME, text).map_err(|error| error.to_string())?));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.open_file(NAME).map_err(|error| {
        if error.is_file_not_found() {
            return format!("{error}: only files of `google/protobuf` can be imported");
        }
        error.to_string()
    })?;
    Ok(compiler.descriptor_pool())
}

/// Finds the one file that there is.
struct One(File);

impl FileResolver for One {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name == NAME { Ok(self.0.clone()) } else { Err(protox::Error::file_not_found(name)) }
    }
}

/// How deep brackets nest outside of comments and texts: the compiler goes as deep as the file.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut rest = text;
    while let Some(at) = rest.find(['{', '[', '(', '<', '}', ']', ')', '>', '/', '"', '\'']) {
        let (first, tail) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = match first {
            b'{' | b'[' | b'(' | b'<' => {
                depth += 1;
                deepest = deepest.max(depth);
                tail
            }
            b'/' if tail.starts_with('/') => tail.split_once('\n').map_or("", |(_, after)| after),
            b'/' if tail.starts_with('*') => tail[1..].split_once("*/").map_or("", |(_, after)| after),
            b'/' => tail,
            quote @ (b'"' | b'\'') => after_text(tail, quote),
            _ => {
                depth = depth.saturating_sub(1);
                tail
            }
        };
    }
    deepest
}

fn after_text(text: &str, quote: u8) -> &str {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            // A text ends with its line: the compiler will refuse what is left open.
            b'\n' => return &text[at..],
            _ if byte == quote => return &text[at + 1..],
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    const ECHO: &str = r#"
        syntax = "proto3";
        package demo.v1;
        import "google/protobuf/timestamp.proto";
        // a comment with { [ (
        message Order { string id = 1; int64 total = 2; repeated string tags = 3; google.protobuf.Timestamp at = 4; State state = 5; bytes blob = 6; }
        enum State { UNKNOWN = 0; OPEN = 1; }
        service Orders {
            rpc Get(Order) returns (Order) { option idempotency_level = NO_SIDE_EFFECTS; }
            rpc Put(Order) returns (Order);
            rpc Watch(Order) returns (stream Order);
            rpc Load(stream Order) returns (Order);
        }
    "#;

    fn find(service: &str, method: &str) -> Result<Method, Refusal> {
        Method::find(ECHO.as_bytes(), service, method)
    }

    fn json(text: &str) -> Json {
        Json::parse(text).unwrap()
    }

    #[test]
    fn messages_go_through_the_json_mapping_of_proto3() {
        let method = find("Orders", "Put").unwrap();
        assert_eq!(method.path(), "/demo.v1.Orders/Put");
        let bytes = method
            .encode(&json(
                r#"{"id":"A","total":"7","at":"2026-01-02T03:04:05Z","state":"OPEN","blob":"aGk="}"#,
            ))
            .unwrap();
        assert_eq!(bytes[..5], [0, 0, 0, 0, u8::try_from(bytes.len() - 5).unwrap()]);
        assert_eq!(
            method.decode(&bytes).unwrap(),
            json(
                r#"{"id":"A","total":"7","tags":[],"at":"2026-01-02T03:04:05Z","state":"OPEN","blob":"aGk="}"#
            )
        );
        let refused = method.encode(&json(r#"{"name":"A"}"#)).unwrap_err();
        assert!(refused.contains("name"), "{refused}");
        assert!(method.encode(&json(r#"{"total":"x"}"#)).is_err());
    }

    #[test]
    fn a_body_holds_exactly_one_message_that_is_not_compressed() {
        let method = find("demo.v1.Orders", "Put").unwrap();
        assert_eq!(method.decode(&[]), Err("it holds no message".to_owned()));
        assert_eq!(method.decode(&[0, 0, 0, 0, 1]), Err("it does not hold exactly one message".to_owned()));
        let compressed = Err("its message is compressed, which was not asked for".to_owned());
        assert_eq!(method.decode(&[1, 0, 0, 0, 0]), compressed);
        assert!(method.decode(&[0, 0, 0, 0, 2, 0xFF, 0xFF]).is_err());
    }

    /// The defaults of many small messages are many times their bytes.
    #[test]
    fn an_answer_that_is_too_large_as_json_is_refused() {
        let fields: String = (2..200).fold(String::new(), |all, n| all + &format!("string field{n} = {n}; "));
        let file = format!(
            "syntax = \"proto3\"; message All {{ repeated One ones = 1; }} message One {{ {fields} }} \
             service S {{ rpc Get(All) returns (All); }}"
        );
        let method = Method::find(file.as_bytes(), "S", "Get").unwrap();
        let ones = [10, 0].repeat(100_000);
        let mut body = vec![0];
        body.extend(u32::try_from(ones.len()).unwrap().to_be_bytes());
        body.extend(ones);
        let refused = method.decode(&body).unwrap_err();
        assert!(refused.contains("`payload_bytes_max`"), "{refused}");
    }

    #[test]
    fn what_cannot_be_called_is_refused() {
        assert_eq!(find("Order", "Get").unwrap_err(), Refusal::Service(vec!["demo.v1.Orders".to_owned()]));
        let methods = ["Get", "Put", "Watch", "Load"].map(str::to_owned).to_vec();
        assert_eq!(find("Orders", "get").unwrap_err(), Refusal::Method(methods));
        let stream = Refusal::Unsupported("it answers with a stream of messages".to_owned());
        assert_eq!(find("Orders", "Watch").unwrap_err(), stream);
        let stream = Refusal::Unsupported("it takes a stream of messages".to_owned());
        assert_eq!(find("Orders", "Load").unwrap_err(), stream);
        assert!(find("Orders", "Get").unwrap().repeatable());
        assert!(!find("Orders", "Put").unwrap().repeatable());
    }

    #[test]
    fn files_that_are_broken_deep_or_import_others_are_refused() {
        let refused = |text: &str| match Method::find(text.as_bytes(), "A", "b").unwrap_err() {
            Refusal::Invalid(why) => why,
            other => panic!("{other:?}"),
        };
        assert!(!refused("message").is_empty());
        assert!(
            refused("syntax = \"proto3\";\nimport \"other.proto\";")
                .contains("only files of `google/protobuf`")
        );
        let deep = "message A { // }\n /* } */ ".repeat(100_000);
        assert_eq!(refused(&deep), format!("it nests deeper than {NESTING_MAX} levels"));
    }
}
