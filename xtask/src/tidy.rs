//! The rules of the workspace that no lint knows. Each is a function that gives complaints.

mod arrows;
mod pages;
mod sources;

use crate::cargo;

/// Prints every complaint.
pub(crate) fn run() -> Result<(), String> {
    let complaints = complaints()?;
    for complaint in &complaints {
        println!("{complaint}");
    }
    if complaints.is_empty() { Ok(()) } else { Err(format!("{} complaints", complaints.len())) }
}

fn complaints() -> Result<Vec<String>, String> {
    let metadata = cargo::metadata()?;
    let files = sources::files(&cargo::root())?;
    let mut all = arrows::check(&metadata);
    all.extend(sources::check(&files));
    all.extend(pages::check(&cargo::root(), &files));
    Ok(all)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_workspace_is_tidy() {
        let complaints = super::complaints().unwrap();
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }
}
