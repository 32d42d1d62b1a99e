//! Quakes as the catalogue has them.

use crate::sphere::Point;
use anyhow::{Context, ensure};
use flate2::read::GzDecoder;
use mamo::node;
use serde::{Deserialize, Serialize};
use std::io::Read;

/// An earthquake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quake {
    pub(crate) id: String,
    /// As in "22km NNE of Hualian, Taiwan".
    pub(crate) place: String,
    pub(crate) epicentre: Point,
    pub(crate) magnitude: f64,
}

/// Reads the earthquakes of a catalogue; explosions, which it has as well, are left out.
#[node]
pub(crate) fn read(gz: &[u8]) -> anyhow::Result<Vec<Quake>> {
    #[derive(Deserialize)]
    struct Catalogue {
        features: Vec<Feature>,
    }
    #[derive(Deserialize)]
    struct Feature {
        id: String,
        properties: Properties,
        geometry: Geometry,
    }
    #[derive(Deserialize)]
    struct Properties {
        #[serde(rename = "type")]
        kind: String,
        mag: Option<f64>,
        place: String,
    }
    #[derive(Deserialize)]
    struct Geometry {
        coordinates: [f64; 3],
    }
    let mut json = Vec::new();
    GzDecoder::new(gz).read_to_end(&mut json).context("cannot decompress the catalogue")?;
    let catalogue: Catalogue = serde_json::from_slice(&json).context("this is no catalogue of quakes")?;
    let quakes = catalogue.features.into_iter().filter(|feature| feature.properties.kind == "earthquake");
    let quake = |feature: Feature| {
        let [longitude, latitude, _depth] = feature.geometry.coordinates;
        ensure!(longitude.abs() <= 180.0 && latitude.abs() <= 90.0, "quake `{}` is not on the earth", feature.id);
        let magnitude = feature.properties.mag.with_context(|| format!("quake `{}` has no magnitude", feature.id))?;
        Ok(Quake {
            id: feature.id,
            place: feature.properties.place,
            epicentre: Point { longitude, latitude },
            magnitude,
        })
    };
    quakes.map(quake).collect()
}

impl Quake {
    /// The place without the distance.
    pub(crate) fn town(&self) -> &str {
        match self.place.split_once(" of ") {
            Some((distance, town)) if distance.contains("km ") => town,
            Some(_) | None => &self.place,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    /// A compressed text.
    pub(crate) fn gz(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn catalogue(kind: &str, longitude: f64, magnitude: &str) -> anyhow::Result<Vec<Quake>> {
        let properties =
            format!(r#"{{"type":"{kind}","mag":{magnitude},"place":"22km NNE of Hualian, Taiwan","felt":7}}"#);
        let geometry = format!(r#"{{"type":"Point","coordinates":[{longitude},24.1,10.6]}}"#);
        read(&gz(&format!(r#"{{"features":[{{"id":"us1","properties":{properties},"geometry":{geometry}}}]}}"#)))
    }

    #[test]
    fn quakes_are_read_and_explosions_left_out() {
        let quakes = catalogue("earthquake", 121.7, "6.4").unwrap();
        let epicentre = Point { longitude: 121.7, latitude: 24.1 };
        let (id, place) = ("us1".to_owned(), "22km NNE of Hualian, Taiwan".to_owned());
        assert_eq!(quakes, [Quake { id, place, epicentre, magnitude: 6.4 }]);
        assert_eq!(catalogue("quarry blast", 121.7, "1.0").unwrap(), []);
    }

    #[test]
    fn nonsense_is_an_error_that_names_the_quake() {
        let complaint = |longitude, magnitude| catalogue("earthquake", longitude, magnitude).unwrap_err().to_string();
        assert_eq!(complaint(200.0, "1"), "quake `us1` is not on the earth");
        assert_eq!(complaint(0.0, "null"), "quake `us1` has no magnitude");
    }

    #[test]
    fn a_place_without_a_distance_is_the_town() {
        let town = |place: &str| {
            let epicentre = Point { longitude: 0.0, latitude: 0.0 };
            Quake { id: String::new(), place: place.to_owned(), epicentre, magnitude: 0.0 }.town().to_owned()
        };
        assert_eq!(town("South of the Fiji Islands"), "South of the Fiji Islands");
        assert_eq!(town("54km S of Isle of Man"), "Isle of Man");
    }
}
