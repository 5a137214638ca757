//! `run.script` and `run.shell`: compiled, unless the operator has not switched them on.

use super::{HEADER, load_body};
use tenure_dsl::Draft;
use tenure_dsl::program::{Kind, Mode, ProcessCall, ProcessProgram, ProcessReturn};
use tenure_dsl::resource::Resources;
use tenure_dsl::switches::Switches;

fn compiled(run: &str) -> Box<ProcessCall> {
    let definition = load_body(&format!("\ndo:\n  - a: {{ run: {run} }}\n"));
    match definition.program.nodes.into_iter().next().expect("a task").kind {
        Kind::Process(call) => call,
        other => panic!("{other:?}"),
    }
}

/// A script reaches nothing outside of itself; a command may do anything.
#[test]
fn scripts_may_be_repeated_and_commands_may_not() {
    let script = compiled("{ script: { language: JavaScript, code: '${ 1 }' } }");
    assert_eq!(
        (script.effect.mode, script.awaited, script.returned),
        (Mode::AtLeastOnce, true, ProcessReturn::Stdout)
    );
    assert!(matches!(&script.program, ProcessProgram::Script(code) if &**code == "${ 1 }"));
    let shell = compiled("{ await: false, return: all, shell: { command: ls } }");
    assert_eq!(
        (shell.effect.mode, shell.awaited, shell.returned),
        (Mode::AtMostOnce, false, ProcessReturn::All)
    );
}

#[test]
fn the_text_of_a_script_may_be_a_resource() {
    let text = format!(
        "{HEADER}\ndo:\n  - a: {{ run: {{ script: {{ language: js, source: {{ endpoint: 'http://x/a.js' }} }} }} }}\n"
    );
    let draft = Draft::read(&text);
    assert_eq!(draft.wanted()[0].address, "http://x/a.js");
    let mut resources = Resources::default();
    resources.insert("http://x/a.js", b"1".as_slice());
    assert!(draft.compile(&resources).is_ok());
    resources.insert("http://x/a.js", [0xFF].as_slice());
    let refused = Draft::read(&text).compile(&resources).unwrap_err();
    assert_eq!(
        refused[0].to_string(),
        "DEF-0133 3:61 /do/0/a/run/script/source/endpoint `http://x/a.js` cannot be used: it is not UTF-8"
    );
}

fn refused(switches: Switches, body: &str) -> Vec<String> {
    let text = format!("{HEADER}{body}");
    let compiled = Draft::read(&text).under(switches).compile(&Resources::default());
    compiled.err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// Wherever it stands: nothing that is compiled is run behind the operator's back.
#[test]
fn what_is_not_switched_on_is_refused_and_the_switch_named() {
    let body = "
use:
  functions: { list: { run: { shell: { command: ls } } } }
do:
  - a:
      set: { b: 1 }
      metadata: { compensate: { do: [ { c: { run: { script: { language: js, code: '1' } } } } ] } }
";
    assert_eq!(refused(Switches::ON, body), [""; 0]);
    let off = refused(Switches::default(), body);
    assert_eq!(
        off,
        [
            "DEF-0138 3:31 /use/functions/list/run/shell `run.shell` is not authorized: the operator of this server has not switched it on (the switch is `run.shell = true` in tenure.toml, `--run shell` for `tenure dev`)",
            "DEF-0138 7:53 /do/0/a/metadata/compensate/do/0/c/run/script `run.script` is not authorized: the operator of this server has not switched it on (the switch is `run.script = true` in tenure.toml, `--run script` for `tenure dev`)",
        ]
    );
    assert_eq!(refused(Switches { script: false, ..Switches::ON }, body).len(), 1);
}
