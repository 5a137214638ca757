//! How each kind of thing is shown: which columns, and which field is its name.

use super::{Format, yaml};
use comfy_table::{Table, presets};
use serde_json::Value;

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// The word above it.
    pub(crate) title: &'static str,
    /// JSON pointer to the value that it shows.
    pub(crate) pointer: &'static str,
}

/// A kind of thing that is listed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// The table's columns, in order.
    pub(crate) columns: &'static [Column],
    /// What `-o name` prints of one thing.
    pub(crate) name: fn(&Value) -> String,
}

impl Kind {
    /// A list in a format.
    pub(crate) fn many(&self, format: Format, items: &[Value]) -> String {
        match format {
            Format::Table => self.table(items),
            Format::Json => pretty(&Value::Array(items.to_vec())),
            Format::Jsonl => lines(items.iter().map(Value::to_string)),
            Format::Yaml => yaml::document(&Value::Array(items.to_vec())),
            Format::Name => lines(items.iter().map(self.name)),
        }
    }

    /// One thing in a format.
    pub(crate) fn one(&self, format: Format, item: &Value) -> String {
        match format {
            Format::Table => details(item),
            Format::Json => pretty(item),
            Format::Jsonl => format!("{item}\n"),
            Format::Yaml => yaml::document(item),
            Format::Name => format!("{}\n", (self.name)(item)),
        }
    }

    fn table(&self, items: &[Value]) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(self.columns.iter().map(|column| column.title));
        for item in items {
            table.add_row(self.columns.iter().map(|column| cell(item, column.pointer)));
        }
        trimmed(&table.to_string())
    }
}

/// The text of the value at a pointer; `-` where there is none.
pub(crate) fn cell(item: &Value, pointer: &str) -> String {
    match item.pointer(pointer) {
        None | Some(Value::Null) => "-".into(),
        Some(Value::String(text)) => one_line(text),
        Some(value) => one_line(&value.to_string()),
    }
}

/// One field a line: what is nested stays JSON.
fn details(item: &Value) -> String {
    let Some(fields) = item.as_object() else { return pretty(item) };
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for key in fields.keys() {
        let value = &fields[key];
        if !value.is_null() {
            table.add_row([
                key.clone(),
                cell(item, &format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            ]);
        }
    }
    trimmed(&table.to_string())
}

fn lines(items: impl Iterator<Item = String>) -> String {
    items.fold(String::new(), |all, item| all + &item + "\n")
}

fn one_line(text: &str) -> String {
    text.replace('\n', "\\n").replace('\r', "\\r").replace(|c: char| c.is_control(), "\u{fffd}")
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn trimmed(table: &str) -> String {
    let lines = table.lines().map(|line| {
        let line = line.strip_prefix(' ').unwrap_or(line);
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    const KIND: Kind = Kind {
        columns: &[
            Column { title: "ID", pointer: "/id" },
            Column { title: "WORKFLOW", pointer: "/workflow/name" },
            Column { title: "KEY", pointer: "/key" },
        ],
        name: |item| cell(item, "/id"),
    };

    fn items() -> Vec<Value> {
        vec![
            json!({ "id": "exe_1", "workflow": { "name": "order" }, "key": "A-17" }),
            json!({ "id": "exe_2", "workflow": { "name": "refund" } }),
        ]
    }

    #[test]
    fn a_table_has_a_header_and_a_dash_for_nothing() {
        expect![[r"
            ID     WORKFLOW  KEY
            exe_1  order     A-17
            exe_2  refund    -
        "]]
        .assert_eq(&KIND.many(Format::Table, &items()));
    }

    #[test]
    fn json_is_one_document_and_jsonl_one_a_line() {
        let json: Value = serde_json::from_str(&KIND.many(Format::Json, &items())).unwrap();
        assert_eq!(json, Value::Array(items()));
        let lines = KIND.many(Format::Jsonl, &items());
        assert_eq!(lines.lines().count(), 2);
        assert_eq!(serde_json::from_str::<Value>(lines.lines().next().unwrap()).unwrap(), items()[0]);
    }

    #[test]
    fn names_are_for_the_next_command() {
        assert_eq!(KIND.many(Format::Name, &items()), "exe_1\nexe_2\n");
        assert_eq!(KIND.one(Format::Name, &items()[1]), "exe_2\n");
    }

    #[test]
    fn one_thing_is_shown_field_by_field_without_what_is_null() {
        expect![[r#"
            id      exe_1
            output  {"total":3}
        "#]]
        .assert_eq(
            &KIND.one(Format::Table, &json!({ "id": "exe_1", "output": { "total": 3 }, "error": null })),
        );
    }

    #[test]
    fn control_characters_of_data_do_not_reach_the_terminal() {
        let item = json!({ "id": "a\u{1b}[2Jb\nc" });
        assert_eq!(cell(&item, "/id"), "a\u{fffd}[2Jb\\nc");
    }

    #[test]
    fn an_empty_list_is_only_a_header_or_an_empty_array() {
        assert_eq!(KIND.many(Format::Json, &[]), "[]\n");
        assert_eq!(KIND.many(Format::Table, &[]), "ID  WORKFLOW  KEY\n");
        assert_eq!(KIND.many(Format::Jsonl, &[]), "");
    }
}
