//! What can happen in the world.

use std::sync::Arc;
use tenure_engine::execution::{CallOutcome, FrameId};
use tenure_engine::shard::{Key, LimitKey};
use tenure_store::{Error, ExecutionRow, LoadedExecution};
use tenure_types::{ExecutionId, ShardId};

/// One attempt of one call.
pub(super) type CallId = (ExecutionId, FrameId, u32);

/// Something that happens at an instant. `life` names a generation of the node's memory: what was meant for an earlier
/// one is lost.
#[derive(Debug)]
pub(super) enum Event {
    /// A client sends its start.
    ClientStarts { client: usize },
    /// Somebody commands something.
    Command,
    /// A client floods a shard.
    Flood,
    /// The store applies a commit, or loses it.
    Apply { number: u64 },
    /// The store's answer reaches the node.
    Committed { life: u64, numbers: Vec<(ShardId, u64)>, result: Result<(), Error> },
    /// The store reads an execution.
    Read { life: u64, id: ExecutionId },
    /// What it read reaches the node.
    Loaded { life: u64, id: ExecutionId, loaded: Result<Option<Box<LoadedExecution>>, ()> },
    /// The store looks for the holder of a key.
    ReadKey { life: u64, key: Key },
    /// What it found reaches the node.
    KeyFound { life: u64, key: Key, holder: Result<Option<ExecutionId>, ()> },
    /// The store looks for who runs and waits under a limit.
    ReadLimit { life: u64, limit: LimitKey },
    /// What it found reaches the node.
    LimitFound { life: u64, limit: LimitKey, found: Result<Vec<Arc<ExecutionRow>>, ()> },
    /// The store's list of who waits under limits reaches the node.
    AttendLimit { life: u64, limit: LimitKey },
    /// The node asks for its shards.
    Acquire { life: u64 },
    /// The store's list of what was open reaches the node.
    Attend { life: u64, id: ExecutionId },
    /// The node lists what is due soon.
    House { life: u64, round: u64 },
    /// What is known about a child before its start reaches the node.
    Birth { life: u64, number: u64 },
    /// The node's own alarm.
    Wake { life: u64, alarm: u64 },
    /// A call is next in the dispatcher.
    Dispatch { process: u64, call: CallId },
    /// The first byte of a request leaves.
    Write { process: u64, call: CallId },
    /// A request reaches the receiver.
    Arrive { call: CallId },
    /// The dispatcher learns how a call ended.
    Outcome { process: u64, call: CallId, outcome: CallOutcome },
    /// A call has no time left.
    Deadline { process: u64, call: CallId },
    /// A pause of the node is over.
    Resume,
    /// The process starts again.
    Restart,
    /// Nothing goes wrong from here on.
    Heal,
    /// All that went wrong must be settled by now.
    Recovered,
    /// An operator looks for incidents.
    Operator,
    /// The courier sets out, after a rest of so long.
    Courier { rest_ms: u64 },
    /// An event is brought to whoever wants it.
    Carry { parcel: u64 },
}

impl Event {
    /// Its kind, for the trace.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::ClientStarts { .. } => "start",
            Self::Command => "command",
            Self::Flood => "flood",
            Self::Apply { .. } => "apply",
            Self::Committed { .. } => "committed",
            Self::Read { .. } => "read",
            Self::Loaded { .. } => "loaded",
            Self::ReadKey { .. } => "read-key",
            Self::KeyFound { .. } => "key-found",
            Self::ReadLimit { .. } => "read-limit",
            Self::LimitFound { .. } => "limit-found",
            Self::AttendLimit { .. } => "attend-limit",
            Self::Acquire { .. } => "acquire",
            Self::Attend { .. } => "attend",
            Self::House { .. } => "house",
            Self::Birth { .. } => "birth",
            Self::Wake { .. } => "wake",
            Self::Dispatch { .. } => "dispatch",
            Self::Write { .. } => "write",
            Self::Arrive { .. } => "arrive",
            Self::Outcome { .. } => "outcome",
            Self::Deadline { .. } => "deadline",
            Self::Resume => "resume",
            Self::Restart => "restart",
            Self::Heal => "heal",
            Self::Recovered => "recovered",
            Self::Operator => "operator",
            Self::Courier { .. } => "courier",
            Self::Carry { .. } => "carry",
        }
    }

    /// What it is about, in one number.
    pub(super) fn about(&self) -> u64 {
        match self {
            Self::ClientStarts { client } => *client as u64,
            Self::Apply { number } => *number,
            Self::Committed { life, numbers, result } => {
                *life
                    ^ u64::from(result.is_ok()) << 32
                    ^ numbers.first().map_or(0, |(_, number)| *number) << 40
            }
            Self::Read { life, id } | Self::Loaded { life, id, .. } | Self::Attend { life, id } => {
                *life ^ low(*id)
            }
            Self::ReadKey { life, .. }
            | Self::KeyFound { life, .. }
            | Self::ReadLimit { life, .. }
            | Self::LimitFound { life, .. }
            | Self::AttendLimit { life, .. }
            | Self::Acquire { life } => *life,
            Self::House { life, round } => *life ^ *round << 32,
            Self::Birth { life, number } => *life ^ *number << 32,
            Self::Wake { life, alarm } => *life ^ *alarm << 32,
            Self::Dispatch { process, call }
            | Self::Write { process, call }
            | Self::Outcome { process, call, .. }
            | Self::Deadline { process, call } => *process ^ number(call),
            Self::Arrive { call } => number(call),
            Self::Courier { rest_ms } => *rest_ms,
            Self::Carry { parcel } => *parcel,
            Self::Command
            | Self::Flood
            | Self::Resume
            | Self::Restart
            | Self::Heal
            | Self::Recovered
            | Self::Operator => 0,
        }
    }

    /// The same for people.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Loaded { life, id, loaded } => {
                format!(
                    "life {life} {id} {}",
                    loaded.as_ref().map_or("failed", |found| found.as_ref().map_or("none", |_| "found"))
                )
            }
            Self::Outcome { call, outcome, .. } => format!("{} {outcome:?}", named(call)),
            Self::Dispatch { call, .. }
            | Self::Write { call, .. }
            | Self::Deadline { call, .. }
            | Self::Arrive { call } => named(call),
            other => format!("{other:?}"),
        }
    }
}

fn low(id: ExecutionId) -> u64 {
    u64::try_from(id.0 & u128::from(u64::MAX)).expect("masked to 64 bits")
}

fn number((id, frame, attempt): &CallId) -> u64 {
    low(*id) ^ u64::from(frame.0) << 40 ^ u64::from(*attempt) << 56
}

fn named((id, frame, attempt): &CallId) -> String {
    format!("{id} frame {} attempt {attempt}", frame.0)
}
