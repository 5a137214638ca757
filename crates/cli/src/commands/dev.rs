//! `tenure dev`: everything in one process, on this machine.

use crate::client::Client;
use crate::context::{Context, DATA_DEFAULT};
use crate::demo::{self, Services};
use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::session::Session;
use clap::ValueEnum;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tenure_dsl::switches::Switches;
use tenure_server::dev::{EgressMode, Options, Running};
use tenure_server::{stop_requested, telemetry};

/// What `dev` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address of the API; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:7480", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Address of health and metrics; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:7481", value_name = "ADDRESS")]
    admin_listen: SocketAddr,
    /// Forget everything at the end
    #[arg(long)]
    ephemeral: bool,
    /// Do not run the demonstration
    #[arg(long)]
    no_demo: bool,
    /// Which addresses workflows may call: `open` allows this machine, `strict` only the public internet
    #[arg(long, value_enum, default_value_t)]
    egress: Egress,
    /// Processes that workflows may run on this machine; none unless said
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KINDS")]
    run: Vec<Process>,
}

/// A kind of process that can be switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Process {
    /// JavaScript that reaches nothing outside of itself
    Script,
    /// Commands of the shell, which may do whatever you may
    Shell,
}

/// Which addresses workflows may call.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Egress {
    /// Global addresses only
    Strict,
    /// This machine and its networks too
    #[default]
    Open,
}

/// Serves until SIGINT or SIGTERM.
pub(crate) fn run(args: &Args, session: &Session) -> Result<Exit, Error> {
    let started = Instant::now();
    let level = std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".into());
    telemetry::init(telemetry::Format::Auto, &level).map_err(|error| {
        Error::new(Code::Usage, error.to_string()).next("set RUST_LOG to a level such as `info`")
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .enable_all()
        .build()
        .map_err(|error| Error::new(Code::Server, format!("cannot start: {error}")))?;
    runtime.block_on(serve(args, session, started))
}

/// Threads for the network: the engine's lane and the store's writer have threads of their own, and a worker more than
/// there are cores for is woken for nothing.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}

async fn serve(args: &Args, session: &Session, started: Instant) -> Result<Exit, Error> {
    // Listened for from the beginning, so that a server that is asked to stop while it starts does not die of it.
    let stopped = tokio::spawn(stop_requested());
    tokio::pin!(stopped);
    let data = session.wish.data.clone().unwrap_or_else(|| PathBuf::from(DATA_DEFAULT));
    let new = args.ephemeral || !data.join("tenure.db").exists();
    let services = if args.no_demo { None } else { Some(Services::start().await?) };
    let options = Options {
        data: data.clone(),
        listen: args.listen,
        admin_listen: args.admin_listen,
        ephemeral: args.ephemeral,
        egress: match args.egress {
            Egress::Strict => EgressMode::Strict,
            Egress::Open => EgressMode::Open,
        },
        allow: Vec::new(),
        switches: Switches {
            script: args.run.contains(&Process::Script),
            shell: args.run.contains(&Process::Shell),
        },
        store_bytes_max: None,
    };
    let running = tenure_server::dev::start(options).await.map_err(|error| failed(&error, &data))?;
    session.output.talk(&banner(&running, services.as_ref()));
    if let Some(services) = services.as_ref().filter(|_| new) {
        tokio::select! {
            () = demonstrate(session, &running, services, started) => {}
            _ = &mut stopped => return stop(running, session).await,
        }
    }
    let _ = stopped.await;
    stop(running, session).await
}

/// A demonstration that fails is no reason to stop the server.
async fn demonstrate(session: &Session, running: &Running, services: &Services, started: Instant) {
    let context = Context {
        url: running.api.clone(),
        token: running.tokens.get("demo-admin").cloned(),
        tenant: None,
        origin: "the demonstration".into(),
    };
    let client = Client::new(context, &session.correlation_id);
    let command = demo::program(&running.data);
    match demo::run(&client, services, started, &command, session.output.style()).await {
        Ok(report) => session.output.data(&report),
        Err(error) => session.output.error(&error),
    }
}

async fn stop(running: Running, session: &Session) -> Result<Exit, Error> {
    session.output.talk("stopping: what is under way may finish");
    running.shutdown().await;
    Ok(Exit::Ok)
}

fn banner(running: &Running, services: Option<&Services>) -> String {
    let mut text = format!(
        "tenure {} is ready\n  API      {}\n  health   {}/readyz\n  data     {}\n",
        env!("CARGO_PKG_VERSION"),
        running.api.as_str().trim_end_matches('/'),
        running.admin.as_str().trim_end_matches('/'),
        running.data.display()
    );
    if let Some(services) = services {
        let _ = writeln!(text, "  services {} (of the demonstration)", services.url());
    }
    text
}

fn failed(error: &dyn std::error::Error, data: &Path) -> Error {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Error::new(Code::Server, text).next(format!(
        "is another server using `{}` or the address? `--data`, `--listen` and `--admin-listen` choose others",
        data.display()
    ))
}
