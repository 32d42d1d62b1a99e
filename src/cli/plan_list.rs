//! A plan as people read it: counts, then the nodes that would run.

use crate::cli::older_values;
use crate::cli::settings::PlanLength;
use crate::exec::{Estimate, Plan, PlanState};
use crate::words;
use std::collections::BTreeMap;

/// Lines of a short list.
const SHORT: usize = 40;
/// Columns that every terminal has.
const WIDTH: usize = 80;
/// Width of the longest label.
const LABEL_WIDTH: usize = 18;

/// All states, those that need attention first.
pub(crate) const STATES: [PlanState; 7] = [
    PlanState::Failed,
    PlanState::Run,
    PlanState::RunUnlessCutOff,
    PlanState::AfterBarrier,
    PlanState::CutOff,
    PlanState::Fresh,
    PlanState::NotNeeded,
];

/// The counts first, then a line for each node that would or may run.
pub(crate) fn text(plan: &Plan, length: PlanLength) -> String {
    let nodes: Vec<(&str, PlanState)> = plan.nodes().filter(|(_, state)| is_listed(*state)).collect();
    let mut text = format!("{}\n", counts(plan));
    text.extend(estimate(plan.estimate()));
    text.extend(older_values::text(plan.older_values().map(|(node, _)| node)).map(|older| format!("{older}\n")));
    let lines = match length {
        PlanLength::Full => nodes.iter().map(|(node, state)| line(*state, node)).collect(),
        PlanLength::Short => short(&nodes),
    };
    if !lines.is_empty() {
        text.push_str(&format!("\n{}\n", lines.join("\n")));
    }
    text
}

fn counts(plan: &Plan) -> String {
    let nodes = u64::try_from(plan.nodes().count()).unwrap_or(u64::MAX);
    let counts = STATES.map(|state| (plan.count(state), label(state)));
    let mut parts: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, label)| format!("{count} {label}")).collect();
    if !plan.nodes().any(|(_, state)| is_listed(state)) {
        parts.insert(0, "nothing to run".into());
    }
    words::list(&format!("{}:", words::count(nodes, "node")), &parts, WIDTH)
}

/// What the nodes took before that would run; nothing when nobody knows of any.
fn estimate(Estimate { work, unknown, .. }: Estimate) -> Option<String> {
    let others = (unknown > 0).then(|| format!(", and {} never ran before", words::count(unknown, "node")));
    let others = others.unwrap_or_default();
    (!work.is_zero()).then(|| format!("up to {} of work by what they took before{others}\n", words::duration(work)))
}

/// Nodes whose names differ in numbers only share a line when there are too many, then those of a group do.
fn short(nodes: &[(&str, PlanState)]) -> Vec<String> {
    if nodes.len() <= SHORT {
        return nodes.iter().map(|(node, state)| line(*state, node)).collect();
    }
    let by_number = collapse(nodes, without_numbers);
    let mut lines = if by_number.len() <= SHORT { by_number } else { collapse(nodes, group) };
    if let Some(more @ 1..) = lines.len().checked_sub(SHORT) {
        lines.truncate(SHORT);
        lines.push(format!("({more} more lines)"));
    }
    lines.push("(`--all` lists every node)".into());
    lines
}

/// One line for all nodes of a state and a pattern, where the first of them stood.
fn collapse(nodes: &[(&str, PlanState)], pattern: impl Fn(&str) -> String) -> Vec<String> {
    let mut place_of = BTreeMap::new();
    let mut collapsed: Vec<(PlanState, String, &str, u64)> = Vec::new();
    for (node, state) in nodes {
        let pattern = pattern(node);
        let place = *place_of.entry((label(*state), pattern.clone())).or_insert(collapsed.len());
        match collapsed.get_mut(place) {
            Some((_, _, _, count)) => *count += 1,
            None => collapsed.push((*state, pattern, node, 1)),
        }
    }
    collapsed
        .into_iter()
        .map(|(state, pattern, first, count)| match count {
            1 => line(state, first),
            2.. => format!("{}  ({count} nodes)", line(state, &pattern)),
            0 => String::new(),
        })
        .collect()
}

/// A node that would or may run.
pub(crate) fn line(state: PlanState, node: &str) -> String {
    format!("{:LABEL_WIDTH$}  {node}", label(state))
}

