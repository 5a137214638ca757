//! Idempotency keys: the same for all attempts of one logical step, different for every other step of every tenant.

use super::effect::FrameId;
use super::history::Key;
use super::place::Place;
use super::state::Execution;
use sha2::{Digest, Sha256};
use tenure_dsl::program::KeyScope;
use tenure_types::{ExecutionId, Timestamp};

/// The key of a step of the forward flow.
pub(super) fn of_step(exec: &Execution, place: &Place) -> Key {
    of_task(exec, place, false, KeyScope::Step, 0)
}

/// The key that the undo of a step has as a whole.
pub(super) fn of_undo(exec: &Execution, place: &Place) -> Key {
    of_task(exec, place, true, KeyScope::Step, 0)
}

/// What names the event that an activation emits.
pub(super) fn of_event(exec: &Execution, frame: FrameId) -> Key {
    let mut hash = Sha256::new();
    hash.update((exec.tenant().as_str().len() as u64).to_be_bytes());
    hash.update(exec.tenant().as_str());
    hash.update(exec.id().0.to_be_bytes());
    hash.update(frame.0.to_be_bytes());
    short(hash)
}

/// The key of an activation. With [`KeyScope::Attempt`] the attempts that went before it are part of it.
pub(super) fn of_task(
    exec: &Execution,
    place: &Place,
    undo: bool,
    scope: KeyScope,
    attempts_before: u32,
) -> Key {
    let mut hash = Sha256::new();
    // Lengths first, so that no two lists of parts read the same.
    for part in
        [exec.tenant().as_str(), &place.task, &place.iteration.to_string(), if undo { "c" } else { "" }]
    {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(exec.id().0.to_be_bytes());
    match scope {
        KeyScope::Step => {}
        KeyScope::Attempt => hash.update(attempts_before.to_be_bytes()),
    }
    short(hash)
}

fn short(hash: Sha256) -> Key {
    let digest: [u8; 32] = hash.finalize().into();
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    Key(key)
}

/// The id of the child that an activation starts: the same whenever that start is repeated. A UUID version 7 of the
/// activation's instant, so that ids sort by the time of their creation.
pub(super) fn of_child(exec: &Execution, frame: FrameId, at: Timestamp) -> ExecutionId {
    let mut hash = Sha256::new();
    hash.update(b"child");
    hash.update(exec.id().0.to_be_bytes());
    hash.update(frame.0.to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut noise = [0; 16];
    noise.copy_from_slice(&digest[..16]);
    let noise = u128::from_be_bytes(noise);
    let (high, low) = ((noise >> 64) & 0xFFF, noise & ((1 << 62) - 1));
    let ms = u128::from(at.0) & ((1 << 48) - 1);
    ExecutionId(ms << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
}
