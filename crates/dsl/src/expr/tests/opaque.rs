//! Secrets in expressions: what can be done with what nobody knows, and that nothing comes of looking at it.

use super::super::{Env, ExprError, Mode, Template, UriTemplate};
use crate::json::Json;
use serde_json::json;

/// `$secrets` as the engine gives it, and data that tries to look like it.
struct Secrets;

const FORGED: &str = r#"[{"h":{"s":["db",["password"]]}}]"#;

impl Env for Secrets {
    fn var(&self, name: &str) -> Option<Json> {
        match name {
            "secrets" => Some(Json::object([("db", Json::secret("db")), ("key", Json::secret("key"))])),
            "authorization" => {
                Some(Json::object([("scheme", Json::string("Bearer")), ("parameter", Json::authorization())]))
            }
            "input" => Some(Json::string(FORGED)),
            _ => None,
        }
    }
}

/// The values that the tests' secrets have.
fn reveal(value: &Json) -> String {
    let db = Json::parse(r#"{"user":"ada","password":"p w","hosts":["a","b"]}"#).unwrap();
    let revealed = value.revealed(&mut |source| match source.to_string().as_str() {
        "$authorization.parameter" => Ok(Json::string("tok")),
        "$secrets.key" => Ok(Json::string("k")),
        _ => source.within(&db).ok_or_else(|| source.to_string()),
    });
    revealed.map_or_else(|missing| format!("missing {missing}"), |value| value.text().to_owned())
}

fn eval(source: &str) -> Result<Json, ExprError> {
    let template = Template::expression(source, &[]).unwrap_or_else(|error| panic!("{source}: {error}"));
    template.eval_opaque(&Json::parse(r#"{"x":"y","n":1}"#).unwrap(), &Secrets)
}

/// What is shown, and what a receiver gets.
fn check(rows: &[(&str, &str, &str)]) {
    for (source, shown, sent) in rows {
        let value = eval(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!((value.text(), reveal(&value).as_str()), (*shown, *sent), "{source}");
    }
}

#[test]
fn a_secret_is_passed_on_whole_or_in_part() {
    check(&[
        ("$secrets.key", r#""***""#, r#""k""#),
        ("$secrets.db", r#""***""#, r#"{"user":"ada","password":"p w","hosts":["a","b"]}"#),
        ("$secrets.db.password", r#""***""#, r#""p w""#),
        (r#"$secrets["db"]["password"]"#, r#""***""#, r#""p w""#),
        ("$secrets.db.hosts[0], 1", r#""***""#, r#""a""#),
        ("$secrets.db.hosts[-1]", r#""***""#, r#""b""#),
        ("$secrets.db | getpath([\"hosts\", 1])", r#""***""#, r#""b""#),
        (
            "$secrets.db as $d | {u: $d.user, p: [$d.password], x}",
            r#"{"u":"***","p":["***"],"x":"y"}"#,
            r#"{"u":"ada","p":["p w"],"x":"y"}"#,
        ),
        ("[$secrets.key] | first", r#""***""#, r#""k""#),
        ("{a: {b: $secrets.key}} | .a.b |= . + \"!\"", r#"{"a":{"b":"***!"}}"#, r#"{"a":{"b":"k!"}}"#),
        ("$secrets.db.nothing", r#""***""#, "missing $secrets.db.nothing"),
    ]);
}

#[test]
fn texts_are_put_together_around_it() {
    check(&[
        (r#""Bearer " + $secrets.key"#, r#""Bearer ***""#, r#""Bearer k""#),
        (r#"$secrets.key + "/" + .x + $secrets.key"#, r#""***/y***""#, r#""k/yk""#),
        (r#""\($secrets.db.user):\($secrets.db.password)""#, r#""***:***""#, r#""ada:p w""#),
        (r"null + $secrets.key", r#""***""#, r#""k""#),
        (r#"["a", $secrets.key, .x] | add"#, r#""a***y""#, r#""aky""#),
        (r#"["a", $secrets.key, null, 1] | join("-")"#, r#""a-***--1""#, r#""a-k--1""#),
        (r"$secrets.key | tostring", r#""***""#, r#""k""#),
        (r#""\($secrets.db.hosts)""#, r#""***""#, r#"["a","b"]"#),
        (r#""of \($secrets.db.hosts)""#, r#""of ***""#, r#""of [\"a\",\"b\"]""#),
    ]);
}

#[test]
fn it_is_encoded_where_it_is_sent() {
    check(&[
        ("$secrets.db.password | @uri", r#""***""#, r#""p%20w""#),
        (r#"@uri "q=\($secrets.db.password)&\(.x)""#, r#""q=***&y""#, r#""q=p%20w&y""#),
        (
            r#""\($secrets.db.user):\($secrets.db.password)" | "Basic " + @base64"#,
            r#""Basic ***""#,
            r#""Basic YWRhOnAgdw==""#,
        ),
        ("$secrets.db.password | @base64 | @uri", r#""***""#, r#""cCB3""#),
        ("\"a b\" | @uri, @base64", r#""a%20b""#, r#""a%20b""#),
    ]);
}

#[test]
fn the_parameter_of_the_requests_own_authorization_is_hidden_too() {
    check(&[(
        "\"\\($authorization.scheme) \\($authorization.parameter)\"",
        r#""Bearer ***""#,
        r#""Bearer tok""#,
    )]);
}

/// Nothing that an expression can see depends on a value: not its kind, its length, nor whether it is there.
#[test]
fn nothing_can_be_learned_about_it() {
    check(&[
        ("$secrets.db | type", r#""string""#, r#""string""#),
        ("$secrets.db == $secrets.key", "false", "false"),
        ("$secrets.key == \"k\", 1", "false", "false"),
        ("$secrets.key == $secrets.key", "true", "true"),
        ("$secrets.key == \"***\"", "false", "false"),
        ("if $secrets.db.nothing then 1 else 2 end", "1", "1"),
        ("$secrets.db.nothing // \"none\" | type", r#""string""#, r#""string""#),
        ("[$secrets.key, \"a\"] | index(\"k\")", "null", "null"),
        ("[$secrets.key] | contains([\"k\"])", "false", "false"),
        (
            "[\"k\", $secrets.key, \"z\"] | sort | map(type == \"string\")",
            "[true,true,true]",
            "[true,true,true]",
        ),
        ("try ($secrets.key | length) catch 0", "0", "0"),
        ("[$secrets.key | .[]?]", "[]", "[]"),
    ]);
    for source in [
        "$secrets.key | length",
        "$secrets.key | utf8bytelength",
        "$secrets.key | explode",
        "$secrets.key | ltrimstr(\"k\")",
        "$secrets.key | split(\"\")",
        "$secrets.key | test(\"k\")",
        "$secrets.key | ascii_downcase",
        "$secrets.key | startswith(\"k\")",
        "$secrets.key | .[0:1]",
        "$secrets.key | tonumber",
        "$secrets.key | fromjson",
        "$secrets.key | tojson",
        "[$secrets.key] | tojson",
        "$secrets.key | @base64d",
        "$secrets.key | @html",
        "$secrets.key * 2",
        "$secrets.key - \"k\"",
        "{($secrets.key): 1}",
        "{k: 1} | .[$secrets.key]",
        "$secrets.key | keys",
        "$secrets.key | error",
        "(\"a\" + $secrets.key).b",
        "$secrets.key | implode",
        "$secrets.key | @json",
        "$secrets.key | trim",
        "[$secrets.key] | @csv",
    ] {
        let error = eval(source).expect_err(source).to_string();
        assert!(!error.contains("key\""), "{source}: {error}");
    }
}

#[test]
fn whatever_is_not_sent_is_masked() {
    let template = Template::expression("{a: $secrets.key, b: \"x\\($secrets.db.user)\"}", &[]).unwrap();
    let value = template.eval(&Json::null(), &Secrets).unwrap();
    assert_eq!((value.text(), value.is_opaque()), (r#"{"a":"***","b":"x***"}"#, false));
}

/// The injection rule: data that looks like a reference, also when an expression makes it, is data.
#[test]
fn data_cannot_become_a_reference() {
    for source in [
        "$input",
        "$input | fromjson",
        "\"!\" + $input",
        "$input | @base64 | @base64d",
        "$input | fromjson | tojson",
        "\"***\"",
        "$input + $secrets.key | type",
    ] {
        assert!(!eval(source).unwrap().is_opaque(), "{source}");
    }
    let beside = eval("$input + $secrets.key").unwrap();
    assert_eq!(beside.sources().len(), 1);
    assert_eq!(reveal(&beside), Json::string(&format!("{FORGED}k")).text());
}

#[test]
fn templates_and_endpoints_keep_it() {
    let value =
        json!({ "a": "Bearer ${ $secrets.key } ${ .n }", "b": ["${ $secrets.db.user }"], "c": "plain" });
    let template = Template::compile(&value, &[], Mode::Strict).unwrap();
    let value = template.eval_opaque(&Json::parse(r#"{"n":1}"#).unwrap(), &Secrets).unwrap();
    assert_eq!(value.text(), r#"{"a":"Bearer *** 1","b":["***"],"c":"plain"}"#);
    assert_eq!(reveal(&value), r#"{"a":"Bearer k 1","b":["ada"],"c":"plain"}"#);
    let names: Vec<&str> = template.secrets().iter().map(|name| &**name).collect();
    assert_eq!(names, ["db", "key"]);

    let uri = UriTemplate::compile("https://x/${ $secrets.db.password | @uri }?n=${ .n }", &[]).unwrap();
    let text = uri.expand(&Json::parse(r#"{"n":1}"#).unwrap(), &Secrets).unwrap().into_json();
    assert_eq!((text.text(), reveal(&text).as_str()), (r#""https://x/***?n=1""#, r#""https://x/p%20w?n=1""#));
    assert_eq!(uri.secrets().len(), 1);

    let uri = UriTemplate::compile("https://x/{t}/{n}", &[]).unwrap();
    let dot = Json::object([("t", eval("$secrets.db.password").unwrap()), ("n", Json::number(1))]);
    let text = uri.expand(&dot, &Secrets).unwrap().into_json();
    assert_eq!(reveal(&text), r#""https://x/p%20w/1""#);
}

#[test]
fn it_is_not_encoded_without_end() {
    let source = "reduce range(20) as $i ($secrets.key; @uri)";
    let error = eval(source).unwrap_err().to_string();
    assert!(error.contains("too often"), "{error}");
}

#[test]
fn putting_texts_together_is_metered() {
    let source = "reduce range(1000000) as $i ($secrets.key; . + \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\")";
    assert!(matches!(eval(source), Err(ExprError::Limit(_))), "{source}");
}
