//! What a page contains: the view in columns, each group laid out by itself. `docs/page.md` explains it to whoever changes the viewer.

use crate::exec::{Counts, Doing};
use crate::viz::READABLE;
use crate::viz::drawing::width;
use crate::viz::layout::{BoxId, Graph, Options, Point, Size, lay_out};
use crate::viz::{View, ViewKind, ViewNode, ViewRun, ViewSpan, ViewState};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

/// More nodes than this are put together by their functions.
const ALIKE: usize = 300;
/// So many stretches of time are shown at most.
const MOST_SPANS: usize = 100_000;

#[derive(Serialize)]
pub(super) struct Data<'a> {
    schema: &'static str,
    title: &'a str,
    what: &'static str,
    made_at_ms: u64,
    run: Option<Run<'a>>,
    states: Vec<&'static str>,
    kinds: Vec<&'static str>,
    functions: Vec<Function<'a>>,
    nodes: Columns<'a>,
    target: Vec<usize>,
    details: BTreeMap<String, Details<'a>>,
    groups: Vec<Group<'a>>,
    edges: Vec<usize>,
    spans: Vec<u64>,
    live: Option<()>,
}

#[derive(Serialize)]
struct Run<'a> {
    id: &'a str,
    at_ms: u64,
    took_ms: u64,
    outcome: &'static str,
    counts: Outcomes,
    elements: Elements,
    restarts: u32,
    saved_ms: u64,
    estimated_ms: u64,
    spent_ms: u64,
    critical: Vec<usize>,
    workers: u64,
}

#[derive(Serialize)]
struct Outcomes {
    executed: u64,
    cut_off: u64,
    fresh: u64,
    not_needed: u64,
    failed: u64,
    skipped: u64,
}

#[derive(Serialize)]
struct Elements {
    elements: u64,
    #[serde(flatten)]
    outcomes: Outcomes,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    place: &'a str,
    code: &'a str,
}

#[derive(Default, Serialize)]
struct Columns<'a> {
    label: Vec<&'a str>,
    group: Vec<usize>,
    kind: Vec<usize>,
    state: Vec<i64>,
    #[serde(rename = "fn")]
    function: Vec<i64>,
    took_ms: Vec<f64>,
    start_ms: Vec<i64>,
    worker: Vec<i64>,
    bytes: Vec<i64>,
    fingerprint: Vec<&'a str>,
}

#[derive(Default, Serialize)]
struct Details<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    target: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    elements: Option<[u64; 6]>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    why: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Before>,
}

#[derive(Serialize)]
struct Before {
    state: i64,
    took_ms: f64,
}

#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
    parent: i64,
    kind: &'static str,
    open: bool,
    children: Vec<i64>,
    w: i64,
    h: i64,
    boxes: Vec<i64>,
    edges: Vec<i64>,
}

/// The size of a box as the viewer writes into it: a sign, the name, and a line of facts; of a group a bar as well.
fn size(node: &ViewNode) -> Size {
    let height = if node.kind == ViewKind::Group { 46.0 } else { 38.0 };
    Size { width: (width(&node.title(), 13.0) + 62.0).max(110.0).ceil(), height }
}

/// A child of a group: a node, or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Child {
    Node(usize),
    Group(usize),
}

