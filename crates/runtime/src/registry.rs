//! Definitions: registered, found by name or by digest, compiled once.

use crate::cache::Cache;
use crate::codec::{self, Cipher, CodecError};
use crate::egress::Egress;
use crate::error::Error;
use crate::node::Act;
use crate::resources::Reader;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tenure_dsl::Draft;
use tenure_dsl::program::Definition;
use tenure_dsl::resource::{Resources, Source, Wanted};
use tenure_dsl::switches::Switches;
use tenure_engine::execution;
use tenure_store::{self as store, DefinitionHead, DefinitionRecord, PutOutcome, Store};
use tenure_types::{DefinitionId, Digest, TenantId, Timestamp};

/// Bytes of compiled definitions kept in memory. Beyond it the least recently used ones are compiled again when they are
/// needed; the last one is kept whatever it takes, and what runs keeps its own.
const COMPILED_BYTES_MAX: usize = 128 << 20;
/// Names whose definitions are known without asking the store.
const NAMES_MAX: usize = 20_000;

/// A registered definition and what is known about its registration.
#[derive(Debug)]
pub struct RegisteredDefinition {
    /// What runs.
    pub definition: Arc<Definition>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Whether it may be started.
    pub enabled: bool,
}

/// The outcome of a registration.
#[derive(Debug)]
pub struct Registered {
    /// What was registered.
    pub definition: Arc<Definition>,
    /// Whether it is new; otherwise the same content was there.
    pub created: bool,
    /// When it was registered first.
    pub created_at: Timestamp,
}

/// The definitions of all tenants of a node.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) store: Arc<dyn Store>,
    reader: Reader,
    switches: Switches,
    compiled: Mutex<Cache<Pinned, Arc<Definition>>>,
    /// Without the names whose definitions have changed.
    named: Mutex<Named>,
    /// Changes of definitions wait for each other, so that what a change was conditioned on still holds when it is made.
    changing: tokio::sync::Mutex<()>,
}

/// What was found by namespace, name and version; no version means the latest.
#[derive(Debug)]
struct Named {
    found: Cache<Name, Head>,
    /// Changes so far. What was read before the last one is not kept.
    changes: u64,
}

/// What is known of a named definition, besides what it compiles to.
#[derive(Clone, Copy, Debug)]
struct Head {
    digest: Digest,
    created_at: Timestamp,
    enabled: bool,
}

/// What is done to a registered version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefinitionChange {
    /// It takes new starts.
    Enable,
    /// It takes no new starts; what runs goes on.
    Disable,
    /// It is hidden and takes no new starts; what runs goes on.
    Delete,
}

/// A change of a version, and what it depends on.
pub struct ChangeDefinition<'a> {
    /// The version.
    pub id: &'a DefinitionId,
    /// What is done to it.
    pub change: DefinitionChange,
    /// Whether it is as whoever changes it expects.
    pub only_if: &'a (dyn Fn(&DefinitionHead) -> bool + Sync),
}

impl fmt::Debug for ChangeDefinition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, change, only_if: _ } = self;
        f.debug_struct("ChangeDefinition").field("id", id).field("change", change).finish_non_exhaustive()
    }
}

impl DefinitionChange {
    fn action(self) -> &'static str {
        match self {
            Self::Enable => "definition.enabled",
            Self::Disable => "definition.disabled",
            Self::Delete => "definition.deleted",
        }
    }
}

type Name = (TenantId, Arc<str>, Arc<str>, Option<Arc<str>>);
type Pinned = (TenantId, Digest);

impl Registry {
    pub(crate) fn new(store: Arc<dyn Store>, egress: Arc<Egress>, switches: Switches) -> Self {
        let reader = Reader::new(egress);
        Self {
            store,
            reader,
            switches,
            compiled: Mutex::new(Cache::new(COMPILED_BYTES_MAX)),
            named: Mutex::new(Named { found: Cache::new(NAMES_MAX), changes: 0 }),
            changing: tokio::sync::Mutex::default(),
        }
    }

    /// Compiles a text with what it refers to; nothing is stored.
    pub(crate) async fn validate(
        &self,
        tenant: &TenantId,
        text: &str,
        cipher: &dyn Cipher,
    ) -> Result<Definition, Error> {
        Ok(self.draw_up(tenant, text, cipher).await?.0)
    }

