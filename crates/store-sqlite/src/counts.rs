//! How many executions each definition has in each status, kept as rows change, so that counting costs nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tenure_store::filter::{Condition, Filter, TextField};
use tenure_types::{DefinitionId, Status, TenantId};

const STATUSES: usize = Status::ALL.len();

/// One definition's counts.
#[derive(Clone, Debug)]
struct Group {
    definition: DefinitionId,
    counts: [i64; STATUSES],
}

/// A definition of a tenant, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GroupId(u32);

/// A row's move from one place in the counts to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    pub(crate) from: Option<(GroupId, Status)>,
    pub(crate) to: Option<(GroupId, Status)>,
}

/// All counts.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    groups: Vec<Group>,
    ids: HashMap<TenantId, HashMap<DefinitionId, GroupId>>,
}

impl Counts {
    /// The number of a tenant's definition, a new one if it has none.
    pub(crate) fn group(&mut self, tenant: &TenantId, definition: &DefinitionId) -> GroupId {
        if let Some(id) = self.ids.get(tenant).and_then(|ids| ids.get(definition)) {
            return *id;
        }
        let id = GroupId(u32::try_from(self.groups.len()).expect("definitions are far fewer"));
        self.groups.push(Group { definition: definition.clone(), counts: [0; STATUSES] });
        self.ids.entry(tenant.clone()).or_default().insert(definition.clone(), id);
        id
    }

    /// Notes a row's move.
    pub(crate) fn note(&mut self, step: Move) {
        if let Some((group, status)) = step.from {
            self.add(group, status, -1);
        }
        if let Some((group, status)) = step.to {
            self.add(group, status, 1);
        }
    }

    /// Adds to one count.
    pub(crate) fn add(&mut self, group: GroupId, status: Status, n: i64) {
        self.groups[group.0 as usize].counts[status as usize] += n;
    }

    /// A tenant's counts by status, if the filter looks at nothing but status and definition.
    pub(crate) fn count(&self, tenant: &TenantId, filter: &Filter) -> Option<BTreeMap<Status, u64>> {
        if !filter.all.iter().all(counted) {
            return None;
        }
        let mut result = BTreeMap::new();
        let groups = self.ids.get(tenant).into_iter().flatten();
        for (_, id) in groups {
            let group = &self.groups[id.0 as usize];
            for (status, n) in Status::ALL.iter().zip(group.counts) {
                let n = u64::try_from(n).unwrap_or(0);
                if n > 0 && filter.all.iter().all(|condition| holds(condition, &group.definition, *status)) {
                    *result.entry(*status).or_default() += n;
                }
            }
        }
        Some(result)
    }
}

fn counted(condition: &Condition) -> bool {
    match condition {
        Condition::Status(_) => true,
        Condition::Text { field, .. } | Condition::NotText { field, .. } => match field {
            TextField::Namespace | TextField::Name | TextField::Version => true,
            TextField::Key | TextField::CorrelationId => false,
        },
        Condition::Compensation(_)
        | Condition::Id(_)
        | Condition::Parent(_)
        | Condition::Time { .. }
        | Condition::Duration { .. }
        | Condition::Label { .. }
        | Condition::NotLabel { .. }
        | Condition::Range { .. } => false,
    }
}

fn holds(condition: &Condition, definition: &DefinitionId, status: Status) -> bool {
    let of = |field: &TextField| -> Option<&Arc<str>> {
        match field {
            TextField::Namespace => Some(&definition.namespace),
            TextField::Name => Some(&definition.name),
            TextField::Version => Some(&definition.version),
            TextField::Key | TextField::CorrelationId => None,
        }
    };
    match condition {
        Condition::Status(statuses) => statuses.contains(&status),
        Condition::Text { field, value } => of(field) == Some(value),
        Condition::NotText { field, value } => of(field) != Some(value),
        Condition::Compensation(_)
        | Condition::Id(_)
        | Condition::Parent(_)
        | Condition::Time { .. }
        | Condition::Duration { .. }
        | Condition::Label { .. }
        | Condition::NotLabel { .. }
        | Condition::Range { .. } => unreachable!("only conditions that are counted get here"),
    }
}