/// The view as it is written into a page; its groups are those of `view`, in which many alike nodes are put together.
pub(super) fn data(view: &View, n_declared: usize) -> Data<'_> {
    let mut functions: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for node in &view.nodes {
        if let Some(key) = function_key(node) {
            let next = functions.len();
            functions.entry(key).or_insert(next);
        }
    }
    let mut listed: Vec<((&str, &str, &str), usize)> = functions.iter().map(|(key, place)| (*key, *place)).collect();
    listed.sort_unstable_by_key(|(_, place)| *place);
    let kinds: Vec<ViewKind> = view.nodes.iter().map(|node| node.kind).collect::<BTreeSet<_>>().into_iter().collect();
    let what = if view.run.is_some() {
        "run"
    } else if view.nodes.iter().any(|node| node.state.is_some()) {
        "plan"
    } else {
        "graph"
    };
    Data {
        schema: "mamo.page/1",
        title: &view.title,
        what,
        made_at_ms: since_1970(SystemTime::now()),
        run: view.run.as_ref().map(|run| of_run(run, view)),
        states: ViewState::ALL.map(ViewState::name).to_vec(),
        functions: listed.into_iter().map(|((name, place, code), _)| Function { name, place, code }).collect(),
        nodes: columns(view, &kinds, &functions),
        kinds: kinds.into_iter().map(ViewKind::name).collect(),
        target: (view.nodes.iter().enumerate())
            .filter(|(_, node)| !node.targets.is_empty())
            .map(|(place, _)| place)
            .collect(),
        details: view
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(place, node)| Some((place.to_string(), details(node)?)))
            .collect(),
        groups: groups(view, n_declared),
        edges: view.edges.iter().flat_map(|(from, to)| [*from, *to]).collect(),
        spans: spans(view),
        live: None,
    }
}

fn of_run<'a>(run: &'a ViewRun, view: &View) -> Run<'a> {
    Run {
        id: &run.id,
        at_ms: since_1970(run.at),
        took_ms: millis(run.took),
        outcome: match (run.is_complete, run.is_stopped) {
            (true, _) => "done",
            (false, true) => "stopped",
            (false, false) => "failed",
        },
        counts: outcomes(&run.counts),
        elements: Elements { elements: run.elements.nodes, outcomes: outcomes(&run.elements) },
        restarts: run.restarts,
        saved_ms: millis(run.costs.saved()),
        estimated_ms: millis(run.costs.estimated),
        spent_ms: millis(run.costs.spent),
        critical: view.critical_path(),
        workers: view.threads().into(),
    }
}

fn outcomes(counts: &Counts) -> Outcomes {
    let Counts { executed, cut_off, fresh, not_needed, failed, skipped, .. } = *counts;
    Outcomes { executed, cut_off, fresh, not_needed, failed, skipped }
}

fn since_1970(at: SystemTime) -> u64 {
    millis(at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The same view with nodes of one function in groups, where there are too many boxes.
pub(super) fn grouped(view: View) -> View {
    if view.nodes.len() > ALIKE { view.alike() } else { view }
}

fn function_key(node: &ViewNode) -> Option<(&str, &str, &str)> {
    let code = node.code.as_deref().and_then(|code| code.get(..16)).unwrap_or_default();
    Some((node.function.as_deref()?, node.place.as_deref().unwrap_or_default(), code))
}

fn columns<'a>(view: &'a View, kinds: &[ViewKind], functions: &BTreeMap<(&str, &str, &str), usize>) -> Columns<'a> {
    let mut columns = Columns::default();
    for (node, beginning) in view.nodes.iter().zip(beginnings(view)) {
        let (start_ms, worker) = beginning.unwrap_or((-1, -1));
        columns.label.push(&node.label);
        columns.group.push(node.group);
        columns.kind.push(kinds.iter().position(|kind| *kind == node.kind).unwrap_or_default());
        columns.state.push(signed(node.state.and_then(place_of)));
        columns.function.push(signed(function_key(node).and_then(|key| functions.get(&key).copied())));
        columns.took_ms.push(fine_millis(node.took.unwrap_or_default()));
        columns.start_ms.push(start_ms);
        columns.worker.push(worker);
        columns.bytes.push(node.bytes.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX)));
        columns.fingerprint.push(node.fingerprint.as_deref().unwrap_or_default());
    }
    columns
}

/// The place of a state in the list of all.
fn place_of(state: ViewState) -> Option<usize> {
    ViewState::ALL.into_iter().position(|known| known == state)
}

/// Milliseconds with three digits behind the point.
fn fine_millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1000.0
}

