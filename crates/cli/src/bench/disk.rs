//! The disk's own limit: how often it can append so many bytes and have them durable.

use crate::bench::stats::number;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the disk is measured.
const MEASURE_MS: u64 = 1_500;
/// Bytes of a batch: as much as one transaction may hold, and never nothing.
const BATCH_BYTES: std::ops::RangeInclusive<u64> = 512..=16 << 20;

/// Appends and syncs per second of batches of `bytes`, in `dir`, with nothing else running.
pub(crate) fn syncs_per_second(dir: &Path, bytes: u64) -> io::Result<f64> {
    let bytes = bytes.clamp(*BATCH_BYTES.start(), *BATCH_BYTES.end());
    let path = dir.join("disk-limit.tmp");
    let file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
    let measured = measure(file, bytes);
    std::fs::remove_file(&path)?;
    measured
}

fn measure(mut file: File, bytes: u64) -> io::Result<f64> {
    // Not zeros: a file system or a virtual disk may write those without writing.
    let pattern = (0..bytes).map(|at| u8::try_from(at.wrapping_mul(0x9E37_79B9) >> 8 & 0xFF).unwrap_or(0));
    let batch: Vec<u8> = pattern.collect();
    let start = Instant::now();
    let mut syncs = 0;
    while start.elapsed() < Duration::from_millis(MEASURE_MS) {
        file.write_all(&batch)?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(number(syncs) / start.elapsed().as_secs_f64())
}
