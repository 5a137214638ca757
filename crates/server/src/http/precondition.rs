//! `If-Match`: do it only if the thing is as the caller has seen it (RFC 9110).

use crate::app::Error;
use http::{HeaderMap, header};

/// What the header asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OnlyIf {
    /// There is no header, or it is `*`: whatever exists is good.
    Exists,
    /// One of these tags, each with its quotes.
    One(Vec<String>),
}

impl OnlyIf {
    /// Whether a thing with this tag will do.
    pub(crate) fn holds(&self, tag: &str) -> bool {
        match self {
            Self::Exists => true,
            Self::One(tags) => tags.iter().any(|found| found == tag),
        }
    }
}

/// Reads the header.
pub(crate) fn of(headers: &HeaderMap) -> Result<OnlyIf, Error> {
    let refuse = || Error::parameter("`If-Match` is `*` or a list of tags in quotes");
    let mut tags = Vec::new();
    for value in headers.get_all(header::IF_MATCH) {
        let text = value.to_str().map_err(|_| refuse())?;
        for tag in text.split(',').map(str::trim) {
            match tag {
                "*" => return Ok(OnlyIf::Exists),
                // A weak tag never matches strongly, which is what `If-Match` asks for.
                tag if strong(tag) || tag.strip_prefix("W/").is_some_and(strong) => tags.push(tag.to_owned()),
                _ => return Err(refuse()),
            }
        }
    }
    Ok(if tags.is_empty() { OnlyIf::Exists } else { OnlyIf::One(tags) })
}

fn strong(tag: &str) -> bool {
    let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    inner.is_some_and(|inner| !inner.contains('"'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn read(values: &[&str]) -> Result<OnlyIf, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, HeaderValue::from_str(value).unwrap());
        }
        of(&headers).map_err(drop)
    }

    #[test]
    fn without_header_and_with_a_star_anything_will_do() {
        for values in [&[][..], &["*"]] {
            assert!(read(values).unwrap().holds("\"a\""), "{values:?}");
        }
    }

    #[test]
    fn one_of_the_tags_must_be_the_things_own() {
        let only_if = read(&["\"a\", \"b\"", "\"c\""]).unwrap();
        for (tag, holds) in [("\"a\"", true), ("\"c\"", true), ("\"d\"", false)] {
            assert_eq!(only_if.holds(tag), holds, "{tag}");
        }
        assert!(!read(&["W/\"a\""]).unwrap().holds("\"a\""), "a weak tag is not enough");
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for value in ["a", "\"a", "a\"", "\"a\" \"b\"", ""] {
            assert_eq!(read(&[value]), Err(()), "{value}");
        }
    }
}
