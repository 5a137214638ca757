//! `run.script` and `run.shell`.

use super::Compiler;
use super::expression::{Place, Surroundings};
use super::kind::effect_of;
use crate::diagnostic::Code;
use crate::expr::Template;
use crate::model::{Run, RunReturn, Script, ScriptSource, Shell, Task};
use crate::parse::Path;
use crate::program::{Kind, Mode, ProcessCall, ProcessProgram, ProcessReturn};
use serde_json::{Map, Value};

impl Compiler<'_> {
    pub(super) fn script(
        &mut self,
        task: &Task,
        run: &Run,
        script: &Script,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let path = path.key("run");
        self.permitted(self.switches.script, "script", &path)?;
        let path = path.key("script");
        let given = (script.arguments.as_ref(), script.environment.as_ref(), script.stdin.as_ref());
        let given = self.given(given, &path, around);
        let program = ProcessProgram::Script(self.code(script, &path)?.into());
        // A script reaches nothing outside of itself: running it twice does no more than running it once.
        Some(started(task, run, program, given?, Mode::AtLeastOnce))
    }

    pub(super) fn shell(
        &mut self,
        task: &Task,
        run: &Run,
        shell: &Shell,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Kind> {
        let path = path.key("run");
        self.permitted(self.switches.shell, "shell", &path)?;
        let path = path.key("shell");
        let given = (shell.arguments.as_ref(), shell.environment.as_ref(), shell.stdin.as_ref());
        let given = self.given(given, &path, around);
        // A process shows what it was given to whoever looks: no secrets.
        let command = Value::from(shell.command.as_str());
        let command = self.template_at(&command, &path.key("command"), Place::Definition, around);
        Some(started(task, run, ProcessProgram::Shell(command?), given?, Mode::AtMostOnce))
    }

    /// Reports what the operator has switched off. Nothing else is told of it then: it is not run.
    fn permitted(&mut self, on: bool, kind: &str, path: &Path) -> Option<()> {
        if on {
            return Some(());
        }
        let message =
            format!("`run.{kind}` is not authorized: the operator of this server has not switched it on");
        let hint =
            format!("the switch is `run.{kind} = true` in tenure.toml, `--run {kind}` for `tenure dev`");
        self.sink.key(Code::SwitchedOff, self.tree, &path.key(kind), message, Some(hint));
        None
    }

    /// The text of a script.
    fn code(&mut self, script: &Script, path: &Path) -> Option<String> {
        let source = match &script.source {
            ScriptSource::Code(code) => return Some(code.clone()),
            ScriptSource::Source(source) => source,
        };
        let path = path.key("source");
        let text = std::str::from_utf8(self.content(source, &path)?).map(str::to_owned);
        if text.is_err() {
            self.invalid_resource(source, &path, "it is not UTF-8");
        }
        text.ok()
    }

    fn given(
        &mut self,
        (arguments, environment, stdin): Given<'_>,
        path: &Path,
        around: &Surroundings,
    ) -> Option<Templates> {
        let arguments = arguments.map(|all| Value::from(all.clone()));
        let environment = environment.map(|all| Value::Object(all.clone()));
        let stdin = stdin.map(|text| Value::from(text.as_str()));
        let mut compiled = |value: Option<Value>, key: &str| match value {
            Some(value) => self.template_at(&value, &path.key(key), Place::Definition, around).map(Some),
            None => Some(None),
        };
        let arguments = compiled(arguments, "arguments");
        let environment = compiled(environment, "environment");
        let stdin = compiled(stdin, "stdin");
        Some((arguments?, environment?, stdin?))
    }
}

/// Arguments, environment and standard input, as they are written.
type Given<'m> = (Option<&'m Vec<String>>, Option<&'m Map<String, Value>>, Option<&'m String>);
/// The same, compiled.
type Templates = (Option<Template>, Option<Template>, Option<Template>);

fn started(
    task: &Task,
    run: &Run,
    program: ProcessProgram,
    (arguments, environment, stdin): Templates,
    default: Mode,
) -> Kind {
    let returned = match run.returned {
        None | Some(RunReturn::Stdout) => ProcessReturn::Stdout,
        Some(RunReturn::Stderr) => ProcessReturn::Stderr,
        Some(RunReturn::Code) => ProcessReturn::Code,
        Some(RunReturn::All) => ProcessReturn::All,
        Some(RunReturn::None) => ProcessReturn::None,
    };
    let (awaited, effect) = (run.awaited != Some(false), effect_of(default, task));
    Kind::Process(Box::new(ProcessCall { program, arguments, environment, stdin, awaited, returned, effect }))
}
