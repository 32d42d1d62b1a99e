//! Stale nodes that keep older values, as people and programs read of them.

use crate::cli::json::since_1970;
use crate::words;
use serde::Serialize;
use std::time::SystemTime;

/// So many names are listed.
const LISTED: usize = 8;
/// Columns that every terminal has, without an indentation.
const WIDTH: usize = 78;

/// A stale node and the end of the run whose value it keeps, in milliseconds since 1970.
#[derive(Serialize)]
pub(crate) struct OlderObject<'a> {
    node: &'a str,
    since_ms: u64,
}

/// As objects of JSON.
pub(crate) fn objects<'a>(nodes: impl Iterator<Item = (&'a str, SystemTime)>) -> Vec<OlderObject<'a>> {
    nodes.map(|(node, since)| OlderObject { node, since_ms: since_1970(since) }).collect()
}

/// As indented lines; nothing when there are none.
pub(crate) fn text<'a>(nodes: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut names: Vec<String> = nodes.map(str::to_owned).collect();
    let count = u64::try_from(names.len()).unwrap_or(u64::MAX);
    let verb = match count {
        0 => return None,
        1 => "keeps an older value",
        2.. => "keep older values",
    };
    if let Some(more @ 1..) = names.len().checked_sub(LISTED) {
        names.truncate(LISTED);
        names.push(format!("and {more} more"));
    }
    let told = words::list(&format!("{} {verb}:", words::count(count, "stale node")), &names, WIDTH);
    Some(format!("  {}", told.replace('\n', "\n  ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn few_are_named_and_many_are_counted() {
        let names = |count: usize| (0..count).map(|n| format!("penguins/fold{n}/fit")).collect::<Vec<_>>();
        let told = |count| text(names(count).iter().map(String::as_str)).unwrap_or_default();
        assert_eq!(told(0), "");
        expect!["  1 stale node keeps an older value: penguins/fold0/fit"].assert_eq(&told(1));
        expect![[r#"
            done:
              10 stale nodes keep older values: penguins/fold0/fit, penguins/fold1/fit,
                penguins/fold2/fit, penguins/fold3/fit, penguins/fold4/fit,
                penguins/fold5/fit, penguins/fold6/fit, penguins/fold7/fit, and 2 more"#]]
        .assert_eq(&format!("done:\n{}", told(10)));
    }
}
