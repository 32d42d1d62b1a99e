//! SVG, without Graphviz: <https://www.w3.org/TR/SVG2/>.

use crate::viz::drawing::{Drawing, FACTS, NAME};
use crate::viz::layout::{Point, Rect};
use crate::viz::state::{DARK_PLAIN, PLAIN};
use crate::viz::{View, ViewKind, ViewNode, ViewState, escape};
use std::collections::BTreeMap;

/// Height of the title above the picture and of the legend below, in pixels.
const TITLE: f64 = 30.0;
const LEGEND: f64 = 26.0;

impl View {
    /// The picture as SVG, drawn by mamo itself: layers from sources to targets, groups as frames. It fits light and dark pages, names nothing
    /// outside of itself, and has a tool tip for each node.
    pub fn svg(&self) -> String {
        let drawing = Drawing::of(self);
        let size = drawing.picture.size();
        let top = if self.title.is_empty() { 0.0 } else { TITLE };
        let legend = self.legend();
        let bottom = if legend.is_empty() { 0.0 } else { LEGEND };
        let legend_width = legend.iter().map(|(text, _)| legend_entry_width(text)).sum::<f64>() + 24.0;
        let (wide, high) = (size.width.max(legend_width).max(120.0).ceil(), (size.height + top + bottom).ceil());
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" role=\"img\" \
             aria-label=\"{}\">\n<style>{}</style>\n{MARKER}\n",
            escape::xml(&self.spoken()),
            self.style(),
        );
        if !self.title.is_empty() {
            text.push_str(&format!("<text class=\"title\" x=\"12\" y=\"20\">{}</text>\n", escape::xml(&self.title)));
        }
        text.push_str(&format!("<g transform=\"translate({},{top})\">\n", number((wide - size.width) / 2.0)));
        self.draw_groups(&drawing, &mut text);
        for edge in &drawing.edges {
            text.push_str(&format!("<path class=\"e\" d=\"{}\"/>\n", path(drawing.picture.curve_of(*edge))));
        }
        for (node, id) in self.nodes.iter().zip(&drawing.boxes) {
            draw_node(node, drawing.picture.rect_of(*id), &mut text);
        }
        text.push_str("</g>\n");
        let mut x = 12.0;
        for (entry, state) in &legend {
            let y = high - 10.0;
            text.push_str(&format!(
                "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"10\" height=\"10\" rx=\"2\"/><text class=\"f\" x=\"{}\" y=\"{y}\">{entry}</text>\n",
                class(Some(*state)),
                number(x),
                number(y - 9.0),
                number(x + 15.0),
            ));
            x += legend_entry_width(entry);
        }
        text.push_str("</svg>\n");
        text
    }

    fn draw_groups(&self, drawing: &Drawing, text: &mut String) {
        for (group, id) in self.groups.iter().zip(&drawing.groups) {
            let Some(id) = id else { continue };
            let Rect { x, y, width, height } = drawing.picture.rect_of_group(*id);
            text.push_str(&format!(
                "<rect class=\"g\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/>\
                 <text class=\"gl\" x=\"{}\" y=\"{}\">{}</text>\n",
                number(x),
                number(y),
                number(width),
                number(height),
                number(x + 10.0),
                number(y + 16.0),
                escape::xml(&group.label),
            ));
        }
    }

    /// How many nodes there are of each state, with the states' signs.
    fn legend(&self) -> Vec<(String, ViewState)> {
        let mut counts: BTreeMap<ViewState, u64> = BTreeMap::new();
        for node in &self.nodes {
            if node.kind == ViewKind::Group {
                node.states().into_iter().for_each(|(state, count)| *counts.entry(state).or_default() += count);
            } else if let Some(state) = node.state {
                *counts.entry(state).or_default() += 1;
            }
        }
        counts
            .into_iter()
            .map(|(state, count)| (format!("{} {count} {}", state.sign(), state.words()), state))
            .collect()
    }

    /// The picture in a sentence, for those who cannot see it.
    fn spoken(&self) -> String {
        let nodes: u64 = self.nodes.iter().map(ViewNode::count).sum();
        let states: Vec<String> = self
            .legend()
            .into_iter()
            .map(|(text, _)| text.split_once(' ').map(|(_, rest)| rest.to_owned()).unwrap_or(text))
            .collect();
        let title = if self.title.is_empty() { "a pipeline" } else { &self.title };
        match states.is_empty() {
            true => format!("{title}: {nodes} nodes"),
            false => format!("{title}: {nodes} nodes, {}", states.join(", ")),
        }
    }

    /// Colours of the states that there are, on light and on dark ground.
    fn style(&self) -> String {
        let mut states: Vec<ViewState> = self.nodes.iter().filter_map(|node| node.state).collect();
        states.extend(self.nodes.iter().flat_map(|node| node.states().into_iter().map(|(state, _)| state)));
        states.sort_unstable();
        states.dedup();
        let rule = |state: Option<ViewState>, (fill, line): (&str, &str)| {
            format!(".{}{{fill:{fill};stroke:{line}}}", class(state))
        };
        let light: String = states.iter().map(|state| rule(Some(*state), state.colours())).collect();
        let dark: String = states.iter().map(|state| rule(Some(*state), state.dark_colours())).collect();
        format!(
            "text{{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1c1c1a}}\
             .title{{font-size:15px;font-weight:600}}.n{{font-size:{NAME}px}}.f{{font-size:{FACTS}px;fill:#5c5c57}}\
             .gl{{font-size:11px;font-weight:600;fill:#5c5c57}}.g{{fill:#80807a;fill-opacity:.07;stroke:#80807a;stroke-opacity:.45}}\
             .e{{fill:none;stroke:#8a8a85;stroke-width:1.2;marker-end:url(#a)}}.a{{fill:#8a8a85}}.t{{stroke-width:2.2}}{}{light}\
             @media (prefers-color-scheme:dark){{text{{fill:#eeeeea}}.f,.gl{{fill:#b5b5af}}{}{dark}}}",
            rule(None, PLAIN),
            rule(None, DARK_PLAIN),
        )
    }
}

