//! The signals that ask a process to stop.

use tokio::signal::unix::{SignalKind, signal};

/// Returns when the process is asked to stop: SIGTERM, or Ctrl-C.
pub async fn stop_requested() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
