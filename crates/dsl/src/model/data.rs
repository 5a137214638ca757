//! What data tasks take, give and export, and where things outside are.

use super::authentication::Authentication;
use super::value::{Expression, Uri};
use crate::parse::{Kind, Path, Print, Read, Reader, Tree, record};
use serde_json::{Map, Value};

record! {
    /// `input`
    Input {
        /// `schema`, which the raw input must fit
        schema: "schema" optional Schema,
        /// `from`
        from: "from" optional Mapping,
    }
}

record! {
    /// `output`
    Output {
        /// `schema`, which the mapped output must fit
        schema: "schema" optional Schema,
        /// `as`
        mapping: "as" optional Mapping,
    }
}

record! {
    /// `export`
    Export {
        /// `schema`, which the new context must fit
        schema: "schema" optional Schema,
        /// `as`
        mapping: "as" optional Mapping,
    }
}

/// `from` or `as`: an expression, or an object whose values may hold expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum Mapping {
    /// An expression.
    Expression(String),
    /// An object.
    Object(Map<String, Value>),
}

impl Read for Mapping {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        match &tree.kind {
            Kind::Text(_) => Self::Expression(Expression::read(reader, tree, path).0),
            Kind::Map(_) => Self::Object(Map::read(reader, tree, path)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::List(_) => {
                reader.wrong_type(tree, path, "an expression or a map");
                Self::gap()
            }
        }
    }

    fn gap() -> Self {
        Self::Expression(".".to_owned())
    }
}

impl Print for Mapping {
    fn print(&self) -> Value {
        match self {
            Self::Expression(text) => Value::from(text.as_str()),
            Self::Object(map) => Value::Object(map.clone()),
        }
    }
}

/// `schema`
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// `format`; `json` when absent
    pub format: Option<String>,
    /// The schema itself.
    pub source: SchemaSource,
}

/// Where a schema is.
#[derive(Clone, Debug, PartialEq)]
pub enum SchemaSource {
    /// `document`
    Document(Value),
    /// `resource`
    Resource(ExternalResource),
}

impl Read for Schema {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        let Some(fields) = reader.fields(tree, path, &["format", "document", "resource"]) else {
            return Self::gap();
        };
        let format = fields.optional(reader, "format");
        let source = match reader.one_of(tree, path, &["document", "resource"]) {
            Some("resource") => SchemaSource::Resource(fields.required(reader, "resource")),
            Some(_) => SchemaSource::Document(fields.required(reader, "document")),
            None => return Self::gap(),
        };
        Self { format, source }
    }

    fn gap() -> Self {
        Self { format: None, source: SchemaSource::Document(Value::Object(Map::new())) }
    }
}

impl Print for Schema {
    fn print(&self) -> Value {
        let mut map = Map::new();
        if let Some(format) = &self.format {
            map.insert("format".to_owned(), format.print());
        }
        match &self.source {
            SchemaSource::Document(value) => map.insert("document".to_owned(), value.clone()),
            SchemaSource::Resource(resource) => map.insert("resource".to_owned(), resource.print()),
        };
        Value::Object(map)
    }
}

record! {
    /// Something outside of the definition.
    ExternalResource {
        /// `name`
        name: "name" optional String,
        /// `endpoint`
        endpoint: "endpoint" required Endpoint,
    }
}

/// Where a service is.
#[derive(Clone, Debug, PartialEq)]
pub enum Endpoint {
    /// A URI, a URI template or an expression.
    Uri(Uri),
    /// The same with more to say.
    Object(Box<EndpointObject>),
}

record! {
    /// An endpoint written as a map.
    EndpointObject {
        /// `uri`
        uri: "uri" required Uri,
        /// `authentication`
        authentication: "authentication" optional Authentication,
    }
}

impl Endpoint {
    /// The URI.
    pub fn uri(&self) -> &Uri {
        match self {
            Self::Uri(uri) => uri,
            Self::Object(object) => &object.uri,
        }
    }

    /// The authentication.
    pub fn authentication(&self) -> Option<&Authentication> {
        match self {
            Self::Uri(_) => None,
            Self::Object(object) => object.authentication.as_ref(),
        }
    }
}

impl Read for Endpoint {
    fn read(reader: &mut Reader<'_>, tree: &Tree, path: &Path) -> Self {
        match &tree.kind {
            Kind::Map(_) => Self::Object(Read::read(reader, tree, path)),
            Kind::Text(_) => Self::Uri(Uri::read(reader, tree, path)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::List(_) => {
                reader.wrong_type(tree, path, "a URI or a map");
                Self::gap()
            }
        }
    }

    fn gap() -> Self {
        Self::Uri(Uri::gap())
    }
}

impl Print for Endpoint {
    fn print(&self) -> Value {
        match self {
            Self::Uri(uri) => uri.print(),
            Self::Object(object) => object.print(),
        }
    }
}
