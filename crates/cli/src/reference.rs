//! A definition as it is written on the command line: `[NAMESPACE/]NAME[@VERSION]`.

use crate::client::{Client, path};
use crate::commands::page;
use crate::error::{Code, Error};
use crate::exit::Exit;
use serde_json::Value;
use std::collections::BTreeSet;
use std::str::FromStr;

/// Which definition is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// May be left out where the name is in one namespace only.
    pub(crate) namespace: Option<String>,
    /// The definition's name.
    pub(crate) name: String,
    /// The newest when it is left out.
    pub(crate) version: Option<String>,
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rest, version) = match text.split_once('@') {
            Some((rest, version)) => (rest, Some(version)),
            None => (text, None),
        };
        let (namespace, name) = match rest.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, rest),
        };
        let parts = [namespace, Some(name), version];
        if parts.into_iter().flatten().any(|part| part.is_empty() || part.contains(['/', '@'])) {
            return Err("expected NAME, NAME@VERSION or NAMESPACE/NAME@VERSION".into());
        }
        Ok(Self { namespace: namespace.map(Into::into), name: name.into(), version: version.map(Into::into) })
    }
}

impl Reference {
    /// The namespace: as written, or the only one that has the name.
    pub(crate) async fn namespace(&self, client: &Client) -> Result<String, Error> {
        if let Some(namespace) = &self.namespace {
            return Ok(namespace.clone());
        }
        let known = page::all(client, &path(&["v1", "workflow-definitions"]), &[]).await?;
        self.choose(&known)
    }

    fn choose(&self, known: &[Value]) -> Result<String, Error> {
        let text = |item: &Value, field: &str| item.get(field).and_then(Value::as_str).map(str::to_owned);
        let matching = known.iter().filter(|item| text(item, "name").as_deref() == Some(self.name.as_str()));
        let namespaces: BTreeSet<String> = matching.filter_map(|item| text(item, "namespace")).collect();
        match namespaces.len() {
            1 => Ok(namespaces.into_iter().next().unwrap_or_default()),
            0 => Err(Error::new(Code::Usage, format!("there is no definition `{}`", self.name))
                .exit(Exit::NotFound)
                .next("`tenure definition list` shows what exists, `tenure definition apply FILE` registers one")),
            _ => {
                let choices: Vec<String> = namespaces.iter().map(|space| format!("{space}/{}", self.name)).collect();
                Err(Error::new(Code::Usage, format!("`{}` exists in several namespaces", self.name))
                    .next(format!("say which: {}", choices.join(", "))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reference(text: &str) -> Reference {
        text.parse().unwrap()
    }

    #[test]
    fn namespace_and_version_may_be_left_out() {
        assert_eq!(reference("order").version, None);
        assert_eq!(reference("order@1.0.0").version.as_deref(), Some("1.0.0"));
        let full = reference("shop/order@1.0.0-rc.1");
        assert_eq!((full.namespace.as_deref(), full.name.as_str()), (Some("shop"), "order"));
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in ["", "@1", "a@", "/a", "a/", "a/b/c", "a@1@2"] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_only_namespace_with_the_name_is_meant() {
        let known = [
            json!({ "namespace": "shop", "name": "order", "version": "1.0.0" }),
            json!({ "namespace": "shop", "name": "order", "version": "1.1.0" }),
            json!({ "namespace": "shop", "name": "refund", "version": "1.0.0" }),
        ];
        assert_eq!(reference("order").choose(&known).as_deref(), Ok("shop"));
        assert_eq!(reference("other").choose(&known).unwrap_err().exit, Exit::NotFound);
    }

    #[test]
    fn a_name_in_two_namespaces_must_be_told_apart() {
        let known = [json!({ "namespace": "a", "name": "x" }), json!({ "namespace": "b", "name": "x" })];
        let error = reference("x").choose(&known).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.render("c").contains("a/x, b/x"));
    }
}
