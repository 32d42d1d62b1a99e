//! What a picture shows, whatever it will look like: nodes, edges and groups, with what is known of them.

use crate::exec::{Counts, Doing, RunCosts};
use crate::viz::ViewState;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// What a picture shows: nodes, edges and groups, with what is known of them.
///
/// [`Graph::view`](crate::Graph::view) makes one of a graph alone, [`Engine::view`](crate::Engine::view) one that tells what a run would
/// do, [`Run::view`](crate::Run::view) one that tells what it did. Every format is made from a view and from nothing else: what is
/// left out or collapsed is so in each of them. Equal views give equal pictures.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct View {
    /// What stands above it.
    pub title: String,
    /// Nodes, in the order of the graph: each behind those that it reads.
    pub nodes: Vec<ViewNode>,
    /// Who is read by whom: places in `nodes`, in order, each pair once.
    pub edges: Vec<(usize, usize)>,
    /// Groups, parents first. The first one is the whole graph.
    pub groups: Vec<ViewGroup>,
    /// The run that the view tells of; nothing for others.
    pub run: Option<ViewRun>,
    /// What each thread of the run did when, by threads and their times, if the run noted it.
    pub spans: Vec<ViewSpan>,
}

/// A run that a view tells of.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ViewRun {
    /// What it is called: 16 hexadecimal digits.
    pub id: String,
    /// When it ended.
    pub at: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// How its nodes came out.
    pub counts: Counts,
    /// How elements of maps and combinations of reduces came out.
    pub elements: Counts,
    /// How often it started over.
    pub restarts: u32,
    /// What it cost, and saved.
    pub costs: RunCosts,
    /// Whether all targets have values; otherwise it failed or was stopped.
    pub is_complete: bool,
    /// Whether somebody stopped it.
    pub is_stopped: bool,
}

/// A stretch of time in which a thread of a run did one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewSpan {
    /// Place in [`View::nodes`] of the node, or closed group, for which it did it; nothing for what it did for many at once.
    pub node: Option<usize>,
    /// Which element of a map, combination of a reduce, or node of a sub-graph.
    pub part: Option<String>,
    /// What it did.
    pub doing: Doing,
    /// Number of the thread.
    pub worker: u32,
    /// When it began, since the run did.
    pub start: Duration,
    /// How long it took.
    pub took: Duration,
}

/// A node of a view, or a group that is shown as one.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ViewNode {
    /// Its identity: the group's path and the label. Of a collapsed group its path.
    pub name: String,
    /// What it is called within its group.
    pub label: String,
    /// Place of its group in [`View::groups`].
    pub group: usize,
    /// What kind of node it is.
    pub kind: ViewKind,
    /// How it stands or came out; nothing in a view of a graph alone.
    pub state: Option<ViewState>,
    /// Path of its function.
    pub function: Option<String>,
    /// File and line of its function, or where it was added to the graph.
    pub place: Option<String>,
    /// Names of the targets that it is.
    pub targets: Vec<String>,
    /// Its tags in the graph.
    pub tags: Vec<String>,
    /// What executing it took; of a collapsed group the sum.
    pub took: Option<Duration>,
    /// Bytes of its value as it is kept; of a collapsed group the sum.
    pub bytes: Option<u64>,
    /// Elements of a map, or combinations of a reduce.
    pub elements: Option<u64>,
    /// How these came out, in a view of a run that looked into them.
    pub element_counts: Option<Counts>,
    /// What it is known by, in hexadecimal.
    pub fingerprint: Option<String>,
    /// Version of its code, in hexadecimal.
    pub code: Option<String>,
    /// Why it is stale, or was executed: lines of text.
    pub reasons: Vec<String>,
    /// What it failed with.
    pub failure: Option<String>,
    /// What it said when it was executed, as text of several lines.
    pub log: Option<String>,
    /// What became of it in another run that the view is compared with.
    pub before: Option<ViewBefore>,
    /// Of a collapsed group, how many nodes of which state there are in it.
    pub inner: BTreeMap<Option<ViewState>, u64>,
}

/// What became of a node in another run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewBefore {
    /// How it came out.
    pub state: ViewState,
    /// What executing it took, if that was done.
    pub took: Option<Duration>,
}

/// Some nodes that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewGroup {
    /// Its path, without a slash at the end; empty for the whole graph.
    pub name: String,
    /// The last part of it.
    pub label: String,
    /// Place of the group around it; nothing for the whole graph.
    pub parent: Option<usize>,
}

/// What kind of node something in a view is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ViewKind {
    /// A constant value.
    Value,
    /// A source: a file, a parameter, ..
    Source,
    /// A node with a function.
    #[default]
    Function,
    /// A function for each element of a collection.
    Map,
    /// A function that combines the elements of a collection.
    Reduce,
    /// A function that makes a sub-graph.
    Expand,
    /// A list of what other nodes give.
    Gather,
    /// A part of a value.
    Field,
    /// A value or a failure.
    Settle,
    /// A collapsed group.
    Group,
}

impl ViewKind {
    /// Its name, as programs read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Source => "source",
            Self::Function => "function",
            Self::Map => "map",
            Self::Reduce => "reduce",
            Self::Expand => "expand",
            Self::Gather => "gather",
            Self::Field => "field",
            Self::Settle => "settle",
            Self::Group => "group",
        }
    }
}

