//! Text to tree to model.
//!
//! The tree ([`Tree`]) knows where everything is written; the model (`crate::model`) knows what it means. Every limit
//! that protects the process from a text is applied while the tree is built. Deliberately absent: rules that need more
//! than one place of the text, which are in `validate`.

mod builder;
mod json;
mod path;
mod reader;
mod tree;
mod yaml;

pub use path::Path;
pub(crate) use reader::{Fields, Print, Read, Reader, read_word, record, words};
pub use tree::{Entry, Kind, Position, Text, Tree};

use crate::diagnostic::{Code, Sink};
use crate::limits::DEFINITION_BYTES_MAX;
use crate::model::Document;
use builder::Refusal;

/// The tree of a text; `None` when there is none, which is then reported.
pub(crate) fn tree(text: &str, sink: &mut Sink) -> Option<Tree> {
    if text.len() > DEFINITION_BYTES_MAX {
        let message =
            format!("the text has {} bytes; at most {DEFINITION_BYTES_MAX} are allowed", text.len());
        sink.at(Code::TooLarge, Position::START, &Path::root(), message, None);
        return None;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match parsed(text) {
        Ok((tree, refusals)) => {
            for refusal in refusals {
                report(refusal, sink);
            }
            Some(tree)
        }
        Err(refusal) => {
            report(refusal, sink);
            None
        }
    }
}

/// The model of a tree. It has gaps where something was reported.
pub(crate) fn document(tree: &Tree, sink: &mut Sink) -> Document {
    Document::read(&mut Reader::new(sink), tree, &Path::root())
}

/// YAML is the wider language, but JSON is tried first where the text looks like it: only JSON pairs surrogates in
/// escapes, and its messages fit better.
fn parsed(text: &str) -> Result<(Tree, Vec<Refusal>), Refusal> {
    if let Some(at) = text.find('\0') {
        let message = "the text holds a NUL character".to_owned();
        return Err(Refusal::new(Code::Syntax, builder::position_of(text, at), message));
    }
    if !json::looks_like(text) {
        return yaml::parse(text);
    }
    json::parse(text).or_else(|refusal| {
        if json::could_be_yaml(&refusal) {
            return yaml::parse(text).map_err(|_| refusal);
        }
        Err(refusal)
    })
}

fn report(refusal: Refusal, sink: &mut Sink) {
    sink.at(refusal.code, refusal.at, &refusal.path, refusal.message, refusal.hint);
}
