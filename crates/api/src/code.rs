//! Error codes: each with its title, HTTP status, and whether the same request may succeed later.
//!
//! A page in `docs/errors` explains each. Deliberately absent: codes of definitions, which `tenure-dsl` owns.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $status:literal, $retry:ident, $title:literal;)+) => {
        /// What was wrong with a request. A number is never given to another error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $name),+ }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Such as `API-0001`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => concat!("API-", $number)),+ }
            }

            /// `type` of the problem.
            pub fn uri(self) -> &'static str {
                match self { $(Self::$name => concat!("urn:tenure:error:API-", $number)),+ }
            }

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }

            /// A short text, the same for every problem with this code.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }

            /// Whether the same request may succeed later without any change.
            pub fn retryable(self) -> bool {
                match self { $(Self::$name => codes!(@ $retry)),+ }
            }
        }
    };
    (@ final) => { false };
    (@ retry) => { true };
}

codes! {
    /// The body is not JSON.
    MalformedBody = "0001", 400, final, "Malformed body";
    /// The body is JSON of another shape: an unknown field, a missing one, a wrong type.
    InvalidBody = "0002", 400, final, "Invalid body";
    /// A query parameter, a path segment or a header is unknown or not valid.
    InvalidParameter = "0003", 400, final, "Invalid parameter";
    /// The body nests too deep.
    TooDeep = "0004", 400, final, "Nesting too deep";
    /// The definition breaks at least one rule.
    InvalidDefinition = "0005", 400, final, "Invalid definition";
    /// The input does not fit the definition's schema.
    InvalidInput = "0006", 400, final, "Invalid input";
    /// The credential is good for several tenants, and the request names none.
    TenantRequired = "0007", 400, final, "Tenant required";
    /// The request does not prove who sends it.
    Unauthenticated = "0010", 401, final, "Unauthenticated";
    /// The sender may not do this.
    Forbidden = "0011", 403, final, "Forbidden";
    /// The definition asks for what the operator has not switched on.
    SwitchedOff = "0012", 403, final, "Switched off";
    /// There is no such thing, or it belongs to another tenant.
    NotFound = "0020", 404, final, "Not found";
    /// There is no such path.
    NoRoute = "0021", 404, final, "No such path";
    /// The path does not take this method.
    MethodNotAllowed = "0022", 405, final, "Method not allowed";
    /// The body did not arrive in time.
    RequestTimeout = "0023", 408, retry, "Request timeout";
    /// Other content is registered under this namespace, name and version.
    DefinitionTaken = "0030", 409, final, "Version taken";
    /// An open execution of the same definition has this key.
    KeyTaken = "0031", 409, final, "Key taken";
    /// The execution has ended.
    WorkflowEnded = "0032", 409, final, "Workflow ended";
    /// The command does not fit the execution's state.
    StateConflict = "0033", 409, final, "State conflict";
    /// A request with this idempotency key is being answered.
    IdempotencyInFlight = "0034", 409, retry, "Idempotency key in flight";
    /// The idempotency key was used with another request.
    IdempotencyMismatch = "0035", 422, final, "Idempotency key reused";
    /// The definition is disabled: it takes no new starts.
    DefinitionDisabled = "0036", 409, final, "Definition disabled";
    /// The engine failed on the execution and leaves it alone until the server starts again.
    WorkflowHeld = "0037", 409, final, "Workflow held";
    /// What `If-Match` names is not how the thing is now.
    PreconditionFailed = "0038", 412, final, "Precondition failed";
    /// A limit of the tenant is reached.
    LimitReached = "0039", 409, final, "Limit reached";
    /// The body is larger than its limit.
    TooLarge = "0040", 413, final, "Body too large";
    /// The body's content type is not one that the path takes.
    UnsupportedMediaType = "0041", 415, final, "Unsupported media type";
    /// The tenant has too much under way.
    TenantBusy = "0050", 429, retry, "Tenant busy";
    /// The server has too much under way.
    Busy = "0060", 503, retry, "Server busy";
    /// The disk is full: new work is refused, what runs is finished.
    DiskFull = "0061", 503, retry, "Disk full";
    /// The store cannot be reached.
    Unavailable = "0062", 503, retry, "Unavailable";
    /// A bug of ours.
    Internal = "0070", 500, final, "Internal error";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_number_is_given_twice() {
        let numbers: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(numbers.len(), Code::ALL.len());
    }

    #[test]
    fn each_code_has_its_section_in_the_documentation() {
        let page = include_str!("../../../docs/errors/API.md");
        for code in Code::ALL {
            let heading = format!("\n## {code} {}\n", code.title());
            assert!(page.contains(&heading), "docs/errors/API.md lacks `{}`", heading.trim());
        }
        let sections = page.matches("\n## API-").count();
        assert_eq!(sections, Code::ALL.len(), "docs/errors/API.md describes a code that does not exist");
    }

    #[test]
    fn statuses_that_mean_try_again_are_retryable() {
        for code in Code::ALL {
            if matches!(code.status(), 408 | 429 | 503) {
                assert!(code.retryable(), "{code}");
            }
        }
        assert!(!Code::Internal.retryable());
    }
}
