//! Trees drawn from the grammar: small, deeply mixed, and valid by construction.
//!
//! Expressions are constants where anything else is not the point: the simulator tests the protocol, not jq.

use super::tree::{Call, Kind, Limit, Listen, Mode, Retry, Task, Tree, Try, Undo};
use crate::rng::Rng;

/// Tasks of a definition, undo lists not counted.
const TASKS_MAX: u64 = 9;
const DEPTH_MAX: u32 = 3;
/// The statuses that services answer and definitions raise and catch.
pub const STATUSES: [u64; 3] = [409, 500, 503];
/// The types of events; the last one stops what listens until it comes.
pub const EVENTS: [&str; 3] = ["red", "green", "stop"];

const ON_FAILURE: [&str; 4] = ["suspend", "suspend", "continue", "fault"];
const BACKOFFS: [&str; 3] = ["constant", "linear", "exponential"];

/// Draws a definition.
pub(super) fn tree(rng: &mut Rng, name: String) -> Tree {
    let mut grammar = Grammar { rng, left: 0, names: 0, loops: 0 };
    grammar.left = grammar.rng.skewed(1, TASKS_MAX);
    let tasks = grammar.list(Around::default());
    let rng = grammar.rng;
    Tree {
        name,
        on_fault: !rng.per_mille(100),
        on_failure: rng.pick(&ON_FAILURE),
        sequential: rng.per_mille(250),
        budget_ms: rng.per_mille(80).then(|| rng.range(5, 600) * 1_000),
        timeout_ms: rng.per_mille(80).then(|| rng.range(1, 600) * 1_000),
        limit: rng.per_mille(150).then(|| Limit { max: rng.range(1, 2), faults: rng.per_mille(200) }),
        tasks,
    }
}

/// What surrounds a list.
#[derive(Clone, Copy, Default)]
struct Around {
    depth: u32,
    /// In `catch.do`, where the `try` can be unwound.
    handler: bool,
    /// Among the branches of a `fork`, which know no jumps.
    branch: bool,
    /// In the branches of a race, where calls that lose are common.
    race: bool,
}

struct Grammar<'a> {
    rng: &'a mut Rng,
    left: u64,
    names: u64,
    loops: u64,
}

