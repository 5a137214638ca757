//! Errors, recorded with every field present: the stored encoding cannot leave one out.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tenure_dsl::error::Error;

#[derive(Serialize, Deserialize)]
struct Form {
    kind: String,
    status: u16,
    title: Option<String>,
    detail: Option<String>,
    instance: Option<String>,
}

#[derive(Serialize)]
struct Borrowed<'a> {
    kind: &'a str,
    status: u16,
    title: Option<&'a str>,
    detail: Option<&'a str>,
    instance: Option<&'a str>,
}

impl<'a> From<&'a Error> for Borrowed<'a> {
    fn from(error: &'a Error) -> Self {
        Self {
            kind: &error.kind,
            status: error.status,
            title: error.title.as_deref(),
            detail: error.detail.as_deref(),
            instance: error.instance.as_deref(),
        }
    }
}

impl From<Form> for Error {
    fn from(form: Form) -> Self {
        let Form { kind, status, title, detail, instance } = form;
        Self { kind, status, title, detail, instance }
    }
}

pub(super) fn serialize<S: Serializer>(error: &Error, serializer: S) -> Result<S::Ok, S::Error> {
    Borrowed::from(error).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Error, D::Error> {
    Form::deserialize(deserializer).map(Error::from)
}

/// The same for an error that may be absent.
pub(super) mod option {
    use super::{Borrowed, Deserialize, Deserializer, Error, Form, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde decides the signature")]
    pub(in super::super) fn serialize<S: Serializer>(
        error: &Option<Error>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        error.as_ref().map(Borrowed::from).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Error>, D::Error> {
        Ok(Option::<Form>::deserialize(deserializer)?.map(Error::from))
    }
}
