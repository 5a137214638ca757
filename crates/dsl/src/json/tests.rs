//! What a value is as text, as a tree and as bytes.

use super::Json;
use super::opaque::{Source, Step, Text};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use tenure_types::limits::NESTING_MAX;

fn parse(text: &str) -> Json {
    Json::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn text_becomes_canonical() {
    let rows = [
        (" { \"b\" : 1 , \"a\" : [ 1 , 2 ] } ", "{\"b\":1,\"a\":[1,2]}"),
        ("\"\\u0041\\/\\ud83d\\ude00\"", "\"A/😀\""),
        ("\"\\u0000\\u001f\\n\\u007f\"", "\"\\u0000\\u001f\\n\u{7f}\""),
        ("[ ]", "[]"),
        ("{ }", "{}"),
        ("-0.10e+5", "-0.10e+5"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("{\"a\":1,\"b\":2,\"\\u0061\":3}", "{\"a\":3,\"b\":2}"),
        ("[true,false,null]", "[true,false,null]"),
    ];
    for (text, canonical) in rows {
        assert_eq!(parse(text).text(), canonical);
        assert_eq!(parse(canonical).text(), canonical);
    }
}

#[test]
fn text_that_is_not_json_is_refused() {
    for text in [
        "",
        " ",
        "nul",
        "nulll",
        "NaN",
        "Infinity",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "-",
        "[1,]",
        "[1 2]",
        "{a:1}",
        "{\"a\"}",
        "{\"a\":1,}",
        "\"a",
        "\"\n\"",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "1 2",
        "[",
        "{",
        "]",
        "1e999",
        "b\"x\"",
        "# comment\n1",
        "'a'",
    ] {
        assert!(Json::parse(text).is_err(), "{text:?}");
    }
    assert!(Json::parse(&"1".repeat(1000)).is_err());
    assert!(Json::from_slice(b"\"\xff\"").is_err());
    assert_eq!(Json::from_slice(b" 1 ").unwrap(), Json::number(1));
}

#[test]
fn error_says_where() {
    assert_eq!(Json::parse("{\"a\": x}").unwrap_err().to_string(), "expected a value at byte 6");
}

#[test]
fn nesting_is_limited() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(Json::parse(&nested(NESTING_MAX)).is_ok());
    assert_eq!(Json::parse(&nested(NESTING_MAX + 1)).unwrap_err().message, "nested too deeply");
}

#[test]
fn composed_values_are_as_deep_as_they_need_and_readable_again() {
    let deepest = parse(&("[".repeat(NESTING_MAX) + &"]".repeat(NESTING_MAX)));
    let composed = Json::object([("output", Json::array([deepest]))]);
    let bytes = postcard::to_allocvec(&composed).unwrap();
    assert_eq!(postcard::from_bytes::<Json>(&bytes).unwrap(), composed);
}

#[test]
fn readers_take_the_value_apart() {
    let value = parse("{\"s\":\"ä\",\"n\":-5,\"f\":404.0,\"b\":true,\"z\":null,\"a\":[1,\"x\"]}");
    let get = |key: &str| value.get(key).unwrap();
    assert_eq!(get("s").as_str(), Some("ä"));
    assert_eq!((get("n").as_i64(), get("n").as_u64()), (Some(-5), None));
    assert_eq!(get("f").as_u64(), Some(404));
    assert_eq!(get("b").as_bool(), Some(true));
    assert!(get("z").is_null() && !get("b").is_null());
    assert_eq!(get("a").items().unwrap(), [Json::number(1), Json::string("x")]);
    assert_eq!(value.get("missing"), None);
    let keys: Vec<_> = value.entries().unwrap().into_iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(keys, ["s", "n", "f", "b", "z", "a"]);
    let kinds: Vec<_> = value.entries().unwrap().iter().map(|(_, value)| value.kind_name()).collect();
    assert_eq!(kinds, ["string", "number", "number", "boolean", "null", "array"]);
    assert_eq!(parse("18446744073709551615").as_u64(), Some(u64::MAX));
    assert_eq!(parse("1.5").as_i64(), None);
    assert_eq!(Json::null().items(), None);
}

#[test]
fn values_are_composed_from_texts_and_from_trees() {
    let fresh = || parse("{\"x\":1}");
    let tree = || fresh().get("x").unwrap();
    for (left, right) in [(fresh(), fresh()), (tree(), tree()), (fresh(), tree())] {
        let expected = format!("[{left},{right}]");
        assert_eq!(Json::array([left.clone(), right.clone()]).text(), expected);
        let object = Json::object([("a\"", left.clone()), ("b", right.clone()), ("a\"", right.clone())]);
        assert_eq!(object.text(), format!("{{\"a\\\"\":{right},\"b\":{right}}}"));
    }
    assert_eq!(Json::array([]).text(), "[]");
    assert_eq!(Json::object(std::iter::empty::<(&str, Json)>()).text(), "{}");
    assert_eq!(Json::default(), Json::null());
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Holder {
    id: u32,
    value: Json,
}

#[test]
fn serde_json_embeds_the_value() {
    let holder = Holder { id: 1, value: parse("{\"big\":12345678901234567890123,\"a\":[1.0]}") };
    let text = serde_json::to_string(&holder).unwrap();
    assert_eq!(text, "{\"id\":1,\"value\":{\"big\":12345678901234567890123,\"a\":[1.0]}}");
    assert_eq!(serde_json::from_str::<Holder>(&text).unwrap(), holder);
    assert!(serde_json::from_str::<Holder>("{\"id\":1,\"value\":[}").is_err());
}

#[test]
fn postcard_stores_the_text() {
    let holder = Holder { id: 1, value: parse("{\"a\":[1.0,\"ä\"]}") };
    let bytes = postcard::to_allocvec(&holder).unwrap();
    assert_eq!(postcard::from_bytes::<Holder>(&bytes).unwrap(), holder);
    let wrong = postcard::to_allocvec(&(1_u32, "{")).unwrap();
    assert!(postcard::from_bytes::<Holder>(&wrong).is_err());
}

fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn text_survives_the_tree(value in any_value()) {
        let json = Json::from_value(&value);
        let again = Json::from_tree(json.tree().clone());
        prop_assert_eq!(again.text(), json.text());
    }

    #[test]
    fn pretty_text_parses_to_the_same_value(value in any_value()) {
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let json = Json::parse(&pretty).unwrap();
        prop_assert_eq!(&json, &Json::from_value(&value));
        prop_assert_eq!(&json, &Json::parse(json.text()).unwrap());
    }

    #[test]
    fn whatever_parses_is_json(text in "[\\[\\]{}\",:0-9eE+.\\- \\\\ua-f]{0,24}") {
        if let Ok(json) = Json::parse(&text) {
            prop_assert!(serde_json::from_str::<serde_json::Value>(json.text()).is_ok());
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }
    }

    #[test]
    fn length_of_a_string_is_known_before_it_is_written(text in any::<String>()) {
        prop_assert_eq!(super::text::string_len(&text), Json::string(&text).text().len());
    }
}

/// `{"a":["Bearer <db.password>", 1], "b": "x"}`
fn opaque() -> Json {
    let mut text = Text::default();
    text.push_str("Bearer ");
    text.push(&Json::secret("db"));
    Json::object([("a", Json::array([text.into_json(), Json::number(1)])), ("b", Json::string("x"))])
}

#[test]
fn what_is_hidden_is_masked_in_every_text() {
    let json = opaque();
    let shown = r#"{"a":["Bearer ***",1],"b":"x"}"#;
    assert!(json.is_opaque());
    assert_eq!(json.text(), shown);
    assert_eq!(format!("{json} {json:?}"), format!("{shown} {shown}"));
    assert_eq!(serde_json::to_string(&json).unwrap(), shown);
    assert_eq!(json.to_value().to_string(), shown);
    let masked = json.clone().masked();
    assert_eq!((masked.text(), masked.is_opaque()), (shown, false));
    assert_ne!(masked, json);
    assert_eq!(json.get("b").unwrap(), Json::string("x"));
    assert!(!json.get("b").unwrap().is_opaque());
    assert!(json.get("a").unwrap().items().unwrap()[0].is_opaque());
    assert_eq!(json.get("a").unwrap().items().unwrap()[0].as_str(), None);
}

#[test]
fn what_is_hidden_is_found_by_its_source_alone() {
    let json = Json::array([opaque(), Json::secret("db"), Json::authorization()]);
    let db = Source::Secret("db".into(), vec![]);
    assert_eq!(json.sources(), [db, Source::Authorization]);
    let found = json.revealed(&mut |source| match source {
        Source::Secret(..) => Ok(parse(r#"{"n":7}"#)),
        Source::Authorization => Err("no"),
    });
    assert_eq!(found, Err("no"));
    let revealed = opaque().revealed(&mut |_| Ok::<_, ()>(parse(r#"{"n":7}"#))).unwrap();
    assert_eq!(revealed.text(), r#"{"a":["Bearer {\"n\":7}",1],"b":"x"}"#);
    let whole = Json::secret("db").revealed(&mut |_| Ok::<_, ()>(parse(r#"{"n":7}"#))).unwrap();
    assert_eq!(whole, parse(r#"{"n":7}"#));
}

/// The bytes are durable: histories hold them.
#[test]
fn the_stored_form_keeps_what_is_hidden() {
    let json = opaque();
    let bytes = postcard::to_stdvec(&json).unwrap();
    let text = std::str::from_utf8(&bytes[1..]).unwrap();
    assert_eq!(text, r#"!{"a":["![{\"t\":\"Bearer \"},{\"h\":{\"s\":[\"db\",[]]}}]",1],"b":"=x"}"#);
    let again: Json = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(again, json);
    assert_eq!(again.sources(), json.sources());
}

/// The injection rule: whatever a text looks like, it is a text.
#[test]
fn no_text_from_outside_is_taken_for_a_reference() {
    let stored = postcard::to_stdvec(&opaque()).unwrap();
    let stored = std::str::from_utf8(&stored[1..]).unwrap();
    assert!(Json::parse(stored).is_err());
    for text in [stored, &stored[1..], "***", r#"[{"h":{"s":["db",[]]}}]"#, "![{\"h\":{\"s\":[\"db\",[]]}}]"]
    {
        let json = Json::object([("x", Json::string(text))]);
        let read = parse(json.text());
        let kept: Json = postcard::from_bytes(&postcard::to_stdvec(&read).unwrap()).unwrap();
        assert!(!kept.is_opaque(), "{text}");
        assert_eq!(kept.get("x").unwrap().as_str(), Some(text));
        // Even beside something that is hidden.
        let beside = Json::array([kept, Json::secret("db")]);
        let kept: Json = postcard::from_bytes(&postcard::to_stdvec(&beside).unwrap()).unwrap();
        assert_eq!(kept.sources().len(), 1);
        assert_eq!(kept.items().unwrap()[0].get("x").unwrap().as_str(), Some(text));
    }
}

#[test]
fn a_stored_form_that_is_damaged_is_refused() {
    for text in ["!", "!nonsense", "!\"x\"", "!\"!nonsense\"", "!{\"a\":\"b\"}"] {
        let bytes = postcard::to_stdvec(text).unwrap();
        assert!(postcard::from_bytes::<Json>(&bytes).is_err(), "{text}");
    }
}

#[test]
fn a_path_leads_into_a_secret() {
    let value = parse(r#"{"a":[1,{"b":"x"}]}"#);
    let at =
        |path: &[Step]| Source::Secret("s".into(), path.to_vec()).within(&value).map(|v| v.text().to_owned());
    let key = |name: &str| Step::Key(name.into());
    assert_eq!(at(&[key("a"), Step::Index(-1), key("b")]).as_deref(), Some("\"x\""));
    assert_eq!(at(&[key("a"), Step::Index(0)]).as_deref(), Some("1"));
    assert_eq!(at(&[key("b")]), None);
    assert_eq!(at(&[key("a"), Step::Index(-3)]), None);
}
