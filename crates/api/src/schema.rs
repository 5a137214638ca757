//! Schemas of the shared types that know nothing of `OpenAPI`.

use tenure_types::{CompensationStatus, Status};
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type as JsonType};

fn word(description: &str, values: Vec<&'static str>) -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(JsonType::String))
        .description(Some(description))
        .enum_values(Some(values))
        .build()
}

pub(crate) fn status() -> Object {
    word("Where the execution is in its life.", Status::ALL.iter().map(|s| s.as_str()).collect())
}

pub(crate) fn compensation() -> Object {
    let values = CompensationStatus::ALL.iter().map(|s| s.as_str()).collect();
    word("How far the execution has undone itself.", values)
}
