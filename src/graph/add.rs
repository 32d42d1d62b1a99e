//! How each kind of spec becomes a node, or leads back to the one that it became before.

use crate::graph::builder::{Added, Builder, Declaration};
use crate::graph::declared::Flags;
use crate::graph::id::KindId;
use crate::graph::merge::constant_difference;
use crate::graph::names::{Label, NodePath, ScopeId};
use crate::graph::spec::{Rare, RawSpec, SpecBody};
use crate::graph::{Body, Constant, Draw, Function, Gatherer, Kind, NodeFunction, NodeId, Source};
use smallvec::SmallVec;
use std::panic::Location;
use std::sync::Arc;

impl Builder {
    /// Adds a node for `spec`, and one behind it for each of its `outputs`.
    pub(crate) fn add(
        &mut self,
        scope: ScopeId,
        spec: RawSpec,
        outputs: u32,
        place: &'static Location<'static>,
    ) -> NodeId {
        let inputs: SmallVec<[NodeId; 4]> =
            spec.inputs.iter().map(|input| self.own(*input, place).unwrap_or(NodeId::MISTAKEN)).collect();
        let declaration = Declaration {
            scope,
            name: spec.name.as_deref(),
            inputs: &inputs,
            flags: Flags { persist: spec.persist, is_barrier: spec.is_barrier },
            place,
        };
        let node = match (spec.body, spec.rare) {
            // Most nodes of large graphs.
            (SpecBody::Function { function, present }, None) => {
                self.add_function((function, present, Draw::default()), outputs, &declaration)
            }
            (body, None) => self.add_body(body, Draw::default(), outputs, &declaration),
            (body, Some(rare)) => self.add_with(body, &rare, &spec.tags, outputs, &declaration),
        };
        self.tag(node, spec.tags);
        node
    }

    /// Adds a node of which is said what is said of few.
    fn add_with(
        &mut self,
        body: SpecBody,
        rare: &Rare,
        tags: &[Box<str>],
        outputs: u32,
        declaration: &Declaration<'_>,
    ) -> NodeId {
        let n_mistakes = self.mistakes.len();
        let draw = Draw { trial: 0, seed: rare.seed };
        let may_draw = draw.seed.is_some() || rare.trials.is_some();
        if may_draw && !self.check_draws(&body, draw, rare.trials.as_ref(), declaration) {
            return NodeId::MISTAKEN;
        }
        let mut samples = SmallVec::new();
        let node = match (body, &rare.trials) {
            (SpecBody::Function { function, present }, Some(trials)) => {
                let list;
                (list, samples) = self.add_trials((function, present), draw, trials, declaration);
                list
            }
            (body, _) => self.add_body(body, draw, outputs, declaration),
        };
        for sample in &samples {
            self.tag(*sample, tags.to_vec());
        }
        if self.mistakes.len() > n_mistakes {
            return node;
        }
        if rare.trials.is_none() {
            samples.push(node);
        }
        for node in samples {
            self.limit(node, rare, declaration.place);
            if let Some(asked) = &rare.asked {
                self.ask(node, asked.clone(), declaration.place);
            }
        }
        node
    }

    fn add_body(&mut self, body: SpecBody, draw: Draw, outputs: u32, declaration: &Declaration<'_>) -> NodeId {
        match body {
            SpecBody::Function { function, present } => {
                self.add_function((function, present, draw), outputs, declaration)
            }
            SpecBody::Constant(Ok(constant)) => self.add_constant(constant, declaration),
            SpecBody::Constant(Err(message)) => {
                let (name, place) = (declaration.name.unwrap_or("value"), declaration.place);
                self.mistakes.push(format!("node `{name}` has no key: {message} ({place})"));
                NodeId::MISTAKEN
            }
            SpecBody::Source(source) => self.add_source(source, declaration),
            SpecBody::Field(field) => {
                self.add_derived(format!("field {}", field.path), Body::Field(field), declaration)
            }
            SpecBody::Settle(settler) => self.add_derived("settle".into(), Body::Settle(settler), declaration),
            SpecBody::SettleEach => self.add_settled_map(declaration),
            SpecBody::Gather(gatherer) => self.add_gatherer(gatherer, declaration),
        }
    }

