//! What is wrong with a definition, and where.
//!
//! Each rule has its own [`Code`], each code a section in `docs/errors/DEF.md`. Deliberately absent: rendering with
//! colours and source excerpts, which the command line does.

use crate::limits::{DIAGNOSTICS_MAX, MESSAGE_CHARS_MAX};
use crate::parse::{Path, Position, Tree};
use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule.
    pub code: Code,
    /// What is wrong, in lowercase, without a full stop.
    pub message: String,
    /// JSON pointer to the value, or to the key's value when the key is wrong.
    pub pointer: String,
    /// Line in the text, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, message, pointer, line, column, hint } = self;
        write!(f, "{code} {line}:{column} {pointer} {message}")?;
        hint.as_ref().map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal),+ $(,)?) => {
        /// The rules. A number is never given to another rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $name),+ }

        impl Code {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Such as `DEF-0020`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => concat!("DEF-", $number)),+ }
            }

            /// What the rule says, in one sentence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+)),+ }
            }
        }
    };
}

codes! {
    /// The text is neither YAML nor JSON.
    Syntax = "0001",
    /// The text is larger than 1 MiB.
    TooLarge = "0002",
    /// The text nests deeper than 64 levels.
    TooDeep = "0003",
    /// The text holds more than 50,000 values.
    TooManyNodes = "0004",
    /// A key occurs twice in one map.
    DuplicateKey = "0005",
    /// The text uses a YAML anchor or alias.
    Alias = "0006",
    /// The text uses a YAML tag.
    Tag = "0007",
    /// The text uses a YAML merge key.
    MergeKey = "0008",
    /// The text holds no document, or several.
    DocumentCount = "0009",
    /// A key is not a text.
    KeyType = "0010",
    /// A number cannot be represented.
    Number = "0011",
    /// A key is longer than 512 bytes.
    KeyTooLong = "0012",

    /// A key is not known here.
    UnknownKey = "0020",
    /// A required key is missing.
    MissingKey = "0021",
    /// A value has the wrong type.
    WrongType = "0022",
    /// A task says nothing about what it does.
    NoTaskKind = "0023",
    /// A task says that it does several things.
    SeveralTaskKinds = "0024",
    /// An item of a list of named things is not a map with exactly one key.
    NotNamed = "0025",
    /// Something that needs content is empty.
    Empty = "0026",
    /// A word is not one of those allowed here.
    UnknownWord = "0027",
    /// Of several keys exactly one is needed.
    NotOneOf = "0028",

    /// A version is not a semantic version.
    InvalidVersion = "0030",
    /// A name is not a DNS label.
    InvalidLabel = "0031",
    /// The version of the DSL is not supported.
    UnsupportedDsl = "0032",
    /// A duration is not valid.
    InvalidDuration = "0033",
    /// A status is not between 400 and 599.
    InvalidStatus = "0034",
    /// A variable's name is not an identifier, or is taken.
    InvalidVariable = "0035",
    /// An HTTP method is not known.
    InvalidMethod = "0036",
    /// An HTTP header's name or value is not valid.
    InvalidHeader = "0037",
    /// An HTTP header is set by the engine alone.
    ReservedHeader = "0038",
    /// A URI or a URI template is not valid.
    InvalidUri = "0039",
    /// An expression does not compile.
    InvalidExpression = "0040",
    /// A variable is not available in this place.
    UnavailableVariable = "0041",
    /// A JSON Schema does not compile.
    InvalidSchema = "0042",
    /// A schema's format is not JSON Schema.
    SchemaFormat = "0043",
    /// A number is out of its range.
    OutOfRange = "0044",
    /// A task's or a case's name cannot be used.
    InvalidName = "0045",


    /// Two tasks of one list have the same name.
    DuplicateTask = "0050",
    /// A `then` names no task of the same list.
    UnknownTarget = "0051",
    /// A `switch` has several cases without `when`.
    SeveralDefaults = "0052",
    /// A retry policy is not declared.
    UnknownRetry = "0053",
    /// A timeout is not declared.
    UnknownTimeout = "0054",
    /// An error is not declared.
    UnknownError = "0055",
    /// A function is not declared.
    UnknownFunction = "0056",
    /// An authentication policy is not declared.
    UnknownAuthentication = "0057",
    /// A branch of a `fork` jumps to another branch.
    BranchJump = "0058",
    /// The definition has more than 10,000 tasks.
    TooManyTasks = "0059",
    /// A `fork`, a `for` or a `listen` fans out too far.
    FanOut = "0060",
    /// Two cases of one `switch`, or of one test file, have the same name.
    DuplicateCase = "0061",
    /// The expressions are too large together.
    TooManyExpressions = "0062",
    /// A function calls itself.
    Recursion = "0063",
    /// Functions call each other too deep.
    FunctionNesting = "0064",
    /// Two extensions have the same name.
    DuplicateExtension = "0065",

    /// A secret is not declared.
    UnknownSecret = "0066",
    /// An authentication policy lacks what it needs, or asks for what a service cannot do.
    InvalidAuthentication = "0067",

    /// One of our metadata keys is on a task that it means nothing to.
    MisplacedMetadata = "0070",
    /// A compensation has a compensation.
    NestedCompensation = "0071",
    /// A compensation ends the workflow.
    EndInCompensation = "0072",
    /// A compensation listens without a timeout.
    ListenInCompensation = "0073",
    /// A `call: compensate` has nothing to unwind.
    CompensateScope = "0074",
    /// A racing `fork` limits its concurrency.
    ConcurrencyInRace = "0075",

    /// An attribute of an emitted event has a name or a value that it cannot have.
    InvalidAttribute = "0080",
    /// A pattern of an event filter does not compile.
    InvalidPattern = "0081",

    /// A search attribute's name cannot be used.
    InvalidSearchAttribute = "0090",
    /// A sensitive place is not a JSON pointer.
    InvalidPointer = "0091",

    /// This `run` is not supported yet.
    Run = "0102",
    /// The function of a call is one of the public catalog.
    PublicFunction = "0104",
    /// Schedules by time are not supported yet.
    Schedule = "0105",
    /// The authentication of a resource is not supported yet.
    EndpointAuthentication = "0111",
    /// A probe of a call whose outcome can never be unknown.
    EffectProbe = "0113",
    /// Schemas outside of the definition are not supported yet.
    SchemaResource = "0118",
    /// Expression languages other than jq are not supported yet.
    Language = "0119",
    /// Starting an execution with several events is not supported.
    SeveralStartEvents = "0129",

    /// The address of a resource is not fixed.
    ResourceAddress = "0130",
    /// The definition needs too many resources.
    TooManyResources = "0131",
    /// A resource cannot be read.
    ResourceUnavailable = "0132",
    /// A resource is not what it is used as.
    InvalidResource = "0133",
    /// A document has no such operation.
    UnknownOperation = "0134",
    /// A parameter of an operation is missing or not known.
    OperationParameter = "0135",
    /// An operation asks for something that is not supported.
    UnsupportedOperation = "0136",
    /// A transport is not supported.
    UnsupportedTransport = "0137",
    /// The operator has switched off what the definition asks for.
    SwitchedOff = "0138",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Collects diagnostics up to [`DIAGNOSTICS_MAX`].
#[derive(Debug, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
}

