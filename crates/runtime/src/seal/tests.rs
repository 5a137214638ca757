//! What is sealed opens in its place and nowhere else.

use super::data_key::MESSAGES_MAX;
use super::{Error, Keyring, Place, RootKey, Sealer};
use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use tenure_types::TenantId;

const PLACE: Place<'static> = Place { table: "history", row: b"row-1" };

fn tenant(name: &str) -> TenantId {
    TenantId::new(name).unwrap()
}

fn keyring(tenants: &[&str]) -> Keyring {
    let keyring = Keyring::new(RootKey::from_bytes([7; 32]).unwrap());
    for name in tenants {
        rotate(&keyring, name);
    }
    keyring
}

fn rotate(keyring: &Keyring, name: &str) {
    let wrapped = keyring.draw(&tenant(name)).unwrap();
    keyring.insert(&tenant(name), &wrapped).unwrap();
}

fn sealer(keyring: &Keyring, name: &str) -> Sealer {
    keyring.sealer(&tenant(name)).unwrap()
}

#[test]
fn sealed_bytes_open_in_their_place() {
    let sealer = sealer(&keyring(&["acme"]), "acme");
    for message in [&b""[..], b"x", &[0xAB; 10_000]] {
        let sealed = sealer.seal(PLACE, message).unwrap();
        assert_eq!(sealed.len(), message.len() + 33);
        assert_eq!(sealer.open(PLACE, &sealed).unwrap(), message);
    }
}

#[test]
fn the_message_is_not_to_be_seen() {
    let sealed = sealer(&keyring(&["acme"]), "acme").seal(PLACE, b"a rather long canary").unwrap();
    assert!(!sealed.windows(6).any(|w| w == b"canary"));
}

/// T4
#[test]
fn any_flipped_bit_is_noticed() {
    let sealer = sealer(&keyring(&["acme"]), "acme");
    let sealed = sealer.seal(PLACE, b"pay 10 to bob").unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut forged = sealed.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        assert!(sealer.open(PLACE, &forged).is_err(), "bit {bit}");
    }
}

/// T4
#[test]
fn any_cut_or_addition_is_noticed() {
    let sealer = sealer(&keyring(&["acme"]), "acme");
    let sealed = sealer.seal(PLACE, b"pay 10 to bob").unwrap();
    for length in 0..sealed.len() {
        assert!(sealer.open(PLACE, &sealed[..length]).is_err(), "{length} bytes");
    }
    assert!(sealer.open(PLACE, &[&sealed[..], &[0]].concat()).is_err());
}

/// T4
#[test]
fn another_table_or_row_does_not_open_it() {
    let sealer = sealer(&keyring(&["acme"]), "acme");
    let sealed = sealer.seal(PLACE, b"x").unwrap();
    for place in [
        Place { table: "executions", ..PLACE },
        Place { row: b"row-2", ..PLACE },
        Place { row: b"", ..PLACE },
        Place { table: "historyr", row: b"ow-1" },
        Place { table: "histor", row: b"yrow-1" },
    ] {
        assert!(matches!(sealer.open(place, &sealed), Err(Error::Forged)), "{place:?}");
    }
}

/// T4: two tenants, even two whose keys were the same, do not open each other's bytes.
#[test]
fn another_tenant_does_not_open_it() {
    let keyring = keyring(&["acme", "demo"]);
    let sealed = sealer(&keyring, "acme").seal(PLACE, b"x").unwrap();
    assert!(matches!(sealer(&keyring, "demo").open(PLACE, &sealed), Err(Error::Forged)));
}

/// T4: a wrapped key that is moved to another tenant, or whose version is changed, is refused.
#[test]
fn a_wrapped_key_is_bound_to_tenant_and_version() {
    let keyring = keyring(&[]);
    let wrapped = keyring.draw(&tenant("acme")).unwrap();
    assert!(matches!(keyring.insert(&tenant("demo"), &wrapped), Err(Error::Forged)));
    for bit in 0..wrapped.len() * 8 {
        let mut forged = wrapped.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        assert!(keyring.insert(&tenant("acme"), &forged).is_err(), "bit {bit}");
    }
    let other_root = Keyring::new(RootKey::from_bytes([8; 32]).unwrap());
    assert!(matches!(other_root.insert(&tenant("acme"), &wrapped), Err(Error::Forged)));
    assert!(keyring.insert(&tenant("acme"), &wrapped).is_ok());
}

/// C1
#[test]
fn after_a_rotation_new_bytes_use_the_new_key_and_old_ones_still_open() {
    let keyring = keyring(&["acme"]);
    let before = sealer(&keyring, "acme");
    let old = before.seal(PLACE, b"old").unwrap();
    rotate(&keyring, "acme");
    let after = sealer(&keyring, "acme");
    let new = after.seal(PLACE, b"new").unwrap();
    assert_eq!((&old[1..5], &new[1..5]), (&[0, 0, 0, 1][..], &[0, 0, 0, 2][..]));
    assert_eq!(after.open(PLACE, &old).unwrap(), b"old");
    assert_eq!(after.open(PLACE, &new).unwrap(), b"new");
    assert!(matches!(before.open(PLACE, &new), Err(Error::NoKey { version: 2, .. })));
}

/// T4: bytes of one key version do not pass for another's.
#[test]
fn a_changed_key_version_is_noticed() {
    let keyring = keyring(&["acme"]);
    rotate(&keyring, "acme");
    let sealer = sealer(&keyring, "acme");
    let mut sealed = sealer.seal(PLACE, b"x").unwrap();
    sealed[4] = 1;
    assert!(matches!(sealer.open(PLACE, &sealed), Err(Error::Forged)));
}

