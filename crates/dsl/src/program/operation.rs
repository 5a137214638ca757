//! `call: openapi`, compiled: an operation of a document with a template for each value that it is given.

use super::{Authentication, EffectPolicy, HttpOutput};
use crate::expr::Template;
use std::sync::Arc;

/// `call: openapi`
#[derive(Debug)]
pub struct OpenApiCall {
    /// In capitals.
    pub method: Arc<str>,
    /// Scheme, host and base path, without a slash at the end.
    pub server: Arc<str>,
    /// The path with `{name}` for each path parameter.
    pub path: Arc<str>,
    /// The parameters that are given, each with its value.
    pub parameters: Vec<(Parameter, Template)>,
    /// The body that is given.
    pub body: Option<OperationBody>,
    /// `with.output`
    pub output: HttpOutput,
    /// `with.redirect`: whether a redirect is an answer (`true`) or an error (`false`)
    pub redirect: bool,
    /// `with.authentication`
    pub authentication: Option<Authentication>,
    /// How often its effect may happen.
    pub effect: EffectPolicy,
}

/// The body of an operation.
#[derive(Debug)]
pub struct OperationBody {
    /// `content-type`
    pub content_type: Arc<str>,
    /// How the value is written.
    pub form: BodyForm,
    /// The value.
    pub value: Template,
}

/// A parameter as its document describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// As it is sent.
    pub name: Arc<str>,
    /// Where it travels.
    pub place: ParameterPlace,
    /// How lists and maps are written.
    pub style: ParameterStyle,
    /// Whether each item of a list, or entry of a map, is written by itself.
    pub explode: bool,
    /// Whether it must have a value.
    pub required: bool,
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterPlace {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// As a header.
    Header,
    /// In the header `cookie`.
    Cookie,
    /// As a field of a body `application/x-www-form-urlencoded`.
    Form,
}

/// How a value that is a list or a map is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterStyle {
    /// `a,b` and `k,v,l,w`; exploded `k=v,l=w`
    Simple,
    /// As simple; exploded one pair a item or entry
    Form,
    /// `a b`
    Spaces,
    /// `a|b`
    Pipes,
    /// `name[k]=v`
    Deep,
    /// As JSON.
    Json,
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyForm {
    /// As JSON.
    Json,
    /// A map as `application/x-www-form-urlencoded`.
    Form,
    /// A text as it is.
    Text,
}
