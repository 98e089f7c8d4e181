//! What the kernel says about this process, for the metrics that every Node application exposes.

use std::fs;
use std::time::Duration;

/// The kernel's clock ticks per second as /proc shows them: 100 on every Linux that user space can see.
const TICKS_PER_SECOND: f64 = 100.0;

/// One look at /proc; what cannot be read is zero.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    pub(crate) user_cpu: Duration,
    pub(crate) system_cpu: Duration,
    pub(crate) resident_bytes: u64,
    pub(crate) virtual_bytes: u64,
    pub(crate) data_bytes: u64,
    pub(crate) open_files: usize,
}

impl Usage {
    pub(crate) fn now() -> Self {
        let (user_cpu, system_cpu) =
            fs::read_to_string("/proc/self/stat").map_or_else(|_| Default::default(), |text| cpu_times(&text));
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            user_cpu,
            system_cpu,
            resident_bytes: status_bytes(&status, "VmRSS:"),
            virtual_bytes: status_bytes(&status, "VmSize:"),
            data_bytes: status_bytes(&status, "VmData:"),
            open_files: fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
        }
    }
}

/// User and system time from /proc/self/stat, whose second field may itself hold blanks and parentheses.
fn cpu_times(stat: &str) -> (Duration, Duration) {
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut ticks = after_name.split_whitespace().skip(11).map(|field| field.parse().unwrap_or(0.0));
    let mut time = || Duration::from_secs_f64(ticks.next().unwrap_or(0.0) / TICKS_PER_SECOND);
    (time(), time())
}

fn status_bytes(status: &str, key: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_times_survive_a_name_with_blanks() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 1 0 100 1000 10";
        assert_eq!(cpu_times(stat), (Duration::from_millis(2500), Duration::from_millis(500)));
    }

    #[test]
    fn status_lines_are_kibibytes() {
        assert_eq!(status_bytes("VmSize:\t  2000 kB\nVmRSS:\t  12 kB\n", "VmRSS:"), 12 * 1024);
        assert_eq!(status_bytes("", "VmRSS:"), 0);
    }
}
