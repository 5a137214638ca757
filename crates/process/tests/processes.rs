//! Real processes under real limits. This binary is its own supervisor, so it has a `main` of its own: a list of cases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, thread};
use tenure_process::{Ended, Launcher, Limits, Outcome, Program, Work};

/// A test.
type Case = (&'static str, fn());

const CASES: &[Case] = &[
    (
        "a_command_has_its_arguments_its_input_and_nothing_else",
        a_command_has_its_arguments_its_input_and_nothing_else,
    ),
    ("a_command_ends_with_its_code_or_its_signal", a_command_ends_with_its_code_or_its_signal),
    ("a_command_need_not_read_its_input", a_command_need_not_read_its_input),
    (
        "a_directory_of_its_own_is_removed_with_the_process",
        a_directory_of_its_own_is_removed_with_the_process,
    ),
    ("what_a_command_leaves_behind_is_ended", what_a_command_leaves_behind_is_ended),
    ("an_output_has_a_limit", an_output_has_a_limit),
    (
        "the_processor_memory_files_and_their_sizes_are_limited",
        the_processor_memory_files_and_their_sizes_are_limited,
    ),
    ("what_is_stopped_is_gone_with_all_that_it_started", what_is_stopped_is_gone_with_all_that_it_started),
    ("without_any_work_nothing_happens", without_any_work_nothing_happens),
    ("a_supervisor_that_is_killed_loses_its_work", a_supervisor_that_is_killed_loses_its_work),
    ("a_script_reads_and_writes_as_on_other_runtimes", a_script_reads_and_writes_as_on_other_runtimes),
    ("a_script_that_throws_says_so", a_script_that_throws_says_so),
    ("a_script_has_no_files_no_modules_and_no_processes", a_script_has_no_files_no_modules_and_no_processes),
    ("a_script_has_its_limits", a_script_has_its_limits),
];

fn main() -> ExitCode {
    if let Some(code) = tenure_process::child() {
        return code;
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let picked = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    for (name, case) in CASES.iter().filter(|(name, _)| picked(name)) {
        eprintln!("test {name}");
        case();
    }
    ExitCode::SUCCESS
}

fn shell(command: &str) -> Work {
    let program = Program::Shell { command: command.to_owned() };
    Work { program, arguments: vec![], environment: vec![], stdin: String::new() }
}

fn script(code: &str) -> Work {
    let program = Program::Script { code: code.to_owned() };
    Work { program, arguments: vec![], environment: vec![], stdin: String::new() }
}

fn outcome(work: Work, limits: Limits) -> Outcome {
    Launcher::new(limits).prepare().unwrap().run(work, || {})
}

fn ended(work: Work) -> Ended {
    ended_within(work, Limits::DEFAULT)
}

fn ended_within(work: Work, limits: Limits) -> Ended {
    match outcome(work, limits) {
        Outcome::Ended(ended) => ended,
        other => panic!("{other:?}"),
    }
}

fn a_command_has_its_arguments_its_input_and_nothing_else() {
    let mut work = shell("echo \"$# $1 $2 $FOO $(cat)\"; env | cut -d= -f1 | sort | tr '\\n' ' '; pwd >&2");
    work.arguments = vec!["a b".to_owned(), "$(id)".to_owned()];
    work.environment = vec![("FOO".to_owned(), "bar".to_owned())];
    "from outside".clone_into(&mut work.stdin);
    let ended = ended(work);
    assert_eq!(ended.stdout, "2 a b $(id) bar from outside\nFOO HOME LANG PATH PWD TMPDIR ");
    assert!(ended.stderr.contains("tenure-run-"), "{ended:?}");
    assert_eq!((ended.code, ended.signal, ended.overflowed), (0, None, false));
}

fn a_command_ends_with_its_code_or_its_signal() {
    let end = |command: &str| {
        let ended = ended(shell(command));
        (ended.code, ended.signal)
    };
    assert_eq!(end("exit 7"), (7, None));
    assert_eq!(end("kill -TERM $$"), (143, Some(15)));
    assert_eq!(end("no-such-command"), (127, None));
}

fn a_command_need_not_read_its_input() {
    let work = Work { stdin: "x".repeat(1 << 20), ..shell("echo done") };
    assert_eq!(ended(work).stdout, "done\n");
}

fn a_directory_of_its_own_is_removed_with_the_process() {
    let ended = ended(shell("touch left; pwd; stat -c %a ."));
    let (directory, mode) = ended.stdout.trim().split_once('\n').unwrap();
    assert_eq!(mode, "700");
    assert!(fs::metadata(directory).is_err(), "{directory} is left");
}

fn runs(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.trim())).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// Also when it has left the group, and when it holds the output open.
fn what_a_command_leaves_behind_is_ended() {
    for command in ["sleep 1000 & echo $!", "setsid sleep 1000 & sleep 0.2; pgrep -n -x sleep || echo $!"] {
        let ended = ended(shell(command));
        assert!(!runs(&ended.stdout), "{command}: {ended:?}");
    }
}

fn an_output_has_a_limit() {
    let limits = Limits { output_bytes: 1_000, ..Limits::DEFAULT };
    for command in ["yes", "yes >&2", "head -c 1001 /dev/zero; sleep 1000"] {
        let ended = ended_within(shell(command), limits);
        assert!(ended.overflowed && ended.stdout.len() <= 1_000 && ended.stderr.len() <= 1_000, "{command}");
    }
    let ended = ended_within(shell("head -c 1000 /dev/zero"), limits);
    assert_eq!((ended.stdout.len(), ended.overflowed, ended.code), (1_000, false, 0));
}

fn the_processor_memory_files_and_their_sizes_are_limited() {
    let limits = Limits { cpu_seconds: 1, ..Limits::DEFAULT };
    let ended = ended_within(shell("while :; do :; done"), limits);
    assert_eq!(ended.signal, Some(24), "SIGXCPU: {ended:?}");
    let limits = Limits { memory_bytes: 300 << 20, file_bytes: 4_096, open_files: 16, ..Limits::DEFAULT };
    let values = "ulimit -v; ulimit -f; ulimit -n; ulimit -c";
    assert_eq!(ended_within(shell(values), limits).stdout, "307200\n8\n16\n0\n");
    let large = ended_within(shell("head -c 5000 /dev/zero > f; stat -c %s f"), limits);
    assert_eq!(large.stdout, "4096\n");
}

fn what_is_stopped_is_gone_with_all_that_it_started() {
    let prepared = Launcher::new(Limits::DEFAULT).prepare().unwrap();
    let stopper = prepared.stopper();
    let (tell, started) = mpsc::channel();
    let running =
        thread::spawn(move || prepared.run(shell("sleep 1000 & sleep 1000"), move || tell.send(()).unwrap()));
    started.recv_timeout(Duration::from_secs(30)).unwrap();
    drop(stopper);
    assert_eq!(running.join().unwrap(), Outcome::Lost("it was stopped".to_owned()));
}

fn without_any_work_nothing_happens() {
    let prepared = Launcher::new(Limits::DEFAULT).prepare().unwrap();
    drop(prepared);
    let prepared = Launcher::new(Limits::DEFAULT).prepare().unwrap();
    drop(prepared.stopper());
    assert!(matches!(prepared.run(shell("echo done"), || {}), Outcome::NotStarted(_)));
}

/// The supervisor is the parent of the shell.
fn a_supervisor_that_is_killed_loses_its_work() {
    let killed = outcome(shell("kill -KILL $PPID; sleep 1000"), Limits::DEFAULT);
    assert_eq!(killed, Outcome::Lost("its supervisor ended".to_owned()));
}

fn a_script_reads_and_writes_as_on_other_runtimes() {
    let mut work = script(
        "import { readFileSync } from 'node:fs';
         const stdin = readFileSync(process.stdin.fd, 'utf8');
         const [, , first, second] = process.argv;
         console.log(stdin, first, second, process.env.FOO, { a: [1, null] }, 7);
         console.error('careful');
         await Promise.resolve();
         process.stdout.write([3, 1, 2].toSorted().join());
         process.exit(3);",
    );
    work.arguments = vec!["hello".to_owned(), "world".to_owned()];
    work.environment = vec![("FOO".to_owned(), "bar".to_owned())];
    "Grüße".clone_into(&mut work.stdin);
    let ended = ended(work);
    assert_eq!(ended.stdout, "Grüße hello world bar {\"a\":[1,null]} 7\n1,2,3");
    assert_eq!((&*ended.stderr, ended.code), ("careful\n", 3));
}

fn a_script_that_throws_says_so() {
    let thrown = ended(script("const a = 1;\nnull.b;"));
    assert_eq!(thrown.code, 1);
    assert!(thrown.stderr.contains("TypeError") && thrown.stderr.contains("script.js:2"), "{thrown:?}");
    assert_eq!(ended(script("throw 'no'")).code, 1);
    assert_eq!(ended(script("let let = 1")).code, 1);
    let stuck = ended(script("await new Promise(() => {})"));
    assert_eq!(stuck.stderr, "the script waits for a promise that nothing will settle\n");
}

fn a_script_has_no_files_no_modules_and_no_processes() {
    for code in [
        "import { readFileSync } from 'node:fs'; readFileSync('/etc/passwd')",
        "import 'node:child_process'",
        "import '/tmp/x.js'",
        "await import('node:net')",
        "fetch('http://127.0.0.1')",
        "require('fs')",
        "std.exit(0)",
        "os.exec(['id'])",
    ] {
        let ended = ended(script(code));
        assert_eq!((ended.code, &*ended.stdout), (1, ""), "{code}: {ended:?}");
    }
    let seen = ended(script("console.log(Object.keys(process.env).length)"));
    assert_eq!(seen.stdout, "0\n");
}

fn a_script_has_its_limits() {
    let limits = Limits { cpu_seconds: 1, memory_bytes: 256 << 20, ..Limits::DEFAULT };
    assert_eq!(ended_within(script("for (;;) {}"), limits).signal, Some(24));
    let full = ended_within(script("const all = []; for (;;) all.push(new Array(10000).fill(1))"), limits);
    assert_eq!((full.code, full.signal), (1, None), "{full:?}");
    let deep = ended_within(script("const f = () => f() + 1; f()"), limits);
    assert!(deep.code == 1 && deep.stderr.contains("stack"), "{deep:?}");
    let loud = ended_within(script("for (;;) console.log('x'.repeat(1000))"), Limits::DEFAULT);
    assert!(loud.overflowed);
}
