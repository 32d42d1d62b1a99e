//! The report: plain tables, at most 80 columns wide.

use crate::airlines::Airline;
use crate::destinations::{FEATURES, Fit};
use crate::tables::Names;
use mamo::{Dict, node};
use std::fmt::Write;

/// Destinations that get a line of their own.
const DESTINATIONS_SHOWN: usize = 20;

/// Writes the report.
#[node]
pub(crate) fn report(airlines: &[Airline], fits: &Dict<String, Fit>, airports: &Names) -> anyhow::Result<String> {
    let mut text = String::from("Flights from New York City, 2013\n\n");
    airline_table(&mut text, airlines)?;
    text.push('\n');

    let mut effects: [Vec<f64>; FEATURES.len()] = Default::default();
    let mut rows = Vec::new();
    for (airport, fit) in fits.iter() {
        for (effects, effect) in effects.iter_mut().zip(fit.effects) {
            effects.extend(effect);
        }
        let cells = fit.effects.map(|effect| effect.map_or_else(|| "-".to_owned(), |effect| decimal(effect, 2)));
        let start =
            format!("{airport:<4}{:<16.16}{:>6}{:>6}", airports.of(airport), fit.flights, decimal(fit.mean_delay, 1));
        rows.push((fit.flights, row(&start, &cells, &decimal(100.0 * fit.r_squared, 1))));
    }
    // Stable: equal numbers of flights stay in the order of their codes.
    rows.sort_by_key(|(flights, _)| std::cmp::Reverse(*flights));

    writeln!(text, "Minutes of delay on arrival that each unit adds, by destination")?;
    writeln!(text, "(per mile, hour of the day, mile an hour, mile of sight, inch, year)\n")?;
    let start = format!("{:<20}{:>6}{:>6}", "destination", "count", "mean");
    text += &row(&start, &FEATURES.map(str::to_owned), "R2 %");
    text.extend(rows.iter().take(DESTINATIONS_SHOWN).map(|(_, row)| row.as_str()));
    let start = format!("{:<32}", format!("median of all {}", rows.len()));
    text += &row(&start, &effects.map(|effects| median(effects).map_or_else(|| "-".to_owned(), |m| decimal(m, 2))), "");
    Ok(text)
}

fn airline_table(text: &mut String, airlines: &[Airline]) -> std::fmt::Result {
    writeln!(text, "Delay on arrival in minutes, by airline\n")?;
    writeln!(
        text,
        "{:<27}{:>8}{:>8}{:>8}{:>9}{:>9}{:>11}",
        "airline", "flights", "mean", "median", "9 in 10", "late %", "not arr. %"
    )?;
    for airline in airlines {
        writeln!(
            text,
            "{:<27.27}{:>8}{:>8}{:>8}{:>9}{:>9}{:>11}",
            airline.name,
            airline.flights,
            decimal(airline.mean, 1),
            airline.median,
            airline.ninth_decile,
            decimal(100.0 * airline.late, 1),
            decimal(100.0 * airline.not_arrived, 1),
        )?;
    }
    Ok(())
}

fn row(start: &str, effects: &[String; FEATURES.len()], r_squared: &str) -> String {
    let mut line = start.to_owned();
    for effect in effects {
        line += &format!("{effect:>7}");
    }
    line += &format!("{r_squared:>6}");
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}

/// A number with so many decimal places, without a minus sign before zero.
fn decimal(number: f64, places: usize) -> String {
    let text = format!("{number:.places$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.chars().all(|c| matches!(c, '0' | '.')) => zero.to_owned(),
        _ => text,
    }
}

/// The middle one; the lower of two.
fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(decimal(-0.004, 2), "0.00");
        assert_eq!(decimal(-0.006, 2), "-0.01");
        assert_eq!(decimal(12.0, 1), "12.0");
    }

    #[test]
    fn median_of_few() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0]), Some(3.0));
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.0));
    }
}
