//! What a definition refers to outside of itself: which resources it needs, and what they hold.
//!
//! A resource is read once, when the definition is registered, and stored with it: the definition's digest covers its
//! content, and no execution ever fetches anything. [`crate::Draft::wanted`] says what to read, whoever registers reads it
//! and gives a [`Resources`] to [`crate::Draft::compile`].
//!
//! Deliberately absent: fetching, and where resources are kept.

pub(crate) mod agent;
pub(crate) mod asyncapi;
pub(crate) mod document;
pub(crate) mod openapi;
mod wanted;

pub(crate) use wanted::wanted;
pub use wanted::{Source, Wanted};

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a resource holds, or why it cannot be had.
type Content = Result<Arc<[u8]>, Arc<str>>;

/// What the resources of one definition hold, by their addresses.
#[derive(Clone, Debug, Default)]
pub struct Resources(BTreeMap<Arc<str>, Content>);

impl Resources {
    /// Adds a resource.
    pub fn insert(&mut self, address: impl Into<Arc<str>>, content: impl Into<Arc<[u8]>>) {
        self.0.insert(address.into(), Ok(content.into()));
    }

    /// Notes why a resource cannot be read: whoever needs it is told.
    pub fn refuse(&mut self, address: impl Into<Arc<str>>, why: impl Into<Arc<str>>) {
        self.0.insert(address.into(), Err(why.into()));
    }

    /// What is known of a resource: its content, or why it cannot be read.
    pub fn get(&self, address: &str) -> Option<Result<&[u8], &str>> {
        Some(match self.0.get(address)? {
            Ok(content) => Ok(content),
            Err(why) => Err(why),
        })
    }

    /// The resources that were read, in the order of their addresses.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().filter_map(|(address, content)| Some((&**address, &**content.as_ref().ok()?)))
    }

    /// What is wanted with what that needs in turn, and nothing else; `None` when a part of it was not read.
    pub fn closure(&self, wanted: &[Wanted]) -> Option<Self> {
        let mut found = BTreeMap::new();
        let mut open = wanted.to_vec();
        while let Some(next) = open.pop() {
            let (address, content) = self.0.get_key_value(next.address.as_str())?;
            if found.contains_key(address) {
                continue;
            }
            open.extend(next.further(content.as_ref().ok()?));
            found.insert(address.clone(), content.clone());
        }
        Some(Self(found))
    }

    /// A digest of a document and of everything it was compiled with. Without resources it is the document's own.
    pub(crate) fn pin(&self, document: tenure_types::Digest) -> tenure_types::Digest {
        let mut hasher = Sha256::new();
        hasher.update(document.0);
        let mut pinned = false;
        for (address, content) in self.iter() {
            pinned = true;
            hasher.update(Sha256::digest(address.as_bytes()));
            hasher.update(Sha256::digest(content));
        }
        if pinned { tenure_types::Digest(hasher.finalize().into()) } else { document }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenure_types::Digest;

    #[test]
    fn the_digest_covers_every_address_and_every_content() {
        let document = Digest([7; 32]);
        let pin = |entries: &[(&str, &str)]| {
            let mut resources = Resources::default();
            for (address, content) in entries {
                resources.insert(*address, content.as_bytes());
            }
            resources.pin(document)
        };
        assert_eq!(pin(&[]), document);
        let digests = [
            pin(&[]),
            pin(&[("http://a", "x")]),
            pin(&[("http://a", "y")]),
            pin(&[("http://b", "x")]),
            pin(&[("http://a", "x"), ("http://b", "x")]),
        ];
        for (at, one) in digests.iter().enumerate() {
            assert!(digests[at + 1..].iter().all(|other| one != other), "{at}");
        }
        assert_eq!(
            pin(&[("http://a", "x"), ("http://b", "y")]),
            pin(&[("http://b", "y"), ("http://a", "x")])
        );
    }
}
