//! The interpreter of scripts: JavaScript as a module, in a process of its own.
//!
//! A script computes: it sees its arguments, environment and standard input, writes to its outputs, and has no files, no
//! network and no timers. What it is given is named as on other runtimes: `process.argv`, `process.env`, `process.exit`,
//! `console`, and `readFileSync` of `node:fs` for standard input.

use rquickjs::loader::{BuiltinLoader, BuiltinResolver};
use rquickjs::{CatchResultExt as _, CaughtError, Context, Ctx, Function, Module, Runtime};
use serde::{Deserialize, Serialize};
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

/// Bytes of stack that a script's recursion may use.
const STACK_BYTES_MAX: usize = 1 << 20;
/// How errors name the script.
const NAME: &str = "script.js";
/// What a script finds.
const GLOBALS: &str = include_str!("script/globals.js");
/// The modules that a script can import.
const MODULES: &[(&str, &str)] =
    &[("fs", include_str!("script/fs.js")), ("process", "export default globalThis.process;")];

/// What an interpreter is given on its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Script {
    pub(crate) code: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) stdin: String,
    pub(crate) memory_bytes: usize,
}

pub(crate) fn main() -> ExitCode {
    let mut text = String::new();
    let read = io::stdin().read_to_string(&mut text);
    let script = read.and_then(|_| Ok(serde_json::from_str::<Script>(&text)?));
    let ended = match script {
        Ok(script) => interpret(&script),
        Err(error) => Err(error.to_string()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            write(2, format!("{why}\n"));
            ExitCode::FAILURE
        }
    }
}

fn interpret(script: &Script) -> Result<(), String> {
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    runtime.set_memory_limit(script.memory_bytes);
    runtime.set_max_stack_size(STACK_BYTES_MAX);
    let (mut resolver, mut loader) = (BuiltinResolver::default(), BuiltinLoader::default());
    for (name, source) in MODULES {
        for name in [(*name).to_owned(), format!("node:{name}")] {
            resolver.add_module(name.clone());
            loader.add_module(name, *source);
        }
    }
    runtime.set_loader(resolver, loader);
    let context = Context::full(&runtime).map_err(|error| error.to_string())?;
    context.with(|ctx| {
        let run = || {
            prepare(&ctx, script)?;
            Module::evaluate(ctx.clone(), NAME, script.code.as_str())?.finish::<()>()
        };
        run().catch(&ctx).map_err(|error| described(&error))
    })
}

/// Host functions are handed to the globals' own code, and are not globals themselves.
fn prepare(ctx: &Ctx<'_>, script: &Script) -> rquickjs::Result<()> {
    let install: Function<'_> = ctx.eval(GLOBALS)?;
    let write = Function::new(ctx.clone(), write)?;
    let exit = Function::new(ctx.clone(), |code: i32| -> () { std::process::exit(code) })?;
    let given = serde_json::json!({
        "arguments": script.arguments,
        "environment": script.environment,
        "stdin": script.stdin,
    });
    install.call((write, exit, given.to_string()))
}

/// What cannot be written is lost: whoever would read it is gone.
#[expect(clippy::needless_pass_by_value, reason = "the interpreter hands its values over")]
fn write(output: i32, text: String) {
    if output == 2 {
        let _ = io::stderr().write_all(text.as_bytes());
    } else {
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }
}

fn described(error: &CaughtError<'_>) -> String {
    match error {
        CaughtError::Error(rquickjs::Error::WouldBlock) => {
            "the script waits for a promise that nothing will settle".to_owned()
        }
        CaughtError::Exception(exception) => {
            let name = exception.as_object().get("name").unwrap_or_else(|_| "Error".to_owned());
            let (message, stack) = (exception.message(), exception.stack());
            let text = format!("{name}: {}\n{}", message.unwrap_or_default(), stack.unwrap_or_default());
            text.trim_end().to_owned()
        }
        CaughtError::Value(_) | CaughtError::Error(_) => error.to_string(),
    }
}
