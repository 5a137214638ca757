//! Which crate may depend on which: arrows point down only. And who may name the heavy dependencies.

use serde_json::Value;

/// Each crate of the workspace with those that it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("tenure-types", &[]),
    ("tenure-dsl", &["tenure-types"]),
    ("tenure-engine", &["tenure-types", "tenure-dsl"]),
    ("tenure-store", &["tenure-types"]),
    ("tenure-api", &["tenure-types"]),
    ("tenure-store-sqlite", &["tenure-types", "tenure-store"]),
    ("tenure-process", &[]),
    ("tenure-runtime", &["tenure-types", "tenure-dsl", "tenure-engine", "tenure-store", "tenure-process"]),
    (
        "tenure-server",
        &[
            "tenure-types",
            "tenure-dsl",
            "tenure-engine",
            "tenure-store",
            "tenure-store-sqlite",
            "tenure-runtime",
            "tenure-api",
        ],
    ),
    ("tenure-cli", &["tenure-types", "tenure-dsl", "tenure-engine", "tenure-api", "tenure-server"]),
    ("kit", &[]),
    ("sim", &["tenure-types", "tenure-dsl", "tenure-engine", "tenure-store", "tenure-runtime"]),
    ("xtask", &["tenure-api"]),
];

/// Dependencies that have a home, and the crates that may name them.
const HOMES: &[(&str, &[&str])] = &[
    ("jaq-core", &["tenure-dsl"]),
    ("jaq-std", &["tenure-dsl"]),
    ("jaq-json", &["tenure-dsl"]),
    ("serde-saphyr", &["tenure-dsl", "kit"]),
    ("jsonschema", &["tenure-dsl"]),
    ("prost-reflect", &["tenure-dsl"]),
    ("protox", &["tenure-dsl"]),
    ("h2", &["tenure-runtime", "kit"]),
    ("rquickjs", &["tenure-process"]),
    ("rusqlite", &["tenure-store-sqlite"]),
    ("tokio", &["tenure-runtime", "tenure-server", "tenure-cli", "kit"]),
    ("rustls", &["tenure-runtime", "tenure-server"]),
    ("axum", &["tenure-server"]),
    ("clap", &["tenure-cli", "sim"]),
];

/// Complaints about dependencies. Those for tests alone are free.
pub(super) fn check(metadata: &Value) -> Vec<String> {
    let members: Vec<&str> = array(&metadata["workspace_members"]).filter_map(Value::as_str).collect();
    let packages = array(&metadata["packages"]);
    let own = packages.filter(|package| package["id"].as_str().is_some_and(|id| members.contains(&id)));
    own.flat_map(package).collect()
}

fn package(package: &Value) -> Vec<String> {
    let name = package["name"].as_str().unwrap_or_default();
    let Some((_, allowed)) = ARROWS.iter().find(|(of, _)| *of == name) else {
        return vec![format!("`{name}` has no place in the list of arrows")];
    };
    let normal = array(&package["dependencies"]).filter(|dependency| dependency["kind"].is_null());
    let names = normal.filter_map(|dependency| dependency["name"].as_str());
    names.filter_map(|on| complaint(name, on, allowed)).collect()
}

fn complaint(name: &str, on: &str, allowed: &[&str]) -> Option<String> {
    let own = ARROWS.iter().any(|(of, _)| *of == on);
    if own && !allowed.contains(&on) {
        return Some(format!("`{name}` must not depend on `{on}`: arrows point down"));
    }
    let (_, homes) = HOMES.iter().find(|(of, _)| *of == on)?;
    (!homes.contains(&name))
        .then(|| format!("`{name}` must not name `{on}`: its home is {}", homes.join(", ")))
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn metadata(name: &str, on: &str, kind: &Value) -> Value {
        json!({ "workspace_members": ["a"], "packages": [
            { "id": "a", "name": name, "dependencies": [{ "name": on, "kind": kind }] },
            { "id": "b", "name": "somebody-else", "dependencies": [] }] })
    }

    #[test]
    fn an_arrow_that_points_up_is_refused() {
        assert_eq!(check(&metadata("tenure-engine", "tenure-store", &Value::Null)).len(), 1);
        assert!(check(&metadata("tenure-engine", "tenure-dsl", &Value::Null)).is_empty());
    }

    #[test]
    fn a_dependency_away_from_home_is_refused_but_free_in_tests() {
        assert_eq!(check(&metadata("tenure-engine", "tokio", &Value::Null)).len(), 1);
        assert!(check(&metadata("tenure-engine", "tokio", &json!("dev"))).is_empty());
    }

    #[test]
    fn an_unknown_crate_is_refused() {
        assert_eq!(check(&metadata("tenure-new", "serde", &Value::Null)).len(), 1);
    }
}
