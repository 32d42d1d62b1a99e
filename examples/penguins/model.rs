//! The three models and their settings.

use crate::table::{Features, Sample};
use crate::{knn, ridge, tree};
use mamo::node;
use serde::{Deserialize, Serialize};

/// A kind of model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// A plane whose slopes are kept small.
    Ridge,
    /// The mean of those who are most alike.
    Knn,
    /// Questions with two answers each.
    Tree,
}

/// A kind with its one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Setting {
    pub(crate) kind: Kind,
    pub(crate) param: f64,
}

/// A fitted model.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Model {
    Ridge(ridge::Plane),
    Knn(knn::Neighbours),
    Tree(tree::Tree),
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Ridge, Self::Knn, Self::Tree];

    /// What is tried. Without a penalty a plane cannot be fitted, since one species follows from the others.
    pub(crate) fn params(self) -> [f64; 6] {
        match self {
            Self::Ridge => [0.0, 0.1, 1.0, 10.0, 100.0, 1000.0],
            Self::Knn => [1.0, 3.0, 5.0, 10.0, 20.0, 40.0],
            Self::Tree => [1.0, 3.0, 5.0, 10.0, 20.0, 40.0],
        }
    }

    /// What the parameter is.
    pub(crate) fn param(self) -> &'static str {
        match self {
            Self::Ridge => "penalty",
            Self::Knn => "neighbours",
            Self::Tree => "least leaf",
        }
    }
}

impl Model {
    /// The mass in grams.
    pub(crate) fn predict(&self, features: &Features) -> f64 {
        match self {
            Self::Ridge(plane) => plane.predict(features),
            Self::Knn(neighbours) => neighbours.predict(features),
            Self::Tree(tree) => tree.predict(features),
        }
    }
}

/// Fits the setting that was found to be best, whichever it is.
#[node]
pub(crate) fn refit(train: &[Sample], best: Setting) -> anyhow::Result<Model> {
    match best.kind {
        Kind::Ridge => ridge::fit(train, best.param),
        Kind::Knn => knn::fit(train, best.param),
        Kind::Tree => tree::fit(train, best.param),
    }
}
