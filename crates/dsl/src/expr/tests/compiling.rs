//! What compiles, and what the errors say.

use super::{locals, outcome, vars};
use crate::expr::{CompileError, Env, Expr, SOURCE_BYTES_MAX};
use crate::json::Json;
use std::sync::Arc;

fn error(source: &str) -> CompileError {
    Expr::compile(source, &locals()).err().unwrap_or_else(|| panic!("{source} compiles"))
}

#[test]
fn expressions_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + std::fmt::Debug>() {}
    shared::<Expr>();
    shared::<crate::expr::Template>();
    shared::<crate::expr::UriTemplate>();
    shared::<Json>();
}

#[test]
fn both_forms_compile() {
    assert_eq!(outcome(".a", "{\"a\":1}"), "1");
    assert_eq!(outcome(" ${ .a } ", "{\"a\":1}"), "1");
    let expr = Expr::compile("${ .a }", &[]).unwrap();
    assert_eq!(expr.source(), "${ .a }");
}

#[test]
fn only_variables_in_use_are_asked_for() {
    let expr = Expr::compile("$context.c + $item.id | . as $x | $x", &locals()).unwrap();
    assert_eq!(expr.variables(), [Arc::from("context"), Arc::from("item")]);
    assert_eq!(Expr::compile("\"\\($task)\"", &[]).unwrap().variables(), [Arc::from("task")]);
    assert!(Expr::compile(".context", &[]).unwrap().variables().is_empty());
}

#[test]
fn variable_without_a_value_fails_the_evaluation() {
    assert_eq!(outcome("$secrets.a", "null"), "error: variable `$secrets` has no value here");
}

#[test]
fn truth_is_as_in_jq() {
    let truth = |source: &str| Expr::compile(source, &[]).unwrap().eval_bool(&Json::null(), &vars()).unwrap();
    assert!(truth("0") && truth("\"\"") && truth("[]") && truth("true"));
    assert!(!truth("null") && !truth("false") && !truth("empty"));
}

#[test]
fn unknown_variables_are_named() {
    let error = error(".a + $contxt");
    assert_eq!(error.message, "unknown variable `$contxt`");
    assert_eq!(error.offset, Some(5));
    assert_eq!(error.hint.as_deref(), Some("did you mean `$context`?"));
    assert_eq!(Expr::compile("$item", &[]).unwrap_err().message, "unknown variable `$item`");
    assert!(super::Expr::compile("$itme", &locals()).unwrap_err().hint.unwrap().contains("$item"));
}

#[test]
fn unknown_functions_are_named() {
    let first = error(". | maap(.a)");
    assert_eq!(first.message, "unknown function `maap/1`");
    assert_eq!(first.offset, Some(4));
    assert_eq!(first.hint.as_deref(), Some("did you mean `map`?"));
    let arity = error("map");
    assert_eq!(arity.message, "unknown function `map/0`");
    assert_eq!(arity.hint.as_deref(), Some("`map` takes another number of arguments"));
}

/// What would make an evaluation depend on anything but its input, or reach outside, is not there.
#[test]
fn functions_that_reach_outside_are_refused_with_a_hint() {
    for source in [
        "env",
        "env.HOME",
        "input",
        "inputs",
        "halt",
        "halt_error",
        "halt_error(1)",
        "halt(1)",
        "now",
        "localtime",
        "strflocaltime(\"%Y\")",
        "debug",
        "debug(1)",
        "stderr",
        "input_filename",
        "input_line_number",
        "get_search_list",
        "modulemeta",
        "tobytes",
        "builtins",
        "jn(1; 2)",
    ] {
        let error = error(source);
        assert!(error.message.starts_with("unknown function `"), "{source}: {error}");
        assert!(error.hint.is_some(), "{source}");
    }
    assert_eq!(error("now").message, "unknown function `now/0`");
    assert!(error("now").hint.unwrap().contains("$workflow.startedAt"));
    assert_eq!(error("$ENV.HOME").message, "unknown variable `$ENV`");
    assert!(error("$ENV").hint.is_some());
}