/// `fold3/fit#12` as `fold*/fit#*`.
fn without_numbers(node: &str) -> String {
    let mut pattern = String::with_capacity(node.len());
    for letter in node.chars() {
        if !letter.is_ascii_digit() {
            pattern.push(letter);
        } else if !pattern.ends_with('*') {
            pattern.push('*');
        }
    }
    pattern
}

/// `sweep/ridge/fit` as `sweep/..`, and `load` as itself.
fn group(node: &str) -> String {
    node.split_once('/').map_or_else(|| node.to_owned(), |(group, _)| format!("{group}/.."))
}

fn is_listed(state: PlanState) -> bool {
    state.may_execute() || state == PlanState::Failed
}

pub(crate) fn label(state: PlanState) -> &'static str {
    match state {
        PlanState::Fresh => "fresh",
        PlanState::CutOff => "cut off",
        PlanState::Run => "run",
        PlanState::RunUnlessCutOff => "run unless cut off",
        PlanState::AfterBarrier => "after a barrier",
        PlanState::NotNeeded => "not needed",
        PlanState::Failed => "failed",
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    pub(crate) fn example() -> Plan {
        let states = [
            ("flights", PlanState::Fresh),
            ("unused", PlanState::NotNeeded),
            ("weather", PlanState::Failed),
            ("clean", PlanState::CutOff),
            ("fit", PlanState::Run),
            ("report", PlanState::RunUnlessCutOff),
            ("publish", PlanState::AfterBarrier),
        ];
        let estimate = Estimate { work: std::time::Duration::from_millis(12_400), unknown: 1 };
        Plan {
            estimate,
            older_values: Vec::new(),
            states: states.map(|(node, state)| (node.to_owned(), state)).to_vec(),
        }
    }

    fn plan(nodes: impl IntoIterator<Item = String>, state: PlanState) -> Plan {
        let states = nodes.into_iter().map(|node| (node, state)).collect();
        Plan { estimate: Estimate::default(), older_values: Vec::new(), states }
    }

    fn check(plan: &Plan, length: PlanLength, expected: Expect) {
        expected.assert_eq(&text(plan, length));
    }

    #[test]
    fn nodes_that_may_run_are_listed() {
        check(
            &example(),
            PlanLength::Short,
            expect![[r#"
                7 nodes: 1 failed, 1 run, 1 run unless cut off, 1 after a barrier, 1 cut off,
                  1 fresh, 1 not needed
                up to 12.4 s of work by what they took before, and 1 node never ran before

                failed              weather
                run                 fit
                run unless cut off  report
                after a barrier     publish
            "#]],
        );
        check(
            &plan(["a".into(), "b".into()], PlanState::Fresh),
            PlanLength::Short,
            expect![[r#"
            2 nodes: nothing to run, 2 fresh
        "#]],
        );
    }

    #[test]
    fn many_nodes_share_lines() {
        let folds = (0..30).flat_map(|fold| ["split", "fit"].map(|node| format!("fold{fold}/{node}")));
        let folds = plan(folds.chain(["report".into()]), PlanState::Run);
        check(
            &folds,
            PlanLength::Short,
            expect![[r#"
            61 nodes: 61 run

            run                 fold*/split  (30 nodes)
            run                 fold*/fit  (30 nodes)
            run                 report
            (`--all` lists every node)
        "#]],
        );
        assert_eq!(text(&folds, PlanLength::Full).lines().count(), 2 + 61);
        let letters = || ('a'..='z').map(String::from);
        let named = letters().flat_map(|a| letters().map(move |b| format!("by-name/{a}{b}")));
        check(
            &plan(named.chain(["report".into()]), PlanState::Run),
            PlanLength::Short,
            expect![[r#"
            677 nodes: 677 run

            run                 by-name/..  (676 nodes)
            run                 report
            (`--all` lists every node)
        "#]],
        );
    }

    #[test]
    fn a_list_never_gets_long() {
        let nodes = ('a'..='z').flat_map(|a| ('a'..='z').map(move |b| format!("{a}{b}")));
        assert_eq!(text(&plan(nodes, PlanState::Run), PlanLength::Short).lines().count(), 2 + SHORT + 2);
    }
}
