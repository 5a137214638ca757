//! `run.script` and `run.shell`: what is run is evaluated once, when the task starts; every attempt runs the same.
//!
//! Deliberately absent: processes, which are the dispatcher's, and whether a server runs any.

use super::super::dataflow;
use super::super::effect::Protection;
use super::super::history::Begun;
use super::super::input::Answer;
use super::super::limits::{EXCERPT_BYTES_MAX, PROCESS_TEXT_BYTES_MAX};
use super::super::request::{ProcessRequest, Program, Request};
use super::super::step::Turn;
use super::call_http::{begin, values};
use super::{Entering, Next};
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::expr::Template;
use tenure_dsl::json::Json;
use tenure_dsl::program::{ProcessCall, ProcessProgram, ProcessReturn};
use tenure_types::limits::PAYLOAD_BYTES_MAX;

pub(super) fn prepare(
    turn: &Turn<'_>,
    entering: &Entering<'_>,
    call: &ProcessCall,
) -> Result<(Begun, Next), Error> {
    let request = request(turn, entering, call)?;
    let request = (Request::Process(Arc::new(request)), Protection::default());
    Ok(begin(turn, entering, request, call.effect, None))
}

fn request(turn: &Turn<'_>, entering: &Entering<'_>, call: &ProcessCall) -> Result<ProcessRequest, Error> {
    let scope = entering.scope(turn);
    let eval = |template: &Template, what: &str| {
        let value = dataflow::eval_opaque(template, entering.input(), &scope, what)?;
        if value.is_opaque() {
            let why = format!("`{what}` holds a secret, and a process shows what it was given");
            return Err(Error::configuration(why));
        }
        Ok(value)
    };
    let optional = |template: &Option<Template>, what: &str| {
        template.as_ref().map(|template| eval(template, what)).transpose()
    };
    let program = match &call.program {
        ProcessProgram::Script(code) => Program::Script(Arc::clone(code)),
        ProcessProgram::Shell(command) => {
            let command = eval(command, "run.shell.command")?;
            Program::Shell(short(text(&command, "run.shell.command")?, "run.shell.command")?)
        }
    };
    let mut arguments = vec![];
    for argument in
        optional(&call.arguments, "run.arguments")?.and_then(|all| all.items()).unwrap_or_default()
    {
        arguments.push(short(text(&argument, "run.arguments")?, "run.arguments")?);
    }
    let mut environment = vec![];
    for (name, value) in values(optional(&call.environment, "run.environment")?, "run.environment")? {
        let value = text(&value, "run.environment")?;
        if name.is_empty() || name.contains('=') {
            return Err(Error::validation(format!("`{name}` cannot be the name of a variable")));
        }
        environment.push((short(name, "run.environment")?, short(value, "run.environment")?));
    }
    let stdin = optional(&call.stdin, "run.stdin")?;
    let stdin = stdin.map(|stdin| stdin.as_str().map_or_else(|| stdin.text().to_owned(), str::to_owned));
    let request = ProcessRequest {
        program,
        arguments,
        environment,
        stdin: stdin.unwrap_or_default(),
        awaited: call.awaited,
    };
    let bytes = request.len_bytes();
    if bytes > PAYLOAD_BYTES_MAX {
        let detail = format!(
            "the process is given {bytes} bytes: the limit `payload_bytes_max` is {PAYLOAD_BYTES_MAX}"
        );
        return Err(Error::runtime(detail));
    }
    Ok(request)
}

/// A text, or something that is written like one.
fn text(value: &Json, what: &str) -> Result<String, Error> {
    match value.kind_name() {
        "string" => Ok(value.as_str().unwrap_or_default().to_owned()),
        "number" | "boolean" => Ok(value.text().to_owned()),
        kind => Err(Error::expression(format!("`{what}` gives {kind}: a text is needed"))),
    }
}

