//! Query parameters, checked against the route's list: an unknown one, a repeated one or a wrong value is an error.

use crate::app::Error;
use tenure_api::{Code, Parameter, Value};
use tenure_types::Timestamp;

/// The parameters of a request, all of them known to the route and of the right shape.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(&'static str, String)>);

impl Query {
    /// Reads and checks a query string.
    pub(crate) fn parse(text: Option<&str>, known: &[Parameter]) -> Result<Self, Error> {
        let mut found: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(text.unwrap_or_default().as_bytes()) {
            let parameter = known.iter().find(|parameter| parameter.name == name);
            let parameter = parameter.ok_or_else(|| unknown(&name, known))?;
            if found.iter().any(|(before, _)| *before == parameter.name) {
                return Err(invalid(format!("the query parameter `{name}` occurs twice")));
            }
            check(parameter, &value)?;
            found.push((parameter.name, value.into_owned()));
        }
        Ok(Self(found))
    }

    /// The text of a parameter.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str())
    }

    /// A number; its shape was checked.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.text(name).and_then(|text| text.parse().ok())
    }

    /// A flag; absent is `false`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    /// An instant; its shape was checked.
    pub(crate) fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(|text| text.parse().ok())
    }

    /// What a cursor is bound to: every parameter but the page's own, in a fixed order.
    pub(crate) fn scope(&self) -> String {
        let own = |name: &str| name == "pageSize" || name == "pageToken";
        let mut pairs: Vec<_> = self.0.iter().filter(|(name, _)| !own(name)).collect();
        pairs.sort_unstable();
        let mut scope = url::form_urlencoded::Serializer::new(String::new());
        scope.extend_pairs(pairs.into_iter().map(|(name, value)| (*name, value.as_str())));
        scope.finish()
    }
}

fn check(parameter: &Parameter, value: &str) -> Result<(), Error> {
    let name = parameter.name;
    let fits = match parameter.value {
        Value::Text => !value.is_empty() && !value.contains('\0'),
        Value::Word(words) => words.contains(&value),
        Value::Number(min, max) => value.parse().is_ok_and(|number: u64| (min..=max).contains(&number)),
        Value::Flag => value == "true" || value == "false",
        Value::Time => value.parse::<Timestamp>().is_ok(),
    };
    if fits {
        Ok(())
    } else {
        Err(invalid(format!("the query parameter `{name}` is {}", wanted(parameter.value))))
    }
}

fn wanted(value: Value) -> String {
    match value {
        Value::Text => "a text that is not empty".into(),
        Value::Word(words) => format!("one of {}", words.join(", ")),
        Value::Number(min, u64::MAX) => format!("a whole number from {min}"),
        Value::Number(min, max) => format!("a whole number from {min} to {max}"),
        Value::Flag => "true or false".into(),
        Value::Time => "an RFC 3339 instant such as 2027-01-01T00:00:00Z".into(),
    }
}

fn unknown(name: &str, known: &[Parameter]) -> Error {
    let names: Vec<&str> = known.iter().map(|parameter| parameter.name).collect();
    let hint =
        if names.is_empty() { "it takes none".into() } else { format!("it takes {}", names.join(", ")) };
    invalid(format!("the path does not take the query parameter `{}`: {hint}", name.escape_debug()))
}

fn invalid(detail: String) -> Error {
    Error::refused(Code::InvalidParameter, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Parameter] = &[
        Parameter { name: "status", value: Value::Text, summary: "" },
        Parameter { name: "limit", value: Value::Number(1, 10), summary: "" },
        Parameter { name: "follow", value: Value::Flag, summary: "" },
        Parameter { name: "after", value: Value::Time, summary: "" },
        Parameter { name: "orderBy", value: Value::Word(&["a", "-a"]), summary: "" },
        Parameter { name: "pageToken", value: Value::Text, summary: "" },
    ];

    fn parse(text: &str) -> Result<Query, String> {
        Query::parse(Some(text), KNOWN).map_err(|error| error.to_string())
    }

    #[test]
    fn known_parameters_are_read() {
        let query = parse("status=a%2Cb&limit=7&follow=true&after=2027-01-01T00:00:00Z&orderBy=-a").unwrap();
        assert_eq!(query.text("status"), Some("a,b"));
        assert_eq!(query.number("limit"), Some(7));
        assert!(query.flag("follow"));
        assert!(query.time("after").is_some());
        assert_eq!(query.text("orderBy"), Some("-a"));
    }

    #[test]
    fn an_unknown_parameter_is_refused_with_those_that_are_known() {
        let error = parse("state=a").unwrap_err();
        assert_eq!(
            error,
            "the path does not take the query parameter `state`: it takes status, limit, follow, after, orderBy, pageToken"
        );
    }

    #[test]
    fn wrong_values_are_refused() {
        for text in
            ["limit=0", "limit=11", "limit=x", "limit=", "follow=yes", "after=now", "orderBy=b", "status="]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_parameter_that_occurs_twice_is_refused() {
        assert_eq!(parse("limit=1&limit=1").unwrap_err(), "the query parameter `limit` occurs twice");
    }

    #[test]
    fn the_scope_of_a_cursor_does_not_depend_on_the_order_and_leaves_the_page_out() {
        let a = parse("limit=1&status=x&pageToken=t").unwrap().scope();
        let b = parse("status=x&limit=1").unwrap().scope();
        assert_eq!(a, b);
        assert_ne!(a, parse("status=y&limit=1").unwrap().scope());
    }
}