/// When each node began first, in milliseconds, and on which thread.
fn beginnings(view: &View) -> Vec<Option<(i64, i64)>> {
    let mut first: Vec<Option<(Duration, u32)>> = vec![None; view.nodes.len()];
    for span in view.spans.iter().filter(|span| span.doing.is_execution()) {
        if let Some(known) = span.node.and_then(|node| first.get_mut(node))
            && known.is_none_or(|(start, _)| span.start < start)
        {
            *known = Some((span.start, span.worker));
        }
    }
    let told = |(start, worker): (Duration, u32)| (i64::try_from(millis(start)).unwrap_or(i64::MAX), i64::from(worker));
    first.into_iter().map(|first| first.map(told)).collect()
}

/// Stretches of time, five numbers each; of very many the longest.
fn spans(view: &View) -> Vec<u64> {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let number = |place: usize| u64::try_from(place).unwrap_or(u64::MAX);
    let mut spans: Vec<(usize, &ViewSpan)> =
        view.spans.iter().filter_map(|span| span.node.map(|node| (node, span))).collect();
    if spans.len() > MOST_SPANS {
        spans.sort_by_key(|(_, span)| std::cmp::Reverse(span.took));
        spans.truncate(MOST_SPANS);
        spans.sort_by_key(|(_, span)| (span.worker, span.start));
    }
    let told = |(node, span): (usize, &ViewSpan)| {
        let kind = match span.doing {
            Doing::Executing | Doing::Failing => 0,
            Doing::Loading => 1,
            Doing::Encoding | Doing::Storing => 2,
        };
        [number(node), span.worker.into(), micros(span.start), micros(span.took), kind]
    };
    spans.into_iter().flat_map(told).collect()
}

fn details(node: &ViewNode) -> Option<Details<'_>> {
    let came_out = node
        .element_counts
        .map(|counts| [counts.nodes, counts.executed, counts.cut_off, counts.fresh, counts.failed, counts.skipped]);
    let details = Details {
        target: &node.targets,
        tags: &node.tags,
        elements: came_out.or(node.elements.map(|elements| [elements, 0, 0, 0, 0, 0])),
        why: &node.reasons,
        failure: node.failure.as_deref(),
        log: node.log.as_deref(),
        before: node.before.map(|before| Before {
            state: signed(place_of(before.state)),
            took_ms: fine_millis(before.took.unwrap_or_default()),
        }),
    };
    let is_bare = node.targets.is_empty()
        && node.tags.is_empty()
        && node.elements.is_none()
        && node.reasons.is_empty()
        && node.failure.is_none()
        && node.log.is_none()
        && node.before.is_none();
    (!is_bare).then_some(details)
}

fn groups(view: &View, n_declared: usize) -> Vec<Group<'_>> {
    let mut children: Vec<Vec<Child>> = vec![Vec::new(); view.groups.len()];
    for (place, group) in view.groups.iter().enumerate() {
        if let Some(children) = group.parent.and_then(|parent| children.get_mut(parent)) {
            children.push(Child::Group(place));
        }
    }
    for (place, node) in view.nodes.iter().enumerate() {
        if let Some(children) = children.get_mut(node.group) {
            children.push(Child::Node(place));
        }
    }
    let boxes = closed_boxes(view);
    let mut edges: Vec<BTreeSet<(Child, Child)>> = vec![BTreeSet::new(); view.groups.len()];
    for (from, to) in &view.edges {
        if let Some((group, a, b)) = view.meeting(*from, *to)
            && let Some(edges) = edges.get_mut(group)
            && a != b
        {
            edges.insert((a, b));
        }
    }
    let open = open_levels(view, &children);
    (view.groups.iter().zip(children).zip(edges).enumerate())
        .map(|(place, ((group, children), edges))| {
            let laid_out = lay_out_group(view, &boxes, &children, &edges);
            Group {
                name: &group.label,
                parent: signed(group.parent),
                kind: match place {
                    0 => "graph",
                    _ if place >= n_declared => "function",
                    _ => "group",
                },
                open: view.depth(place) <= open,
                ..laid_out
            }
        })
        .collect()
}