    /// The definition of a text, and the resources that it was compiled with.
    ///
    /// A version that is registered keeps its resources for good: registering it again changes nothing, whatever has
    /// become of them since.
    async fn draw_up(
        &self,
        tenant: &TenantId,
        text: &str,
        cipher: &dyn Cipher,
    ) -> Result<(Definition, Resources), Error> {
        let draft = Draft::read(text).under(self.switches);
        let mut resources = Resources::default();
        if !draft.wanted().is_empty() {
            resources = match self.pinned_resources(tenant, &draft, cipher).await? {
                Some(pinned) => pinned,
                None => self.gather(tenant, draft.wanted(), cipher).await?,
            };
        }
        let definition = draft.compile(&resources).map_err(Error::Invalid)?;
        Ok((definition, resources))
    }

    /// Everything that is wanted, and what that wants in turn.
    pub(crate) async fn gather(
        &self,
        tenant: &TenantId,
        wanted: &[Wanted],
        cipher: &dyn Cipher,
    ) -> Result<Resources, Error> {
        let mut gathering = self.reader.gather(tenant, wanted);
        while let Some(next) = gathering.next() {
            let content = match &next.source {
                Source::Catalog(id) => {
                    let text = self.called(tenant, id, cipher).await?;
                    text.map(String::into_bytes).ok_or_else(|| "the catalog has no such function".to_owned())
                }
                Source::Document | Source::Function => gathering.read(&next).await,
            };
            gathering.take(next, content);
        }
        Ok(gathering.finish())
    }

    /// What the registered version of this name was compiled with, if that is all that the draft needs.
    async fn pinned_resources(
        &self,
        tenant: &TenantId,
        draft: &Draft<'_>,
        cipher: &dyn Cipher,
    ) -> Result<Option<Resources>, Error> {
        let Some(id) = draft.id() else { return Ok(None) };
        let Some(record) = self.store.definition(tenant, &id).await? else { return Ok(None) };
        let (_, resources) = codec::definition(&record, cipher)?;
        Ok(resources.closure(draft.wanted()))
    }

    /// Validates, seals and stores a definition.
    pub(crate) async fn register(
        &self,
        tenant: &TenantId,
        text: &str,
        act: &Act,
        now: Timestamp,
        cipher: &dyn Cipher,
    ) -> Result<Registered, Error> {
        let (definition, resources) = self.draw_up(tenant, text, cipher).await?;
        let definition = Arc::new(definition);
        let head = DefinitionHead {
            id: definition.id.clone(),
            tenant: tenant.clone(),
            digest: definition.digest,
            created_at: now,
            enabled: true,
            deleted: false,
        };
        let starts_on = execution::start_kinds(&definition);
        let record =
            DefinitionRecord { starts_on, ..codec::definition_record(head, text, &resources, cipher)? };
        let there = self.store.definition(tenant, &definition.id).await?.map(|there| there.head.created_at);
        let act =
            stored_act(tenant, act, "definition.registered", &definition.id, there.is_none(), now, cipher)?;
        let created = match self.store.put_definition(record, act).await? {
            PutOutcome::Created | PutOutcome::Replaced => true,
            PutOutcome::Same => false,
        };
        let created_at = there.unwrap_or(now);
        self.changed(tenant, &definition.id);
        self.keep(tenant, &definition);
        Ok(Registered { definition, created, created_at })
    }

    /// Changes a version if its condition holds. `None`: there is no such version.
    pub(crate) async fn change(
        &self,
        tenant: &TenantId,
        wanted: ChangeDefinition<'_>,
        act: &Act,
        now: Timestamp,
        cipher: &dyn Cipher,
    ) -> Result<Option<DefinitionHead>, Error> {
        let ChangeDefinition { id, change, only_if } = wanted;
        let _alone = self.changing.lock().await;
        let Some(record) = self.store.definition(tenant, id).await? else { return Ok(None) };
        if !only_if(&record.head) {
            return Err(Error::Precondition);
        }
        let act = stored_act(tenant, act, change.action(), id, false, now, cipher)?;
        let enabled = change == DefinitionChange::Enable;
        let head = match change {
            DefinitionChange::Enable | DefinitionChange::Disable => {
                self.store.set_definition_enabled(tenant, id, enabled, act).await?
            }
            DefinitionChange::Delete => {
                let deleted = self.store.delete_definition(tenant, id, act).await?;
                deleted.then_some(DefinitionHead { deleted: true, ..record.head })
            }
        };
        self.changed(tenant, id);
        Ok(head)
    }