#[test]
fn modules_are_refused() {
    for source in ["import \"a\" as a; a::b", "include \"a\"; .", "import \"a\" as $a; $a", "a::b"] {
        let error = error(source);
        assert!(!error.message.is_empty(), "{source}");
    }
    assert_eq!(error("import \"a\" as a; .").message, "modules cannot be imported");
}

#[test]
fn functions_of_the_prelude_stay_inside() {
    for source in
        ["error_empty", "limit__raw(1; 2)", "matches(\"a\"; \"\")", "key_values", "def f: time__raw; f"]
    {
        assert!(error(source).message.starts_with("unknown function"), "{source}");
    }
}

#[test]
fn syntax_errors_have_their_place() {
    let rows = [
        (".a |", "syntax error: expected term, found the end", Some(4)),
        (".a ]", "syntax error: expected token", Some(3)),
        ("{a", "syntax error: expected closing brace", Some(2)),
        ("\"abc", "syntax error: expected closing quote", Some(4)),
        ("if . then 1", "syntax error: expected else or end, found the end", Some(11)),
        ("", "syntax error: expected term, found the end", Some(0)),
        ("${ .a | }", "syntax error: expected term, found the end", Some(8)),
    ];
    for (source, message, offset) in rows {
        let error = error(source);
        assert_eq!((error.message.as_str(), error.offset), (message, offset), "{source}");
    }
}

#[test]
fn long_source_is_refused() {
    assert!(error(&"1+".repeat(SOURCE_BYTES_MAX)).message.contains("more than"));
}

/// Sources nested as deeply as their length allows: an error or a program, never the end of the process.
#[test]
fn deeply_nested_sources_do_not_exhaust_the_stack() {
    let n = SOURCE_BYTES_MAX - 16;
    let sources = [
        "(".repeat(n),
        "[".repeat(n / 2) + &"]".repeat(n / 2),
        "-".repeat(n) + "1",
        "1".to_owned() + &"+1".repeat(n / 2),
        "1".to_owned() + &"|1".repeat(n / 2),
        "try ".repeat(n / 4) + "1",
        "\"\\(".repeat(n / 3),
        ".".to_owned() + &"[0]".repeat(n / 3),
        "1 as $x|".repeat(n / 8) + "$x",
        "def f:".repeat(n / 6) + "1",
        "if 1 then ".repeat(n / 10) + "1",
        "{a:".repeat(n / 3),
    ];
    for source in sources {
        let small = std::thread::Builder::new().stack_size(256 << 10);
        let run = move || {
            if let Ok(expr) = Expr::compile(&source, &[]) {
                let _ = expr.eval(&Json::null(), &vars());
            }
        };
        small.spawn(run).unwrap().join().unwrap();
    }
}

#[test]
fn every_listed_function_can_be_called() {
    let known: Vec<_> = crate::expr::library::names().collect();
    for name in
        ["map", "select", "test", "todate", "@csv", "tostream", "ltrimstr", "length", "range", "limit"]
    {
        assert!(known.contains(&name), "{name}");
    }
    assert!(!known.iter().any(|name| name.contains("__raw")));
}

#[test]
fn variables_are_shared_and_not_parsed_again() {
    struct One(Json);
    impl Env for One {
        fn var(&self, _: &str) -> Option<Json> {
            Some(self.0.clone())
        }
    }
    let env = One(Json::parse("{\"a\":[1,2,3]}").unwrap());
    let expr = Expr::compile("$context.a", &[]).unwrap();
    let first = expr.eval(&Json::null(), &env).unwrap();
    let second = expr.eval(&Json::null(), &env).unwrap();
    let (jaq_json::Val::Arr(first), jaq_json::Val::Arr(second)) = (first.tree(), second.tree()) else {
        panic!()
    };
    assert!(Arc::ptr_eq(first, second));
}
