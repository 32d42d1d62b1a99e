//! The report: plain text, at most 80 columns wide.

use crate::model::Setting;
use crate::ranking::{Score, Standing};
use crate::table::Sample;
use mamo::{Failure, node};
use std::fmt::Write;

/// Settings that get a line of their own.
const SHOWN: usize = 10;

/// Writes the report.
#[node]
pub(crate) fn report(
    ranking: &[Standing],
    all: &[Result<Score, Failure>],
    held_out: &Score,
    penguins: &[Sample],
    metric: &str,
) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "The mass of {} penguins: {} settings fitted on every fold\n", penguins.len(), ranking.len())?;
    writeln!(text, "{:>2}  {:<26}{:>10}{:>10}", "", "setting", metric, "spread")?;
    for (number, Standing { setting, loss, spread }) in (1..).zip(ranking.iter().take(SHOWN)) {
        writeln!(text, "{number:>2}  {:<26}{:>8.1} g{:>8.1} g", name(*setting), loss, spread)?;
    }
    failures(&mut text, all)?;
    let Score { setting, loss } = held_out;
    writeln!(text, "\nThe best, {}, fitted again: {metric} {loss:.1} g on penguins it never saw", name(*setting))?;
    Ok(text)
}

/// Tells the failures; those with equal messages together.
fn failures(text: &mut String, all: &[Result<Score, Failure>]) -> std::fmt::Result {
    let mut messages: Vec<(&str, Vec<&str>)> = Vec::new();
    for failure in all.iter().filter_map(|score| score.as_ref().err()) {
        match messages.iter_mut().find(|(message, _)| *message == failure.message()) {
            Some((_, nodes)) => nodes.push(failure.node()),
            None => messages.push((failure.message(), vec![failure.node()])),
        }
    }
    for (message, nodes) in messages {
        let first = nodes.first().copied().unwrap_or_default();
        let others = match nodes.len().saturating_sub(1) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        writeln!(text, "\nNot fitted: {first}{others}, since {message}")?;
    }
    Ok(())
}

fn name(Setting { kind, param }: Setting) -> String {
    format!("{} with {} {param}", format!("{kind:?}").to_lowercase(), kind.param())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;
    use expect_test::expect;

    #[test]
    fn the_ten_best_and_the_refit() {
        let setting = |number: u8| Setting { kind: Kind::Ridge, param: f64::from(number) / 2.0 };
        let standing = |n: u8| Standing { setting: setting(n), loss: 280.0 + f64::from(n), spread: 9.96 };
        let ranking: Vec<_> = (1..13).map(standing).collect();
        let held_out = Score { setting: setting(1), loss: 301.25 };
        let text = report(&ranking, &[Ok(held_out.clone())], &held_out, &[], "rmse").unwrap();
        expect![[r#"
            The mass of 0 penguins: 12 settings fitted on every fold

                setting                         rmse    spread
             1  ridge with penalty 0.5       281.0 g    10.0 g
             2  ridge with penalty 1         282.0 g    10.0 g
             3  ridge with penalty 1.5       283.0 g    10.0 g
             4  ridge with penalty 2         284.0 g    10.0 g
             5  ridge with penalty 2.5       285.0 g    10.0 g
             6  ridge with penalty 3         286.0 g    10.0 g
             7  ridge with penalty 3.5       287.0 g    10.0 g
             8  ridge with penalty 4         288.0 g    10.0 g
             9  ridge with penalty 4.5       289.0 g    10.0 g
            10  ridge with penalty 5         290.0 g    10.0 g

            The best, ridge with penalty 0.5, fitted again: rmse 301.2 g on penguins it never saw
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn settings_that_fail_alike_are_told_together() {
        let failed = |node: &str, message: &str| Err(failure(node, message));
        let all = [failed("fold0/fit", "too few"), failed("fold1/fit", "too many"), failed("fold2/fit", "too few")];
        let mut text = String::new();
        failures(&mut text, &all).unwrap();
        assert_eq!(
            text,
            "\nNot fitted: fold0/fit and 1 more, since too few\n\nNot fitted: fold1/fit, since too many\n"
        );
    }

    fn failure(node: &str, message: &str) -> Failure {
        serde_json::from_value(serde_json::json!({ "node": node, "message": message })).unwrap()
    }
}
