//! The nodes of a graph as they stand: what a run would do with them, and what is on record of their values.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::drive::make_plan;
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::Ledger;
use crate::exec::members::members_of;
use crate::exec::named::find_node;
use crate::exec::past::Past;
use crate::exec::plan_report::{PlanState, foresee};
use crate::exec::recorded::{act_of, deep_of, payload_of_value};
use crate::exec::report::newest_report;
use crate::exec::session::Session;
use crate::graph::{Body, Declared, Kind, NodeId};
use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, SystemTime};

/// Which nodes to tell of; all of them when nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusFilter {
    nodes: Vec<String>,
    names: Vec<String>,
    tags: Vec<String>,
    states: Vec<PlanState>,
}

/// A node as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeStatus {
    /// Its identity.
    pub node: String,
    /// What a run would do with it; a node that nobody asks for because what is below is known is fresh when its value is on
    /// record.
    pub state: PlanState,
    /// Path of its function; nothing for a source, a value and what mamo does itself.
    pub function: Option<String>,
    /// Its tags in the graph.
    pub tags: Vec<String>,
    /// The end of the run that made its value; nothing when that is not on record.
    pub at: Option<SystemTime>,
    /// What making it took.
    pub took: Option<Duration>,
    /// Bytes of its value, as it is kept.
    pub size: Option<u64>,
    /// Elements of a map, or combinations of a reduce, as far as they are computations of their own.
    pub members: Option<usize>,
    /// How it failed when it was executed last, if it has no value.
    pub failure: Option<String>,
}

impl StatusFilter {
    /// Only this node, or `up:NODE` for it and all that it depends on, or `down:NODE` for it and all that depends on it.
    #[must_use]
    pub fn node(mut self, node: impl Into<String>) -> Self {
        self.nodes.push(node.into());
        self
    }

    /// Only nodes whose names match a pattern such as `clean/*`.
    #[must_use]
    pub fn name(mut self, glob: impl Into<String>) -> Self {
        self.names.push(glob.into());
        self
    }

    /// Only nodes with a tag.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Only nodes in a state.
    #[must_use]
    pub fn state(mut self, state: PlanState) -> Self {
        self.states.push(state);
        self
    }
}

/// Tells of the nodes that pass a filter, in the order of the graph; with what is known of all of them.
///
/// # Errors
/// When there is no node of a name, when a pattern makes no sense, and when the store cannot be read.
pub(crate) fn status(
    session: &Session,
    mut ledger: Ledger,
    pool: &rayon::ThreadPool,
    filter: &StatusFilter,
) -> Result<(Vec<NodeStatus>, Ledger)> {
    let graph = &session.graph;
    let chosen = Chosen::of(graph, filter)?;
    look_at_sources(session, &mut ledger, pool)?;
    let planned = make_plan(session, &mut ledger)?;
    let foreseen = foresee(session, &ledger, &planned)?;
    let ends = Past::read(&*session.store)?.runs().iter().map(|run| (run.number, run.at_ms)).collect();
    let mut told = Vec::new();
    for node in graph.order().forwards().filter(|node| !graph.is_output(*node)) {
        if !chosen.has(graph, node) {
            continue;
        }
        let one = of_node(session, &ledger, node, foreseen.states[node], &ends)?;
        if filter.states.is_empty() || filter.states.contains(&one.state) {
            told.push(one);
        }
    }
    Ok((told, ledger))
}

fn of_node(
    session: &Session,
    ledger: &Ledger,
    node: NodeId,
    planned: PlanState,
    ends: &HashMap<u64, u64>,
) -> Result<NodeStatus> {
    let (graph, store) = (&session.graph, &*session.store);
    let mut status = NodeStatus {
        node: graph.identity(node),
        state: planned,
        function: None,
        tags: graph.tags.get(&node).into_iter().flatten().map(ToString::to_string).collect(),
        at: None,
        took: None,
        size: None,
        members: None,
        failure: None,
    };
    let Kind::Spec(spec) = graph.kind(node) else { return Ok(status) };
    if let Body::Function { function, .. } = &spec.body {
        status.function = Some(function.function.path.to_owned());
    }
    let deep = match ledger.record_key(graph, node) {
        Some(base) => deep_of(store, &base)?,
        None => None,
    };
    let Some(deep) = deep else {
        status.failure = newest_report(store, &status.node)?.and_then(|report| report.failure);
        return Ok(status);
    };
    if planned == PlanState::NotNeeded {
        status.state = PlanState::Fresh;
    }
    let act = act_of(store, &deep.content)?;
    let run = act.as_ref().map_or(deep.run, |act| act.run);
    status.at = ends.get(&run).map(|at_ms| SystemTime::UNIX_EPOCH + Duration::from_millis(*at_ms));
    status.took = act.as_ref().map(|act| Duration::from_nanos(act.cost_ns));
    let payload = payload_of_value(store, &deep.value, Some(&deep.content), deep.own.as_ref())?;
    status.size = payload.map(|payload| payload.len());
    if spec.element.is_some() {
        status.members = Some(members_of(store, deep.content.as_bytes())?.members.len());
    }
    Ok(status)
}

/// Which nodes a filter chooses, before their states are known.
struct Chosen {
    /// Nothing for all.
    nodes: Option<BTreeSet<NodeId>>,
    names: Vec<glob::Pattern>,
    tags: Vec<String>,
}

impl Chosen {
    fn of(graph: &Declared, filter: &StatusFilter) -> Result<Self> {
        let mut nodes = BTreeSet::new();
        for name in &filter.nodes {
            match (name.strip_prefix("up:"), name.strip_prefix("down:")) {
                (Some(name), _) => nodes.extend(upstream(graph, graph.producer(find_node(graph, name)?))),
                (None, Some(name)) => nodes.extend(downstream(graph, graph.producer(find_node(graph, name)?))),
                (None, None) => drop(nodes.insert(graph.producer(find_node(graph, name)?))),
            }
        }
        let pattern = |name: &String| {
            glob::Pattern::new(name).map_err(|error| {
                Error::new(ErrorKind::UnknownName, format!("`{name}` is no pattern: {error}"))
                    .with_hint("`*` stands for any text, `?` for a letter: `clean/*`")
            })
        };
        let names = filter.names.iter().map(pattern).collect::<Result<_>>()?;
        let nodes = Some(nodes).filter(|_| !filter.nodes.is_empty());
        Ok(Self { nodes, names, tags: filter.tags.clone() })
    }

    fn has(&self, graph: &Declared, node: NodeId) -> bool {
        let is_tagged = |tag: &String| graph.tags.get(&node).is_some_and(|tags| tags.iter().any(|one| **one == **tag));
        self.nodes.as_ref().is_none_or(|nodes| nodes.contains(&node))
            && (self.tags.is_empty() || self.tags.iter().any(is_tagged))
            && (self.names.is_empty() || self.names.iter().any(|name| name.matches(&graph.identity(node))))
    }
}

/// A node and all that it depends on.
fn upstream(graph: &Declared, node: NodeId) -> BTreeSet<NodeId> {
    let mut found = BTreeSet::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if found.insert(node) {
            open.extend(graph.inputs(node));
        }
    }
    found
}

/// A node and all that depends on it.
fn downstream(graph: &Declared, node: NodeId) -> BTreeSet<NodeId> {
    let mut found = BTreeSet::from([node]);
    for other in graph.order().forwards() {
        if graph.inputs(other).iter().any(|input| found.contains(input)) {
            found.insert(other);
        }
    }
    found
}