/// What the system takes as one argument or variable.
fn short(text: String, what: &str) -> Result<String, Error> {
    if text.contains('\0') {
        return Err(Error::validation(format!(
            "`{what}` has a character that no process can be given: U+0000"
        )));
    }
    if text.len() > PROCESS_TEXT_BYTES_MAX {
        let detail = format!(
            "`{what}` has {} bytes: the limit of one text is {PROCESS_TEXT_BYTES_MAX}; use `stdin` for more",
            text.len()
        );
        return Err(Error::runtime(detail));
    }
    Ok(text)
}

/// What a process came to, as the dispatcher tells it; in a test case, what is left out is as of a process that went well.
struct Ended {
    code: i64,
    signal: Option<i64>,
    overflowed: bool,
    stdout: Json,
    stderr: Json,
}

impl Ended {
    fn of(answer: &Answer) -> Option<Self> {
        let said = Json::from_slice(&answer.body).ok().filter(|said| said.entries().is_some());
        let Some(said) = said else {
            // A text of a test case is what was written.
            let stdout = Json::string(std::str::from_utf8(&answer.body).ok()?);
            return Some(Self { code: 0, signal: None, overflowed: false, stdout, stderr: Json::string("") });
        };
        let written = |key: &str| said.get(key).unwrap_or_else(|| Json::string(""));
        Some(Self {
            code: said.get("code").map_or(Some(0), |code| code.as_i64())?,
            signal: said.get("signal").and_then(|signal| signal.as_i64()),
            overflowed: said.get("overflowed").and_then(|over| over.as_bool()).unwrap_or_default(),
            stdout: written("stdout"),
            stderr: written("stderr"),
        })
    }
}

/// Whether the process went well.
pub(in super::super) fn good(answer: &Answer) -> bool {
    Ended::of(answer).is_some_and(|ended| ended.code == 0 && !ended.overflowed)
}

/// What the end of a process means: the task's raw output, or its error. `input` is the task's.
pub(in super::super) fn read(call: &ProcessCall, input: &Json, answer: &Answer) -> Result<Json, Error> {
    if !call.awaited {
        return Ok(input.clone());
    }
    let unreadable = || Error::runtime("how the process ended cannot be read");
    let ended = Ended::of(answer).ok_or_else(unreadable)?;
    if ended.overflowed {
        return Err(Error::runtime("the process wrote more than it may, and was ended"));
    }
    let code = Json::number(ended.code);
    match call.returned {
        ProcessReturn::Code => Ok(code),
        ProcessReturn::All => {
            Ok(Json::object([("code", code), ("stdout", ended.stdout), ("stderr", ended.stderr)]))
        }
        ProcessReturn::Stdout | ProcessReturn::Stderr | ProcessReturn::None if ended.code != 0 => {
            Err(failure(&ended))
        }
        ProcessReturn::Stdout => Ok(ended.stdout),
        ProcessReturn::Stderr => Ok(ended.stderr),
        ProcessReturn::None => Ok(Json::null()),
    }
}

/// The error of a process that says no, with the end of what it wrote as errors: the reason comes last.
fn failure(ended: &Ended) -> Error {
    let how = match ended.signal {
        None => format!("the process ended with code {}", ended.code),
        Some(signal) => format!("the process was ended by signal {signal}{}", hint(signal)),
    };
    let said = ended.stderr.as_str().unwrap_or_default().trim();
    let from = said.char_indices().map(|(at, _)| at).find(|at| said.len() - at <= EXCERPT_BYTES_MAX);
    let detail = match from {
        None => how,
        Some(0) => format!("{how}: {said}"),
        Some(from) => format!("{how}: …{}", &said[from..]),
    };
    Error::runtime(detail)
}

/// What a limit looks like.
fn hint(signal: i64) -> &'static str {
    match signal {
        24 => ", having used the processor for as long as it may",
        25 => ", having written a file as large as it may",
        _ => "",
    }
}
