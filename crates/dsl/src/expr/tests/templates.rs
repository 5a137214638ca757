//! Templates, interpolation, the injection rule, and URI templates.

use super::{locals, vars};
use crate::expr::{ExprError, Limit, Mode, Template, UriTemplate};
use crate::json::Json;
use serde_json::{Value, json};

fn compile(value: &Value, mode: Mode) -> Template {
    Template::compile(value, &locals(), mode).unwrap_or_else(|error| panic!("{value}: {error}"))
}

fn eval(value: &Value, mode: Mode, dot: &Value) -> Value {
    compile(value, mode)
        .eval(&Json::from_value(dot), &vars())
        .unwrap_or_else(|error| panic!("{value}: {error}"))
        .to_value()
}

#[test]
fn strict_templates() {
    let dot = json!({"name": "Jo", "n": 2, "o": {"x": [1]}, "code": "${ .name }"});
    let rows = [
        (json!("${ .name }"), json!("Jo")),
        (json!("  ${.n}\n"), json!(2)),
        (json!("${ .o }"), json!({"x": [1]})),
        (json!("Hello, ${ .name }!"), json!("Hello, Jo!")),
        (json!("${ .name }-${ .n }"), json!("Jo-2")),
        (json!("o=${ .o } n=${ null }"), json!("o={\"x\":[1]} n=null")),
        (json!("${ {a: \"}\"} | .a }."), json!("}.")),
        (json!("${ \"\\(.name | \"<\\(.)>\")\" }!"), json!("<Jo>!")),
        (json!(".name"), json!(".name")),
        (json!("$ { } $x"), json!("$ { } $x")),
        (json!(1.5), json!(1.5)),
        (json!(null), json!(null)),
        (json!({"a": "${ .n }", "b": ["x", "${ .name }"]}), json!({"a": 2, "b": ["x", "Jo"]})),
        (json!({"${ .name }": "${ .n }"}), json!({"${ .name }": 2})),
        (json!("${ $item.id + $context.c }"), json!(8)),
        (json!("${ empty }"), json!(null)),
    ];
    for (template, expected) in rows {
        assert_eq!(eval(&template, Mode::Strict, &dot), expected, "{template}");
    }
}

#[test]
fn loose_templates() {
    let dot = json!({"name": "Jo"});
    let rows = [
        (json!(".name"), json!("Jo")),
        (json!("${ .name }"), json!("Jo")),
        (json!("Hi ${ .name }"), json!("Hi Jo")),
        (json!("hello"), json!("hello")),
        (json!("hello world"), json!("hello world")),
        (json!(""), json!("")),
        (json!("${ nonsense"), json!("${ nonsense")),
        (json!(".name.x"), json!(".name.x")),
        (json!({"a": [".name", "b c"]}), json!({"a": ["Jo", "b c"]})),
        (json!("1 + 1"), json!(2)),
    ];
    for (template, expected) in rows {
        assert_eq!(eval(&template, Mode::Loose, &dot), expected, "{template}");
    }
}

/// The injection rule: what an expression gives is data, whatever it looks like.
#[test]
fn expression_syntax_in_data_is_never_evaluated() {
    let dot = json!({"data": "${ $context }", "name": "$context"});
    for mode in [Mode::Strict, Mode::Loose] {
        assert_eq!(eval(&json!("${ .data }"), mode, &dot), json!("${ $context }"));
        assert_eq!(eval(&json!("<${ .data }>"), mode, &dot), json!("<${ $context }>"));
        assert_eq!(eval(&json!("${ $hostile }"), mode, &dot), json!("${ .secret }"));
        assert_eq!(eval(&json!("${ \"${ .name }\" }"), mode, &dot), json!("${ .name }"));
    }
    let uri = UriTemplate::compile("http://h/{data}", &[]).unwrap();
    assert_eq!(
        uri.expand(&Json::from_value(&dot), &vars()).unwrap().into_plain().unwrap(),
        "http://h/%24%7B%20%24context%20%7D"
    );
}

#[test]
fn constant_parts_are_one_literal() {
    let constant = json!({"a": [1, {"b": "x"}], "c": null});
    assert_eq!(compile(&constant, Mode::Strict).as_literal().unwrap().to_value(), constant);
    assert!(compile(&json!({"a": "${ 1 }"}), Mode::Strict).as_literal().is_none());
    assert_eq!(Template::literal_value(Json::number(1)).as_literal(), Some(&Json::number(1)));
}

