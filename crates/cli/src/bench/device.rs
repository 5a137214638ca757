//! What reached the block device under a directory, from `/sys`. Elsewhere than on Linux, and on file systems without
//! a device of their own, the figure is absent.
//!
//! The kernel's count for a process (`write_bytes` of `/proc/PID/io`) is deliberately not used: it takes a written byte for
//! the whole folio of the page cache that the byte is in, which in a log is often hundreds of kilobytes.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The kernel counts in sectors of this size, whatever the device's own are.
const SECTOR_BYTES: u64 = 512;
/// Which of the counters of a device tells the sectors written.
const SECTORS_WRITTEN: usize = 6;

/// Bytes written to the device since it is there, whoever wrote them.
pub(crate) fn written_bytes(directory: &Path) -> Option<u64> {
    let device = std::fs::metadata(directory).ok()?.dev();
    let (major, minor) = numbers(device);
    let counters = std::fs::read_to_string(format!("/sys/dev/block/{major}:{minor}/stat")).ok()?;
    Some(sectors_written(&counters)? * SECTOR_BYTES)
}

/// As the C library takes a device's number apart.
fn numbers(device: u64) -> (u64, u64) {
    let major = ((device >> 8) & 0xfff) | ((device >> 32) & !0xfff);
    let minor = (device & 0xff) | ((device >> 12) & !0xff);
    (major, minor)
}

fn sectors_written(counters: &str) -> Option<u64> {
    counters.split_ascii_whitespace().nth(SECTORS_WRITTEN)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_two_numbers() {
        assert_eq!(numbers(0xfe00), (254, 0));
        assert_eq!(numbers(0x10_3102), (49, 258));
    }

    #[test]
    fn the_seventh_counter_is_what_was_written() {
        assert_eq!(sectors_written("  13 0 104 2 7 1 64 9 0 8 11\n"), Some(64));
        assert_eq!(sectors_written("13 0"), None);
    }
}
