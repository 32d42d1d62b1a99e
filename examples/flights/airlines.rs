//! How late each airline is: counts per month, put together for the year.

use crate::tables::{Code, Flight, Names};
use mamo::{Dict, node};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Flights of an airline by their delay on arrival. Counts of two months add up, so that a changed month is counted alone.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Delays {
    by_minute: BTreeMap<i16, u32>,
    not_arrived: u32,
}

/// An airline's year.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Airline {
    pub(crate) name: String,
    pub(crate) flights: u32,
    /// Share of the flights that were cancelled or diverted.
    pub(crate) not_arrived: f64,
    /// Mean delay on arrival in minutes; the early ones count.
    pub(crate) mean: f64,
    pub(crate) median: i16,
    /// Nine in ten flights are at most so late.
    pub(crate) ninth_decile: i16,
    /// Share of the arrivals that were 15 minutes late or more.
    pub(crate) late: f64,
}

/// Counts one month.
#[node]
pub(crate) fn delays(flights: &[Flight]) -> BTreeMap<Code, Delays> {
    let mut airlines: BTreeMap<Code, Delays> = BTreeMap::new();
    for flight in flights {
        let airline = airlines.entry(flight.carrier).or_default();
        match flight.delay {
            Some(delay) => *airline.by_minute.entry(delay).or_default() += 1,
            None => airline.not_arrived += 1,
        }
    }
    airlines
}

/// Adds up the months; the airline with most flights comes first.
#[node]
pub(crate) fn summaries(months: &Dict<String, BTreeMap<Code, Delays>>, names: &Names) -> Vec<Airline> {
    let mut year: BTreeMap<Code, Delays> = BTreeMap::new();
    for (_, month) in months.iter() {
        for (carrier, delays) in month.iter() {
            year.entry(*carrier).or_default().add(delays);
        }
    }
    let mut airlines: Vec<_> =
        year.iter().map(|(carrier, delays)| delays.summary(names.of(&carrier.to_string()))).collect();
    airlines.sort_by_key(|airline| std::cmp::Reverse(airline.flights));
    airlines
}

impl Delays {
    fn add(&mut self, other: &Self) {
        for (minute, count) in &other.by_minute {
            *self.by_minute.entry(*minute).or_default() += count;
        }
        self.not_arrived += other.not_arrived;
    }

    fn arrived(&self) -> u32 {
        self.by_minute.values().sum()
    }

    /// The least delay that so many percent of the arrivals do not exceed; 0 without arrivals.
    fn percentile(&self, percent: u32) -> i16 {
        let rank = u64::from(self.arrived()) * u64::from(percent);
        let mut counted = 0;
        let mut reached = |count: u32| {
            counted += u64::from(count) * 100;
            counted >= rank
        };
        self.by_minute.iter().find(|(_, count)| reached(**count)).map_or(0, |(minute, _)| *minute)
    }

    fn summary(&self, name: &str) -> Airline {
        let arrived = f64::from(self.arrived().max(1));
        let minutes: f64 = self.by_minute.iter().map(|(minute, count)| f64::from(*minute) * f64::from(*count)).sum();
        let late: u32 = self.by_minute.range(15..).map(|(_, count)| count).sum();
        let flights = self.arrived() + self.not_arrived;
        Airline {
            name: name.to_owned(),
            flights,
            not_arrived: f64::from(self.not_arrived) / f64::from(flights.max(1)),
            mean: minutes / arrived,
            median: self.percentile(50),
            ninth_decile: self.percentile(90),
            late: f64::from(late) / arrived,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays_of(minutes: &[i16]) -> Delays {
        let mut delays = Delays { not_arrived: 1, ..Delays::default() };
        for minute in minutes {
            *delays.by_minute.entry(*minute).or_default() += 1;
        }
        delays
    }

    #[test]
    fn summary_of_ten_arrivals() {
        let airline = delays_of(&[-5, -4, -3, -2, -1, 0, 1, 14, 15, 65]).summary("Ten");
        assert_eq!((airline.flights, airline.median, airline.ninth_decile), (11, -1, 15));
        assert_eq!((airline.mean, airline.late), (8.0, 0.2));
    }

    #[test]
    fn months_add_up() {
        let mut year = delays_of(&[1, 2, 2]);
        year.add(&delays_of(&[2, 9]));
        assert_eq!(year.by_minute, BTreeMap::from([(1, 1), (2, 3), (9, 1)]));
        assert_eq!(year.not_arrived, 2);
    }
}
