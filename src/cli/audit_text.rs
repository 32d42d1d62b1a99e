//! What an audit has shown, as people read it.

use crate::exec::{AuditReport, Audited, Verdict};
use crate::words;
use std::time::Duration;

/// Hexadecimal digits of a digest that people can compare.
const SHOWN: usize = 8;

const REMEDY: &str = "\
  remedy: draw random numbers from `ctx.seed()`; sort what has no order; make
          sources of the files, clocks and variables that are read;
          `.barrier()` where another value may come; `version = N` where what
          changed is not in the code
";

/// A line for each node, then what is not the same twice, and what was left out.
pub(crate) fn text(report: &AuditReport) -> String {
    let mut text = String::new();
    for (node, audited) in by_node(&report.audited) {
        let took = words::duration(audited.iter().map(|one| one.took).sum::<Duration>());
        let same = audited.iter().filter(|one| one.verdict == Verdict::Same).count();
        let result = match (same, audited.len() - same) {
            (_, 0) => "the same".to_owned(),
            (0, _) => "not the same".to_owned(),
            (same, other) => format!("{same} the same, {other} not"),
        };
        let times = if audited.len() > 1 { format!("{} times ", audited.len()) } else { String::new() };
        text.push_str(&format!("{node}  executed {times}in {took}: {result}\n"));
    }
    let mut has_unstable = false;
    for one in report.unstable() {
        has_unstable = true;
        text.push_str(&format!("{}: {}\n", one.name(), finding(one)));
    }
    if has_unstable {
        text.push_str(REMEDY);
    }
    for left_out in &report.left_out {
        text.push_str(&format!("not audited: {}: {}\n", left_out.node, left_out.reason));
    }
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    if report.computations == 0 {
        return text + "nothing is on record that could be executed once more\n";
    }
    let verdict = match report.unstable().count() {
        0 => "all gave the same".to_owned(),
        n => format!("{n} did not give the same"),
    };
    text.push_str(&format!(
        "executed {} of {} once more: {verdict}\n",
        report.audited.len(),
        words::count(count(report.computations), "computation")
    ));
    text
}

fn finding(audited: &Audited) -> String {
    let before = short(&audited.recorded);
    match &audited.verdict {
        Verdict::Same => "gave the same".to_owned(),
        Verdict::Other(value) => {
            format!("non-deterministic: executed twice on the same inputs, gave {before}.. then {}..", short(value))
        }
        Verdict::Failed(message) => {
            format!("non-deterministic: executed twice on the same inputs, gave {before}.. then failed: {message}")
        }
    }
}

/// The computations of each node, which stand side by side.
fn by_node(audited: &[Audited]) -> Vec<(&str, &[Audited])> {
    audited
        .chunk_by(|one, next| one.node == next.node)
        .filter_map(|chunk| Some((chunk.first()?.node.as_str(), chunk)))
        .collect()
}

fn short(digest: &str) -> &str {
    digest.get(..SHOWN).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::LeftOut;
    use expect_test::expect;

    fn audited(node: &str, element: Option<&str>, verdict: Verdict, ms: u64) -> Audited {
        let recorded = "1f3a5b7c9d".into();
        Audited {
            node: node.into(),
            element: element.map(Into::into),
            recorded,
            verdict,
            took: Duration::from_millis(ms),
        }
    }

    #[test]
    fn what_is_not_the_same_twice_is_named_with_a_remedy() {
        let other = || Verdict::Other("9c02d1e0ff".into());
        let report = AuditReport {
            computations: 340,
            audited: vec![
                audited("clean", None, Verdict::Same, 12),
                audited("fit", Some("JFK"), Verdict::Same, 100),
                audited("fit", Some("LAX"), other(), 200),
                audited("noise", None, other(), 3),
                audited("parse", None, Verdict::Failed("no rows".into()), 0),
            ],
            left_out: vec![LeftOut { node: "conn".into(), reason: "its value is never saved".into() }],
        };
        expect![[r#"
            clean  executed in 12 ms: the same
            fit  executed 2 times in 300 ms: 1 the same, 1 not
            noise  executed in 3.0 ms: not the same
            parse  executed in 0.0 ms: not the same
            fit[LAX]: non-deterministic: executed twice on the same inputs, gave 1f3a5b7c.. then 9c02d1e0..
            noise: non-deterministic: executed twice on the same inputs, gave 1f3a5b7c.. then 9c02d1e0..
            parse: non-deterministic: executed twice on the same inputs, gave 1f3a5b7c.. then failed: no rows
            remedy: draw random numbers from `ctx.seed()`; sort what has no order; make
                      sources of the files, clocks and variables that are read;
                      `.barrier()` where another value may come; `version = N` where what
                      changed is not in the code
            not audited: conn: its value is never saved
            executed 5 of 340 computations once more: 3 did not give the same
        "#]]
        .assert_eq(&text(&report));
        let report =
            AuditReport { computations: 1, audited: vec![audited("clean", None, Verdict::Same, 12)], left_out: vec![] };
        expect![[r#"
            clean  executed in 12 ms: the same
            executed 1 of 1 computation once more: all gave the same
        "#]]
        .assert_eq(&text(&report));
    }
}
