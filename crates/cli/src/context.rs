//! Which server, with which credential, for which tenant.
//!
//! The first that is given decides: `-c NAME`, `--data DIR`, `TENURE_URL`, the development server in `./.tenure`, the
//! default of the contexts file. `TENURE_TOKEN` replaces the credential of the last three and of `--data`.

use crate::error::{Code, Error};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tenure_server::dev::DevFile;
use url::Url;

/// Where `tenure dev` keeps its data unless told otherwise.
pub(crate) const DATA_DEFAULT: &str = ".tenure";

/// The tenant of the development server that is meant when none is named.
const TENANT_DEFAULT: &str = "demo";

/// A server and who speaks to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    /// The API's address.
    pub(crate) url: Url,
    /// The bearer token.
    pub(crate) token: Option<String>,
    /// The tenant that is asked for, where the credential alone does not say it.
    pub(crate) tenant: Option<String>,
    /// Where this was found, for messages.
    pub(crate) origin: String,
}

/// What the command line and the environment say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    /// `-c`
    pub(crate) context: Option<String>,
    /// `-t`
    pub(crate) tenant: Option<String>,
    /// `--data`
    pub(crate) data: Option<PathBuf>,
    /// `TENURE_URL`
    pub(crate) url: Option<String>,
    /// `TENURE_TOKEN`
    pub(crate) token: Option<String>,
    /// The contexts file.
    pub(crate) file: Option<PathBuf>,
}

impl Wish {
    /// Adds what the environment says.
    pub(crate) fn with_environment(mut self) -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        self.url = variable("TENURE_URL");
        self.token = variable("TENURE_TOKEN");
        let config = variable("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".config")));
        self.file = config.map(|dir| dir.join("tenure").join("contexts.toml"));
        self
    }

    /// Finds the server.
    pub(crate) fn resolve(&self) -> Result<Context, Error> {
        if let Some(name) = &self.context {
            return self.named(&self.contexts()?, name);
        }
        if let Some(dir) = &self.data {
            return self.development(dir);
        }
        if let Some(url) = &self.url {
            let url = parse_url(url, "TENURE_URL")?;
            return Ok(Context {
                url,
                token: self.token.clone(),
                tenant: self.tenant.clone(),
                origin: "TENURE_URL".into(),
            });
        }
        let here = Path::new(DATA_DEFAULT);
        if here.join("dev.json").is_file() {
            return self.development(here);
        }
        let contexts = self.contexts()?;
        match &contexts.default {
            Some(name) => self.named(&contexts, name),
            None => Err(Error::new(Code::Connection, "no server is known")
                .next("start one with `tenure dev`, name its data directory with `--data`, or set TENURE_URL and TENURE_TOKEN")),
        }
    }

    fn development(&self, dir: &Path) -> Result<Context, Error> {
        let path = dir.join("dev.json");
        let dev = read_dev_file(&path)?;
        let tenant = self.tenant.as_deref().unwrap_or(TENANT_DEFAULT);
        let own = dev.tokens.get(&format!("{tenant}-admin"));
        let token = self.token.clone().or_else(|| own.or_else(|| dev.tokens.get("platform-admin")).cloned());
        Ok(Context {
            url: parse_url(&dev.api, &path.display().to_string())?,
            token,
            tenant: self.tenant.clone(),
            origin: path.display().to_string(),
        })
    }

    fn contexts(&self) -> Result<ContextsFile, Error> {
        let Some(path) = self.file.as_ref().filter(|path| path.is_file()) else {
            return Ok(ContextsFile::default());
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::new(Code::File, format!("cannot read `{}`: {error}", path.display())))?;
        toml::from_str(&text).map_err(|error| {
            Error::new(
                Code::File,
                format!("`{}` is not a contexts file: {}", path.display(), error.message()),
            )
        })
    }

    fn named(&self, contexts: &ContextsFile, name: &str) -> Result<Context, Error> {
        let known: Vec<&str> = contexts.contexts.keys().map(String::as_str).collect();
        let Some(entry) = contexts.contexts.get(name) else {
            let file =
                self.file.as_deref().unwrap_or_else(|| Path::new("contexts.toml")).display().to_string();
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            return Err(Error::new(Code::Usage, format!("there is no context `{name}`"))
                .next(format!("`{file}` knows: {known}")));
        };
        Ok(Context {
            url: parse_url(&entry.url, name)?,
            token: entry.token()?,
            tenant: self.tenant.clone().or_else(|| entry.tenant.clone()),
            origin: format!("context `{name}`"),
        })
    }
}

/// Reads what `tenure dev` wrote into its data directory once it was ready.
pub(crate) fn read_dev_file(path: &Path) -> Result<DevFile, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::new(Code::Connection, format!("cannot read `{}`: {error}", path.display()))
            .next("start a server there with `tenure dev --data DIR`")
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Error::new(Code::Connection, format!("`{}` is not what `tenure dev` writes: {error}", path.display()))
            .next("start the server again; it writes the file anew")
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextsFile {
    default: Option<String>,
    #[serde(default)]
    contexts: BTreeMap<String, Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    url: String,
    tenant: Option<String>,
    token: Option<TokenFrom>,
}

