//! The stored form: every variant's bytes, which every later engine must load.
//!
//! A line that changes breaks executions that are stored: append variants and fields, and add lines.

use expect_test::expect_file;
use std::fmt::Write;
use std::sync::Arc;
use tenure_dsl::error::Error;
use tenure_dsl::json::Json;
use tenure_dsl::json::opaque::Text;
use tenure_dsl::program::{EventRead, Mode, OnUncertain, Scheme, UndoOn};
use tenure_engine::execution::{
    Actor, AfterUndoFailure, AttemptStarted, Authentication, Begin, Begun, Cause, CauseClass, ChildRequest,
    CompensationStarted, Each, Ending, Event, EventConsumed, Fact, FrameId, GrpcRequest, HistoryEvent,
    HttpRequest, Iteration, Key, Onward, Output, Parent, Place, ProcessRequest, Program, Protection, Reason,
    Request, Resolution, Role, RpcProtocol, RpcRequest, SkipReason, Slot, Stage, Started, Taken, Target,
    TaskStarted, Turnaround, UnwindRequested, Verdict, Want,
};
use tenure_types::{DefinitionId, Digest, Epoch, ExecutionId, Status, Timestamp};

const AT: Timestamp = Timestamp(1_700_000_000_000);
const FRAME: FrameId = FrameId(3);

fn place() -> Place {
    let iteration =
        Iteration::default().then(Turnaround::Index(2)).then(Turnaround::Round { level: 4, round: 1 });
    Place { task: "/do/0/a".into(), iteration }
}

fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

fn by() -> Actor {
    Actor { subject: "ada".into(), kind: "user".into(), roles: vec!["operator".into()] }
}

fn error() -> Error {
    Error::timeout("too long").at("/do/0/a")
}

fn cause(class: CauseClass) -> Cause {
    Cause { class, word: "reset".into(), detail: "gone".into() }
}