impl Grammar<'_> {
    fn list(&mut self, around: Around) -> Vec<Task> {
        let mut tasks = vec![];
        let wanted = self.rng.range(1, 4);
        while tasks.is_empty() || ((tasks.len() as u64) < wanted && self.left > 0) {
            self.left = self.left.saturating_sub(1);
            let task = self.task(&tasks, around);
            tasks.push(task);
        }
        if !around.branch && self.rng.per_mille(60) {
            self.close_loop(&mut tasks);
        }
        tasks
    }

    fn task(&mut self, earlier: &[Task], around: Around) -> Task {
        let kind = self.kind(earlier, around);
        let mut task = self.named(kind);
        task.guard = self.rng.per_mille(50).then(|| self.rng.pick(&["${ true }", "${ false }"]));
        task.undo = self.undo_of(&task.kind);
        let limited = matches!(
            task.kind,
            Kind::Call(_)
                | Kind::Do(_)
                | Kind::For { .. }
                | Kind::Fork { .. }
                | Kind::Try(_)
                | Kind::Listen(_)
                | Kind::Emit(_)
        );
        task.timeout_ms = (limited && self.rng.per_mille(140)).then(|| self.timeout());
        if self.rng.per_mille(20) {
            task.then = Some((self.rng.pick(&["exit", "end", "continue"])).into());
        }
        task
    }

    fn named(&mut self, kind: Kind) -> Task {
        self.names += 1;
        let name = format!("t{}", self.names);
        Task { name, kind, guard: None, timeout_ms: None, then: None, undo: None, counts: None }
    }

    fn kind(&mut self, earlier: &[Task], around: Around) -> Kind {
        let inner = Around { depth: around.depth + 1, handler: false, branch: false, race: around.race };
        let nests = around.depth < DEPTH_MAX && self.left > 0;
        match self.rng.below(if nests { 100 } else { 68 }) {
            40..47 => Kind::Set(self.rng.below(10)),
            47..55 => Kind::Wait(self.wait()),
            55..59 => Kind::Raise(self.rng.pick(&STATUSES)),
            59..62 => self.switch(),
            62..68 if around.handler => Kind::Compensate(None),
            62..64 => Self::unwind_sibling(earlier).unwrap_or(Kind::Set(1)),
            0..35 | 64..68 => Kind::Call(self.call()),
            35..37 => Kind::Emit(self.rng.pick(&EVENTS)),
            37..40 => self.listen(inner, nests),
            68..74 => Kind::Do(self.list(inner)),
            74..81 => {
                let condition = self.rng.per_mille(100).then(|| "${ $index < 1 }".to_owned());
                Kind::For { items: self.rng.range(0, 3), condition, body: self.list(inner) }
            }
            81..89 => self.fork(inner),
            _ => self.guarded(inner),
        }
    }

    fn unwind_sibling(earlier: &[Task]) -> Option<Kind> {
        let sibling = earlier.iter().rev().find(|task| task.undo.is_some())?;
        Some(Kind::Compensate(Some(sibling.name.clone())))
    }

    fn listen(&mut self, inner: Around, nests: bool) -> Kind {
        let to = self.rng.pick(&["one", "any", "all", "until"]);
        let count = if matches!(to, "any" | "all") { 2 } else { 1 };
        let kinds = (0..count).map(|_| self.rng.pick(&EVENTS[..2])).collect();
        let body = (nests && self.rng.per_mille(500)).then(|| self.list(inner));
        Kind::Listen(Listen { to, kinds, body })
    }

    fn call(&mut self) -> Call {
        let mode = self.rng.pick(&Mode::ALL);
        let declared = self.rng.per_mille(800);
        let method =
            if declared { self.rng.pick(&["post", "put", "get"]) } else { self.rng.pick(&["post", "get"]) };
        Call {
            mode: declared.then_some(mode),
            method,
            key_per_attempt: self.rng.per_mille(100),
            on_uncertain: self.rng.per_mille(400).then(|| self.rng.pick(&["wait", "fault", "compensate"])),
        }
    }

    fn switch(&mut self) -> Kind {
        let when = (self.rng.pick(&["${ true }", "${ false }", ".v == 1"])).to_owned();
        let then = (self.rng.pick(&["continue", "exit"])).to_owned();
        let mut cases = vec![(Some(when), then)];
        if self.rng.per_mille(500) {
            cases.push((None, "continue".into()));
        }
        Kind::Switch(cases)
    }

    fn fork(&mut self, inner: Around) -> Kind {
        let compete = self.rng.per_mille(400);
        let around = Around { branch: true, race: compete || inner.race, ..inner };
        let branches: Vec<Task> = (0..self.rng.range(2, 3)).map(|_| self.branch(around)).collect();
        let concurrency = (!compete && self.rng.per_mille(200)).then_some(1);
        Kind::Fork { compete, concurrency, branches }
    }

    /// A branch jumps nowhere: its `then` would be the fork's.
    fn branch(&mut self, around: Around) -> Task {
        self.left = self.left.saturating_sub(1);
        let mut task = if around.race && self.rng.per_mille(500) {
            let kind = Kind::Call(self.call());
            let mut task = self.named(kind);
            task.undo = self.undo_of(&task.kind);
            task
        } else {
            self.task(&[], around)
        };
        task.then = None;
        task
    }

    fn guarded(&mut self, inner: Around) -> Kind {
        let body = self.list(inner);
        let retry = self.rng.per_mille(500).then(|| self.retry());
        let handler =
            if self.rng.per_mille(600) { self.list(Around { handler: true, ..inner }) } else { vec![] };
        let status = self.rng.per_mille(250).then(|| self.rng.pick(&STATUSES));
        let when = self.rng.per_mille(100).then_some("${ true }");
        Kind::Try(Box::new(Try { body, status, when, retry, handler }))
    }

    fn retry(&mut self) -> Retry {
        Retry {
            count: self.rng.range(1, 3),
            delay_ms: self.rng.pick(&[1, 50, 500, 2_000, 90_000]),
            backoff: self.rng.pick(&BACKOFFS),
            attempt_ms: self.rng.per_mille(150).then(|| self.timeout()),
        }
    }

    fn undo_of(&mut self, kind: &Kind) -> Option<Undo> {
        let (rate, call) = match kind {
            Kind::Call(_) => (550, true),
            Kind::Do(_) | Kind::For { .. } | Kind::Fork { .. } | Kind::Try(_) | Kind::Listen(_) => {
                (150, false)
            }
            Kind::Set(_) | Kind::Emit(_) => (100, false),
            Kind::Wait(_) | Kind::Raise(_) | Kind::Switch(_) | Kind::Compensate(_) | Kind::Child { .. } => {
                (0, false)
            }
        };
        if !self.rng.per_mille(rate) {
            return None;
        }
        Some(Undo {
            tasks: self.undo_tasks(),
            attempted: call && self.rng.per_mille(250),
            guard: self.rng.per_mille(120).then(|| self.rng.per_mille(500)),
            retry: self.rng.per_mille(250).then(|| self.retry()),
        })
    }

    fn undo_tasks(&mut self) -> Vec<Task> {
        let kind = match self.rng.below(20) {
            0 => Kind::Raise(500),
            1 => Kind::Wait(self.rng.range(1, 2_000)),
            2 => Kind::Set(0),
            _ => Kind::Call(self.call()),
        };
        let mut tasks = vec![self.named(kind)];
        if self.rng.per_mille(120) {
            let kind = Kind::Call(self.call());
            tasks.push(self.named(kind));
        }
        tasks
    }

    fn wait(&mut self) -> u64 {
        match self.rng.below(10) {
            0..7 => self.rng.range(1, 3_000),
            7..9 => self.rng.range(1, 120) * 1_000,
            _ => self.rng.range(1, 48) * 1_800_000,
        }
    }

    fn timeout(&mut self) -> u64 {
        self.rng.pick(&[20, 300, 2_000, 15_000, 90_000])
    }

    /// The list runs once more: a counted jump backwards.
    fn close_loop(&mut self, tasks: &mut Vec<Task>) {
        self.loops += 1;
        let counter = format!("n{}", self.loops);
        let mut count = self.named(Kind::Set(1));
        count.counts = Some(counter.clone());
        let again = (Some(format!("$context.{counter} < 2")), count.name.clone());
        let jump = self.named(Kind::Switch(vec![again, (None, "continue".into())]));
        tasks.insert(0, count);
        tasks.push(jump);
    }
}
