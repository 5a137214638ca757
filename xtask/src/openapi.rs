//! `cargo xtask openapi`: writes the API's description, which is generated, committed and checked.

use crate::cargo;

pub(crate) fn write() -> Result<(), String> {
    let path = cargo::root().join("openapi.json");
    let text =
        serde_json::to_string_pretty(&tenure_api::openapi()).expect("a document of plain values prints");
    std::fs::write(&path, text + "\n")
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))
}
