//! What `params.toml` says.

use serde::{Deserialize, Serialize};

/// The whole file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Params {
    pub(crate) clusters: Density,
    pub(crate) magnitudes: Magnitudes,
    pub(crate) map: Layout,
}

/// What makes quakes a cluster.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Density {
    /// How far apart neighbours are at most.
    pub(crate) eps_km: f64,
    /// How many neighbours, itself included, make a quake the core of a cluster.
    pub(crate) min_points: usize,
}

/// How magnitudes are counted.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Magnitudes {
    pub(crate) bin: f64,
    /// How many quakes a b-value needs.
    pub(crate) least_events: usize,
}

/// What the map shows.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Layout {
    /// The longitude in the middle.
    pub(crate) centre: f64,
    pub(crate) insets: Vec<Window>,
}

/// A part of the world, in degrees.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Window {
    pub(crate) title: String,
    pub(crate) west: f64,
    pub(crate) east: f64,
    pub(crate) south: f64,
    pub(crate) north: f64,
}
