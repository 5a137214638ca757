//! Durations: ISO 8601 (`PT1H30M`) and the DSL's maps of units (`{hours: 1, minutes: 30}`), as milliseconds.
//!
//! Years and months are refused, because how long they are depends on when they start.

use crate::json::Json;
use crate::limits::DURATION_MS_MAX;
use serde_json::Value;

/// A duration that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DurationError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl DurationError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    fn hinted(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()) }
    }
}

/// The keys of a map of units, with their milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("days", 86_400_000),
    ("hours", 3_600_000),
    ("minutes", 60_000),
    ("seconds", 1_000),
    ("milliseconds", 1),
];

/// Milliseconds of an ISO 8601 duration such as `PT1H30M`, `P1DT12H`, `P2W` or `PT0.5S`.
pub fn parse_iso(text: &str) -> Result<u64, DurationError> {
    let invalid = || {
        let hint = "write it like `PT30S`, `PT5M`, `PT2H` or `P1DT12H`";
        DurationError::hinted(format!("`{text}` is not an ISO 8601 duration"), hint)
    };
    let body = text.strip_prefix('P').ok_or_else(invalid)?;
    let (date, time) = match body.split_once('T') {
        Some((_, "")) => return Err(invalid()),
        Some((date, time)) => (date, time),
        None => (body, ""),
    };
    if body.is_empty() {
        return Err(invalid());
    }
    let date =
        components(date, &[('Y', None), ('M', None), ('W', Some(604_800_000)), ('D', Some(86_400_000))]);
    let time = components(time, &[('H', Some(3_600_000)), ('M', Some(60_000)), ('S', Some(1_000))]);
    let total = match (date, time) {
        (Err(Component::Calendar), _) => {
            return Err(DurationError::hinted(
                format!("`{text}` uses years or months, whose length varies"),
                "write days instead, such as `P30D`",
            ));
        }
        (Err(Component::Shape), _) | (_, Err(_)) => return Err(invalid()),
        (Ok(date), Ok(time)) => date.checked_add(time),
    };
    bounded(total, text)
}

/// Milliseconds of a duration as people type it: ISO 8601, or a number and a unit such as `5m`, `1h30m`, `500ms`, `2d`.
pub fn parse_loose(text: &str) -> Result<u64, DurationError> {
    let text = text.trim();
    if text.starts_with('P') {
        return parse_iso(text);
    }
    let invalid = || {
        let hint = "write it like `30s`, `5m`, `1h30m` or `PT5M`";
        DurationError::hinted(format!("`{text}` is not a duration"), hint)
    };
    let mut rest = text;
    let mut total = Some(0_u64);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(invalid)?;
        let (number, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return Err(invalid()),
        };
        if number.is_empty() {
            return Err(invalid());
        }
        total = total.and_then(|t| number.parse::<u64>().ok()?.checked_mul(ms)?.checked_add(t));
        rest = tail;
    }
    if text.is_empty() {
        return Err(invalid());
    }
    bounded(total, text)
}

/// Milliseconds of what an expression gave: an ISO 8601 text or a map of units.
pub fn from_json(value: &Json) -> Result<u64, String> {
    let value = value.to_value();
    let result = match &value {
        Value::String(text) => parse_iso(text),
        Value::Object(_) => from_map(&value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            Err(DurationError::new("a duration is an ISO 8601 text or a map of units"))
        }
    };
    result.map_err(|error| error.message)
}

/// Milliseconds of a map of units.
pub fn from_map(value: &Value) -> Result<u64, DurationError> {
    let Value::Object(map) = value else { return Err(DurationError::new("a duration is a map of units")) };
    if map.is_empty() {
        return Err(DurationError::hinted("a duration needs at least one unit", "such as `{ seconds: 30 }`"));
    }
    let mut total = Some(0_u64);
    for (key, amount) in map {
        let Some((_, ms)) = UNITS.iter().find(|(unit, _)| unit == key) else { return Err(unknown_unit(key)) };
        let Some(amount) = amount.as_u64() else {
            return Err(DurationError::new(format!("`{key}` is not a whole number of at least 0")));
        };
        total = total.and_then(|t| amount.checked_mul(*ms)?.checked_add(t));
    }
    bounded(total, &value.to_string())
}

fn unknown_unit(key: &str) -> DurationError {
    let message = format!("`{key}` is not a unit of time");
    match key {
        "years" | "months" => DurationError::hinted(message, "their length varies: write days instead"),
        "weeks" => DurationError::hinted(message, "write days instead"),
        _ => {
            let units = UNITS.map(|(unit, _)| unit);
            let hint = crate::diagnostic::did_you_mean(key, units);
            DurationError {
                message,
                hint: hint.or_else(|| Some(format!("the units are {}", units.join(", ")))),
            }
        }
    }
}

