//! `tenure serve --config FILE`: what keeps a server from serving in production, all of it at once.
//!
//! Deliberately absent, for now: serving. The server crate refuses without TLS, which this version does not speak.

use super::config;
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::session::Session;
use std::net::SocketAddr;
use std::path::PathBuf;
use tenure_server::config::Overrides;

/// What `serve` takes. A flag wins over the environment (`TENURE__SECTION__KEY`), that over the file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration
    #[arg(long, default_value = "tenure.toml", value_name = "FILE")]
    config: PathBuf,
    /// Address of the API
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Address of health and metrics
    #[arg(long, value_name = "ADDRESS")]
    admin_listen: Option<SocketAddr>,
    /// Level of the log: error, warn, info, debug, trace, or a filter
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

/// Lists what is missing.
pub(crate) fn run(args: &Args, session: &Session) -> Result<Exit, Error> {
    let flags = Overrides {
        listen: args.listen,
        admin_listen: args.admin_listen,
        data: session.wish.data.clone(),
        log_level: args.log_level.clone(),
    };
    let config = config::read(&args.config, &flags, session)?;
    let refusal = tenure_server::serve::refusal(&config);
    Err(Error::new(Code::Usage, refusal.to_string()).next("use `tenure dev` on this machine until then"))
}
