//! What resources hold, handed to whoever compiles a call; what is wrong with them is reported where they are named.

use super::Compiler;
use crate::diagnostic::Code;
use crate::model::ExternalResource;
use crate::parse::Path;
use crate::resource::document;
use serde_json::Value;

impl Compiler<'_> {
    fn is_wanted(&self, address: &str) -> bool {
        self.wanted.iter().any(|wanted| wanted.address == *address)
    }

    /// The content of a resource.
    pub(super) fn content(&mut self, resource: &ExternalResource, path: &Path) -> Option<&[u8]> {
        let address = &resource.endpoint.uri().0;
        let why = match self.resources.get(address) {
            Some(Ok(content)) => return Some(content),
            Some(Err(why)) => why.to_owned(),
            // An address that cannot be read at all, and one too many, were reported.
            None if !self.is_wanted(address) => return None,
            None => "only a server reads resources".to_owned(),
        };
        let message = format!("`{address}` cannot be read: {why}");
        self.sink.value(Code::ResourceUnavailable, self.tree, &path.key("endpoint"), message, None);
        None
    }

    /// The JSON or YAML document that a resource holds.
    pub(super) fn document(&mut self, resource: &ExternalResource, path: &Path) -> Option<Value> {
        let parsed = document::parse(self.content(resource, path)?);
        match parsed {
            Ok(document) => Some(document),
            Err(why) => {
                self.invalid_resource(resource, path, &why);
                None
            }
        }
    }

    /// Reports that a resource is not what it is used as.
    pub(super) fn invalid_resource(&mut self, resource: &ExternalResource, path: &Path, why: &str) {
        let message = format!("`{}` cannot be used: {why}", resource.endpoint.uri().0);
        self.sink.value(Code::InvalidResource, self.tree, &path.key("endpoint"), message, None);
    }
}
