//! What is added a second time: one node with the first, or a mistake when the two differ and cannot be told apart.

use crate::graph::builder::{Builder, Declaration};
use crate::graph::declared::Flags;
use crate::graph::spec_key::source_type;
use crate::graph::{Body, Constant, NodeFunction, NodeId, SecretOrigin, Source};
use crate::value::ValueType;
use std::panic::Location;

/// How two things of one name differ.
pub(crate) struct Difference {
    /// Follows "is added twice, ".
    what: String,
    remedy: &'static str,
}

const RENAME: &str = "give one of them another name";
const NAME_NODE: &str = "call one of them `.name(..)`";
const AGREE: &str = "say the same in both places";

impl Builder {
    /// The node that was added before; a mistake when what is added now is not the same.
    pub(crate) fn again(
        &mut self,
        known: NodeId,
        difference: Option<Difference>,
        declaration: &Declaration<'_>,
    ) -> NodeId {
        let difference = difference.or_else(|| flags_difference(self.graph.entry(known).flags, declaration.flags));
        if let Some(difference) = difference {
            self.differs(known, &difference, declaration.place);
        }
        known
    }

    /// Notes that something is not what it was when `known` was added.
    pub(crate) fn differs(&mut self, known: NodeId, difference: &Difference, place: &Location<'_>) {
        let Difference { what, remedy } = difference;
        let name = match self.graph.spec(known).map(|spec| &spec.body) {
            // What the source is, whatever its node is called.
            Some(Body::Source(source)) => source.label(),
            Some(Body::Function { .. } | Body::Field(_) | Body::Gather(_) | Body::Settle(_) | Body::Output { .. })
            | None => self.graph.identity(known),
        };
        let first = self.graph.entry(known).place;
        self.mistakes.push(format!("`{name}` is added twice, {what}: {first} and {place}; {remedy}"));
    }

    /// Notes a function that keys take for another one. What stands around them may differ: constants, other functions.
    pub(crate) fn check_function(&mut self, function: &'static NodeFunction) {
        let known = self.functions.entry(function.function.path).or_default();
        if known.iter().any(|known| (known.id)() == (function.id)()) {
            return;
        }
        if let Some(first) = known.iter().find(|known| known.function.is_confused_with(function.function)) {
            let (first, second) = (first.function, function.function);
            let path = first.path;
            self.mistakes.push(format!(
                "two functions are called `{path}` and have the same code: {}:{} and {}:{}; rename one of them, or move \
                 it to a module of its own",
                first.file, first.line, second.file, second.line
            ));
        }
        known.push(function);
    }

    /// Whether the node has no spec, which is a mistake of its own.
    pub(crate) fn is_broken(&self, node: NodeId) -> bool {
        self.broken.iter().any(|(broken, _)| *broken == node)
    }

    /// Adds to a node's tags those that it has not yet.
    pub(crate) fn tag(&mut self, node: NodeId, tags: Vec<Box<str>>) {
        if tags.is_empty() {
            return;
        }
        let known = self.graph.tags.entry(node).or_default();
        for tag in tags {
            if !known.contains(&tag) {
                known.push(tag);
            }
        }
    }

    pub(crate) fn source_difference(&self, known: NodeId, second: &Source) -> Option<Difference> {
        match &self.graph.spec(known)?.body {
            Body::Source(first) => first.difference(second),
            Body::Function { .. } | Body::Field(_) | Body::Gather(_) | Body::Settle(_) | Body::Output { .. } => None,
        }
    }

    /// How a field or a settled node differs from one with the same input and the same path.
    pub(crate) fn derived_difference(&self, known: NodeId, second: &Body) -> Option<Difference> {
        let second = match second {
            Body::Field(field) => field.result,
            Body::Settle(settler) => settler.result,
            Body::Function { .. } | Body::Source(_) | Body::Gather(_) | Body::Output { .. } => return None,
        };
        type_difference(self.graph.value_type(known)?, second, NAME_NODE)
    }
}

impl Source {
    /// Whether the store knows the source by its label, whatever its node is called.
    pub(crate) fn is_known_by_label(&self) -> bool {
        match self {
            Self::Probe { .. } | Self::External { .. } | Self::Secret { .. } => true,
            Self::File { .. }
            | Self::Folder { .. }
            | Self::Glob { .. }
            | Self::Env { .. }
            | Self::Params { .. }
            | Self::Tool { .. } => false,
        }
    }

