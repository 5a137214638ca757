//! Secrets: write, list, show what is not secret about them, delete.
//!
//! A value comes in here and never goes out: what is wrong with one is said without quoting it.

use super::definitions::{act, page_size};
use super::{App, Error};
use crate::auth::Grant;
use crate::http::Query;
use tenure_api::{Code, PutSecret, Secret, SecretList, SecretVersion, Time};
use tenure_dsl::json::Json;
use tenure_store::SecretHead;
use tenure_types::limits::{SECRET_BYTES_MAX, SECRET_NAME_CHARS_MAX};
use tenure_types::secret_name_is_valid;

/// Writes the next version of a secret; `true` when the secret is new.
pub(crate) async fn put(
    app: &App,
    grant: &Grant,
    name: &str,
    command: &PutSecret,
) -> Result<(Secret, bool), Error> {
    if !secret_name_is_valid(name) {
        let what = "letters, digits, `-`, `_` and `.`";
        let detail = format!("a secret's name has 1 to {SECRET_NAME_CHARS_MAX} {what}");
        return Err(Error::parameter(detail));
    }
    let value = Json::parse(command.value.as_text())
        .map_err(|_| Error::body("/value", "the value is not JSON that is taken"))?;
    if !matches!(value.kind_name(), "string" | "object") {
        return Err(Error::body("/value", "the value must be a text or an object"));
    }
    if value.len_bytes() > SECRET_BYTES_MAX {
        let detail = format!("the value has more than {SECRET_BYTES_MAX} bytes (secretBytesMax)");
        return Err(Error::refused(Code::TooLarge, detail));
    }
    let head = app.handle.put_secret(grant.tenant(), name, value.text(), &act(grant, None)).await?;
    let created = head.versions.last().is_some_and(|newest| newest.number == 1);
    Ok((shown(&head), created))
}

/// Lists secrets by name.
pub(crate) async fn list(app: &App, grant: &Grant, query: &Query) -> Result<SecretList, Error> {
    const SCOPE: &str = "secrets";
    let after = query.text("pageToken").map(|token| app.cursors.open(grant.tenant(), SCOPE, token));
    let after = after.transpose()?;
    let page_size = page_size(query);
    let mut heads = app.handle.secrets(grant.tenant(), after.as_deref(), page_size + 1).await?;
    let more = heads.len() > page_size;
    heads.truncate(page_size);
    let next = heads.last().filter(|_| more).map(|last| app.cursors.seal(grant.tenant(), SCOPE, &last.name));
    Ok(SecretList { items: heads.iter().map(shown).collect(), next_page_token: next })
}

/// Shows a secret without its value.
pub(crate) async fn show(app: &App, grant: &Grant, name: &str) -> Result<Secret, Error> {
    let head = app.handle.secret(grant.tenant(), name).await?;
    head.as_ref().map(shown).ok_or_else(Error::not_found)
}

/// Deletes a secret and shows what it was.
pub(crate) async fn delete(app: &App, grant: &Grant, name: &str) -> Result<Secret, Error> {
    let secret = show(app, grant, name).await?;
    if app.handle.delete_secret(grant.tenant(), name, &act(grant, None)).await? {
        Ok(secret)
    } else {
        Err(Error::not_found())
    }
}

fn shown(head: &SecretHead) -> Secret {
    let version = |version: &tenure_store::SecretVersion| SecretVersion {
        version: version.number,
        created_at: Time(version.created_at),
    };
    Secret {
        name: head.name.to_string(),
        versions: head.versions.iter().map(version).collect(),
        created_at: Time(head.created_at),
        updated_at: Time(head.updated_at),
    }
}
