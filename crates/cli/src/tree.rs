//! An execution as a person sees it: each task with its mark, its time, and what went wrong.

use crate::commands::start::error_line;
use crate::output::{Style, cell};
use serde_json::Value;
use std::fmt::Write as _;

/// The whole picture: the execution in one line, its parent, its tasks, its children, its error.
pub(crate) fn render(execution: &Value, tasks: &Value, children: &Value, style: Style) -> String {
    let items = items_of(tasks);
    let mut text = head(execution, style);
    if let Some(parent) = execution.get("parent").filter(|parent| parent.is_object()) {
        let _ = writeln!(text, "  child of {} at {}", cell(parent, "/id"), cell(parent, "/task"));
    }
    let lines: Vec<Line> = items.iter().map(|item| Line::of(item, items)).collect();
    let width = lines.iter().map(|line| line.label.chars().count()).max().unwrap_or(0);
    for line in &lines {
        let pad = width - line.label.chars().count();
        let row = format!(
            "  {} {}{:pad$}  {:>8}  {}",
            line.mark(style),
            line.label,
            "",
            line.time,
            style.dim(&line.note)
        );
        let _ = writeln!(text, "{}", row.trim_end());
    }
    for pending in execution.get("pending").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
        let detail =
            pending.get("detail").and_then(Value::as_str).map(|d| format!(": {d}")).unwrap_or_default();
        let open = format!("{} {}{detail}", cell(pending, "/task"), cell(pending, "/state"));
        let _ = writeln!(text, "  {} {}", style.warn("…"), open);
    }
    for child in items_of(children) {
        let name = format!("{}@{}", cell(child, "/workflow/name"), cell(child, "/workflow/version"));
        let status = style.status(&cell(child, "/status"));
        let _ = writeln!(text, "  child {} {name}  {status}", cell(child, "/id"));
    }
    for (field, word) in [("error", "error"), ("output", "output")] {
        match execution.get(field) {
            None | Some(Value::Null) => {}
            Some(value) if field == "error" => {
                let _ = writeln!(text, "  {}: {}", style.bad(word), error_line(value));
            }
            Some(value) => {
                let _ = writeln!(text, "  {word}: {value}");
            }
        }
    }
    text
}

fn items_of(list: &Value) -> &[Value] {
    list.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// One event of a history in one line.
pub(crate) fn event_line(event: &Value, style: Style) -> String {
    let time = cell(event, "/at");
    let time = time.get(11..23).unwrap_or(&time);
    let mut line = format!("{:>5}  {}  {:<22}", cell(event, "/seq"), style.dim(time), cell(event, "/type"));
    for (field, before) in [("task", "  "), ("iteration", " #"), ("attempt", " attempt "), ("reason", "  ")] {
        if event.get(field).is_some_and(|value| !value.is_null()) {
            let _ = write!(line, "{before}{}", cell(event, &format!("/{field}")));
        }
    }
    if let Some(error) = event.get("error").filter(|error| !error.is_null()) {
        let _ = write!(line, "  {}", style.bad(&error_line(error)));
    }
    format!("{}\n", line.trim_end())
}

fn head(execution: &Value, style: Style) -> String {
    let took = match (instant(execution, "startedAt"), instant(execution, "endedAt")) {
        (Some(from), Some(to)) => format!(" in {}", duration(to.saturating_sub(from))),
        _ => String::new(),
    };
    let compensation = match cell(execution, "/compensation").as_str() {
        "none" | "-" => String::new(),
        word => format!(", compensation {word}"),
    };
    let name = format!("{}@{}", cell(execution, "/workflow/name"), cell(execution, "/workflow/version"));
    let status = style.status(&cell(execution, "/status"));
    format!("{} {name}  {status}{took}{compensation}\n", style.strong(&cell(execution, "/id")))
}

/// One task of the picture.
#[derive(Debug)]
struct Line {
    status: String,
    undo: bool,
    retried: bool,
    label: String,
    time: String,
    note: String,
}

impl Line {
    fn of(item: &Value, all: &[Value]) -> Self {
        let reference = cell(item, "/task");
        let undo = item.get("compensation").and_then(Value::as_bool).unwrap_or(false);
        let attempts = item.get("attempts").and_then(Value::as_u64).unwrap_or(1);
        let depth = all.iter().filter(|other| within(&reference, &cell(other, "/task"))).count();
        let depth = if undo { 0 } else { depth };
        let iteration =
            item.get("iteration").and_then(Value::as_str).map(|i| format!(" #{i}")).unwrap_or_default();
        let time = match (instant(item, "startedAt"), instant(item, "endedAt")) {
            (Some(from), Some(to)) => duration(to.saturating_sub(from)),
            _ => "-".into(),
        };
        let error = item.get("error").filter(|error| !error.is_null()).map(short);
        let tries = (attempts > 1).then(|| format!("{attempts} attempts"));
        Self {
            status: cell(item, "/status"),
            undo,
            retried: attempts > 1,
            label: format!("{}{}{iteration}", "  ".repeat(depth), cell(item, "/name")),
            time,
            note: [tries, error].into_iter().flatten().collect::<Vec<_>>().join(", "),
        }
    }

    fn mark(&self, style: Style) -> String {
        match (self.status.as_str(), self.undo, self.retried) {
            ("completed", true, _) => style.warn("↩"),
            ("completed", false, true) => style.good("↺"),
            ("completed", false, false) => style.good("✓"),
            ("faulted", _, _) => style.bad("✗"),
            ("uncertain", _, _) => style.warn("?"),
            ("cancelled" | "skipped", _, _) => style.dim("-"),
            _ => style.warn("…"),
        }
    }
}

/// Whether one task's reference lies inside another's.
fn within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}

