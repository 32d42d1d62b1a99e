//! Durations and counts in words that people read at a glance.

use std::time::Duration;

/// A duration with two or three digits: `0.4 ms`, `12 ms`, `1.2 s`, `2 min 5 s`, `3 h 4 min`, `2 d 3 h`.
pub(crate) fn duration(time: Duration) -> String {
    let micros = time.as_micros();
    let seconds = time.as_secs();
    match seconds {
        0 if micros < 9_950 => tenths(micros.saturating_add(50) / 100, "ms"),
        0 if micros < 999_500 => format!("{} ms", micros.saturating_add(500) / 1_000),
        0..=59 if micros < 59_950_000 => tenths(micros.saturating_add(50_000) / 100_000, "s"),
        0..=3_599 => format!("{} min {} s", seconds.max(60) / 60, seconds.max(60) % 60),
        3_600..=86_399 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        86_400.. => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

fn tenths(tenths: u128, unit: &str) -> String {
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// A number of bytes with two or three digits: `512 B`, `4.0 kB`, `12 MB`, `1.5 GB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) if bytes < 10 * unit => tenths(u128::from(bytes / (unit / 10)), name),
        Some((unit, name)) => format!("{} {name}", bytes / unit),
        None => format!("{bytes} B"),
    }
}

/// A count with its noun: `1 node`, `12 nodes`, `0 nodes`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// How often something happens: `12/s`, `2.5/s`, `6/min`; nothing when it does not happen.
#[cfg(feature = "cli")]
pub(crate) fn rate(number: u64, time: Duration) -> Option<String> {
    let millis = u64::try_from(time.as_millis()).ok().filter(|millis| *millis > 0)?;
    let per_second_tenths = number.saturating_mul(10_000) / millis;
    let per_minute = number.saturating_mul(60_000) / millis;
    match (per_second_tenths, per_minute) {
        (100.., _) => Some(format!("{}/s", per_second_tenths / 10)),
        (10..=99, _) => Some(format!("{}.{}/s", per_second_tenths / 10, per_second_tenths % 10)),
        (0..=9, 1..) => Some(format!("{per_minute}/min")),
        (0..=9, 0) => None,
    }
}

/// Parts after a head, separated by commas, in lines of up to `width` columns.
#[cfg(feature = "cli")]
pub(crate) fn list(head: &str, parts: &[String], width: usize) -> String {
    let mut lines = vec![head.to_owned()];
    let last = parts.len().saturating_sub(1);
    for (place, part) in parts.iter().enumerate() {
        let part = if place == last { part.clone() } else { format!("{part},") };
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + part.chars().count() <= width => {
                line.push(' ');
                line.push_str(&part);
            }
            Some(_) | None => lines.push(format!("  {part}")),
        }
    }
    lines.join("\n")
}

/// A text of many lines as one block: lines after the first indented, those after `most` only counted.
#[cfg(feature = "cli")]
pub(crate) fn block(text: &str, indent: &str, most: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let mut shown = lines.iter().take(most).copied().collect::<Vec<_>>().join(&format!("\n{indent}"));
    if let Some(more @ 1..) = lines.len().checked_sub(most) {
        shown.push_str(&format!("\n{indent}({more} more lines)"));
    }
    shown
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[test]
    fn durations_keep_few_digits() {
        let durations = [0, 49, 400, 9_949, 9_950, 12_400, 999_499, 999_500, 1_234_567, 59_949_999, 59_950_000]
            .map(Duration::from_micros)
            .into_iter()
            .chain([60, 125, 3_599, 3_600, 11_040, 86_399, 86_400, 183_600].map(Duration::from_secs))
            .map(duration)
            .collect::<Vec<_>>()
            .join(", ");
        expect!["0.0 ms, 0.0 ms, 0.4 ms, 9.9 ms, 10 ms, 12 ms, 999 ms, 1.0 s, 1.2 s, 59.9 s, 1 min 0 s, 1 min 0 s, 2 min 5 s, 59 min 59 s, 1 h 0 min, 3 h 4 min, 23 h 59 min, 1 d 0 h, 2 d 3 h"].assert_eq(&durations);
    }

    #[test]
    fn bytes_choose_their_unit() {
        let all = [0, 999, 1_000, 9_999, 10_000, 1_500_000, 2_000_000_000, 30_000_000_000_000].map(bytes).join(", ");
        expect!["0 B, 999 B, 1.0 kB, 9.9 kB, 10 kB, 1.5 MB, 2.0 GB, 30 TB"].assert_eq(&all);
    }

    #[test]
    fn rates_choose_their_unit() {
        let check = |number, secs, expected: Expect| {
            expected.assert_eq(&rate(number, Duration::from_secs(secs)).unwrap_or_default());
        };
        check(1200, 100, expect!["12/s"]);
        check(25, 10, expect!["2.5/s"]);
        check(1, 10, expect!["6/min"]);
        check(0, 10, expect![""]);
        check(7, 0, expect![""]);
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        expect![[r#"
            first
              second
              (2 more lines)"#]]
        .assert_eq(&block("first\nsecond\nthird\nfourth\n", "  ", 2));
    }
}
