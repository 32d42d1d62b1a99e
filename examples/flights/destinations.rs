//! What makes flights late, destination by destination.

use crate::regress::least_squares;
use crate::tables::{Code, Flight, Planes, Weather};
use anyhow::Context;
use mamo::{Dict, node};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which flights count.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Clean {
    /// Minutes; a flight that arrives later tells more about its passengers' hotel than about delays.
    pub(crate) longest_delay: i16,
}

/// What a delay is explained by, with units.
pub(crate) const FEATURES: [&str; 6] = ["miles", "hour", "wind", "visib.", "rain", "age"];

/// A flight that arrived, with all that may explain its delay.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Arrival {
    destination: Code,
    /// Minutes.
    delay: f32,
    /// In the order of [`FEATURES`].
    features: [f32; FEATURES.len()],
}

/// The regression of the delay on [`FEATURES`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Fit {
    pub(crate) flights: u32,
    pub(crate) mean_delay: f64,
    /// Minutes of delay per unit; none where the feature does not vary by itself.
    pub(crate) effects: [Option<f64>; FEATURES.len()],
    /// The share of the variance that the features explain.
    pub(crate) r_squared: f64,
}

/// Keeps the flights that arrived within limits.
#[node]
pub(crate) fn clean(flights: &[Flight], limits: &Clean) -> Vec<Flight> {
    let counts = |flight: &&Flight| flight.delay.is_some_and(|delay| delay <= limits.longest_delay);
    flights.iter().filter(counts).cloned().collect()
}

/// Looks up plane and weather; flights without either are left out.
#[node]
pub(crate) fn join(flights: &[Flight], planes: &Planes, weather: &Weather) -> Vec<Arrival> {
    let arrival = |flight: &Flight| {
        let delay = f32::from(flight.delay?);
        let sky = weather.at(flight.origin, flight.time)?;
        let age = i16::try_from(flight.time.year()).ok()? - i16::try_from(planes.built(flight.tail)?).ok()?;
        let (distance, hour) = (f32::from(flight.distance), f32::from(flight.local_hour));
        let features = [distance, hour, sky.wind, sky.visibility, sky.rain, f32::from(age)];
        Some(Arrival { destination: flight.destination, delay, features })
    };
    flights.iter().filter_map(arrival).collect()
}

/// Brings the flights to a destination together; destinations with too few for a regression are left out.
#[node]
pub(crate) fn by_airport(months: &Dict<String, Vec<Arrival>>, least_flights: u32) -> Dict<String, Vec<Arrival>> {
    let mut airports: BTreeMap<String, Vec<Arrival>> = BTreeMap::new();
    for (_, month) in months.iter() {
        for arrival in month.iter() {
            airports.entry(arrival.destination.to_string()).or_default().push(arrival.clone());
        }
    }
    let enough = |arrivals: &[Arrival]| u32::try_from(arrivals.len()).is_ok_and(|n| n >= least_flights);
    airports.into_iter().filter(|(_, arrivals)| enough(arrivals)).collect()
}

/// Fits one destination.
#[node]
pub(crate) fn fit(#[key] airport: &str, arrivals: &[Arrival]) -> anyhow::Result<Fit> {
    let samples = arrivals.iter().map(|arrival| (arrival.features.map(f64::from), f64::from(arrival.delay)));
    let solution = least_squares(samples).with_context(|| format!("no flights to {airport}"))?;
    Ok(Fit {
        flights: u32::try_from(arrivals.len())?,
        mean_delay: solution.mean,
        effects: solution.slopes,
        r_squared: solution.r_squared,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flight(delay: Option<i16>) -> Flight {
        Flight {
            time: "2013-01-01T10:00:00Z".parse().unwrap(),
            local_hour: 5,
            carrier: "UA".parse().unwrap(),
            tail: "N14228".parse().unwrap(),
            origin: "EWR".parse().unwrap(),
            destination: "IAH".parse().unwrap(),
            distance: 1400,
            delay,
        }
    }

    fn arrival(destination: &str) -> Arrival {
        Arrival { destination: destination.parse().unwrap(), delay: 1.0, features: [0.0; FEATURES.len()] }
    }

    #[test]
    fn flights_that_did_not_arrive_or_far_too_late_are_left_out() {
        let flights = [Some(-3), None, Some(60), Some(61)].map(flight);
        let kept = clean(&flights, &Clean { longest_delay: 60 });
        assert_eq!(kept.iter().map(|flight| flight.delay).collect::<Vec<_>>(), [Some(-3), Some(60)]);
    }

    #[test]
    fn destinations_with_few_flights_are_left_out() {
        let months = ["01", "02"].map(|month| (month.to_owned(), vec![arrival("IAH"), arrival("LAX"), arrival("IAH")]));
        let airports = by_airport(&months.into_iter().collect(), 3);
        let counts: Vec<_> = airports.iter().map(|(airport, arrivals)| (airport.to_string(), arrivals.len())).collect();
        assert_eq!(counts, [("IAH".to_owned(), 4)]);
    }

    #[test]
    fn fit_without_flights_names_the_airport() {
        assert_eq!(fit("IAH", &[]).unwrap_err().to_string(), "no flights to IAH");
    }
}
