//! How nodes stand, as programs read it; `docs/json.md` explains it.

use crate::cli::json::{line, millis, since_1970, state_name};
use crate::exec::{Impact, ImpactNode, NodeDetails, NodeStatus, RecordedNode};
use crate::graph::Persist;
use serde::Serialize;

#[derive(Serialize)]
struct StatusObject<'a> {
    schema: &'static str,
    nodes: Vec<NodeObject<'a>>,
}

#[derive(Serialize)]
struct NodeObject<'a> {
    node: &'a str,
    state: Option<&'static str>,
    function: Option<&'a str>,
    tags: Option<&'a [String]>,
    at_ms: Option<u64>,
    took_ms: Option<u64>,
    bytes: Option<u64>,
    members: Option<usize>,
    failure: Option<&'a str>,
}

#[derive(Serialize)]
struct ShowObject<'a> {
    schema: &'static str,
    node: NodeObject<'a>,
    place: Option<&'a str>,
    function_place: Option<&'a str>,
    code: Option<&'a str>,
    value_type: Option<&'static str>,
    persist: Option<&'static str>,
    barrier: Option<bool>,
    fingerprint: Option<&'a str>,
    content: Option<&'a str>,
    value: Option<&'a str>,
    preview: Option<&'a str>,
    inputs: &'a [String],
    readers: &'a [String],
    run: Option<&'a str>,
    executable: Option<&'a str>,
    log: Vec<&'a str>,
}

#[derive(Serialize)]
struct ImpactObject<'a> {
    schema: &'static str,
    items: &'a [String],
    expected_ms: u64,
    nodes: Vec<ImpactNodeObject<'a>>,
}

#[derive(Serialize)]
struct ImpactNodeObject<'a> {
    node: &'a str,
    direct: bool,
    expected_ms: Option<u64>,
}

impl<'a> From<&'a NodeStatus> for NodeObject<'a> {
    fn from(status: &'a NodeStatus) -> Self {
        Self {
            node: &status.node,
            state: Some(state_name(status.state)),
            function: status.function.as_deref(),
            tags: Some(&status.tags),
            at_ms: status.at.map(since_1970),
            took_ms: status.took.map(millis),
            bytes: status.size,
            members: status.members,
            failure: status.failure.as_deref(),
        }
    }
}

impl<'a> From<&'a ImpactNode> for ImpactNodeObject<'a> {
    fn from(node: &'a ImpactNode) -> Self {
        Self { node: &node.node, direct: node.is_direct, expected_ms: node.expected.map(millis) }
    }
}

pub(crate) fn status(nodes: &[NodeStatus]) -> String {
    line(&StatusObject { schema: "mamo.status/1", nodes: nodes.iter().map(NodeObject::from).collect() })
}

pub(crate) fn impact(impact: &Impact) -> String {
    line(&ImpactObject {
        schema: "mamo.impact/1",
        items: &impact.items,
        expected_ms: millis(impact.expected()),
        nodes: impact.nodes.iter().map(ImpactNodeObject::from).collect(),
    })
}

pub(crate) fn details(details: &NodeDetails) -> String {
    line(&ShowObject {
        schema: "mamo.show/1",
        node: (&details.status).into(),
        place: Some(&details.place),
        function_place: details.function_place.as_deref(),
        code: details.code.as_deref(),
        value_type: details.value_type,
        persist: Some(match details.persist {
            Persist::Auto => "auto",
            Persist::Always => "always",
            Persist::Never => "never",
        }),
        barrier: Some(details.is_barrier),
        fingerprint: details.fingerprint.as_deref(),
        content: details.content.as_deref(),
        value: details.value.as_deref(),
        preview: details.preview.as_deref(),
        inputs: &details.inputs,
        readers: &details.readers,
        run: details.run.as_deref(),
        executable: details.executable.as_deref(),
        log: details.log.iter().flat_map(|log| log.lines.iter()).map(|line| line.text.as_str()).collect(),
    })
}

/// As [`details`]; what only the graph tells is null.
pub(crate) fn recorded(recorded: &RecordedNode) -> String {
    line(&ShowObject {
        schema: "mamo.show/1",
        node: NodeObject {
            node: &recorded.node,
            state: None,
            function: recorded.function.as_deref(),
            tags: None,
            at_ms: recorded.at.map(since_1970),
            took_ms: recorded.took.map(millis),
            bytes: recorded.size,
            members: recorded.members,
            failure: recorded.failure.as_deref(),
        },
        place: None,
        function_place: None,
        code: recorded.code.as_deref(),
        value_type: None,
        persist: None,
        barrier: None,
        fingerprint: Some(&recorded.fingerprint),
        content: recorded.content.as_deref(),
        value: recorded.value.as_deref(),
        preview: recorded.preview.as_deref(),
        inputs: &recorded.inputs,
        readers: &recorded.readers,
        run: recorded.run.as_deref(),
        executable: recorded.executable.as_deref(),
        log: recorded.log.iter().flat_map(|log| log.lines.iter()).map(|line| line.text.as_str()).collect(),
    })
}
