//! Boxes of a view with their sizes, laid out: what formats draw that have coordinates.

use crate::viz::layout::{BoxId, EdgeId, Frame, Graph, GroupId, Options, Picture, Size, lay_out};
use crate::viz::{View, ViewKind, ViewNode};

/// Height of a box with one line, and of a further line, in pixels.
const LINE: f64 = 30.0;
const FURTHER: f64 = 14.0;
/// Room beside a text, both sides together.
const BESIDE: f64 = 24.0;
/// Room that a sign takes in front of a name.
const SIGN: f64 = 16.0;
/// Sizes of fonts, in pixels.
pub(crate) const NAME: f64 = 12.0;
pub(crate) const FACTS: f64 = 10.0;

/// A view with places for all that is in it.
pub(crate) struct Drawing {
    pub(crate) picture: Picture,
    /// One for each node.
    pub(crate) boxes: Vec<BoxId>,
    /// One for each group but the whole graph, which has none.
    pub(crate) groups: Vec<Option<GroupId>>,
    /// One for each edge.
    pub(crate) edges: Vec<EdgeId>,
}

impl Drawing {
    pub(crate) fn of(view: &View) -> Self {
        let mut graph = Graph::new();
        let mut groups: Vec<Option<GroupId>> = Vec::with_capacity(view.groups.len());
        for (place, group) in view.groups.iter().enumerate() {
            let least = Size { width: width(&group.label, 11.0) + BESIDE, height: 0.0 };
            let frame = Frame { top: 26.0, right: 12.0, bottom: 12.0, left: 12.0, least };
            let parent = group.parent.and_then(|parent| groups.get(parent).copied().flatten());
            groups.push((place > 0).then(|| graph.add_group(parent, frame)));
        }
        let group_of = |node: &ViewNode| groups.get(node.group).copied().flatten();
        let boxes: Vec<BoxId> = view.nodes.iter().map(|node| graph.add_box(group_of(node), size(node))).collect();
        let between = |(from, to): &(usize, usize)| Some((*boxes.get(*from)?, *boxes.get(*to)?));
        let edges = view.edges.iter().filter_map(between).collect::<Vec<_>>();
        let edges = edges.into_iter().map(|(from, to)| graph.add_edge(from, to)).collect();
        Self { picture: lay_out(&graph, &Options::default()), boxes, groups, edges }
    }
}

/// The size of a node's box: its caption fits.
pub(crate) fn size(node: &ViewNode) -> Size {
    let sign = if node.state.is_some() { SIGN } else { 0.0 };
    let facts = node.facts();
    let wide = (sign + width(&node.title(), NAME)).max(facts.as_deref().map_or(0.0, |facts| width(facts, FACTS)));
    let lines = if facts.is_some() { LINE + FURTHER } else { LINE };
    let bar = if node.kind == ViewKind::Group { 6.0 } else { 0.0 };
    Size { width: (wide + BESIDE).max(56.0).ceil(), height: lines + bar }
}

/// About how wide a text is in a font of this size without serifs.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '(' | ')' | '[' | ']' | '/' | ' ' | 'f' | 't'
        | 'r' => 0.34,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.88,
        'A'..='Z' | '_' | '#' | '&' => 0.68,
        c if u32::from(c) >= 0x1100 => 1.0,
        _ => 0.57,
    };
    text.chars().map(em).sum::<f64>() * size
}
