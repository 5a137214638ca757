//! Any expression is compiled or refused, and evaluates within its limits: the fuzzer's own time-out and memory limit
//! are the assertion. The input's first line is the expression, the rest its data.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenure_dsl::expr::{Env, Expr, UriTemplate};
use tenure_dsl::json::Json;

struct Variables(Json);

impl Env for Variables {
    fn var(&self, _: &str) -> Option<Json> {
        Some(self.0.clone())
    }
}

fuzz_target!(|text: &str| {
    let (source, data) = text.split_once('\n').unwrap_or((text, "null"));
    let Ok(data) = Json::parse(data) else { return };
    let env = Variables(data.clone());
    if let Ok(expression) = Expr::compile(source, &[]) {
        let first = expression.eval(&data, &env);
        if let (Ok(first), Ok(second)) = (first, expression.eval(&data, &env)) {
            assert_eq!(first, second, "an expression is a function of its input");
        }
    }
    if let Ok(template) = UriTemplate::compile(source, &[]) {
        let _ = template.expand(&data, &env);
    }
});
