//! One simulated run: the real core in a shell whose store, network, clock, clients and service are all pretended.
//!
//! One thread, one queue of events, one source of chance. Faults come in a first phase; in the second nothing goes
//! wrong any more, and everything must end; then everything is read back and compared.

mod cipher;
mod clients;
mod commit;
mod courier;
mod cover;
mod disk;
mod dispatch;
mod event;
mod family;
mod limits;
mod node;
mod receiver;
mod recovery;

use crate::coverage::Coverage;
use crate::faults::Faults;
use crate::generate::Workflow;
use crate::mutant::Mutant;
use crate::oracles::{End, Levels, Moment, Oracles, Seen, Violation};
use crate::queue::Queue;
use crate::rng::Rng;
use crate::trace::Trace;
use cipher::Plain;
use clients::Client;
use disk::Disk;
use dispatch::Call;
use event::{CallId, Event};
use node::Node;
use receiver::Receiver;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tenure_engine::execution::{Execution, FrameId};
use tenure_engine::shard::Shard;
use tenure_runtime::codec;
use tenure_store::{AuditQuery, LoadedExecution};
use tenure_types::{ExecutionId, TenantId, Timestamp};

/// When every world begins.
const BEGINNING: Timestamp = Timestamp(1_800_000_000_000);
/// Events of one run; beyond it the run does not come to rest.
const EVENTS_MAX: u64 = 30_000;
/// How long after the faults everything that they left behind must be settled.
const RECOVERED_MS: u64 = 240_000;

/// What one run gave.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The first violated invariant.
    pub violation: Option<Violation>,
    /// Of everything that happened.
    pub hash: u64,
    /// Events.
    pub events: u64,
    /// Milliseconds of the world's time.
    pub virtual_ms: u64,
    /// Rare states reached.
    pub coverage: Coverage,
    /// The readable trace, if it was asked for.
    pub trace: String,
    /// What went wrong on purpose.
    pub faults: String,
}

/// How to run a seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The planted bug.
    pub mutant: Option<Mutant>,
    /// Whether the trace is kept as text.
    pub readable: bool,
}