    /// How this source differs from another one of the same label.
    fn difference(&self, other: &Self) -> Option<Difference> {
        let remedy = if self.is_known_by_label() { RENAME } else { NAME_NODE };
        if let Some(difference) = type_difference(source_type(self), source_type(other), remedy) {
            return Some(difference);
        }
        let (what, remedy) = match (self, other) {
            (Self::File { path: first }, Self::File { path: second })
            | (Self::Folder { path: first }, Self::Folder { path: second })
            | (Self::Params { path: first, .. }, Self::Params { path: second, .. })
                if first != second =>
            {
                ("for paths that are printed alike".into(), NAME_NODE)
            }
            (Self::Env { default: first, .. }, Self::Env { default: second, .. }) if first != second => {
                let default = |default: &Option<String>| match default {
                    Some(default) => format!("with the default `{default}`"),
                    None => "without a default".to_owned(),
                };
                (format!("{} and {}", default(first), default(second)), NAME_NODE)
            }
            (Self::Probe { probe: first, .. }, Self::Probe { probe: second, .. })
                if (**first).type_id() != (**second).type_id() =>
            {
                ("with different functions".into(), RENAME)
            }
            (Self::Secret { origin: first, .. }, Self::Secret { origin: second, .. }) if !first.is(second) => {
                ("with different texts, or from different places".into(), RENAME)
            }
            (Self::Secret { in_key: first, .. }, Self::Secret { in_key: second, .. }) if first != second => {
                ("as a part of keys and as none".into(), AGREE)
            }
            (Self::Probe { ttl: first, .. }, Self::Probe { ttl: second, .. }) if first != second => {
                (format!("with the times to live {first:?} and {second:?}"), AGREE)
            }
            (
                Self::File { .. }
                | Self::Folder { .. }
                | Self::Glob { .. }
                | Self::Env { .. }
                | Self::Params { .. }
                | Self::Secret { .. }
                | Self::Tool { .. }
                | Self::Probe { .. }
                | Self::External { .. },
                _,
            ) => return None,
        };
        Some(Difference { what, remedy })
    }
}

impl SecretOrigin {
    /// Whether two secrets are one.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Environment, Self::Environment) => true,
            (Self::Given(first), Self::Given(second)) => first.expose() == second.expose(),
            (Self::Environment, Self::Given(_)) | (Self::Given(_), Self::Environment) => false,
        }
    }
}

/// How two constants of one name differ.
pub(crate) fn constant_difference(first: &Constant, second: &Constant) -> Option<Difference> {
    type_difference(first.value_type, second.value_type, RENAME).or_else(|| {
        (first.digest != second.digest).then(|| Difference { what: "with different values".into(), remedy: RENAME })
    })
}

fn type_difference(first: &ValueType, second: &ValueType, remedy: &'static str) -> Option<Difference> {
    ((first.type_id)() != (second.type_id)()).then(|| {
        let (first, second) = ((first.type_name)(), (second.type_name)());
        Difference { what: format!("with the types `{first}` and `{second}`"), remedy }
    })
}

fn flags_difference(first: Flags, second: Flags) -> Option<Difference> {
    let what = if first.persist != second.persist {
        format!("as `Persist::{:?}` and `Persist::{:?}`", first.persist, second.persist)
    } else if first.is_barrier && !second.is_barrier {
        "as a barrier and as none".into()
    } else if second.is_barrier && !first.is_barrier {
        "as no barrier and as one".into()
    } else {
        return None;
    };
    Some(Difference { what, remedy: AGREE })
}

#[cfg(test)]
mod tests {
    use crate::graph::{Graph, NodeId, source};

    /// The tags of a source that was there already went to the node that was added next.
    #[test]
    fn tags_are_put_together() {
        let (graph, (file, value)) = Graph::build(|g| {
            let file = g.add(source::file("a").tag("input"));
            assert_eq!(file, g.add(source::file("a").tag("large").tag("input")));
            Ok((file, g.value(1_u32)))
        })
        .unwrap();
        let tags = |node: NodeId| graph.declared().unwrap().tags.get(&node).cloned().unwrap_or_default();
        assert_eq!(tags(file.raw().id), ["input".into(), "large".into()]);
        assert!(tags(value.raw().id).is_empty());
    }
}