    /// Notes how often a node is tried, how long it may take, and where it runs.
    fn limit(&mut self, node: NodeId, rare: &Rare, place: &'static Location<'static>) {
        if let Some(retry) = rare.retry
            && self.calls_function(node, "tried again", place)
        {
            self.graph.retries.insert(node, retry);
        }
        if let Some(time) = rare.timeout
            && self.calls_function(node, "timed", place)
        {
            self.graph.timeouts.insert(node, time);
        }
        if rare.is_process && self.calls_function(node, "run in a process of its own", place) {
            self.graph.processes.insert(node);
        }
    }

    /// Whether a node calls a function, which alone fails in a way that another try may mend, or takes long; otherwise
    /// it is a mistake.
    pub(crate) fn calls_function(&mut self, node: NodeId, what: &str, place: &'static Location<'static>) -> bool {
        let is_function = self.graph.is_function(node);
        if !is_function {
            let name = self.graph.identity(node);
            self.mistakes.push(format!("`{name}` is to be {what}, but it calls no node function ({place})"));
        }
        is_function
    }

    fn add_function(
        &mut self,
        (function, present, draw): (&'static NodeFunction, u64, Draw),
        outputs: u32,
        declaration: &Declaration<'_>,
    ) -> NodeId {
        let spec = self.function_spec(function, present, draw);
        let path = self.function_path(function.function, declaration);
        let node = self.push(spec.into(), path, declaration);
        let output_path = NodePath { scope: path.scope, label: Label::Default };
        for output in 0..outputs {
            let spec = self.output_spec(function, output);
            self.push(spec.into(), output_path, &Declaration { inputs: &[node], ..*declaration });
        }
        node
    }

    pub(crate) fn function_path(&mut self, function: &'static Function, declaration: &Declaration<'_>) -> NodePath {
        let Declaration { scope, place, .. } = *declaration;
        if let Some(name) = declaration.name {
            return self.given_path(name, declaration);
        }
        // mamo's own functions stand in no crate.
        if self.graph.names.is_numbered(scope) || !function.path.contains("::") {
            return self.graph.names.numbered_path(scope, function.name);
        }
        self.claim(
            scope,
            function.name,
            place,
            "call one of them `.name(..)`, or add it to a `g.group(..)` of its own",
        );
        NodePath { scope, label: Label::Default }
    }

    /// The map that is the declaration's input once more, with elements' failures as values. Elements that do not fail
    /// are the same computations.
    fn add_settled_map(&mut self, declaration: &Declaration<'_>) -> NodeId {
        let Some(map) = declaration.inputs.first().copied().filter(|map| !self.is_broken(*map)) else {
            return NodeId::MISTAKEN;
        };
        if let (None, Some(known)) = (declaration.name, self.graph.settled_maps.get(&map)) {
            return *known;
        }
        let function = match self.graph.kind(map) {
            Kind::Spec(spec) => match &spec.body {
                Body::Function { function, present } => {
                    let settled = function.mapping.and_then(|mapping| mapping.settled);
                    settled.map(|settled| (settled, *present, spec.draw))
                }
                Body::Source(_) | Body::Field(_) | Body::Gather(_) | Body::Settle(_) | Body::Output { .. } => None,
            },
            Kind::Constant(_) => None,
        };
        let identity = self.graph.identity(map);
        let Some(function) = function else {
            let place = declaration.place;
            self.mistakes.push(format!(
                "`settle_each` takes what `f::map` or `f::zip_map` gives, and `{identity}` is not made so ({place}); \
                 `g.settle` settles a node as a whole"
            ));
            return NodeId::MISTAKEN;
        };
        let inputs: SmallVec<[NodeId; 4]> = self.graph.inputs(map).into();
        let default = format!("settle_each({identity})");
        let name = declaration.name.unwrap_or(&default);
        let scope = if declaration.name.is_some() { declaration.scope } else { ScopeId::ROOT };
        let node =
            self.add_function(function, 0, &Declaration { scope, name: Some(name), inputs: &inputs, ..*declaration });
        self.ask_alike(map, node);
        self.graph.settled_maps.entry(map).or_insert(node);
        // Its elements are the same computations.
        if let Some(retry) = self.graph.retries.get(&map).copied() {
            self.graph.retries.insert(node, retry);
        }
        if let Some(time) = self.graph.timeouts.get(&map).copied() {
            self.graph.timeouts.insert(node, time);
        }
        if self.graph.processes.contains(&map) {
            self.graph.processes.insert(node);
        }
        node
    }

    fn add_gatherer(&mut self, gatherer: &'static Gatherer, declaration: &Declaration<'_>) -> NodeId {
        let spec = self.gatherer_spec(gatherer);
        let path = match declaration.name {
            Some(name) => self.given_path(name, declaration),
            None => self.graph.names.numbered_path(declaration.scope, "gather"),
        };
        self.push(spec.into(), path, declaration)
    }

    fn add_source(&mut self, source: Arc<Source>, declaration: &Declaration<'_>) -> NodeId {
        let key = source.label();
        let known = self.sources.get(&key).copied();
        if let (None, Some(unnamed)) = (declaration.name, known.and_then(|known| known.unnamed)) {
            let difference = self.source_difference(unnamed, &source);
            return self.again(unnamed, difference, declaration);
        }
        // Nodes that are called otherwise look at the same thing all the same.
        if let Some(known) = known.filter(|_| source.is_known_by_label())
            && let Some(difference) = self.source_difference(known.first, &source)
        {
            self.differs(known.first, &difference, declaration.place);
        }
        let path = match declaration.name {
            Some(name) => self.given_path(name, declaration),
            None => NodePath { scope: ScopeId::ROOT, label: Label::Default },
        };
        let spec = self.new_spec(Body::Source(source));
        let node = self.push(spec.into(), path, declaration);
        let added = self.sources.entry(key).or_insert(Added { first: node, unnamed: None });
        if declaration.name.is_none() {
            added.unnamed = Some(node);
        }
        node
    }

    fn add_constant(&mut self, constant: Constant, declaration: &Declaration<'_>) -> NodeId {
        let path = match declaration.name {
            Some(name) => {
                // The same parameter may be added in several places, as long as it is the same.
                if let Some(known) = self.node_called(declaration.scope, name).filter(|known| !self.is_broken(*known))
                    && let Kind::Constant(first) = self.graph.kind(known)
                {
                    let difference = constant_difference(first, &constant);
                    return self.again(known, difference, declaration);
                }
                self.given_path(name, declaration)
            }
            None => self.graph.names.numbered_path(declaration.scope, "value"),
        };
        let kind = KindId::constant(self.graph.constants.len());
        self.graph.constants.push(constant);
        self.push(kind, path, declaration)
    }

    /// A node that is known by its input and what is done with it: asking twice gives the same node.
    fn add_derived(&mut self, key: String, body: Body, declaration: &Declaration<'_>) -> NodeId {
        let key = (declaration.inputs.first().copied().unwrap_or(NodeId::MISTAKEN), key);
        if declaration.name.is_none()
            && let Some(known) = self.derived.get(&key).copied()
        {
            if self.is_broken(known) {
                return known;
            }
            let difference = self.derived_difference(known, &body);
            return self.again(known, difference, declaration);
        }
        let spec = self.new_spec(body);
        let Some(name) = declaration.name else {
            let path = NodePath { scope: declaration.scope, label: Label::Default };
            let node = self.push(spec.into(), path, declaration);
            self.derived.insert(key, node);
            return node;
        };
        let path = self.given_path(name, declaration);
        self.push(spec.into(), path, declaration)
    }
}
