//! Why a token is not accepted. For the log and the audit trail; the answer says only that it is not.

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refusal {
    /// There is no `Authorization` header.
    #[error("the request has no credential")]
    Missing,
    /// There are several `Authorization` headers.
    #[error("the request has several credentials")]
    Several,
    /// The `Authorization` header is not `Bearer` and a token.
    #[error("the credential is not a bearer token")]
    Scheme,
    /// The token is longer than 8 KiB.
    #[error("the token is too long")]
    TooLong,
    /// The token is not three parts of URL-safe base 64 without padding.
    #[error("the token is not a signed JWT")]
    Shape,
    /// The header is not a JSON object, or names a parameter twice.
    #[error("the token's header is not valid")]
    Header,
    /// The header brings or points to its own key, or demands an extension.
    #[error("the token's header brings its own key material")]
    KeyMaterial,
    /// `typ` is something else than `JWT` or `at+jwt`.
    #[error("the token is of another type")]
    Type,
    /// `alg` is not on the list.
    #[error("the token's algorithm is not allowed")]
    Algorithm,
    /// The claims are not a JSON object, or name a claim twice.
    #[error("the token's claims are not valid JSON")]
    Claims,
    /// A required claim is missing, or a claim has the wrong type.
    #[error("a claim is missing or has the wrong type")]
    ClaimType,
    /// `iss` is not on the list.
    #[error("the token's issuer is not trusted")]
    Issuer,
    /// None of the issuer's keys has this `kid` and algorithm.
    #[error("the token's key is not known")]
    Key,
    /// The signature does not match.
    #[error("the token's signature is wrong")]
    Signature,
    /// `aud` does not contain ours.
    #[error("the token is for another audience")]
    Audience,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` lies in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
}

impl Refusal {
    /// A stable word for audit events and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Several => "several",
            Self::Scheme => "scheme",
            Self::TooLong => "tooLong",
            Self::Shape => "shape",
            Self::Header => "header",
            Self::KeyMaterial => "keyMaterial",
            Self::Type => "type",
            Self::Algorithm => "algorithm",
            Self::Claims => "claims",
            Self::ClaimType => "claimType",
            Self::Issuer => "issuer",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYetValid => "notYetValid",
        }
    }
}
