//! What delays flights from New York: from monthly files to a regression for every destination.
//!
//! ```sh
//! cargo run --release --example flights              # the report
//! cargo run --release --example flights              # the report again; nothing runs
//! cargo run --release --example flights -- --help    # what else there is
//! ```
//!
//! Things to try: change `longest_delay` below (the airlines do not run again), a comment in any function (nothing does), or one monthly
//! file (its month runs, and the destinations that its flights went to).

mod airlines;
mod destinations;
mod regress;
mod tables;
mod text;

use airlines::{delays, summaries};
use destinations::{Clean, by_airport, clean, fit, join};
use mamo::{Graph, Node, source};
use std::process::ExitCode;
use tables::{airline_names, airport_names, parse, planes, weather};
use text::report;

/// The path of a data file, wherever the program is started.
macro_rules! data {
    ($file:literal) => {
        concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/", $file)
    };
}

fn pipeline(g: &Graph) -> mamo::Result<Node<String>> {
    // Parameters: nodes below them run again when they change.
    let limits = g.add(source::param("clean", Clean { longest_delay: 600 }));
    let least_flights = g.add(source::param("least_flights", 200));

    // Twelve months, each on its own from here to the join.
    let flights = g.add(parse::map(g.add(source::glob(data!("flights/*.csv.gz")))));
    let cleaned = g.add(clean::map(flights, limits));

    let planes = g.add(planes::node(g.add(source::file(data!("planes.csv.gz")))));
    let weather = g.add(weather::node(g.add(source::file(data!("weather.csv.gz")))));
    let joined = g.add(join::map(cleaned, planes, weather));

    // About a hundred destinations: how many is known only when the flights are.
    let destinations = g.add(by_airport::node(joined, least_flights));
    let fits = g.add(fit::map(destinations));

    let airlines = g.add(airline_names::node(g.add(source::file(data!("airlines.csv")))));
    let summaries = g.add(summaries::node(g.add(delays::map(flights)), airlines));

    let airports = g.add(airport_names::node(g.add(source::file(data!("airports.csv.gz")))));
    let report = g.add(report::node(summaries, fits, airports));
    g.target("report", report);
    Ok(report)
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn main() -> ExitCode {
    mamo::cli::main_then(pipeline, |run, report| {
        print!("{}", run.get(report)?);
        Ok(())
    })
}