/// What comes next in a walk through a view; `depth` is how many groups are around it, the whole graph not counted.
pub(crate) enum Step<'a> {
    Enter { place: usize, group: &'a ViewGroup, depth: usize },
    Node { place: usize, node: &'a ViewNode, depth: usize },
    Leave { depth: usize },
}

impl View {
    /// A view with no nodes.
    pub(crate) fn new(title: &str) -> Self {
        Self { title: title.to_owned(), groups: vec![ViewGroup::default()], ..Self::default() }
    }

    /// The place of a group by its path, which is added with those around it when it is not there yet.
    pub(crate) fn group(&mut self, path: &str, known: &mut BTreeMap<String, usize>) -> usize {
        let mut parent = 0;
        let ends = path.match_indices('/').map(|(at, _)| at).chain((!path.is_empty()).then_some(path.len()));
        for end in ends {
            let name = path.get(..end).unwrap_or_default();
            parent = match known.get(name) {
                Some(group) => *group,
                None => {
                    let label = name.rsplit('/').next().unwrap_or_default().to_owned();
                    self.groups.push(ViewGroup { name: name.to_owned(), label, parent: Some(parent) });
                    known.insert(name.to_owned(), self.groups.len() - 1);
                    self.groups.len() - 1
                }
            };
        }
        parent
    }

    /// How many groups are around a group, with itself; none for the whole graph.
    pub(crate) fn depth(&self, mut group: usize) -> usize {
        let mut depth = 0;
        while let Some(parent) = self.groups.get(group).and_then(|group| group.parent) {
            depth += 1;
            group = parent;
        }
        depth
    }

    /// Everything group by group: the nodes of a group, then the groups in it.
    pub(crate) fn walk(&self, mut step: impl FnMut(Step<'_>)) {
        let mut nodes = vec![Vec::new(); self.groups.len()];
        for (place, node) in self.nodes.iter().enumerate() {
            if let Some(nodes) = nodes.get_mut(node.group) {
                nodes.push(place);
            }
        }
        let mut inner = vec![Vec::new(); self.groups.len()];
        for (place, group) in self.groups.iter().enumerate() {
            if let Some(inner) = group.parent.and_then(|parent| inner.get_mut(parent)) {
                inner.push(place);
            }
        }
        // Groups are nested as deep as names are long, which no stack is.
        let mut open = vec![(0, 0, false)];
        while let Some((group, depth, is_left)) = open.pop() {
            if is_left {
                step(Step::Leave { depth });
                continue;
            }
            if let (true, Some(within)) = (group > 0, self.groups.get(group)) {
                step(Step::Enter { place: group, group: within, depth });
                open.push((group, depth, true));
            }
            for place in nodes.get(group).into_iter().flatten() {
                if let Some(node) = self.nodes.get(*place) {
                    step(Step::Node { place: *place, node, depth: depth + 1 });
                }
            }
            open.extend(inner.get(group).into_iter().flatten().rev().map(|inner| (*inner, depth + 1, false)));
        }
    }

    /// The way through the graph that took longest: nodes that were executed, first to last. A run on any number of processors takes as long.
    pub fn critical_path(&self) -> Vec<usize> {
        let (upstream, _) = self.neighbours();
        let took = |node: &ViewNode| match node.state {
            Some(ViewState::Executed | ViewState::Failed) => node.took.unwrap_or_default(),
            Some(_) | None => Duration::ZERO,
        };
        // Nodes stand behind what they read; of closed groups, which may read each other, the first way counts.
        let mut longest: Vec<(Duration, Option<usize>)> = Vec::with_capacity(self.nodes.len());
        for (node, inputs) in self.nodes.iter().zip(&upstream) {
            let before = inputs.iter().filter_map(|input| Some((longest.get(*input)?.0, *input)));
            let best = before.max_by_key(|(time, input)| (*time, std::cmp::Reverse(*input)));
            longest.push((best.map_or(Duration::ZERO, |(time, _)| time) + took(node), best.map(|(_, input)| input)));
        }
        let last = (0..longest.len()).max_by_key(|place| longest.get(*place).map(|(time, _)| *time));
        let mut way: Vec<usize> = std::iter::successors(last, |place| longest.get(*place)?.1).collect();
        way.reverse();
        way.retain(|place| self.nodes.get(*place).is_some_and(|node| !took(node).is_zero()));
        way
    }

    /// The threads of the run: as many as have done anything for a node, and those before them.
    #[cfg(feature = "pages")]
    pub(crate) fn threads(&self) -> u32 {
        self.spans.iter().filter(|span| span.node.is_some()).map(|span| span.worker + 1).max().unwrap_or_default()
    }

    /// Rows of a timeline: one for each thread that did anything, and those before.
    pub(crate) fn workers(&self) -> u32 {
        self.spans.iter().map(|span| span.worker + 1).max().unwrap_or_default()
    }

    /// Stretches of time of these nodes alone, at their new places; what was done for many at once stays.
    pub(crate) fn moved_spans(&self, place: impl Fn(usize) -> Option<usize>) -> Vec<ViewSpan> {
        let moved = |span: &ViewSpan| match span.node {
            Some(node) => place(node).map(|node| ViewSpan { node: Some(node), ..span.clone() }),
            None => Some(span.clone()),
        };
        self.spans.iter().filter_map(moved).collect()
    }

    /// Which nodes each node reads, and which read it.
    pub(crate) fn neighbours(&self) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        let mut upstream = vec![Vec::new(); self.nodes.len()];
        let mut downstream = vec![Vec::new(); self.nodes.len()];
        for (from, to) in &self.edges {
            if let Some(inputs) = upstream.get_mut(*to) {
                inputs.push(*from);
            }
            if let Some(readers) = downstream.get_mut(*from) {
                readers.push(*to);
            }
        }
        (upstream, downstream)
    }
}
