//! Commands that work as they are printed, wherever the reader stands.

use super::input;
use crate::context::DATA_DEFAULT;
use std::path::Path;

/// How this program is called from here: `tenure` where that finds it, otherwise its path; with `--data` where needed.
pub(crate) fn program(data: &Path) -> String {
    let exe = std::env::current_exe().unwrap_or_else(|_| "tenure".into());
    let dirs = std::env::var_os("PATH").unwrap_or_default();
    let here = std::env::current_dir().unwrap_or_default();
    let on_path = std::env::split_paths(&dirs).map(|dir| dir.join("tenure")).find(|file| file.is_file());
    let same = |file: &Path| file.canonicalize().ok() == exe.canonicalize().ok();
    let name = match exe.strip_prefix(&here) {
        _ if on_path.as_deref().is_some_and(same) => "tenure".into(),
        Ok(below) => format!("./{}", below.display()),
        Err(_) => exe.display().to_string(),
    };
    with_data(&name, data)
}

fn with_data(name: &str, data: &Path) -> String {
    let name = quote(name);
    if data == Path::new(DATA_DEFAULT) {
        name
    } else {
        format!("{name} --data {}", quote(&data.display().to_string()))
    }
}

/// Three things to try after the demonstration.
pub(super) fn all(command: &str, id: &str, services: &str) -> Vec<String> {
    let berlin = input(services, "Berlin").to_string();
    vec![
        format!("{command} workflow show {id}"),
        format!("{command} workflow history {id}"),
        format!("{command} start demo/order-saga --wait --input {}", quote(&berlin)),
    ]
}

/// A word of a POSIX shell.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':' | '@' | '=');
    if !text.is_empty() && text.chars().all(plain) {
        text.into()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_the_shell_needs_it() {
        assert_eq!(quote("target/debug/tenure"), "target/debug/tenure");
        assert_eq!(quote("{\"a\": \"it's\"}"), r#"'{"a": "it'\''s"}'"#);
        assert_eq!(quote(""), "''");
    }

    #[test]
    fn the_data_directory_is_named_unless_it_is_the_default() {
        assert_eq!(with_data("tenure", Path::new(".tenure")), "tenure");
        assert_eq!(with_data("./t", Path::new("/var/a b")), "./t --data '/var/a b'");
    }

    #[test]
    fn there_are_three_suggestions_about_the_run() {
        let all = all("tenure", "exe_1", "http://127.0.0.1:9");
        assert_eq!(all.len(), 3);
        assert!(all[0].contains("exe_1") && all[1].contains("exe_1"));
        assert!(all[2].contains(r#""services":"http://127.0.0.1:9""#));
    }
}