/// What each group looks like when it is closed.
fn closed_boxes(view: &View) -> Vec<ViewNode> {
    let mut boxes: Vec<ViewNode> = view
        .groups
        .iter()
        .map(|group| ViewNode { label: group.label.clone(), kind: ViewKind::Group, ..ViewNode::default() })
        .collect();
    for node in &view.nodes {
        let mut around = Some(node.group);
        while let Some(group) = around {
            if let Some(whole) = boxes.get_mut(group) {
                whole.take_in(node);
            }
            around = view.groups.get(group).and_then(|group| group.parent);
        }
    }
    boxes
}

/// How many levels of groups are open at first sight: as many as can be read.
fn open_levels(view: &View, children: &[Vec<Child>]) -> usize {
    let depths: Vec<usize> = (0..view.groups.len()).map(|group| view.depth(group)).collect();
    let deepest = depths.iter().copied().max().unwrap_or_default();
    let boxes = |levels: usize| -> usize {
        children.iter().zip(&depths).filter(|(_, depth)| **depth <= levels).map(|(children, _)| children.len()).sum()
    };
    (0..=deepest).rev().find(|levels| boxes(*levels) <= READABLE).unwrap_or_default()
}

fn lay_out_group<'a>(
    view: &View,
    boxes: &[ViewNode],
    children: &[Child],
    edges: &BTreeSet<(Child, Child)>,
) -> Group<'a> {
    let mut graph = Graph::new();
    let mut ids: BTreeMap<Child, (usize, BoxId)> = BTreeMap::new();
    for (place, child) in children.iter().enumerate() {
        let node = match child {
            Child::Node(node) => view.nodes.get(*node),
            Child::Group(group) => boxes.get(*group),
        };
        let size = node.map(size).unwrap_or_default();
        ids.insert(*child, (place, graph.add_box(None, size)));
    }
    let known = |(from, to): &(Child, Child)| Some((*ids.get(from)?, *ids.get(to)?));
    let between: Vec<((usize, BoxId), (usize, BoxId))> = edges.iter().filter_map(known).collect();
    let drawn: Vec<_> = between.iter().map(|((_, from), (_, to))| graph.add_edge(*from, *to)).collect();
    let picture = lay_out(&graph, &Options::default());
    let mut flat = Vec::new();
    for (((from, _), (to, _)), edge) in between.iter().zip(drawn) {
        let points = picture.curve_of(edge);
        flat.extend([signed(Some(*from)), signed(Some(*to)), signed(Some(points.len().saturating_sub(1) / 3))]);
        flat.extend(points.iter().flat_map(|Point { x, y }| [whole(*x), whole(*y)]));
    }
    let size = picture.size();
    Group {
        name: "",
        parent: -1,
        kind: "group",
        open: false,
        children: children
            .iter()
            .map(|child| match child {
                Child::Node(node) => signed(Some(*node)),
                Child::Group(group) => -signed(Some(*group)),
            })
            .collect(),
        w: whole(size.width),
        h: whole(size.height),
        boxes: picture
            .boxes()
            .iter()
            .flat_map(|rect| [whole(rect.x), whole(rect.y), whole(rect.width), whole(rect.height)])
            .collect(),
        edges: flat,
    }
}

impl View {
    /// The innermost group that has both nodes, with the two children of it in which they stand.
    fn meeting(&self, a: usize, b: usize) -> Option<(usize, Child, Child)> {
        let way = |node: usize| -> Option<Vec<(usize, Child)>> {
            let mut way = vec![(self.nodes.get(node)?.group, Child::Node(node))];
            while let Some((group, _)) = way.last()
                && let Some(parent) = self.groups.get(*group).and_then(|group| group.parent)
            {
                let inner = *group;
                way.push((parent, Child::Group(inner)));
            }
            way.reverse();
            Some(way)
        };
        let (a, b) = (way(a)?, way(b)?);
        let shared = a.iter().zip(&b).take_while(|((a, _), (b, _))| a == b).last()?;
        let ((group, a), (_, b)) = shared;
        Some((*group, *a, *b))
    }
}

fn signed(number: Option<usize>) -> i64 {
    number.map_or(-1, |number| i64::try_from(number).unwrap_or(i64::MAX))
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "pixels of a picture")]
fn whole(pixels: f64) -> i64 {
    pixels.round() as i64
}
