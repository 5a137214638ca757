//! What a filter may say, and what is refused where.

use super::*;
use std::sync::Arc;
use tenure_types::ExecutionId;

const NOW: Timestamp = Timestamp(1_000_000);

fn parsed(text: &str) -> Vec<Condition> {
    parse(text, NOW).unwrap_or_else(|error| panic!("{text}: {error} ({})", error.hint)).all
}

fn refused(text: &str) -> (usize, String, String) {
    let error = parse(text, NOW).expect_err(text);
    (error.position, error.message, error.hint)
}

fn text(field: TextField, value: &str) -> Condition {
    Condition::Text { field, value: value.into() }
}

#[test]
fn no_text_is_no_condition() {
    assert_eq!(parsed(""), []);
    assert_eq!(parsed("   "), []);
}

#[test]
fn every_condition_of_the_interface_page_parses() {
    let started = "2027-01-01T00:00:00Z".parse().unwrap();
    let filter = r#"status = faulted AND definition = "shop/order" AND startedAt > "2027-01-01T00:00:00Z"
                    AND label.region = "eu" AND duration > 5m"#;
    assert_eq!(
        parsed(filter),
        [
            Condition::Status([Status::Faulted].into()),
            text(TextField::Namespace, "shop"),
            text(TextField::Name, "order"),
            Condition::Time { field: TimeField::StartedAt, comparison: Comparison::Greater, value: started },
            Condition::Label { name: "region".into(), value: "eu".into() },
            Condition::Duration { comparison: Comparison::Greater, value_ms: 300_000, now: NOW },
        ]
    );
}

#[test]
fn not_a_status_is_every_other_status() {
    let conditions = parsed("status != completed");
    let [Condition::Status(statuses)] = conditions.as_slice() else { panic!("{conditions:?}") };
    assert_eq!(statuses.len(), Status::ALL.len() - 1);
    assert!(!statuses.contains(&Status::Completed));
}

#[test]
fn in_lists_several_words() {
    assert_eq!(
        parsed("status in (faulted, \"running\")"),
        [Condition::Status([Status::Faulted, Status::Running].into())]
    );
    assert_eq!(
        parsed("compensation IN (failed)"),
        [Condition::Compensation([CompensationStatus::Failed].into())]
    );
}

#[test]
fn a_definition_may_name_its_version() {
    assert_eq!(
        parsed("definition=shop/order@1.2.0"),
        [
            text(TextField::Namespace, "shop"),
            text(TextField::Name, "order"),
            text(TextField::Version, "1.2.0")
        ]
    );
}

#[test]
fn texts_may_be_quoted_and_escaped() {
    assert_eq!(parsed(r#"key = "a \"b\" \\ AND c""#), [text(TextField::Key, r#"a "b" \ AND c"#)]);
    assert_eq!(parsed("key != x"), [Condition::NotText { field: TextField::Key, value: Arc::from("x") }]);
}

#[test]
fn attributes_are_typed() {
    let of = |text: &str| parsed(text).into_iter().next().unwrap();
    let attribute = |name: &str, comparison, value| {
        Filter::everything().attribute(name, comparison, &value).all.into_iter().next().unwrap()
    };
    let text = |text: &str| AttributeValue::Text(text.into());
    assert_eq!(of("attr.orderId = A-17"), attribute("orderId", Comparison::Equal, text("A-17")));
    assert_eq!(of("attr.orderId = \"17\""), attribute("orderId", Comparison::Equal, text("17")));
    assert_eq!(of("attr.total != 7"), attribute("total", Comparison::NotEqual, AttributeValue::Number(7.0)));
    assert_eq!(
        of("attr.total >= -1.5"),
        attribute("total", Comparison::AtLeast, AttributeValue::Number(-1.5))
    );
    assert_eq!(of("attr.paid = true"), attribute("paid", Comparison::Equal, AttributeValue::Bool(true)));
    let time = AttributeValue::Time(Timestamp(1_764_000_000_000));
    assert_eq!(of("attr.at < \"2025-11-24T16:00:00Z\""), attribute("at", Comparison::Less, time));
    assert_eq!(refused("attr.paid > true").0, 10);
    assert_eq!(refused("attr. = 1").0, 0);
}

#[test]
fn an_id_is_an_execution_id() {
    let id = ExecutionId(42);
    assert_eq!(parsed(&format!("id = {id}")), [Condition::Id(id)]);
    assert_eq!(refused("id = 7").0, 5);
}

#[test]
fn durations_have_a_short_and_an_iso_form() {
    let cases = [
        ("250ms", 250),
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("1d", 86_400_000),
        ("PT5M", 300_000),
        ("P1DT2H", 93_600_000),
        ("P1W", 604_800_000),
        ("PT0S", 0),
    ];
    for (text, ms) in cases {
        assert_eq!(duration_ms(text), Some(ms), "{text}");
    }
    for text in ["", "5", "m", "P", "P5M", "PT5", "5 m", "PT1D", "1y", "99999999999999999999s", "P1T"] {
        assert_eq!(duration_ms(text), None, "{text}");
    }
}

#[test]
fn mistakes_are_told_with_their_place_and_a_hint() {
    let cases = [
        ("stauts = faulted", 0, "`stauts` is no field"),
        ("status = broken", 9, "`broken` is no status"),
        ("status > faulted", 7, "`status` has no order"),
        ("status faulted", 7, "expected an operator after `status`"),
        ("status =", 8, "expected a value"),
        ("status = faulted OR key = a", 17, "`OR` is not supported"),
        ("status = faulted key = a", 17, "expected `AND` or the end"),
        ("status = faulted AND", 20, "expected a field"),
        ("key = \"open", 6, "a quoted text does not end"),
        ("key = \"a\\n\"", 8, "unknown escape"),
        ("key ! a", 4, "`!` alone is no operator"),
        ("key IN (a, b)", 4, "`key` takes one value"),
        ("status IN faulted", 10, "expected `(`"),
        ("status IN (faulted", 18, "expected `,` or `)`"),
        ("startedAt > yesterday", 12, "`yesterday` is no instant"),
        ("duration > long", 11, "`long` is no duration"),
        ("definition = order", 13, "`order` is no definition"),
        ("definition != a/b", 11, "`definition` cannot be compared by `!=`"),
        ("label. = a", 0, "`label.` is no field"),
    ];
    for (text, position, message) in cases {
        let found = refused(text);
        assert_eq!((found.0, found.1.as_str()), (position, message), "{text}");
        assert!(!found.2.is_empty(), "{text} has a hint");
    }
}

#[test]
fn a_filter_has_a_limited_length_and_number_of_conditions() {
    assert_eq!(refused(&"a".repeat(FILTER_CHARS_MAX + 1)).1, "the filter is too long");
    let many = vec!["key = a"; FILTER_CONDITIONS_MAX + 1].join(" AND ");
    assert_eq!(refused(&many).1, "too many conditions");
    assert_eq!(parsed(&vec!["key = a"; FILTER_CONDITIONS_MAX].join(" AND ")).len(), FILTER_CONDITIONS_MAX);
}
