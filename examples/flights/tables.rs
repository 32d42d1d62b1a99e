//! The tables as they are read: one compact struct per row, keyed for the joins.

use anyhow::Context;
use flate2::read::GzDecoder;
use mamo::node;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read;
use std::str::FromStr;

/// A code of up to six letters (airport, airline, plane) without an allocation of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Code([u8; 6]);

/// An hour in UTC, as a number that reads like a date: 2013010110.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct UtcHour(u32);

/// A scheduled flight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flight {
    /// Scheduled hour of departure; with the origin it finds the weather.
    pub(crate) time: UtcHour,
    /// The same on the clocks of New York.
    pub(crate) local_hour: u8,
    pub(crate) carrier: Code,
    pub(crate) tail: Code,
    pub(crate) origin: Code,
    pub(crate) destination: Code,
    /// Miles.
    pub(crate) distance: u16,
    /// Minutes after schedule on arrival; none if the flight was cancelled or diverted.
    pub(crate) delay: Option<i16>,
}

/// The year in which a plane was built, where the register knows it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Planes(BTreeMap<Code, u16>);

/// The weather at an airport, hour by hour.
#[derive(Serialize, Deserialize)]
pub(crate) struct Weather(BTreeMap<(Code, UtcHour), Sky>);

/// The weather in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sky {
    /// Miles an hour.
    pub(crate) wind: f32,
    /// Miles.
    pub(crate) visibility: f32,
    /// Inches in the hour.
    pub(crate) rain: f32,
}

/// What a code stands for.
#[derive(Serialize, Deserialize)]
pub(crate) struct Names(BTreeMap<String, String>);

/// One reading says 1,048 miles an hour; the strongest true one is 42.
const STRONGEST_WIND: f32 = 100.0;

/// Reads one month of flights.
#[node]
pub(crate) fn parse(gz: &[u8]) -> anyhow::Result<Vec<Flight>> {
    #[derive(Deserialize)]
    struct Row {
        time_hour: UtcHourText,
        hour: u8,
        carrier: CodeText,
        tailnum: CodeText,
        origin: CodeText,
        dest: CodeText,
        distance: u16,
        #[serde(deserialize_with = "known")]
        arr_delay: Option<i16>,
    }
    let flight = |row: Row| Flight {
        time: row.time_hour.0,
        local_hour: row.hour,
        carrier: row.carrier.0,
        tail: row.tailnum.0,
        origin: row.origin.0,
        destination: row.dest.0,
        distance: row.distance,
        delay: row.arr_delay,
    };
    Ok(rows(GzDecoder::new(gz))?.into_iter().map(flight).collect())
}

/// Reads the register of planes.
#[node]
pub(crate) fn planes(gz: &[u8]) -> anyhow::Result<Planes> {
    #[derive(Deserialize)]
    struct Row {
        tailnum: CodeText,
        #[serde(deserialize_with = "known")]
        year: Option<u16>,
    }
    let built = |row: Row| Some((row.tailnum.0, row.year?));
    Ok(Planes(rows(GzDecoder::new(gz))?.into_iter().filter_map(built).collect()))
}

/// Reads the weather; hours without a believable wind are left out.
#[node]
pub(crate) fn weather(gz: &[u8]) -> anyhow::Result<Weather> {
    #[derive(Deserialize)]
    struct Row {
        origin: CodeText,
        time_hour: UtcHourText,
        #[serde(deserialize_with = "known")]
        wind_speed: Option<f32>,
        visib: f32,
        precip: f32,
    }
    let hour = |row: Row| {
        let wind = row.wind_speed.filter(|wind| *wind < STRONGEST_WIND)?;
        Some(((row.origin.0, row.time_hour.0), Sky { wind, visibility: row.visib, rain: row.precip }))
    };
    Ok(Weather(rows(GzDecoder::new(gz))?.into_iter().filter_map(hour).collect()))
}

/// Reads the names of airlines.
#[node]
pub(crate) fn airline_names(csv: &[u8]) -> anyhow::Result<Names> {
    #[derive(Deserialize)]
    struct Row {
        carrier: String,
        name: String,
    }
    Ok(Names(rows(csv)?.into_iter().map(|row: Row| (row.carrier, row.name)).collect()))
}

