//! Lists that come in pages.

use crate::client::{Client, query};
use crate::error::Error;
use serde_json::Value;

/// Items that one request asks for: as many as the API gives at once.
const PAGE_ITEMS: usize = tenure_types::limits::PAGE_ITEMS_MAX;

/// A list, and whether the server has more of it.
#[derive(Debug)]
pub(crate) struct Items {
    /// What was read.
    pub(crate) items: Vec<Value>,
    /// Whether something is left.
    pub(crate) more: bool,
}

/// Reads every page.
pub(crate) async fn all(
    client: &Client,
    path: &str,
    fields: &[(&str, Option<String>)],
) -> Result<Vec<Value>, Error> {
    Ok(up_to(client, path, fields, usize::MAX).await?.items)
}

/// Reads pages until there are `limit` items.
pub(crate) async fn up_to(
    client: &Client,
    path: &str,
    fields: &[(&str, Option<String>)],
    limit: usize,
) -> Result<Items, Error> {
    let mut items = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let size = (limit - items.len()).min(PAGE_ITEMS);
        let mut fields = fields.to_vec();
        fields.push(("pageSize", Some(size.to_string())));
        fields.push(("pageToken", token.take()));
        let mut answer = client.get(&format!("{path}{}", query(&fields))).await?.body;
        if let Some(Value::Array(page)) = answer.get_mut("items").map(Value::take) {
            items.extend(page);
        }
        token = answer.get("nextPageToken").and_then(Value::as_str).map(Into::into);
        if token.is_none() || items.len() >= limit {
            items.truncate(limit);
            return Ok(Items { items, more: token.is_some() });
        }
    }
}
