//! What the run in progress has yet to execute, by what functions took before: for the time that is left.
//!
//! An estimate for people: nothing is decided by it, so it may lag behind what happens.

use crate::exec::plan_report::Estimate;
use crate::exec::planning::{Class, Planned};
use crate::exec::session::Session;
use crate::exec::sync::{Mutex, lock};
use crate::graph::NodeId;
use std::collections::BTreeMap;
use std::time::Duration;

/// What there is yet to execute.
#[derive(Debug, Default)]
pub(crate) struct Remaining(Mutex<Left>);

#[derive(Debug, Default)]
struct Left {
    ns: u64,
    /// Nodes of functions that were never executed.
    unknown: u64,
    /// What is left of maps and reduces that were looked into.
    open: BTreeMap<NodeId, u64>,
}

impl Remaining {
    pub(crate) fn estimate(&self) -> Estimate {
        let Left { ns, unknown, .. } = *lock(&self.0);
        Estimate { work: Duration::from_nanos(ns), unknown }
    }

    /// A wave begins.
    pub(crate) fn plan(&self, session: &Session, planned: &Planned) {
        let mut left = Left::default();
        for node in planned.classes.ids().filter(|node| planned.classes[*node] == Class::Stale) {
            match whole_ns(session, node) {
                Cost::Nothing => {}
                Cost::Unknown => left.unknown += 1,
                Cost::Known(ns) => left.ns = left.ns.saturating_add(ns),
            }
        }
        *lock(&self.0) = left;
    }

    /// It is known how many elements of a map are stale; none where they are looked into as they come.
    pub(crate) fn open(&self, session: &Session, node: NodeId, stale: usize) {
        let Cost::Known(whole) = whole_ns(session, node) else { return };
        let mean = mean_ns(session, node);
        let stale = u64::try_from(stale).unwrap_or(u64::MAX);
        let ns = if stale == 0 { whole } else { mean.saturating_mul(stale) };
        let mut left = lock(&self.0);
        left.ns = left.ns.saturating_sub(whole).saturating_add(ns);
        left.open.insert(node, ns);
    }

    /// A node, or a part of one, has ended.
    pub(crate) fn end(&self, session: &Session, node: NodeId, is_part: bool) {
        let mut left = lock(&self.0);
        let left = &mut *left;
        let ns = match (left.open.get_mut(&node), is_part) {
            (Some(of_map), true) => {
                let ns = mean_ns(session, node).min(*of_map);
                *of_map -= ns;
                ns
            }
            (Some(_), false) => left.open.remove(&node).unwrap_or(0),
            (None, true) => 0,
            (None, false) => match whole_ns(session, node) {
                Cost::Nothing => 0,
                Cost::Unknown => {
                    left.unknown = left.unknown.saturating_sub(1);
                    0
                }
                Cost::Known(ns) => ns,
            },
        };
        left.ns = left.ns.saturating_sub(ns);
    }
}

/// What a node takes in the mean.
enum Cost {
    /// It calls no function.
    Nothing,
    Unknown,
    Known(u64),
}

fn whole_ns(session: &Session, node: NodeId) -> Cost {
    let function = session.graph.spec_id(node).and_then(|spec| session.costs.function(spec));
    // What is known from before: what this run adds would not go with what was counted.
    function
        .map_or(Cost::Nothing, |function| session.costs.before(function).whole_ns().map_or(Cost::Unknown, Cost::Known))
}

fn mean_ns(session: &Session, node: NodeId) -> u64 {
    let function = session.graph.spec_id(node).and_then(|spec| session.costs.function(spec));
    function.and_then(|function| session.costs.before(function).mean_ns()).unwrap_or(0)
}