const MARKER: &str = "<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
orient=\"auto\"><path class=\"a\" d=\"M0 0.5L8 4L0 7.5z\"/></marker></defs>";

pub(super) fn class(state: Option<ViewState>) -> &'static str {
    state.map_or("plain", ViewState::name)
}

fn draw_node(node: &ViewNode, at: Rect, text: &mut String) {
    let Rect { x, y, width, height } = at;
    let (state, target) = (class(node.state), if node.targets.is_empty() { "" } else { " t" });
    let corner = match node.kind {
        ViewKind::Source => height / 2.0,
        ViewKind::Value => 0.0,
        ViewKind::Function
        | ViewKind::Map
        | ViewKind::Reduce
        | ViewKind::Expand
        | ViewKind::Gather
        | ViewKind::Field
        | ViewKind::Settle
        | ViewKind::Group => 6.0,
    };
    text.push_str(&format!("<g><title>{}</title>", escape::xml(&tip(node))));
    let rect = |dx: f64| {
        format!(
            "<rect class=\"{state}{target}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
            number(x + dx),
            number(y + dx),
            number(width),
            number(height),
            number(corner)
        )
    };
    // What stands for many looks like a pile.
    if matches!(node.kind, ViewKind::Map | ViewKind::Group) {
        text.push_str(&rect(3.0));
    }
    text.push_str(&rect(0.0));
    let middle = number(x + width / 2.0);
    let facts = node.facts();
    let bar = if node.kind == ViewKind::Group { 6.0 } else { 0.0 };
    let base = if facts.is_some() { y + 17.0 } else { y + (height - bar) / 2.0 + 4.2 };
    let sign = node.state.map(|state| format!("{} ", state.sign())).unwrap_or_default();
    let name = escape::xml(&node.title());
    text.push_str(&format!(
        "<text class=\"n\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{sign}{name}</text>",
        number(base)
    ));
    if let Some(facts) = facts {
        let facts = escape::xml(&facts);
        text.push_str(&format!(
            "<text class=\"f\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{facts}</text>",
            number(base + 15.0)
        ));
    }
    if node.kind == ViewKind::Group {
        draw_bar(node, at, text);
    }
    text.push_str("</g>\n");
}

/// How many of which state there are in a closed group.
fn draw_bar(node: &ViewNode, Rect { x, y, width, height }: Rect, text: &mut String) {
    let states = node.states();
    let sum: u64 = states.iter().map(|(_, count)| *count).sum();
    let mut left = x + 8.0;
    for (state, count) in states {
        let share = (width - 16.0) * share(count, sum);
        text.push_str(&format!(
            "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"4\" style=\"fill:{}\"/>",
            class(Some(state)),
            number(left),
            number(y + height - 9.0),
            number(share),
            state.colours().1,
        ));
        left += share;
    }
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a share, not a count")]
fn share(count: u64, sum: u64) -> f64 {
    count as f64 / sum.max(1) as f64
}

/// What a pointer shows: the whole name, and what is known.
fn tip(node: &ViewNode) -> String {
    let state = node.state.map(|state| state.words().to_owned());
    let function = node.function.as_ref().map(|function| format!("{} {function}", node.kind.name()));
    let failure = node.failure.as_ref().map(|failure| format!("failed: {failure}"));
    let targets = (!node.targets.is_empty()).then(|| format!("target {}", node.targets.join(", ")));
    let parts = [Some(node.name.clone()), state, node.facts(), function, node.place.clone(), targets, failure];
    parts.into_iter().flatten().chain(node.reasons.iter().cloned()).collect::<Vec<_>>().join("\n")
}

pub(super) fn legend_entry_width(entry: &str) -> f64 {
    crate::viz::drawing::width(entry, FACTS) + 34.0
}

/// Cubic Béziers: a start, then three points for each piece.
fn path(points: &[Point]) -> String {
    let Some((start, rest)) = points.split_first() else { return String::new() };
    let mut path = format!("M{} {}", number(start.x), number(start.y));
    for piece in rest.chunks(3) {
        let piece: Vec<String> = piece.iter().map(|point| format!("{} {}", number(point.x), number(point.y))).collect();
        path.push_str(&format!("C{}", piece.join(" ")));
    }
    path
}

/// With a digit behind the point, if that says anything.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
