//! Where settings come from, and what keeps a server from starting.

use super::*;
use std::path::Path;

const FILE: &str = r#"
[server]
listen = "127.0.0.1:9000"

[log]
level = "warn"
"#;

fn parse(text: &str, environment: &[(&str, &str)], flags: &Overrides) -> Result<Config, Error> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::parse(Path::new("tenure.toml"), text, environment, flags)
}

fn error(text: &str, environment: &[(&str, &str)]) -> String {
    parse(text, environment, &Overrides::default()).expect_err("it must not be valid").to_string()
}

#[test]
fn a_flag_is_over_the_environment_over_the_file_over_the_default() {
    let none = Overrides::default();
    let listen = |config: Config| config.server.listen.port();
    let environment = [("TENURE__SERVER__LISTEN", "127.0.0.1:9001")];
    let flags = Overrides { listen: Some("127.0.0.1:9002".parse().unwrap()), ..Overrides::default() };
    assert_eq!(listen(parse("", &[], &none).unwrap()), 7480);
    assert_eq!(listen(parse(FILE, &[], &none).unwrap()), 9000);
    assert_eq!(listen(parse(FILE, &environment, &none).unwrap()), 9001);
    assert_eq!(listen(parse(FILE, &environment, &flags).unwrap()), 9002);
}

#[test]
fn the_other_settings_of_a_section_stay() {
    let config = parse(FILE, &[("TENURE__LOG__FORMAT", "json")], &Overrides::default()).unwrap();
    assert_eq!(config.log, Log { level: "warn".into(), format: LogFormat::Json });
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_known_ones() {
    let text = error("[server]\nlissten = \"127.0.0.1:1\"\n", &[]);
    assert!(
        text.contains("unknown field `lissten`, expected one of `listen`, `admin_listen`, `tls`"),
        "{text}"
    );
    assert!(text.contains("line 2"), "{text}");
    assert!(error("[sever]\n", &[]).contains("unknown field `sever`"));
}

#[test]
fn an_unknown_variable_is_an_error() {
    assert!(error("", &[("TENURE__SERVER__LISSTEN", "x")]).contains("unknown field `lissten`"));
    assert!(error("", &[("TENURE__LISTEN", "x")]).contains("`TENURE__LISTEN` does not name a setting"));
    assert!(error("", &[("TENURE__SERVER__", "x")]).contains("does not name a setting"));
    assert!(error(FILE, &[("TENURE__SERVER__LISTEN__PORT", "1")]).contains("does not name a setting"));
}

#[test]
fn variables_of_others_are_left_alone() {
    assert!(parse("", &[("TENURE_HOME", "x"), ("PATH", "y")], &Overrides::default()).is_ok());
}

#[test]
fn what_is_not_toml_is_an_error_with_its_place() {
    let text = error("[server\n", &[]);
    assert!(text.contains("`tenure.toml` is not TOML") && text.contains("line 1"), "{text}");
}

#[test]
fn a_secret_in_the_file_itself_is_refused() {
    assert!(parse("[keys]\nroot = \"0123\"\n", &[], &Overrides::default()).is_err());
    assert!(parse("[keys]\nroot = { value = \"0123\" }\n", &[], &Overrides::default()).is_err());
    let config = parse("[keys]\nroot = { file = \"/run/root.key\" }\n", &[], &Overrides::default()).unwrap();
    assert_eq!(config.keys.root, Some(Secret::File("/run/root.key".into())));
}

fn settings(config: &Config) -> Vec<String> {
    config.check().into_iter().map(|finding| finding.setting).collect()
}

/// `tenure serve` lists everything that is missing at once.
#[test]
fn an_empty_configuration_lacks_tls_an_identity_provider_and_a_root_key() {
    assert_eq!(settings(&Config::default()), ["server.tls", "auth.issuers", "keys.root"]);
}

#[test]
fn a_complete_configuration_lacks_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let (root, pem, secret) = (write("root", &[7; 32]), write("pem", b"x"), write("secret", &[b's'; 32]));
    let text = format!(
        r#"
[server.tls]
certificate = "{pem}"
key = "{pem}"
[keys]
root = {{ file = "{root}" }}
[egress]
allow = ["orders.internal:8080", "10.1.0.0/16:443"]
[[auth.issuers]]
issuer = "https://id.example"
audience = "tenure"
keys = [
  {{ algorithm = "EdDSA", kid = "a", x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }},
  {{ algorithm = "HS256", kid = "b", secret = {{ file = "{secret}" }} }},
]
"#
    );
    let config = parse(&text, &[], &Overrides::default()).unwrap();
    assert_eq!(config.check(), []);
}

#[test]
fn each_wrong_setting_is_found() {
    let text = r#"
[server.tls]
certificate = "/does/not/exist"
key = "/does/not/exist"
[keys]
root = { env = "TENURE_TEST_NO_SUCH_VARIABLE" }
[egress]
allow = ["everything"]
[log]
level = "tenure=loudly"
[[auth.issuers]]
issuer = ""
audience = "tenure"
keys = [{ algorithm = "EdDSA", x = "AAAA" }]
[[auth.issuers]]
issuer = "i"
audience = "a"
keys = []
"#;
    let config = parse(text, &[], &Overrides::default()).unwrap();
    let expected = [
        "server.tls.certificate",
        "server.tls.key",
        "auth.issuers[0].issuer",
        "auth.issuers[0].keys[0]",
        "auth.issuers[1].keys",
        "keys.root",
        "egress.allow[0]",
        "log.level",
    ];
    assert_eq!(settings(&config), expected);
}

#[test]
fn an_algorithm_that_is_not_on_the_list_is_refused() {
    let text = "[[auth.issuers]]\nissuer = \"i\"\naudience = \"a\"\nkeys = [{ algorithm = \"none\" }]\n";
    assert!(error(text, &[]).contains("unknown variant `none`"));
}

#[test]
fn a_newline_at_the_end_of_a_secret_file_does_not_count() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    std::fs::write(&path, b"secret\n").unwrap();
    assert_eq!(&**Secret::File(path.clone()).read().unwrap(), b"secret");
    std::fs::write(&path, b"\n").unwrap();
    assert!(matches!(Secret::File(path).read(), Err(SecretError::Empty)));
}