/// A token is never in the contexts file itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum TokenFrom {
    File(PathBuf),
    Env(String),
}

impl Entry {
    fn token(&self) -> Result<Option<String>, Error> {
        match &self.token {
            None => Ok(None),
            Some(TokenFrom::Env(name)) => std::env::var(name).map(Some).map_err(|_| {
                Error::new(Code::Usage, format!("the token's variable `{name}` is not set"))
                    .next(format!("set {name}"))
            }),
            Some(TokenFrom::File(path)) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(Some(text.trim().into())),
                Err(error) => Err(Error::new(
                    Code::File,
                    format!("cannot read the token file `{}`: {error}", path.display()),
                )),
            },
        }
    }
}

fn parse_url(text: &str, origin: &str) -> Result<Url, Error> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(Error::new(Code::Usage, format!("`{text}` ({origin}) is not the address of a server"))
            .next("write it like `https://tenure.example.com`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn dev_dir() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let text = r#"{ "api": "http://127.0.0.1:1", "admin": "http://127.0.0.1:2", "pid": 3,
            "tokens": { "platform-admin": "P", "demo-admin": "D", "acme-admin": "A" } }"#;
        std::fs::write(dir.path().join("dev.json"), text).unwrap();
        dir
    }

    fn contexts(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("contexts.toml");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn the_data_directory_names_server_and_token() {
        let dir = dev_dir();
        let wish = Wish { data: Some(dir.path().into()), ..Wish::default() };
        let context = wish.resolve().unwrap();
        assert_eq!(context.url.as_str(), "http://127.0.0.1:1/");
        assert_eq!(context.token.as_deref(), Some("D"));
    }

    #[test]
    fn the_tenant_chooses_its_own_token_and_else_the_platforms() {
        let dir = dev_dir();
        let token = |tenant: &str| {
            let wish = Wish { data: Some(dir.path().into()), tenant: Some(tenant.into()), ..Wish::default() };
            wish.resolve().unwrap().token
        };
        assert_eq!(token("acme").as_deref(), Some("A"));
        assert_eq!(token("other").as_deref(), Some("P"));
    }

    #[test]
    fn the_environments_token_replaces_the_files() {
        let dir = dev_dir();
        let wish = Wish { data: Some(dir.path().into()), token: Some("mine".into()), ..Wish::default() };
        assert_eq!(wish.resolve().unwrap().token.as_deref(), Some("mine"));
    }

    #[test]
    fn a_named_context_wins_over_everything() {
        let dir = dev_dir();
        let (_keep, file) = contexts("[contexts.prod]\nurl = 'https://t.example'\ntenant = 'acme'\n");
        let wish = Wish {
            context: Some("prod".into()),
            data: Some(dir.path().into()),
            url: Some("http://other".into()),
            file: Some(file),
            ..Wish::default()
        };
        let context = wish.resolve().unwrap();
        assert_eq!((context.url.host_str(), context.tenant.as_deref()), (Some("t.example"), Some("acme")));
    }

    #[test]
    fn an_unknown_context_is_a_usage_error_that_lists_the_known() {
        let (_keep, file) = contexts("[contexts.prod]\nurl = 'https://t.example'\n");
        let wish = Wish { context: Some("prd".into()), file: Some(file), ..Wish::default() };
        let error = wish.resolve().unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.render("c").contains("knows: prod"));
    }

    #[test]
    fn an_unknown_key_in_the_contexts_file_is_an_error() {
        let (_keep, file) = contexts("[contexts.prod]\nurl = 'https://t.example'\npassword = 'x'\n");
        let wish = Wish { context: Some("prod".into()), file: Some(file), ..Wish::default() };
        assert_eq!(wish.resolve().unwrap_err().code(), "CLI-0002");
    }

    #[test]
    fn a_token_comes_from_a_file() {
        let (dir, file) = contexts("");
        let secret = dir.path().join("token");
        std::fs::write(&secret, "s3cret\n").unwrap();
        let text =
            format!("[contexts.p]\nurl = 'https://t.example'\ntoken = {{ file = '{}' }}\n", secret.display());
        std::fs::write(&file, text).unwrap();
        let wish = Wish { context: Some("p".into()), file: Some(file), ..Wish::default() };
        assert_eq!(wish.resolve().unwrap().token.as_deref(), Some("s3cret"));
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        for text in ["ftp://x", "127.0.0.1:7480", "", "http://"] {
            assert!(parse_url(text, "test").is_err(), "{text}");
        }
    }

    #[test]
    fn a_missing_development_server_says_how_to_start_one() {
        let dir = tempfile::tempdir().unwrap();
        let wish = Wish { data: Some(dir.path().into()), ..Wish::default() };
        assert!(wish.resolve().unwrap_err().render("c").contains("tenure dev --data"));
    }
}
