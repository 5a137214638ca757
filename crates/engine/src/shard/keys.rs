//! Clients' keys: unique among the open executions of one definition name.
//!
//! All starts under one key reach one shard, so a conflict is decided here, in order, and not by the store.

use super::{Answer, Input, Key, Mail, NewExecution, OnConflict, Output, Shard};
use crate::execution::{self, Execution, Rejected};
use std::collections::{BTreeMap, VecDeque};
use tenure_dsl::program::Definition;
use tenure_types::ExecutionId;

/// What a shard knows of keys without asking the store.
#[derive(Debug, Default)]
pub(super) struct Claims {
    held: BTreeMap<Key, Claim>,
    /// Starts that wait for the store's word on their key.
    asked: BTreeMap<Key, VecDeque<NewExecution>>,
}

#[derive(Debug)]
struct Claim {
    holder: ExecutionId,
    /// The holder's end is decided, though perhaps not yet durable.
    ended: bool,
}

impl Claims {
    /// Records that an open execution in memory holds a key.
    pub(super) fn hold(&mut self, key: Option<&Key>, holder: ExecutionId) {
        if let Some(key) = key {
            self.held.entry(key.clone()).or_insert(Claim { holder, ended: false });
        }
    }

    /// Records that the holder has ended.
    pub(super) fn end(&mut self, key: Option<&Key>, holder: ExecutionId) {
        let claim = key.and_then(|key| self.held.get_mut(key)).filter(|claim| claim.holder == holder);
        if let Some(claim) = claim {
            claim.ended = true;
        }
    }

    /// Forgets an execution that leaves memory: from here on the store knows.
    pub(super) fn release(&mut self, key: Option<&Key>, holder: ExecutionId) {
        if let Some(key) = key
            && self.held.get(key).is_some_and(|claim| claim.holder == holder)
        {
            self.held.remove(key);
        }
    }
}

impl Key {
    pub(super) fn of(new: &NewExecution) -> Option<Self> {
        let key = new.start.key.clone()?;
        let id = &new.definition.id;
        Some(Self { tenant: new.tenant.clone(), namespace: id.namespace.clone(), name: id.name.clone(), key })
    }

    pub(super) fn held_by(execution: &Execution, definition: &Definition) -> Option<Self> {
        let key = execution.key().filter(|_| !execution.status().ended())?.clone();
        let (tenant, id) = (execution.tenant().clone(), &definition.id);
        Some(Self { tenant, namespace: id.namespace.clone(), name: id.name.clone(), key })
    }
}

impl Shard {
    pub(super) fn start_keyed(&mut self, key: Key, new: NewExecution) {
        match self.claims.held.get(&key) {
            Some(claim) if claim.ended => self.claim_and_admit(key, new),
            Some(claim) => self.contend(claim.holder, new),
            None => {
                let asked = self.claims.asked.entry(key.clone()).or_default();
                asked.push_back(new);
                if asked.len() == 1 {
                    self.outputs.push_back(Output::FindKey { key });
                }
            }
        }
    }

    pub(super) fn key_found(&mut self, key: &Key, holder: Option<ExecutionId>) {
        for new in self.claims.asked.remove(key).unwrap_or_default() {
            match (self.claims.held.get(key), holder) {
                (Some(claim), _) if claim.ended => self.claim_and_admit(key.clone(), new),
                (Some(claim), _) => self.contend(claim.holder, new),
                (None, Some(holder)) => self.contend(holder, new),
                (None, None) => self.claim_and_admit(key.clone(), new),
            }
        }
    }

    fn claim_and_admit(&mut self, key: Key, new: NewExecution) {
        self.claims.held.insert(key.clone(), Claim { holder: new.id, ended: false });
        self.admit(new, Some(key));
    }

    /// Another execution holds the key. Whether that one has really started must be known before anything is said.
    fn contend(&mut self, holder: ExecutionId, new: NewExecution) {
        if let Some(resident) = self.residents.get_mut(&holder)
            && resident.starting_now()
        {
            resident.contenders.push(new);
            return;
        }
        match new.on_conflict {
            OnConflict::Fail => self.reply_after(holder, new.reply, Err(Rejected::KeyTaken(holder))),
            OnConflict::UseExisting => self.reply_after(holder, new.reply, Ok(Answer::Existing(holder))),
            OnConflict::TerminateExisting => self.replace(holder, new),
        }
    }

    /// Ends the holder first; the start is tried again after the holder's turn.
    fn replace(&mut self, holder: ExecutionId, new: NewExecution) {
        let reason = Some("replaced by a start under the same key".into());
        let input = execution::Input::Terminate { reason, by: new.start.by.clone() };
        let tenant = Some(new.tenant.clone());
        self.attend(holder);
        self.residents.get_mut(&holder).expect("attended above").contenders.push(new);
        let mail = Mail { id: holder, tenant, input, idempotency: None, reply: None };
        self.handle(Input::Deliver(mail), self.now);
    }
}