    /// Forgets what was found under a definition's name: its versions, and which one is the latest.
    fn changed(&self, tenant: &TenantId, id: &DefinitionId) {
        let first: Name = (tenant.clone(), id.namespace.clone(), id.name.clone(), None);
        let mut named = lock(&self.named);
        named.found.remove_from(&first, |name| (&name.0, &name.1, &name.2) == (&first.0, &first.1, &first.2));
        named.changes += 1;
    }

    /// A definition by name; the latest enabled version when none is given.
    pub(crate) async fn named(
        &self,
        tenant: &TenantId,
        namespace: &str,
        name: &str,
        version: Option<&str>,
        cipher: &dyn Cipher,
    ) -> Result<Option<Arc<RegisteredDefinition>>, Error> {
        let key: Name = (tenant.clone(), namespace.into(), name.into(), version.map(Into::into));
        let (changes, known) = {
            let mut named = lock(&self.named);
            (named.changes, named.found.get(&key))
        };
        if let Some(Head { digest, created_at, enabled }) = known {
            let definition = self.pinned(tenant, digest, cipher).await?;
            return Ok(Some(Arc::new(RegisteredDefinition { definition, created_at, enabled })));
        }
        let record = match version {
            None => self.store.latest_definition(tenant, namespace, name).await?,
            Some(version) => {
                let id =
                    DefinitionId { namespace: key.1.clone(), name: key.2.clone(), version: version.into() };
                self.store.definition(tenant, &id).await?
            }
        };
        let Some(record) = record else { return Ok(None) };
        let definition = self.compile(tenant, &record, cipher)?;
        let DefinitionHead { digest, created_at, enabled, .. } = record.head;
        let mut named = lock(&self.named);
        if named.changes == changes {
            named.found.insert(key, Head { digest, created_at, enabled }, 1);
        }
        Ok(Some(Arc::new(RegisteredDefinition { definition, created_at, enabled })))
    }

    /// The definition that an execution is pinned to.
    pub(crate) async fn pinned(
        &self,
        tenant: &TenantId,
        digest: Digest,
        cipher: &dyn Cipher,
    ) -> Result<Arc<Definition>, Error> {
        if let Some(found) = lock(&self.compiled).get(&(tenant.clone(), digest)) {
            return Ok(found);
        }
        let record = self.store.definition_by_digest(tenant, digest).await?;
        let record = record.ok_or_else(|| {
            CodecError::History(format!("the definition {digest} of a stored execution is missing"))
        })?;
        self.compile(tenant, &record, cipher)
    }

    fn compile(
        &self,
        tenant: &TenantId,
        record: &DefinitionRecord,
        cipher: &dyn Cipher,
    ) -> Result<Arc<Definition>, Error> {
        let key = (tenant.clone(), record.head.digest);
        if let Some(found) = lock(&self.compiled).get(&key) {
            return Ok(found);
        }
        let (text, resources) = codec::definition(record, cipher)?;
        let definition = Arc::new(Draft::read(&text).compile(&resources).map_err(Error::Invalid)?);
        self.keep(tenant, &definition);
        Ok(definition)
    }

    fn keep(&self, tenant: &TenantId, definition: &Arc<Definition>) {
        let key = (tenant.clone(), definition.digest);
        lock(&self.compiled).insert(key, definition.clone(), definition.bytes);
    }
}

fn stored_act(
    tenant: &TenantId,
    act: &Act,
    action: &str,
    id: &DefinitionId,
    created: bool,
    now: Timestamp,
    cipher: &dyn Cipher,
) -> Result<store::Act, CodecError> {
    let id = id.to_string();
    let audit = act.audit(tenant, action, ("definition", &id), store::Outcome::Allowed, now);
    let idempotency = act.idempotency.as_ref();
    let response = [u8::from(created)];
    let idempotency = idempotency.map(|promise| codec::idempotency(tenant, promise, &response, now, cipher));
    Ok(store::Act { audits: vec![audit], idempotency: idempotency.transpose()? })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