#[test]
fn error_in_a_template_has_its_pointer_and_place() {
    let value = json!({"a/b": [1, "x ${ $nope }"]});
    let error = Template::compile(&value, &[], Mode::Strict).unwrap_err();
    assert_eq!(error.pointer, "/a~1b/1");
    assert_eq!(error.error.message, "unknown variable `$nope`");
    assert_eq!(error.error.offset, Some(5));
}

#[test]
fn expression_position_takes_bare_and_wrapped_jq() {
    for source in [".a", "${ .a }", " ${.a} "] {
        let template = Template::expression(source, &[]).unwrap();
        assert_eq!(template.eval(&Json::parse("{\"a\":1}").unwrap(), &vars()).unwrap(), Json::number(1));
    }
}

#[test]
fn all_expressions_of_a_template_share_one_budget() {
    let one = json!("${ [range(100000)] | length }");
    assert!(compile(&one, Mode::Strict).eval(&Json::null(), &vars()).is_ok());
    let many = Value::Array(vec![one; 30]);
    assert_eq!(compile(&many, Mode::Strict).eval(&Json::null(), &vars()), Err(ExprError::Limit(Limit::Fuel)));
}

#[test]
fn results_of_a_template_share_one_limit_on_output() {
    let many = Value::Array(vec![json!("${ \"x\" * 300000 }"); 4]);
    assert_eq!(
        compile(&many, Mode::Strict).eval(&Json::null(), &vars()),
        Err(ExprError::Limit(Limit::Output))
    );
}

#[test]
fn limit_is_no_reason_to_fall_back_to_the_literal() {
    let template = compile(&json!("def f: f; f"), Mode::Loose);
    assert_eq!(template.eval(&Json::null(), &vars()), Err(ExprError::Limit(Limit::Fuel)));
}

#[test]
fn variables_of_a_template_are_asked_for_once() {
    struct Counting(std::cell::RefCell<Vec<String>>);
    impl crate::expr::Env for Counting {
        fn var(&self, name: &str) -> Option<Json> {
            self.0.borrow_mut().push(name.to_owned());
            Some(Json::number(1))
        }
    }
    let env = Counting(std::cell::RefCell::default());
    let template =
        compile(&json!(["${ $context + $context }", "${ $input }", "${ $context }"]), Mode::Strict);
    assert_eq!(template.eval(&Json::null(), &env).unwrap().text(), "[2,1,1]");
    assert_eq!(*env.0.borrow(), ["context", "input"]);
}

#[test]
fn uri_templates_expand() {
    let dot = json!({"id": "a b/ü", "n": 5, "t": true, "z": null, "o": {}, "p~.-_": 1});
    let dot = Json::from_value(&dot);
    let rows = [
        ("http://h/x", "http://h/x"),
        ("http://h/{id}", "http://h/a%20b%2F%C3%BC"),
        ("http://h/{n}/{t}", "http://h/5/true"),
        ("http://h/{z}{missing}.", "http://h/."),
        ("http://h/{n,z,t}", "http://h/5,true"),
        ("http://h/${ .n }/${ .id | @uri }", "http://h/5/a%20b%2F%C3%BC"),
        ("${ \"http://h/\\(.n)\" }", "http://h/5"),
    ];
    for (template, expected) in rows {
        let compiled =
            UriTemplate::compile(template, &[]).unwrap_or_else(|error| panic!("{template}: {error}"));
        assert_eq!(compiled.expand(&dot, &vars()).unwrap().into_plain().unwrap(), expected, "{template}");
    }
}

#[test]
fn uri_template_takes_no_objects() {
    let dot = Json::parse("{\"o\":{}}").unwrap();
    let error = UriTemplate::compile("{o}", &[]).unwrap().expand(&dot, &vars()).unwrap_err();
    assert_eq!(error.to_string(), "`{o}` of a URI template must be a string, number or boolean, not object");
    let error = UriTemplate::compile("${ .o }", &[]).unwrap().expand(&dot, &vars()).unwrap_err();
    assert_eq!(error.to_string(), "an endpoint must be a string, not object");
}

#[test]
fn other_uri_templates_are_refused() {
    for template in ["{+x}", "{#x}", "{?q}", "{&q}", "{/x}", "{;x}", "{.x}"] {
        let error = UriTemplate::compile(template, &[]).unwrap_err();
        assert_eq!(error.message, format!("unsupported operator in URI template `{template}`"));
        assert!(error.hint.is_some());
    }
    for template in ["{x*}", "{x:3}", "{a.b}", "{}", "{ x }", "{x", "x}", "{id}/${ .b }"] {
        assert!(UriTemplate::compile(template, &[]).is_err(), "{template}");
    }
}
