//! Our metadata keys of the document: what can be wrong with them besides their shapes.

use super::Validator;
use crate::diagnostic::Code;
use crate::limits::{ATTRIBUTE_NAME_CHARS_MAX, ATTRIBUTES_MAX, LIMIT_EXECUTIONS_MAX, SENSITIVE_MAX};
use crate::model::{DocumentMetadata, DurationValue};
use crate::parse::{Kind, Path};

/// Checks the keys.
pub(super) fn document(validator: &mut Validator<'_>) {
    let Some(metadata) = &validator.document.document.metadata else { return };
    let path = Path::root().keys(&["document", "metadata"]);
    attributes(validator, metadata, &path.key("searchAttributes"));
    sensitive(validator, metadata, &path.key("sensitive"));
    retention(validator, metadata, &path.key("retention"));
    limits(validator, metadata, &path.key("limits"));
}

fn limits(validator: &mut Validator<'_>, metadata: &DocumentMetadata, path: &Path) {
    let Some(limits) = &metadata.limits else { return };
    let path = path.key("max");
    let readable = matches!(validator.tree.find(&path).map(|tree| &tree.kind), Some(Kind::Number(_)));
    if readable && !(1..=LIMIT_EXECUTIONS_MAX).contains(&limits.max) {
        let message = format!("a limit is 1 to {LIMIT_EXECUTIONS_MAX} executions");
        validator.value(Code::OutOfRange, &path, message, None);
    }
}

fn attributes(validator: &mut Validator<'_>, metadata: &DocumentMetadata, path: &Path) {
    let named = metadata.search_attributes.as_ref().map_or(&[][..], |named| &named.0);
    if named.len() > ATTRIBUTES_MAX {
        let message = format!("a definition has at most {ATTRIBUTES_MAX} search attributes");
        validator.value(Code::OutOfRange, path, message, None);
    }
    for (name, _) in named {
        let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
        if !name.is_empty() && (!first || !name.bytes().all(inner) || name.len() > ATTRIBUTE_NAME_CHARS_MAX) {
            let message = format!("`{name}` is not a name for a search attribute");
            let hint = format!(
                "use up to {ATTRIBUTE_NAME_CHARS_MAX} letters, digits, `_`, `-` and `.`, starting with a letter or `_`"
            );
            validator.key(Code::InvalidSearchAttribute, &path.key(name), message, Some(hint));
        }
    }
}

fn sensitive(validator: &mut Validator<'_>, metadata: &DocumentMetadata, path: &Path) {
    let pointers = metadata.sensitive.as_deref().unwrap_or_default();
    if pointers.len() > SENSITIVE_MAX {
        let message = format!("a definition has at most {SENSITIVE_MAX} sensitive places");
        validator.value(Code::OutOfRange, path, message, None);
    }
    for (index, pointer) in pointers.iter().enumerate() {
        let path = path.index(index);
        let readable = matches!(validator.tree.find(&path).map(|tree| &tree.kind), Some(Kind::Text(_)));
        if readable && !is_pointer(pointer) {
            let message = format!("`{pointer}` is not a JSON pointer");
            let hint = "write it like `/card/number`, or `/cards/*/number` for every card".to_owned();
            validator.value(Code::InvalidPointer, &path, message, Some(hint));
        }
    }
}

/// RFC 6901: empty, or segments that each start with `/`, in which `~` is `~0` and `/` is `~1`.
fn is_pointer(text: &str) -> bool {
    let escaped = |text: &str| text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    text.is_empty() || (text.starts_with('/') && escaped(text))
}

fn retention(validator: &mut Validator<'_>, metadata: &DocumentMetadata, path: &Path) {
    let readable = matches!(validator.tree.find(path).map(|tree| &tree.kind), Some(Kind::Text(_)));
    if readable
        && let Some(DurationValue::Expression(text)) = &metadata.retention
        && validator
            .tree
            .find(path)
            .is_some_and(|tree| matches!(&tree.kind, Kind::Text(own) if own.value == *text))
    {
        let message = "a retention is the same for all executions: it cannot be an expression";
        validator.value(Code::InvalidDuration, path, message, Some("write it like `P90D`".to_owned()));
    }
}
