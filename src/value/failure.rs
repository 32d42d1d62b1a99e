//! A failure as a value.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a node gave no value; what [`Graph::settle`](crate::Graph::settle) turns into data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    node: String,
    message: String,
}

impl Failure {
    pub(crate) fn new(node: String, message: String) -> Self {
        Self { node, message }
    }

    /// Identity of the node that failed.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// What it said, with its causes.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node `{}` failed: {}", self.node, self.message)
    }
}

impl std::error::Error for Failure {}
