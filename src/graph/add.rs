//! How each kind of spec becomes a node, or leads back to the one that it became before.

use crate::graph::builder::{Added, Builder};
use crate::graph::declared::{CONSTANT, Flags};
use crate::graph::merge::constant_difference;
use crate::graph::names::{Label, ScopeId};
use crate::graph::spec::{RawSpec, SpecBody};
use crate::graph::{Body, Constant, Kind, Source};
use smallvec::SmallVec;
use std::panic::Location;
use std::sync::Arc;

impl Builder {
    pub(crate) fn add(
        &mut self,
        scope: ScopeId,
        spec: RawSpec,
        outputs: u32,
        place: &'static Location<'static>,
    ) -> u32 {
        let mut inputs: SmallVec<[u32; 4]> = SmallVec::with_capacity(spec.inputs.len());
        for input in &spec.inputs {
            inputs.push(self.own(*input, place).unwrap_or(0));
        }
        let flags = Flags { persist: spec.persist, is_barrier: spec.is_barrier };
        let name = spec.name.as_deref();
        let index = match spec.body {
            SpecBody::Function { function, present } => {
                let kind = self.function_spec((std::ptr::from_ref(function).addr(), present), || Body::Function {
                    function,
                    present,
                });
                let (scope, label) = self.function_label(scope, name, function.function.name, place);
                let index = self.push(kind, scope, label, flags, place, &inputs);
                for output in 0..outputs {
                    let kind = self.output_spec(function, output);
                    self.push(kind, scope, Label::Default, flags, place, &[index]);
                }
                index
            }
            SpecBody::Constant(constant) => self.add_constant(scope, constant, name, flags, place),
            SpecBody::Source(source) => self.add_source(scope, source, name, flags, place),
            SpecBody::Field(field) => {
                let key = format!("field {}", field.path);
                self.add_derived(scope, key, Body::Field(field), name, flags, place, &inputs)
            }
            SpecBody::Settle(settler) => {
                self.add_derived(scope, "settle".into(), Body::Settle(settler), name, flags, place, &inputs)
            }
            SpecBody::Gather(gatherer) => {
                let kind = self.function_spec((std::ptr::from_ref(gatherer).addr(), 0), || Body::Gather(gatherer));
                let (scope, label) = match name {
                    Some(name) => self.named(scope, name, place),
                    None => (scope, self.graph.names.ordinal(scope, "gather")),
                };
                self.push(kind, scope, label, flags, place, &inputs)
            }
        };
        self.tag(index, spec.tags);
        index
    }

    fn add_source(
        &mut self,
        scope: ScopeId,
        source: Arc<Source>,
        name: Option<&str>,
        flags: Flags,
        place: &'static Location<'static>,
    ) -> u32 {
        let key = source.label();
        let known = self.sources.get(&key).copied();
        if let (None, Some(unnamed)) = (name, known.and_then(|known| known.unnamed)) {
            let difference = self.source_difference(unnamed, &source);
            return self.again(unnamed, difference, flags, place);
        }
        // Nodes that are called otherwise look at the same thing all the same.
        if let Some(known) = known.filter(|_| source.is_known_by_label())
            && let Some(difference) = self.source_difference(known.first, &source)
        {
            self.differs(known.first, &difference, place);
        }
        let (scope, label) = match name {
            Some(name) => self.named(scope, name, place),
            None => (0, Label::Default),
        };
        let kind = self.new_spec(Body::Source(source));
        let index = self.push(kind, scope, label, flags, place, &[]);
        let added = self.sources.entry(key).or_insert(Added { first: index, unnamed: None });
        if name.is_none() {
            added.unnamed = Some(index);
        }
        index
    }

    fn add_constant(
        &mut self,
        scope: ScopeId,
        constant: Result<Constant, String>,
        name: Option<&str>,
        flags: Flags,
        place: &'static Location<'static>,
    ) -> u32 {
        let constant = match constant {
            Ok(constant) => constant,
            Err(message) => {
                let name = name.unwrap_or("value");
                self.mistakes.push(format!("node `{name}` has no key: {message} ({place})"));
                return 0;
            }
        };
        let (scope, label) = match name {
            Some(name) => {
                // The same parameter may be added in several places, as long as it is the same.
                let hash = self.graph.names.path_hash(scope, name);
                if let Some(known) = self.node_of.get(&hash).copied().filter(|known| !self.is_broken(*known))
                    && let Kind::Constant(first) = self.graph.kind(known)
                {
                    let difference = constant_difference(first, &constant);
                    return self.again(known, difference, flags, place);
                }
                self.named(scope, name, place)
            }
            None => (scope, self.graph.names.ordinal(scope, "value")),
        };
        let number = u32::try_from(self.graph.constants.len()).unwrap_or(u32::MAX);
        self.graph.constants.push(constant);
        self.push(number | CONSTANT, scope, label, flags, place, &[])
    }

    /// A node that is known by its input and what is done with it: asking twice gives the same node.
    #[expect(clippy::too_many_arguments, reason = "one call each for projections and settled nodes")]
    fn add_derived(
        &mut self,
        scope: ScopeId,
        key: String,
        body: Body,
        name: Option<&str>,
        flags: Flags,
        place: &'static Location<'static>,
        inputs: &[u32],
    ) -> u32 {
        let input = inputs.first().copied().unwrap_or(0);
        if let Some(known) = name.is_none().then(|| self.derived.get(&(input, key.clone())).copied()).flatten() {
            if self.is_broken(known) {
                return known;
            }
            let difference = self.derived_difference(known, &body);
            return self.again(known, difference, flags, place);
        }
        let kind = self.new_spec(body);
        let Some(name) = name else {
            let index = self.push(kind, scope, Label::Default, flags, place, inputs);
            self.derived.insert((input, key), index);
            return index;
        };
        let (scope, label) = self.named(scope, name, place);
        self.push(kind, scope, label, flags, place, inputs)
    }

    fn function_label(
        &mut self,
        scope: ScopeId,
        name: Option<&str>,
        function: &'static str,
        place: &'static Location<'static>,
    ) -> (ScopeId, Label) {
        if let Some(name) = name {
            return self.named(scope, name, place);
        }
        if self.graph.names.is_numbered(scope) {
            return (scope, self.graph.names.ordinal(scope, function));
        }
        self.claim(scope, function, place, "call one of them `.name(..)`, or add it to a `g.group(..)` of its own");
        (scope, Label::Default)
    }
}
