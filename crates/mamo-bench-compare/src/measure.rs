//! What is measured: CPU time of the whole process, and its memory.

use crate::Result;
use rustix::time::{ClockId, clock_gettime};

/// CPU time that all threads of this process have taken, in nanoseconds.
///
/// Not wall time: other processes of the machine do not count.
pub(crate) fn cpu_ns() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// What `work` gives, and the CPU time that it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = cpu_ns();
    let given = work();
    (given, cpu_ns() - start)
}

/// Bytes of memory that this process has now.
pub(crate) fn resident_bytes() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("the system tells no `VmRSS`")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024.0)
}

/// The middle one; of two the greater.
pub(crate) fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_sample() {
        assert_eq!(median(&[9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn work_takes_time_and_memory() {
        let before = resident_bytes().unwrap();
        let (filled, took) = timed(|| vec![1_u8; 50_000_000]);
        assert!(took > 0.0);
        assert!(resident_bytes().unwrap() - before > 40e6);
        drop(filled);
    }
}