enum Component {
    Shape,
    Calendar,
}

/// The sum of components such as `1H30M`, each designator at most once and in order; `None` on overflow is an error of shape.
fn components(text: &str, designators: &[(char, Option<u64>)]) -> Result<u64, Component> {
    let mut rest = text;
    let mut allowed = designators;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).ok_or(Component::Shape)?;
        let designator = rest[end..].chars().next().ok_or(Component::Shape)?;
        let place = allowed.iter().position(|(d, _)| *d == designator).ok_or(Component::Shape)?;
        let unit = allowed[place].1.ok_or(Component::Calendar)?;
        let amount = scaled(&rest[..end], unit).ok_or(Component::Shape)?;
        // An overflow saturates here and is refused by the bound on the whole.
        total = total.saturating_add(amount);
        allowed = &allowed[place + 1..];
        rest = &rest[end + 1..];
    }
    Ok(total)
}

/// `number` (digits, optionally with a decimal part) times `unit`, rounded down; saturating.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole = whole.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(unit);
    let kept = &fraction[..fraction.len().min(9)];
    let scale = 10_u128.pow(u32::try_from(kept.len()).ok()?);
    let part = kept.parse::<u128>().ok()? * u128::from(unit) / scale;
    Some(whole.saturating_add(u64::try_from(part).ok()?))
}

fn bounded(total: Option<u64>, text: &str) -> Result<u64, DurationError> {
    match total {
        Some(ms) if ms <= DURATION_MS_MAX => Ok(ms),
        _ => Err(DurationError::new(format!("`{text}` is longer than a hundred years"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn iso_durations_are_milliseconds() {
        for (text, ms) in [
            ("PT0S", 0),
            ("PT1S", 1_000),
            ("PT0.25S", 250),
            ("PT1.5H", 5_400_000),
            ("PT1H30M5S", 5_405_000),
            ("P1D", 86_400_000),
            ("P1DT12H", 129_600_000),
            ("P2W", 1_209_600_000),
        ] {
            assert_eq!(parse_iso(text), Ok(ms), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_iso_durations() {
        for text in [
            "", "P", "PT", "P1DT", "1H", "PT1", "PTS", "PT1S1H", "PT-1S", "PT1.S", "PT.5S", "P1H", "pt1s",
            "PT1é",
        ] {
            assert!(parse_iso(text).is_err(), "{text}");
        }
    }

    #[test]
    fn years_and_months_are_refused_with_a_hint() {
        for text in ["P1Y", "P2M", "P1Y2M3D"] {
            let error = parse_iso(text).unwrap_err();
            assert_eq!(error.hint.as_deref(), Some("write days instead, such as `P30D`"), "{text}");
        }
    }

    #[test]
    fn overflow_is_refused() {
        for text in ["P99999999999999999999D", "P36601D", "PT99999999999999999H"] {
            assert!(parse_iso(text).unwrap_err().message.ends_with("longer than a hundred years"), "{text}");
        }
        assert!(parse_loose("99999999999999999999w").is_err());
        assert!(from_map(&json!({"days": u64::MAX})).is_err());
    }

    #[test]
    fn loose_durations_are_milliseconds() {
        for (text, ms) in [
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("500ms", 500),
            (" 2d ", 172_800_000),
            ("PT5M", 300_000),
            ("0s", 0),
        ] {
            assert_eq!(parse_loose(text), Ok(ms), "{text}");
        }
        for text in ["", "5", "m", "5x", "-5m", "5 m", "5m5"] {
            assert!(parse_loose(text).is_err(), "{text}");
        }
    }

    #[test]
    fn maps_of_units_are_milliseconds() {
        assert_eq!(
            from_map(&json!({"days": 1, "hours": 2, "minutes": 3, "seconds": 4, "milliseconds": 5})),
            Ok(93_784_005)
        );
        for value in [
            json!({}),
            json!({"weeks": 1}),
            json!({"seconds": -1}),
            json!({"seconds": 1.5}),
            json!({"seconds": "1"}),
        ] {
            assert!(from_map(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn computed_values_are_texts_or_maps() {
        assert_eq!(from_json(&Json::from_value(&json!("PT1S"))), Ok(1_000));
        assert_eq!(from_json(&Json::from_value(&json!({"seconds": 2}))), Ok(2_000));
        assert!(from_json(&Json::from_value(&json!(5))).is_err());
        assert!(from_json(&Json::from_value(&json!(null))).is_err());
    }
}
