//! What a process has used, from `/proc`. Elsewhere than on Linux these figures are absent.

use std::path::PathBuf;

/// The kernel counts CPU time for user space in hundredths of a second, on every architecture that Linux supports.
const TICK_US: u64 = 10_000;

/// A process's consumption since its start, and its memory now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// User and system time.
    pub(crate) cpu_us: u64,
    /// Resident memory.
    pub(crate) rss_bytes: u64,
}

impl Usage {
    /// Reads it; `None` where the system does not tell.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let read = |file: &str| std::fs::read_to_string(PathBuf::from(format!("/proc/{pid}/{file}"))).ok();
        Some(Self { cpu_us: cpu_us(&read("stat")?)?, rss_bytes: field(&read("status")?, "VmRSS:")? * 1024 })
    }
}

/// The fields after the command's name, which may itself contain blanks and parentheses.
fn cpu_us(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) * TICK_US)
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_read_behind_a_name_with_blanks() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 9 0 100 200 300";
        assert_eq!(cpu_us(stat), Some(2_000_000));
        assert_eq!(cpu_us("garbage"), None);
    }

    #[test]
    fn fields_are_found_by_name() {
        assert_eq!(field("VmPeak:\t 9 kB\nVmRSS:\t  123 kB\n", "VmRSS:"), Some(123));
        assert_eq!(field("", "VmRSS:"), None);
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(Usage::of(std::process::id()).is_some_and(|usage| usage.rss_bytes > 1 << 20));
    }
}
