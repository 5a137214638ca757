//! What the server does not do: share a directory, overwrite what it cannot read, lose what it has acknowledged.

use crate::server::{Ran, Server, tenure};
use std::path::Path;

fn dev(data: &Path) -> Ran {
    let mut command = tenure();
    command
        .args(["dev", "--no-demo", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data"])
        .arg(data);
    Ran::of(&command.output().unwrap())
}

#[test]
fn a_data_directory_in_use_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let ran = dev(dir.path());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("in use") || ran.stderr.contains("another process"), "{}", ran.stderr);
    assert!(ran.stderr.contains("\n  next: "), "{}", ran.stderr);
    assert_eq!(server.cli(&["workflow", "list"]).code, 0, "the first server goes on");
}

#[test]
fn a_port_in_use_is_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = tenure();
    command
        .args(["dev", "--no-demo", "--listen", &address, "--admin-listen", "127.0.0.1:0", "--data"])
        .arg(dir.path());
    let ran = Ran::of(&command.output().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains(&address), "{}", ran.stderr);
}

#[test]
fn a_corrupt_file_is_reported_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let garbage = b"this is not a database, and nobody may overwrite it".repeat(200);
    let file = dir.path().join("tenure.db");
    std::fs::write(&file, &garbage).unwrap();
    let ran = dev(dir.path());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("error["), "{}", ran.stderr);
    assert_eq!(std::fs::read(&file).unwrap(), garbage);
}

#[test]
fn a_lost_root_key_is_reported_and_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path());
    assert!(server.terminate().success());
    std::fs::remove_file(dir.path().join("root.key")).unwrap();
    let ran = dev(dir.path());
    assert_eq!(ran.code, 1, "data that nobody can read any more must not look like an empty start: {ran:?}");
}