fn started(begin: Option<Begin>) -> Fact {
    Fact::Started(Box::new(Started {
        definition: DefinitionId { namespace: "shop".into(), name: "order".into(), version: "1.0.0".into() },
        digest: Digest([7; 32]),
        input: json(r#"{"n":1}"#),
        key: Some("A-17".into()),
        correlation_id: "cor-1".into(),
        labels: [(Arc::from("team"), Arc::from("blue"))].into(),
        by: by(),
        start_at: Some(AT.plus_ms(5)),
        begin,
    }))
}

fn task(begun: Begun, slot: Slot, undo: Option<UndoOn>) -> Fact {
    let (input, deadline) = (Some(json("5")), Some(AT.plus_ms(9)));
    Fact::TaskStarted(Box::new(TaskStarted {
        parent: FRAME,
        slot,
        place: place(),
        round: 1,
        input,
        deadline,
        undo,
        begun,
    }))
}

fn http(mode: Mode, on_uncertain: OnUncertain, output: Output) -> Begun {
    let request = HttpRequest {
        method: "POST".into(),
        uri: "http://s/".into(),
        headers: vec![("a".into(), "b".into())],
        body: Some(json("[1]")),
        output,
        redirect: true,
    };
    Begun::Http { request: Arc::new(request), key: Key([9; 16]), mode, on_uncertain, deadline: AT }
}

fn call(request: Request) -> Begun {
    let (mode, on_uncertain) = (Mode::AtMostOnce, OnUncertain::Wait);
    Begun::Call { request, key: Key([9; 16]), mode, on_uncertain, deadline: AT }
}

fn rpc(protocol: RpcProtocol) -> Request {
    Request::Rpc(Arc::new(RpcRequest {
        uri: "http://s/".into(),
        headers: vec![("a".into(), "b".into())],
        protocol,
        method: "tools/call".into(),
        params: Some(json(r#"{"a":1}"#)),
    }))
}

fn grpc() -> Request {
    let (server, path) = ("http://s:1".into(), "/a.B/C".into());
    Request::Grpc(Arc::new(GrpcRequest { server, path, message: vec![0, 0, 0, 0, 1, 7] }))
}

fn process(program: Program) -> Request {
    Request::Process(Arc::new(ProcessRequest {
        program,
        arguments: vec!["x".into()],
        environment: vec![("A".into(), "b".into())],
        stdin: "in".into(),
        awaited: true,
    }))
}

fn mcp() -> RpcProtocol {
    RpcProtocol::Mcp { version: "2025-06-18".into(), client: "c".into(), client_version: "1".into() }
}

/// A call with everything hidden that can be: the address, a header, the body, the credentials.
fn protected() -> Begun {
    let Begun::Http { request, key, mode, on_uncertain, deadline } =
        http(Mode::AtMostOnce, OnUncertain::Wait, Output::Content)
    else {
        unreachable!("made above")
    };
    let request =
        HttpRequest { body: Some(Json::array([Json::secret("a")])), ..HttpRequest::clone(&request) };
    let mut uri = Text::default();
    uri.push_str("http://s/");
    uri.push_encoded(&Json::secret("b"));
    let properties = Json::object([("token", Json::secret("c"))]);
    let protection = Protection {
        uri: Some(uri.into_json()),
        headers: vec![(0, Json::authorization())],
        authentication: Some(Authentication { scheme: Scheme::Bearer, properties }),
    };
    let (request, protection) = (Request::Http(Arc::new(request)), Arc::new(protection));
    Begun::Protected { request, key, mode, on_uncertain, deadline, protection }
}

fn unwinding(target: Target, reason: Reason, error: Option<Error>) -> Fact {
    let (place, deadline) = (place(), Some(AT));
    let sequential = true;
    Fact::CompensationStarted(Box::new(CompensationStarted {
        frame: FRAME,
        place,
        target,
        sequential,
        reason,
        error,
        deadline,
    }))
}

fn cloud_event() -> Arc<Event> {
    let text = r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"a":1}}"#;
    Arc::new(Event::parse(json(text)).unwrap())
}

fn consumed(event: Taken, role: Role) -> Fact {
    let shown = vec![("order".into(), "A-17".into())];
    let (place, filter) = (place(), 1);
    Fact::EventConsumed(Box::new(EventConsumed {
        frame: FRAME,
        place,
        filter,
        event,
        role,
        shown,
        closes: true,
    }))
}

fn listen(read: EventRead) -> Begun {
    let correlate = vec![("order".into(), Some("A-17".into())), ("other".into(), None)];
    let wants = [
        Want { kind: Some("t".into()), correlate, once: true },
        Want { kind: None, correlate: vec![], once: false },
    ];
    Begun::Listen { wants: wants.into(), read, each: Some(Each { item: "item".into(), at: "index".into() }) }
}

/// One of each, and of each part that has variants of its own.
fn samples() -> Vec<Fact> {
    let place = place();
    let at = |fact: fn(FrameId, Place) -> Fact| fact(FRAME, place.clone());
    let begin = Begin { input: Some(json("1")), deadline: Some(AT) };
    let resolved = |resolution| Fact::Resolved { frame: FRAME, place: place.clone(), resolution, by: by() };
    let ended = |ending| Fact::Interrupted { frame: FRAME, place: place.clone(), ending, grace: Some(AT) };
    let failed = |then| Fact::UndoFailed { frame: FRAME, place: place.clone(), error: error(), then };
    let probed = |verdict| Fact::ProbeEnded { frame: FRAME, place: place.clone(), number: 2, verdict };
    let retried = |class| Fact::TaskRetried {
        frame: FRAME,
        place: place.clone(),
        attempt: 2,
        cause: cause(class),
        due: AT,
    };
    vec![
        started(None),
        started(Some(begin.clone())),
        Fact::Released(Box::new(begin)),
        task(Begun::Instant, Slot::Body, None),
        task(Begun::Do, Slot::Handler, Some(UndoOn::Completed)),
        task(
            Begun::For { items: json("[1]"), each: "item".into(), at: "index".into() },
            Slot::Branch(2),
            Some(UndoOn::Attempted),
        ),
        task(Begun::Fork { branches: 2 }, Slot::Undo, None),
        task(Begun::Try { variable: "error".into() }, Slot::Body, None),
        task(Begun::Wait { due: AT }, Slot::Body, None),
        task(http(Mode::AtMostOnce, OnUncertain::Wait, Output::Content), Slot::Body, None),
        task(http(Mode::ExactlyOnceWithKey, OnUncertain::Fault, Output::Raw), Slot::Body, None),
        task(http(Mode::AtLeastOnce, OnUncertain::Compensate, Output::Response), Slot::Body, None),
        task(Begun::Compensate, Slot::Body, None),
        task(call(rpc(RpcProtocol::A2a)), Slot::Body, None),
        task(call(rpc(mcp())), Slot::Body, None),
        task(call(grpc()), Slot::Body, None),
        task(call(process(Program::Script("1".into()))), Slot::Body, None),
        task(call(process(Program::Shell("ls".into()))), Slot::Body, None),
        Fact::TaskSkipped { parent: FRAME, slot: Slot::Body, place: place.clone(), round: 1 },
        Fact::AttemptStarted(Box::new(AttemptStarted {
            frame: FRAME,
            place: place.clone(),
            attempt: 2,
            epoch: Epoch(5),
            send_by: AT,
            deadline: AT,
        })),
        retried(CauseClass::NotSent),
        retried(CauseClass::Refused),
        retried(CauseClass::Lost),
        Fact::TaskUncertain {
            frame: FRAME,
            place: place.clone(),
            attempt: 2,
            cause: cause(CauseClass::Unknown),
        },
        resolved(Resolution::Retry),
        resolved(Resolution::Skip),
        resolved(Resolution::Complete { output: json("1") }),
        resolved(Resolution::Fail { reason: Some("no".into()) }),
        Fact::TaskCompleted {
            frame: FRAME,
            place: place.clone(),
            attempt: 1,
            output: json("1"),
            context: Some(json("{}")),
        },
        Fact::TaskFaulted { frame: FRAME, place: place.clone(), attempt: 1, error: error(), executed: true },
        at(|frame, place| Fact::TaskCancelled { frame, place, executed: true }),
        at(|frame, place| Fact::IterationStarted { frame, place, index: 4 }),
        Fact::TryRetried { frame: FRAME, place: place.clone(), retry: 1, error: error(), due: AT },
        at(|frame, place| Fact::TryStarted { frame, place, due: Some(AT) }),
        Fact::ErrorCaught { frame: FRAME, place: place.clone(), error: Error::new("https://x/y", 500) },
        ended(Ending::Cancelled),
        ended(Ending::Fault { error: error(), catchable: true }),
        ended(Ending::Catch { error: error() }),
        ended(Ending::Complete { branch: 1, output: json("1"), end: true }),
        ended(Ending::UndoFault { error: error() }),
        Fact::CancelRequested { by: by(), reason: Some("why".into()), compensate: true },
        unwinding(Target::Own, Reason::Fault, Some(error())),
        unwinding(Target::Try(FRAME), Reason::Cancel, None),
        unwinding(
            Target::Task { owner: FRAME, task: "/do/0/a".into(), slot: Slot::Body },
            Reason::Explicit,
            None,
        ),
        unwinding(Target::Losers { winner: "/do/0/a".into() }, Reason::Cancel, None),
        at(|owner, place| Fact::UndoStarted { owner, entry: FrameId(2), place }),
        Fact::UndoRetried { frame: FRAME, place: place.clone(), retry: 1, error: error(), due: AT },
        at(|frame, place| Fact::UndoResumed { frame, place }),
        at(|frame, place| Fact::UndoCompleted { frame, place }),
        failed(AfterUndoFailure::Suspend),
        failed(AfterUndoFailure::Continue),
        failed(AfterUndoFailure::Stop),
        at(|frame, place| Fact::UndoSkipped { frame, place, why: SkipReason::Guard }),
        at(|frame, place| Fact::CompensationTimedOut { frame, place }),
        at(|frame, place| Fact::CompensationCompleted { frame, place }),
        at(|frame, place| Fact::CompensationFailed { frame, place }),
        Fact::Completed { output: json("1") },
        Fact::Faulted { error: error() },
        Fact::Cancelled,
        Fact::Terminated { by: by(), reason: None },
        Fact::SignalReceived { event: cloud_event(), by: by() },
        consumed(Taken::Published { event: cloud_event(), by: by() }, Role::Item),
        consumed(Taken::Signal { source: "/s".into(), id: "1".into() }, Role::Stop),
        Fact::ItemCompleted {
            frame: FRAME,
            place: place.clone(),
            index: 2,
            output: json("1"),
            context: Some(json("{}")),
        },
        task(Begun::Emit { event: cloud_event() }, Slot::Body, None),
        task(listen(EventRead::Data), Slot::Body, None),
        task(listen(EventRead::Envelope), Slot::Body, None),
        task(listen(EventRead::Raw), Slot::Body, None),
        task(
            Begun::Gather { items: json("[1]"), each: "item".into(), at: "index".into() },
            Slot::Branch(2),
            None,
        ),
        at(|frame, place| Fact::IterationEnded { frame, place, completed: true }),
        at(|frame, place| Fact::LoopClosed { frame, place }),
        task(Begun::Function { with: json("{}") }, Slot::Body, None),
        task(Begun::Extended { applies: true }, Slot::Before, None),
        task(Begun::Instant, Slot::After, None),
        at(|frame, place| Fact::ExtensionAdvanced { frame, place, stage: Stage::Task }),
        at(|frame, place| Fact::ExtensionAdvanced {
            frame,
            place,
            stage: Stage::After { then: Onward::Continue },
        }),
        at(|frame, place| Fact::ExtensionAdvanced {
            frame,
            place,
            stage: Stage::After { then: Onward::Exit },
        }),
        at(|frame, place| Fact::ExtensionAdvanced {
            frame,
            place,
            stage: Stage::After { then: Onward::End },
        }),
        at(|frame, place| Fact::ExtensionAdvanced {
            frame,
            place,
            stage: Stage::After { then: Onward::Goto(3) },
        }),
        Fact::ProbeScheduled { frame: FRAME, place: place.clone(), number: 2, due: AT },
        Fact::ProbeStarted { frame: FRAME, place: place.clone(), number: 2 },
        probed(Verdict::Executed { output: json("1") }),
        probed(Verdict::NotExecuted),
        probed(Verdict::Unknown { detail: "why".into() }),
        task(Begun::Do, Slot::Probe, None),
        ended(Ending::Answered { output: json("1") }),
        ended(Ending::Refused { error: error(), executed: true }),
        Fact::AttributesSet {
            attributes: [(Arc::from("orderId"), json(r#""A-17""#)), (Arc::from("total"), json("12.5"))]
                .into(),
            retention_ms: Some(86_400_000),
        },
        task(protected(), Slot::Body, None),
        Fact::Released(Box::new(Begin {
            input: Some(Json::object([("a", Json::secret("s"))])),
            deadline: None,
        })),
    ]
    .into_iter()
    .chain(children())
    .collect()
}

/// What parents and children record.
fn children() -> Vec<Fact> {
    let (frame, place, child) = (FRAME, place(), ExecutionId(5));
    let definition = DefinitionId { namespace: "shop".into(), name: "ship".into(), version: "2.0.0".into() };
    let request = |version: Option<&str>| {
        let version = version.map(Arc::from);
        let (namespace, name) = ("shop".into(), "ship".into());
        Arc::new(ChildRequest { child, namespace, name, version, input: json(r#"{"n":1}"#) })
    };
    let ended = |status, error, undoable| {
        let place = place.clone();
        Fact::ChildEnded { frame, place, child, status, error, undoable }
    };
    vec![
        task(Begun::RunWorkflow { request: request(None), awaited: true }, Slot::Body, None),
        task(Begun::RunWorkflow { request: request(Some("2.0.0")), awaited: false }, Slot::Body, None),
        Fact::ChildStarted { frame, place: place.clone(), child, definition, digest: Digest([7; 32]) },
        Fact::ChildRefused { frame, place: place.clone(), child, error: error() },
        ended(Status::Completed, None, true),
        ended(Status::Faulted, Some(error()), false),
        ended(Status::Cancelled, None, false),
        ended(Status::Terminated, None, false),
        Fact::BecameChild(Box::new(Parent {
            execution: ExecutionId(4),
            frame,
            task: "/do/0/a".into(),
            awaited: true,
            depth: 2,
        })),
        Fact::ParentTold { frame },
        Fact::UnwindRequested(Box::new(UnwindRequested {
            frame,
            reason: Reason::Fault,
            error: Some(error()),
        })),
        Fact::Queued { key: r#""ada""#.into(), max: 2, faults: true },
    ]
}

/// Every variant has a number here: one that is new does not compile until it has a sample too.
fn number(fact: &Fact) -> usize {
    match fact {
        Fact::Started(_) => 0,
        Fact::Released(_) => 1,
        Fact::TaskStarted(_) => 2,
        Fact::TaskSkipped { .. } => 3,
        Fact::AttemptStarted(_) => 4,
        Fact::TaskRetried { .. } => 5,
        Fact::TaskUncertain { .. } => 6,
        Fact::Resolved { .. } => 7,
        Fact::TaskCompleted { .. } => 8,
        Fact::TaskFaulted { .. } => 9,
        Fact::TaskCancelled { .. } => 10,
        Fact::IterationStarted { .. } => 11,
        Fact::TryRetried { .. } => 12,
        Fact::TryStarted { .. } => 13,
        Fact::ErrorCaught { .. } => 14,
        Fact::Interrupted { .. } => 15,
        Fact::CancelRequested { .. } => 16,
        Fact::CompensationStarted(_) => 17,
        Fact::UndoStarted { .. } => 18,
        Fact::UndoRetried { .. } => 19,
        Fact::UndoResumed { .. } => 20,
        Fact::UndoCompleted { .. } => 21,
        Fact::UndoFailed { .. } => 22,
        Fact::UndoSkipped { .. } => 23,
        Fact::CompensationTimedOut { .. } => 24,
        Fact::CompensationCompleted { .. } => 25,
        Fact::CompensationFailed { .. } => 26,
        Fact::Completed { .. } => 27,
        Fact::Faulted { .. } => 28,
        Fact::Cancelled => 29,
        Fact::Terminated { .. } => 30,
        Fact::SignalReceived { .. } => 31,
        Fact::EventConsumed(_) => 32,
        Fact::ItemCompleted { .. } => 33,
        Fact::IterationEnded { .. } => 34,
        Fact::LoopClosed { .. } => 35,
        Fact::ExtensionAdvanced { .. } => 36,
        Fact::ProbeScheduled { .. } => 37,
        Fact::ProbeStarted { .. } => 38,
        Fact::ProbeEnded { .. } => 39,
        Fact::AttributesSet { .. } => 40,
        Fact::ChildStarted { .. } => 41,
        Fact::ChildRefused { .. } => 42,
        Fact::ChildEnded { .. } => 43,
        Fact::BecameChild(_) => 44,
        Fact::ParentTold { .. } => 45,
        Fact::UnwindRequested(_) => 46,
        Fact::Queued { .. } => 47,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn encoded() -> String {
    samples().into_iter().fold(String::new(), |mut out, fact| {
        let event = HistoryEvent { at: AT, fact };
        let bytes = postcard::to_stdvec(&event).unwrap();
        writeln!(out, "{} {}", event.view().kind, hex(&bytes)).unwrap();
        out
    })
}

#[test]
fn the_bytes_of_every_fact_are_those_of_the_golden_file() {
    expect_file!["../golden/facts.txt"].assert_eq(&encoded());
}

#[test]
fn the_golden_file_loads() {
    let golden = include_str!("../golden/facts.txt");
    let facts: Vec<Fact> = golden
        .lines()
        .map(|line| {
            postcard::from_bytes::<HistoryEvent>(&unhex(line.split_once(' ').unwrap().1)).unwrap().fact
        })
        .collect();
    assert_eq!(facts, samples());
}

#[test]
fn every_variant_has_a_sample_and_is_encoded_by_its_place() {
    let mut seen = [false; 48];
    for fact in samples() {
        seen[number(&fact)] = true;
        let bytes = postcard::to_stdvec(&fact).unwrap();
        assert_eq!(usize::from(bytes[0]), number(&fact));
    }
    assert!(seen.iter().all(|seen| *seen));
}