/// Runs one seed to its end.
pub fn run(seed: u64, options: Options) -> Outcome {
    let mut world = World::new(seed, options);
    let mut carried = std::panic::AssertUnwindSafe(&mut world);
    let ran = std::panic::catch_unwind(move || carried.live());
    if let Err(panic) = ran {
        let what = panic.downcast_ref::<String>().cloned();
        let what = what.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let oracle =
            if world.folding { "7 history replays to the same state" } else { "an assertion failed" };
        world.oracles.report(oracle, world.now, what.unwrap_or_default());
    }
    world.outcome()
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about one simulated world")]
struct World {
    rng: Rng,
    faults: Faults,
    mutant: Option<Mutant>,
    trace: Trace,
    oracles: Oracles,
    coverage: Coverage,
    queue: Queue<Event>,
    /// The true time.
    now: Timestamp,
    /// How far the node's clock is ahead of it.
    offset_ms: i64,
    /// The latest reading of the node's clock.
    clock_max: Timestamp,
    /// Nothing goes wrong any more.
    calm: bool,
    events: u64,
    numbers: u64,
    disk: Disk,
    receiver: Receiver,
    node: Node,
    /// Requests as the network knows them; they outlive the node.
    calls: BTreeMap<CallId, Call>,
    clients: Vec<Client>,
    workflows: BTreeMap<ExecutionId, Workflow>,
    known: Vec<ExecutionId>,
    /// Incidents by execution, as its row says.
    incidents: BTreeMap<ExecutionId, u32>,
    operator_comes: bool,
    /// Activations that have emitted.
    emitted: BTreeSet<(ExecutionId, FrameId)>,
    /// Nobody listened any more when the courier looked last.
    courier_rests: bool,
    /// A stored history is being folded: an assertion of the fold is then a finding about the history.
    folding: bool,
}

impl World {
    fn new(seed: u64, options: Options) -> Self {
        let mut rng = Rng::new(seed);
        let faults = Faults::draw(&mut rng);
        let mut world = Self {
            disk: Disk::new(faults.shards),
            rng,
            faults,
            mutant: options.mutant,
            trace: Trace::new(options.readable),
            oracles: Oracles::default(),
            coverage: Coverage::default(),
            queue: Queue::default(),
            now: BEGINNING,
            offset_ms: 0,
            clock_max: BEGINNING,
            calm: false,
            events: 0,
            numbers: 0,
            receiver: Receiver::default(),
            node: Node::default(),
            calls: BTreeMap::new(),
            clients: vec![],
            workflows: BTreeMap::new(),
            known: vec![],
            incidents: BTreeMap::new(),
            operator_comes: false,
            emitted: BTreeSet::new(),
            courier_rests: false,
            folding: false,
        };
        world.invite(seed);
        world
    }

    fn live(&mut self) {
        self.restart();
        self.after(self.faults.lasts_ms, Event::Heal);
        while let Some((at, event)) = self.queue.take() {
            self.now = at;
            self.events += 1;
            if self.events > EVENTS_MAX || self.oracles.violation().is_some() {
                break;
            }
            self.trace.note(at, event.name(), event.about(), || event.text());
            self.happen(event);
            self.check_levels();
            self.strike();
        }
        if self.oracles.violation().is_none() {
            let end = self.end();
            let moment = self.moment();
            self.oracles.finish(&end, moment);
        }
    }

    /// What is planned for the event that has just happened.
    fn strike(&mut self) {
        if self.calm {
            return;
        }
        let event = self.events;
        if self.faults.crashes.contains(&event) && self.node.up {
            self.crash();
        }
        if let Some((_, ms)) = self.faults.pauses.iter().find(|(at, _)| *at == event).copied() {
            let until = self.now.plus_ms(ms);
            self.trace.note(self.now, "pause", ms, || format!("until {}", until.0));
            self.node.paused_until = self.node.paused_until.max(until);
            self.after(ms, Event::Resume);
        }
        if let Some((_, ms)) = self.faults.jumps.iter().find(|(at, _)| *at == event).copied() {
            self.trace.note(self.now, "jump", ms.unsigned_abs(), || format!("{ms} ms"));
            self.offset_ms += ms;
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Apply { number } => self.apply(number),
            Event::Arrive { call } => self.arrive(call),
            Event::Read { life, id } => self.read(life, id),
            Event::ReadKey { life, key } => self.read_key(life, key),
            Event::Acquire { life } => self.acquire(life),
            Event::Restart => self.restart(),
            Event::Heal => self.heal(),
            Event::Recovered => {
                let shards = self.faults.shards;
                self.see(&Seen::Recovered { shards });
            }
            Event::Resume => self.resume(),
            other if self.paused() => self.node.deferred.push(other),
            Event::ClientStarts { client } => self.client_starts(client),
            Event::Command => self.command(),
            Event::Flood => self.flood(),
            Event::Operator => self.operate(),
            Event::Courier { rest_ms } => self.courier(rest_ms),
            Event::Carry { parcel } => self.carry(parcel),
            Event::Committed { life, numbers, result } => self.committed(life, &numbers, &result),
            Event::Loaded { life, id, loaded } => self.loaded(life, id, loaded),
            Event::KeyFound { life, key, holder } => self.key_found(life, key, holder),
            Event::ReadLimit { life, limit } => self.read_limit(life, limit),
            Event::LimitFound { life, limit, found } => self.limit_found(life, limit, found),
            Event::AttendLimit { life, limit } => self.attend_limit(life, limit),
            Event::Attend { life, id } => self.attend(life, id),
            Event::House { life, round } => self.keep_house(life, round),
            Event::Birth { life, number } => self.birth(life, number),
            Event::Wake { life, alarm } => self.wake(life, alarm),
            Event::Dispatch { process, call } => self.dispatch(process, call),
            Event::Write { process, call } => self.write(process, call),
            Event::Outcome { process, call, outcome } => self.finished(process, call, outcome),
            Event::Deadline { process, call } => self.deadline(process, call),
        }
    }

    fn paused(&self) -> bool {
        self.now < self.node.paused_until || !self.node.deferred.is_empty()
    }

    /// What came during a pause happens now, in its order.
    fn resume(&mut self) {
        if self.now >= self.node.paused_until {
            for event in std::mem::take(&mut self.node.deferred) {
                self.happen(event);
            }
        }
    }

    fn heal(&mut self) {
        self.calm = true;
        self.after(RECOVERED_MS, Event::Recovered);
    }

    fn after(&mut self, ms: u64, event: Event) {
        self.queue.put(self.now.plus_ms(ms), event);
    }

    /// Whether a fault of this rate strikes now.
    fn fault(&mut self, rate: u64) -> bool {
        !self.calm && rate > 0 && self.rng.per_mille(rate)
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The node's clock.
    fn clock(&mut self) -> Timestamp {
        let reading = self.now.0.saturating_add_signed(self.offset_ms);
        self.clock_max = self.clock_max.max(Timestamp(reading));
        Timestamp(reading)
    }

    fn moment(&mut self) -> Moment {
        self.clock();
        Moment { at: self.now, clock: self.clock_max }
    }

    fn see(&mut self, seen: &Seen<'_>) {
        let moment = self.moment();
        self.oracles.seen(seen, moment);
    }

    fn planted(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    fn check_levels(&mut self) {
        let orphans = self.node.abandoned.iter().filter(|call| self.node.calls.contains_key(call)).count();
        let levels = Levels {
            queued: self.node.shards.iter().map(Shard::queued).max().unwrap_or_default(),
            outcomes: self.calls.len() + self.known.len() * 64,
            resident: self.node.shards.iter().map(Shard::resident).sum(),
            known: self.oracles.announced() + self.node.strangers,
            orphans,
            in_flight: self.node.in_flight.values().copied().max().unwrap_or_default(),
        };
        self.see(&Seen::Levels(levels));
    }

    fn end(&mut self) -> End {
        let mut end = End { exhausted: self.events > EVENTS_MAX, ..End::default() };
        for id in self.known.clone() {
            if let Some(loaded) = self.disk.load(id) {
                let execution = self.fold(&loaded);
                end.stored.insert(id, (loaded.row, execution));
            }
        }
        for tenant in (0..self.faults.tenants).map(tenant) {
            let records = self
                .disk
                .core
                .audit_page(&tenant, &AuditQuery { limit: usize::MAX, ..AuditQuery::default() });
            end.audits.insert(tenant, records);
        }
        for (client, key) in self.clients.iter().filter_map(|client| Some((client, client.promise.clone()?)))
        {
            let promised = self.promised(&client.tenant, &key);
            promised.map(|id| end.promises.insert((client.tenant.clone(), key), id));
        }
        end.lingering = self.node.shards.iter().map(Shard::resident).sum();
        end.queued = self.node.shards.iter().map(Shard::queued).sum();
        end
    }

    /// The state that a stored history stands for.
    fn fold(&mut self, loaded: &LoadedExecution) -> Execution {
        self.folding = true;
        let execution = codec::execution(loaded, &Plain).expect("the store keeps what it was given");
        self.folding = false;
        execution
    }

    fn outcome(self) -> Outcome {
        Outcome {
            violation: self.oracles.violation().cloned(),
            hash: self.trace.hash(),
            events: self.events,
            virtual_ms: self.now.ms_since(BEGINNING),
            coverage: self.coverage,
            trace: self.trace.text().to_owned(),
            faults: self.faults.to_string(),
        }
    }
}

/// A tenant of the world.
fn tenant(number: u64) -> TenantId {
    TenantId::new(&format!("t{number}")).expect("a DNS label")
}

/// A text that is shared.
fn text(text: &str) -> Arc<str> {
    text.into()
}

#[cfg(test)]
mod tests;