/// Reads the names of airports.
#[node]
pub(crate) fn airport_names(gz: &[u8]) -> anyhow::Result<Names> {
    #[derive(Deserialize)]
    struct Row {
        faa: String,
        name: String,
    }
    Ok(Names(rows(GzDecoder::new(gz))?.into_iter().map(|row: Row| (row.faa, row.name)).collect()))
}

impl Planes {
    /// The year in which the plane was built.
    pub(crate) fn built(&self, tail: Code) -> Option<u16> {
        self.0.get(&tail).copied()
    }
}

impl Weather {
    /// The weather at an airport in an hour.
    pub(crate) fn at(&self, airport: Code, time: UtcHour) -> Option<Sky> {
        self.0.get(&(airport, time)).copied()
    }
}

impl Names {
    /// The name behind a code, or the code itself.
    pub(crate) fn of<'a>(&'a self, code: &'a str) -> &'a str {
        self.0.get(code).map_or(code, String::as_str)
    }
}

impl UtcHour {
    /// The year of the hour.
    pub(crate) fn year(self) -> u32 {
        self.0 / 1_000_000
    }
}

impl FromStr for UtcHour {
    type Err = anyhow::Error;

    /// Reads `2013-01-01T10:00:00Z`.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let hour = text.strip_suffix(":00:00Z").context("a time must be a full hour in UTC")?;
        Ok(Self(hour.replace(['-', 'T'], "").parse()?))
    }
}

impl FromStr for Code {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut code = [b' '; 6];
        code.get_mut(..text.len()).context("a code has at most six letters")?.copy_from_slice(text.as_bytes());
        Ok(Self(code))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(String::from_utf8_lossy(&self.0).trim_end())
    }
}

// How the types above are written in CSV; the derived forms above are how they are stored.
struct CodeText(Code);
struct UtcHourText(UtcHour);

impl<'de> Deserialize<'de> for CodeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&str>::deserialize(deserializer)?.parse().map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for UtcHourText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&str>::deserialize(deserializer)?.parse().map(Self).map_err(D::Error::custom)
    }
}

/// A cell in which `NA` stands for nothing.
fn known<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    match <&str>::deserialize(deserializer)? {
        "NA" => Ok(None),
        text => text.parse().map(Some).map_err(D::Error::custom),
    }
}

fn rows<T: DeserializeOwned>(text: impl Read) -> anyhow::Result<Vec<T>> {
    Ok(csv::Reader::from_reader(text).into_deserialize().collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn gz(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn missing_delay_is_none_and_nonsense_is_an_error() {
        let month = |delay: &str| {
            let header = "time_hour,hour,carrier,tailnum,origin,dest,distance,arr_delay";
            parse(&gz(&format!("{header}\n2013-01-01T10:00:00Z,5,UA,N14228,EWR,IAH,1400,{delay}\n")))
        };
        assert_eq!(month("-11").unwrap()[0].delay, Some(-11));
        assert_eq!(month("NA").unwrap()[0].delay, None);
        assert!(month("soon").is_err());
        assert_eq!(month("0").unwrap()[0].time, UtcHour(2_013_010_110));
    }

    #[test]
    fn weather_without_a_believable_wind_is_left_out() {
        let hour = |wind: &str| {
            let header = "origin,time_hour,wind_speed,visib,precip";
            let table = weather(&gz(&format!("{header}\nJFK,2013-07-01T04:00:00Z,{wind},10,0\n"))).unwrap();
            table.at("JFK".parse().unwrap(), UtcHour(2_013_070_104)).map(|sky| sky.wind)
        };
        assert_eq!(hour("11.5"), Some(11.5));
        assert_eq!(hour("NA"), None);
        assert_eq!(hour("1048.36058"), None);
    }

    #[test]
    fn codes_print_as_they_were_read() {
        let code: Code = "N14228".parse().unwrap();
        assert_eq!(code.to_string(), "N14228");
        assert_eq!("UA".parse::<Code>().unwrap().to_string(), "UA");
        assert!("N142288".parse::<Code>().is_err());
    }
}
