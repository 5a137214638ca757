//! `run.script` and `run.shell`: what is run, and what its end means.

use expect_test::expect;
use tenure_engine::execution::testing::{Run, check};

/// The last line of a task that is started with this input and ends like this.
fn end(run: &str, input: &str, ended: &str) -> String {
    let mut script = Run::new(&format!("do: [ {{ c: {{ run: {run} }} }} ]"));
    script.line(&format!("start {input}"));
    script.line(ended);
    script.report().trim_end().rsplit('\n').next().unwrap_or_default().to_owned()
}

/// P2: what is run is evaluated once and recorded; the text of a script is nobody's expression.
#[test]
fn a_process_is_given_what_the_task_says() {
    check(
        r#"
        do:
          - list:
              run:
                shell:
                  command: 'ls ${ .path }'
                  arguments: [ '${ .depth }', all ]
                  environment: { DEPTH: '${ .depth }', NONE: '${ null }' }
                  stdin: ${ . }
          - sort: { run: { await: false, script: { language: js, code: 'console.log(`${ 1 }`)' } } }
        "#,
        r#"
        start {"path":"/tmp","depth":2}
        show /do/0/list
        answer /do/0/list 200 {"code":0,"stdout":"a\n"}
        show /do/1/sort
        answer /do/1/sort 200 {}
        "#,
        expect![[r#"
            > start {"path":"/tmp","depth":2}
              started
              taskStarted /do/0/list
              attemptStarted /do/0/list#1
            > show /do/0/list
              run.shell ls /tmp [DEPTH: 2] {"program":"ls /tmp","arguments":["2","all"],"stdin":"{\"path\":\"/tmp\",\"depth\":2}","awaited":true} key=f63453e2 mode=AtMostOnce send-by=+30000 deadline=+600000
            > answer /do/0/list 200 {"code":0,"stdout":"a\n"}
              taskCompleted /do/0/list#1 -> "a\n"
              taskStarted /do/1/sort
              attemptStarted /do/1/sort#1
            > show /do/1/sort
              run.script [] {"program":"console.log(`${ 1 }`)","arguments":[],"stdin":"","awaited":false} key=11eb6dbb mode=AtLeastOnce send-by=+30000 deadline=+600000
            > answer /do/1/sort 200 {}
              taskCompleted /do/1/sort#1 -> "a\n"
              completed -> "a\n"
            = completed "a\n"
        "#]],
    );
}

#[test]
fn the_author_says_what_a_process_returns() {
    let ended = |returned: &str, ended: &str| {
        let run = format!("{{ return: {returned}, shell: {{ command: x }} }}");
        end(&run, "{}", &format!("answer /do/0/c 200 {ended}"))
    };
    let good = r#"{"code":0,"stdout":"o","stderr":"e"}"#;
    assert_eq!(ended("stdout", good), r#"= completed "o""#);
    assert_eq!(ended("stderr", good), r#"= completed "e""#);
    assert_eq!(ended("none", good), "= completed null");
    let bad = r#"{"code":3,"stdout":"o","stderr":"no such thing\n"}"#;
    assert_eq!(ended("code", bad), "= completed 3");
    assert_eq!(ended("all", bad), r#"= completed {"code":3,"stdout":"o","stderr":"no such thing\n"}"#);
    for returned in ["stdout", "stderr", "none"] {
        let expected = "= faulted runtime 500 at /do/0/c: the process ended with code 3: no such thing";
        assert_eq!(ended(returned, bad), expected);
    }
    let limit = ended("stdout", r#"{"code":152,"signal":24}"#);
    assert_eq!(
        limit,
        "= faulted runtime 500 at /do/0/c: the process was ended by signal 24, having used the processor for as long as it may"
    );
    let loud = ended("all", r#"{"code":137,"signal":9,"overflowed":true}"#);
    assert_eq!(loud, "= faulted runtime 500 at /do/0/c: the process wrote more than it may, and was ended");
}

/// Of what was written as errors the end is kept: the reason comes last.
#[test]
fn an_error_has_the_end_of_what_was_written() {
    let long = format!("{}the reason", "é".repeat(1_000));
    let ended = end(
        "{ shell: { command: x } }",
        "{}",
        &format!(r#"answer /do/0/c 200 {{"code":1,"stderr":"{long}"}}"#),
    );
    assert!(ended.contains("with code 1: …é") && ended.ends_with("ééthe reason"), "{ended}");
    assert!(ended.len() < 700, "{ended}");
}

/// P3: nobody knows how far a process came that was lost, or had to be ended.
#[test]
fn a_process_without_an_end_follows_its_mode() {
    let shell = "{ shell: { command: x } }";
    for lost in ["lost /do/0/c", "unknown /do/0/c process_lost", "unknown /do/0/c timeout"] {
        assert_eq!(end(shell, "{}", lost), "= suspended", "{lost}");
        let script = end("{ script: { language: js, code: '1' } }", "{}", lost);
        assert!(script.trim_start().starts_with("open: retry /do/0/c"), "{lost}: {script}");
    }
}

/// Fail closed: what the operator has switched off since is not run, and not tried again.
#[test]
fn what_is_switched_off_faults_at_once() {
    let off = end("{ shell: { command: x } }", "{}", "notsent /do/0/c switched_off");
    assert_eq!(off, "= faulted authorization 403 at /do/0/c: no");
}

#[test]
fn a_process_is_given_texts_of_a_size_that_the_system_takes() {
    let fault = |given: &str, input: &str| {
        let mut run =
            Run::new(&format!("do: [ {{ c: {{ run: {{ shell: {{ command: x, {given} }} }} }} }} ]"));
        run.line(&format!("start {input}"));
        run.report().trim_end().rsplit('\n').next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        fault("arguments: [ '${ [1] }' ]", "{}"),
        "= faulted expression 400 at /do/0/c: `run.arguments` gives array: a text is needed"
    );
    assert_eq!(
        fault("environment: { A: '${ {} }' }", "{}"),
        "= faulted expression 400 at /do/0/c: `run.environment` gives object for `A`: an object of texts is needed"
    );
    assert_eq!(
        fault("environment: { 'A=B': x }", "{}"),
        "= faulted validation 400 at /do/0/c: `A=B` cannot be the name of a variable"
    );
    assert_eq!(
        fault("arguments: [ '${ .a }' ]", r#"{"a":"\u0000"}"#),
        "= faulted validation 400 at /do/0/c: `run.arguments` has a character that no process can be given: U+0000"
    );
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(65_537));
    let expected = "= faulted runtime 500 at /do/0/c: `run.arguments` has 65537 bytes: the limit of one text is 65536; use `stdin` for more";
    assert_eq!(fault("arguments: [ '${ .a }' ]", &long), expected);
    let much = format!(r#"{{"a":"{}","b":"{}"}}"#, "x".repeat(60_000), "y".repeat(600_000));
    let all = ["'${ .a }'"; 10].join(", ");
    let found = fault(&format!("arguments: [ {all} ], stdin: '${{ .b }}'"), &much);
    assert!(found.contains("`payload_bytes_max`"), "{found}");
}