/// C2
#[test]
fn without_its_keys_a_tenant_has_no_sealer() {
    let keyring = keyring(&["acme", "demo"]);
    keyring.remove(&tenant("acme"));
    assert!(matches!(keyring.sealer(&tenant("acme")), Err(Error::NoKey { version: 0, .. })));
    assert!(keyring.sealer(&tenant("demo")).is_ok());
}

#[test]
fn nonces_do_not_repeat_between_threads_lives_and_insertions() {
    let keyring = keyring(&[]);
    let wrapped = keyring.draw(&tenant("acme")).unwrap();
    let lives: Vec<Keyring> = (0..4).map(|_| Keyring::new(RootKey::from_bytes([7; 32]).unwrap())).collect();
    let nonce = |sealer: &Sealer| sealer.seal(PLACE, b"").unwrap()[5..17].to_vec();
    let mut seen = HashSet::new();
    for life in &lives {
        life.insert(&tenant("acme"), &wrapped).unwrap();
        let first = sealer(life, "acme");
        life.insert(&tenant("acme"), &wrapped).unwrap();
        let second = sealer(life, "acme");
        let drawn: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let threads: Vec<_> = [&first, &second, &first]
                .map(|sealer| scope.spawn(move || (0..1_000).map(|_| nonce(sealer)).collect::<Vec<_>>()))
                .into_iter()
                .collect();
            threads.into_iter().flat_map(|t| t.join().unwrap()).collect()
        });
        seen.extend(drawn);
    }
    assert_eq!(seen.len(), 4 * 3 * 1_000);
}

/// C1
#[test]
fn a_used_up_key_refuses_and_goes_on_refusing() {
    let keyring = keyring(&["acme", "demo"]);
    let sealer = sealer(&keyring, "acme");
    let sealed = sealer.seal(PLACE, b"x").unwrap();
    assert_eq!(keyring.due_for_rotation(), []);
    sealer.use_up(MESSAGES_MAX / 2 - 1);
    assert_eq!(keyring.due_for_rotation(), [tenant("acme")]);
    sealer.use_up(MESSAGES_MAX / 2 - 1);
    assert!(sealer.seal(PLACE, b"the last one").is_ok());
    for _ in 0..3 {
        assert!(matches!(sealer.seal(PLACE, b"x"), Err(Error::UsedUp { .. })));
    }
    assert_eq!(sealer.open(PLACE, &sealed).unwrap(), b"x");
    rotate(&keyring, "acme");
    assert_eq!(keyring.due_for_rotation(), []);
    assert!(super::tests::sealer(&keyring, "acme").seal(PLACE, b"x").is_ok());
}

#[test]
fn keys_do_not_show_themselves() {
    let keyring = Keyring::new(RootKey::from_bytes([0x5A; 32]).unwrap());
    rotate(&keyring, "acme");
    let shown = format!("{keyring:?} {:?}", sealer(&keyring, "acme"));
    assert!(!shown.contains("90, 90") && !shown.to_lowercase().contains("5a5a"), "{shown}");
}

#[test]
fn a_root_key_file_is_created_once_and_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.key");
    let first = Keyring::new(RootKey::load_or_create(&path).unwrap());
    let wrapped = first.draw(&tenant("acme")).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&path).unwrap().len(), 32);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no draft is left behind");
    let second = Keyring::new(RootKey::load_or_create(&path).unwrap());
    assert!(second.insert(&tenant("acme"), &wrapped).is_ok());
}

#[test]
fn several_creators_get_one_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.key");
    let keyrings: Vec<Keyring> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| Keyring::new(RootKey::load_or_create(&path).unwrap()))).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let wrapped = keyrings[0].draw(&tenant("acme")).unwrap();
    assert!(keyrings.iter().all(|k| k.insert(&tenant("acme"), &wrapped).is_ok()));
}

#[test]
fn a_root_key_that_others_can_read_or_of_another_size_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.key");
    let refusal = |bytes: usize, mode: u32| {
        fs::write(&path, vec![1; bytes]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        RootKey::load_or_create(&path).err().map(|error| error.to_string())
    };
    assert!(refusal(32, 0o640).is_some_and(|e| e.contains("0640")));
    assert!(refusal(32, 0o604).is_some());
    assert!(refusal(32, 0o610).is_some());
    assert!(refusal(31, 0o600).is_some_and(|e| e.contains("31 bytes")));
    assert!(refusal(33, 0o600).is_some());
    assert!(refusal(0, 0o600).is_some());
    assert_eq!(refusal(32, 0o600), None);
    assert_eq!(refusal(32, 0o400), None);
    assert!(RootKey::load_or_create(dir.path()).is_err(), "a directory");
    assert!(RootKey::load_or_create(&dir.path().join("no/such/dir/key")).is_err());
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// The stored form: what an earlier build sealed must open in every later one.
#[test]
fn golden_bytes_open() {
    let keyring = Keyring::new(RootKey::from_bytes(*b"0123456789abcdef0123456789ABCDEF").unwrap());
    keyring.insert(&tenant("acme"), &bytes(GOLDEN_KEY)).unwrap();
    let opened = sealer(&keyring, "acme").open(PLACE, &bytes(GOLDEN_SEALED)).unwrap();
    assert_eq!(String::from_utf8(opened).unwrap(), r#"{"golden":true}"#);
}

const GOLDEN_KEY: &str = "01000000017002ca4708f42154000000006beffe52966608b925463a3d56d30f8ca6ea8d200bfc30f97bb92a7d281ebd6413582a52edf89e91eba50884593ea140";
const GOLDEN_SEALED: &str =
    "0100000001b8f71eff9f3531cb00000000d436b92abf64bf079aae0f8652aa7cd901c68d5b838784df0cf6dadc0bba9e";