impl Sink {
    /// Reports at a position.
    pub(crate) fn at(
        &mut self,
        code: Code,
        at: Position,
        path: &Path,
        message: String,
        hint: Option<String>,
    ) {
        if self.full() {
            return;
        }
        let message = shortened(message);
        let pointer = path.as_str().to_owned();
        let found = Diagnostic { code, message, pointer, line: at.line, column: at.column, hint };
        if !self.found.contains(&found) {
            self.found.push(found);
        }
    }

    /// Whether nothing more is taken: what is costly to find need not be looked for.
    pub(crate) fn full(&self) -> bool {
        self.found.len() >= DIAGNOSTICS_MAX
    }

    /// Reports at the value behind a pointer.
    pub(crate) fn value(
        &mut self,
        code: Code,
        tree: &Tree,
        path: &Path,
        message: String,
        hint: Option<String>,
    ) {
        self.at(code, tree.position(path), path, message, hint);
    }

    /// Reports at the key of the value behind a pointer.
    pub(crate) fn key(
        &mut self,
        code: Code,
        tree: &Tree,
        path: &Path,
        message: String,
        hint: Option<String>,
    ) {
        self.at(code, tree.key_position(path), path, message, hint);
    }

    /// Whether nothing was reported.
    pub(crate) fn empty(&self) -> bool {
        self.found.is_empty()
    }

    /// What was reported, in the order of the text.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|found| (found.line, found.column, found.code));
        self.found
    }
}

/// Messages quote the text, and the text may be large.
fn shortened(message: String) -> String {
    match message.char_indices().nth(MESSAGE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}

/// The candidate that `word` is probably meant to be, as a hint.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let allowed = if word.chars().count() < 5 { 1 } else { 2 };
    let close = |candidate: &'a str| {
        let distance = strsim::osa_distance(&word.to_lowercase(), &candidate.to_lowercase());
        (distance <= allowed).then_some((distance, candidate))
    };
    let best = candidates.into_iter().filter_map(close).min_by_key(|(distance, _)| *distance);
    best.map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}
