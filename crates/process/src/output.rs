//! What a worker writes, up to a limit.

use std::io::Read;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// How long after the worker's end its outputs may still be open.
const CLOSING: Duration = Duration::from_secs(2);

/// A pipe that is read by a thread of its own.
#[derive(Debug)]
pub(crate) struct Output(Receiver<Vec<u8>>);

impl Output {
    /// Reads a pipe to its end, or to its limit and one more byte; then `full` is called, and the rest is thrown away.
    pub(crate) fn read(
        mut pipe: impl Read + Send + 'static,
        bytes_max: usize,
        full: impl FnOnce() + Send + 'static,
    ) -> Self {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = vec![];
            // A pipe that cannot be read has ended.
            let _ = pipe.by_ref().take(bytes_max as u64 + 1).read_to_end(&mut bytes);
            let over = bytes.len() > bytes_max;
            bytes.truncate(bytes_max);
            if over {
                full();
            }
            let _ = sender.send(bytes);
            if over {
                let _ = std::io::copy(&mut pipe, &mut std::io::sink());
            }
        });
        Self(receiver)
    }

    /// What was written, up to the limit.
    pub(crate) fn finish(self) -> String {
        let bytes = self.0.recv_timeout(CLOSING).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
