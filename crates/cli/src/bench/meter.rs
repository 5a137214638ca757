//! What the measured server used during a run.

use super::figures::Figures;
use super::load::{Lane, Target};
use super::process::Server;
use super::stats::number;
use super::usage::Usage;
use super::{device, disk, scrape};
use crate::error::{Code, Error};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use std::time::Instant;

/// Commits of the store: each is one sync.
const SYNCS: &[&str] =
    &["tenure_store_fsyncs_total", "tenure_store_commits_total", "tenure_shard_batches_total"];
/// Bytes that the store gave to its file.
const STORE_BYTES: &str = "tenure_store_written_bytes_total";
/// Turns: one for each execution in each commit.
const TURNS: &str = "tenure_shard_turns_total";

/// The counters at one instant.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    at: Instant,
    usage: Usage,
    syncs: f64,
    store_bytes: Option<f64>,
    device_bytes: Option<u64>,
    turns: f64,
}

impl Reading {
    /// Reads them now.
    pub(crate) async fn of(server: &Server) -> Result<Self, Error> {
        let usage = Usage::of(server.pid()).ok_or_else(|| {
            Error::new(Code::Bench, "this system does not tell what a process uses (`/proc`)")
        })?;
        let text = metrics(server.admin_authority()).await?;
        let syncs = SYNCS.iter().find_map(|name| scrape::total(&text, name)).unwrap_or(0.0);
        Ok(Self {
            at: Instant::now(),
            usage,
            syncs,
            store_bytes: scrape::total(&text, STORE_BYTES),
            device_bytes: device::written_bytes(server.data()),
            turns: scrape::total(&text, TURNS).unwrap_or(0.0),
        })
    }

    /// What was used since `before`, for each of `steps`, and the disk's own limit beside it.
    pub(crate) fn since(
        &self,
        before: &Self,
        steps: u64,
        server: &Server,
        figures: &mut Figures,
    ) -> Result<(), Error> {
        let seconds = self.at.duration_since(before.at).as_secs_f64();
        let steps = number(steps.max(1));
        let cpu_us = number(self.usage.cpu_us.saturating_sub(before.usage.cpu_us));
        let syncs = self.syncs - before.syncs;
        figures.add("server_cpu_per_step_us", cpu_us / steps);
        figures.add("server_cpu_cores", cpu_us / 1e6 / seconds);
        if let Some((now, then)) = self.device_bytes.zip(before.device_bytes) {
            figures.add("device_written_per_step_bytes", number(now.saturating_sub(then)) / steps);
        }
        let store_bytes = self.store_bytes.zip(before.store_bytes).map(|(now, then)| now - then);
        if let Some(bytes) = store_bytes {
            figures.add("store_written_per_step_bytes", bytes / steps);
        }
        figures.add("turns_per_sync", (self.turns - before.turns) / syncs.max(1.0));
        figures.add("syncs_per_s", syncs / seconds);
        figures.add("server_rss_mb", number(self.usage.rss_bytes) / 1e6);
        let per_sync = store_bytes.unwrap_or(0.0) / syncs.max(1.0);
        figures.add("bytes_per_sync", per_sync);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of bytes, clamped by the disk's measurement"
        )]
        let limit = disk::syncs_per_second(server.data(), per_sync as u64)
            .map_err(|error| Error::new(Code::Bench, format!("cannot measure the disk: {error}")))?;
        figures.add("disk_limit_syncs_per_s", limit);
        figures.add("share_of_disk_limit", syncs / seconds / limit);
        Ok(())
    }
}

async fn metrics(authority: &str) -> Result<String, Error> {
    let mut lane = Lane::open(authority).await?;
    let target = Target { authority: authority.into(), authorization: String::new() };
    let request = Request::get("/metrics").header("host", target.authority).body(Full::new(Bytes::new()));
    let request = request.map_err(|error| Error::new(Code::Bench, error.to_string()))?;
    let (_, body) = lane.send(request).await.map_err(|cause| {
        Error::new(Code::Bench, format!("the measured server's metrics cannot be read: {cause}"))
    })?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}
