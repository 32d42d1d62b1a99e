//! The report: a table for people, or a line of JSON for each figure.

use crate::foundation::{Aim, Comparison, Unit};
use crate::options::Format;
use serde_json::json;

/// Prints everything that was measured.
pub(crate) fn print(comparisons: &[Comparison], nodes: usize, reps: usize, format: Format) {
    match format {
        Format::Table => print_table(comparisons, nodes, reps),
        Format::Json => comparisons.iter().for_each(|comparison| print_json(comparison, reps)),
    }
}

fn print_table(comparisons: &[Comparison], nodes: usize, reps: usize) {
    println!("grid of {nodes} nodes, a tenth for the persisted run; CPU time and memory a node, medians of {reps}\n");
    println!("{:<18} {:>9}  {:<20} {:>9} {:>7}  {:<9} reached", "figure", "mamo", "beside", "theirs", "ratio", "aim");
    for comparison in comparisons {
        let unit = unit(comparison.unit);
        let amount = |amount: f64| format!("{amount:.0} {unit}").trim_end().to_owned();
        let aim = match comparison.aim {
            Aim::Times(times) => format!("<= {times} x"),
            Aim::AtMost(limit) => format!("<= {}", amount(limit)),
            Aim::None => "-".into(),
        };
        println!(
            "{:<18} {:>9}  {:<20} {:>9} {:>7}  {:<9} {}",
            comparison.figure,
            amount(comparison.mamo),
            comparison.beside,
            comparison.peer.map_or_else(|| "-".into(), amount),
            comparison.ratio().map_or_else(|| "-".into(), |ratio| format!("{ratio:.2}")),
            aim,
            match comparison.is_reached() {
                Some(true) => "yes",
                Some(false) => "no",
                None => "-",
            },
        );
    }
}

fn print_json(comparison: &Comparison, reps: usize) {
    let (times, at_most) = match comparison.aim {
        Aim::Times(times) => (Some(times), None),
        Aim::AtMost(limit) => (None, Some(limit)),
        Aim::None => (None, None),
    };
    let line = json!({
        "figure": comparison.figure,
        "unit": match comparison.unit {
            Unit::Nanoseconds | Unit::Bytes => format!("{}/node", unit(comparison.unit)),
            Unit::Lookups => "lookups".to_owned(),
        },
        "nodes": comparison.nodes,
        "reps": reps,
        "mamo": comparison.mamo,
        "beside": comparison.beside,
        "peer": comparison.peer,
        "ratio": comparison.ratio(),
        "aim_times": times,
        "aim_at_most": at_most,
        "reached": comparison.is_reached(),
    });
    println!("{line}");
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Nanoseconds => "ns",
        Unit::Bytes => "B",
        Unit::Lookups => "",
    }
}