fn short(error: &Value) -> String {
    let status = error.get("status").and_then(Value::as_u64).map(|s| s.to_string()).unwrap_or_default();
    let text = error.get("detail").or_else(|| error.get("title")).and_then(Value::as_str).unwrap_or_default();
    let text: String = text.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{status} {text}").trim().to_owned()
}

fn instant(item: &Value, field: &str) -> Option<u64> {
    let text = item.get(field)?.as_str()?;
    text.parse::<tenure_types::Timestamp>().ok().map(|at| at.0)
}

fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{:02} s", ms / 1_000, ms % 1_000 / 10),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    fn task(reference: &str, status: &str, from: &str, to: &str) -> Value {
        let name = reference.rsplit('/').next().unwrap();
        json!({ "task": reference, "name": name, "status": status, "compensation": false,
            "startedAt": format!("2026-11-23T10:00:{from}Z"), "endedAt": format!("2026-11-23T10:00:{to}Z") })
    }

    #[test]
    fn the_picture_has_marks_times_and_the_error() {
        let mut charge = task("/do/1/payment/try/0/charge", "completed", "00.010", "00.440");
        charge["attempts"] = json!(2);
        let mut book = task("/do/2/book", "faulted", "00.440", "00.450");
        book["error"] = json!({ "status": 409, "title": "Communication", "detail": "no courier", "instance": "/do/2/book" });
        let mut refund = task(
            "/do/1/payment/try/0/charge/metadata/compensate/do/0/refund",
            "completed",
            "00.451",
            "00.460",
        );
        refund["compensation"] = json!(true);
        let tasks = json!({ "items": [
            task("/do/0/reserve", "completed", "00.000", "00.010"),
            task("/do/1/payment", "completed", "00.010", "00.440"),
            charge, book.clone(), refund,
        ] });
        let execution = json!({ "id": "exe_1", "status": "faulted", "compensation": "completed",
            "workflow": { "name": "order", "version": "1.0.0" }, "error": book["error"], "pending": [],
            "startedAt": "2026-11-23T10:00:00.000Z", "endedAt": "2026-11-23T10:00:01.470Z" });
        expect![[r"
            exe_1 order@1.0.0  faulted in 1.47 s, compensation completed
              ✓ reserve      10 ms
              ✓ payment     430 ms
              ↺   charge    430 ms  2 attempts
              ✗ book         10 ms  409 no courier
              ↩ refund        9 ms
              error: Communication 409 at /do/2/book, no courier
        "]]
        .assert_eq(&render(&execution, &tasks, &json!({}), Style::Plain));
    }

    #[test]
    fn what_is_pending_is_named() {
        let execution = json!({ "id": "exe_1", "status": "suspended", "compensation": "none",
            "workflow": { "name": "order", "version": "1.0.0" },
            "pending": [{ "task": "/do/0/charge", "state": "uncertain", "detail": "connection reset" }] });
        expect![[r"
            exe_1 order@1.0.0  suspended
              … /do/0/charge uncertain: connection reset
        "]]
        .assert_eq(&render(&execution, &json!({ "items": [] }), &json!({ "items": [] }), Style::Plain));
    }

    #[test]
    fn parent_and_children_are_named() {
        let execution = json!({ "id": "exe_2", "status": "waiting", "compensation": "none",
            "workflow": { "name": "order", "version": "1.0.0" },
            "parent": { "id": "exe_1", "task": "/do/0/order", "awaited": true },
            "pending": [{ "task": "/do/0/ship", "state": "child", "child": "exe_3", "detail": "shop/ship@latest" }] });
        let children = json!({ "items": [
            { "id": "exe_3", "status": "running", "workflow": { "name": "ship", "version": "2.0.0" } },
        ] });
        expect![[r"
            exe_2 order@1.0.0  waiting
              child of exe_1 at /do/0/order
              … /do/0/ship child: shop/ship@latest
              child exe_3 ship@2.0.0  running
        "]]
        .assert_eq(&render(&execution, &json!({ "items": [] }), &children, Style::Plain));
    }

    #[test]
    fn an_event_is_one_line() {
        let event = json!({ "seq": 7, "at": "2026-11-23T10:00:00.123Z", "type": "taskFaulted", "task": "/do/0/a",
            "attempt": 2, "error": { "status": 500, "title": "Runtime" } });
        assert_eq!(
            event_line(&event, Style::Plain),
            "    7  10:00:00.123  taskFaulted             /do/0/a attempt 2  Runtime 500\n"
        );
    }

    #[test]
    fn a_task_lies_inside_another_only_at_a_slash() {
        assert!(within("/do/1/a/do/0/b", "/do/1/a"));
        assert!(!within("/do/1/ab", "/do/1/a"));
        assert!(!within("/do/1/a", "/do/1/a"));
    }

    #[test]
    fn times_are_short() {
        assert_eq!([0, 999, 1_000, 61_500].map(duration), ["0 ms", "999 ms", "1.00 s", "1 min 1 s"]);
    }
}
