//! A computation executed alone, on inputs that were kept: nothing upstream is executed, and no result is recorded.

use crate::error::Result;
use crate::exec::clock::Took;
use crate::exec::ledger::{Known, Ledger};
use crate::exec::process::{Call, Operand, Process, Which};
use crate::exec::recorded::{act_of, deep_of, payload_of_value};
use crate::exec::session::Session;
use crate::exec::store_error::store_error;
use crate::exec::sync::Arc;
use crate::exec::table::{Id, position};
use crate::exec::wave::{
    CombinationId, MappedNode, Product, ReducedNode, Side, Tree, Trouble, encode_result, guarded, part_of,
};
use crate::fingerprint::{ContentKey, ValueDigest, value_digest};
use crate::graph::{Body, Inputs, Kind, NodeCtx, NodeFunction, NodeId, NodeSpec};
use crate::store::{Act, Key, Payload, RecordKind};
use crate::value::{BoxError, Desk, ElementKey, Encoded, Interrupt, Lent, Log, Mapped, Part, Value, keeping_sources};
use smallvec::SmallVec;
use std::time::Instant;

/// Executes computations of a graph whose sources have been looked at and whose fingerprints are derived.
#[derive(Clone, Copy)]
pub(crate) struct Alone<'a> {
    pub(crate) session: &'a Session,
    pub(crate) ledger: &'a Ledger,
}

/// A computation of which there is a record.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) node: NodeId,
    pub(crate) place: Place,
    pub(crate) content: ContentKey,
    pub(crate) value: ValueDigest,
}

/// Which of a node's computations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The only one.
    Whole,
    Element(usize),
    Combination(CombinationId),
}

/// Why a node's computations cannot be executed alone; what is said after its name.
pub(crate) type Reason = String;

const EXPANDS: &str = "what it executes is a sub-graph, which it makes when it runs";

/// A node with what it reads.
pub(crate) struct Opened<'a> {
    alone: Alone<'a>,
    node: NodeId,
    spec: &'a NodeSpec,
    function: &'static NodeFunction,
    present: u64,
    /// Of a map and a reduce those behind the collections.
    values: SmallVec<[Value; 4]>,
    digests: SmallVec<[ValueDigest; 4]>,
    over: Over<'a>,
    /// What is on record of each combination; nothing of those above one of which nothing is.
    combined: Vec<Option<(ContentKey, ValueDigest)>>,
}

/// What a node goes over.
enum Over<'a> {
    Nothing,
    Elements(MappedNode<'a>, SmallVec<[Mapped; 2]>),
    Combinations { node: ReducedNode<'a>, list: Mapped, elements: Vec<ValueDigest>, tree: Tree },
}

/// A value that was kept.
enum Held {
    Here(Value),
    Saved(Payload),
}

impl<'a> Alone<'a> {
    /// The computations of a node of which there are records.
    ///
    /// # Errors
    /// When the store cannot be read; inside, why there is nothing that could be executed.
    pub(crate) fn recorded(self, node: NodeId) -> Result<std::result::Result<Vec<Recorded>, Reason>> {
        let Some(spec) = self.session.graph.spec(node) else { return Ok(Err("is a value".to_owned())) };
        if matches!(&spec.body, Body::Function { function, .. } if function.function.expands) {
            return Ok(Err(EXPANDS.to_owned()));
        }
        if spec.is_transient() {
            return Ok(Err("its value is never saved, so there is nothing to compare".to_owned()));
        }
        if MappedNode::of(spec).is_some() || ReducedNode::of(spec).is_some() {
            return match self.open(node)? {
                Ok(opened) => opened.recorded_parts(),
                Err(reason) => Ok(Err(reason)),
            };
        }
        let digests = match self.inputs(node)? {
            Ok(inputs) => inputs.into_iter().map(|(digest, _)| digest).collect::<Vec<_>>(),
            Err(reason) => return Ok(Err(reason)),
        };
        let base = self.ledger.record_key(&self.session.graph, node);
        let deep = base.map(|base| deep_of(&*self.session.store, &base)).transpose()?.flatten();
        let content = spec.hashers.content_key(&digests);
        Ok(match deep {
            Some(deep) if deep.content == content => {
                Ok(vec![Recorded { node, place: Place::Whole, content, value: deep.value }])
            }
            Some(_) => Err("its value was made by other code, which was accepted".to_owned()),
            None => Err("it has not been executed with its present code and inputs".to_owned()),
        })
    }

    /// A node with what it reads.
    ///
    /// # Errors
    /// As [`Alone::recorded`].
    pub(crate) fn open(self, node: NodeId) -> Result<std::result::Result<Opened<'a>, Reason>> {
        let graph = &self.session.graph;
        let Some(spec) = graph.spec(node) else { return Ok(Err("is a value".to_owned())) };
        let Body::Function { function, present } = spec.body else {
            return Ok(Err("calls no node function".to_owned()));
        };
        if function.function.expands {
            return Ok(Err(EXPANDS.to_owned()));
        }
        let inputs = match self.inputs(node)? {
            Ok(inputs) => inputs,
            Err(reason) => return Ok(Err(reason)),
        };
        let (mut values, mut digests) = (SmallVec::new(), SmallVec::new());
        for ((digest, held), input) in inputs.into_iter().zip(graph.inputs(node)) {
            let value = match held {
                Held::Here(value) => Ok(value),
                Held::Saved(Payload::Absent { .. }) => {
                    Err(format!("the value of its input `{}` was not kept", graph.identity(*input)))
                }
                Held::Saved(payload) => match self.session.load(*input, &digest, &payload) {
                    Ok(Some(value)) => Ok(value),
                    Ok(None) | Err(Trouble::Interrupted(_) | Trouble::Told) => {
                        Err(format!("bytes of its input `{}` are lost", graph.identity(*input)))
                    }
                    Err(Trouble::Failed(message)) => Err(message),
                },
            };
            match value {
                Ok(value) => values.push(value),
                Err(reason) => return Ok(Err(reason)),
            }
            digests.push(digest);
        }
        let (over, combined) = (Over::Nothing, Vec::new());
        let mut opened = Opened { alone: self, node, spec, function, present, values, digests, over, combined };
        if let Err(trouble) = guarded(self.session, || opened.set_over()) {
            return Ok(Err(reason_of(trouble)));
        }
        opened.combined = opened.find_combined()?;
        Ok(Ok(opened))
    }

    /// What a node reads, or why not all of it is there.
    fn inputs(self, node: NodeId) -> Result<std::result::Result<Vec<(ValueDigest, Held)>, Reason>> {
        let graph = &self.session.graph;
        let mut inputs = Vec::new();
        for input in graph.inputs(node) {
            if graph.spec(*input).is_some_and(NodeSpec::is_transient) && !self.ledger.leaves.contains_key(input) {
                return Ok(Err(format!("the value of its input `{}` is never saved", graph.identity(*input))));
            }
            match self.held(*input)? {
                Some(held) => inputs.push(held),
                None => return Ok(Err(format!("its input `{}` has no value yet", graph.identity(*input)))),
            }
        }
        Ok(Ok(inputs))
    }

    /// What is known of a node's value, and where it is.
    fn held(self, node: NodeId) -> Result<Option<(ValueDigest, Held)>> {
        let graph = &self.session.graph;
        if let Kind::Constant(constant) = graph.kind(node) {
            return Ok(Some((constant.digest, Held::Here(constant.value.clone()))));
        }
        if let Some(looked) = self.ledger.leaves.get(&node) {
            return Ok(looked.as_ref().ok().map(|looked| (looked.digest, Held::Here(looked.value.clone()))));
        }
        if let (Some(spec), [producer]) = (graph.spec(node), graph.inputs(node))
            && let Body::Output { output, .. } = &spec.body
        {
            let saved = self.saved(*producer)?;
            let part = saved.and_then(|(_, manifest)| self.session.output(spec, *output, manifest));
            return Ok(part.map(|(value, payload)| (value, Held::Saved(payload))));
        }
        Ok(self.saved(node)?.map(|(value, payload)| (value, Held::Saved(payload))))
    }

    /// What the store says of a node's value.
    fn saved(self, node: NodeId) -> Result<Option<(ValueDigest, Payload)>> {
        let store = &*self.session.store;
        let Some(base) = self.ledger.record_key(&self.session.graph, node) else { return Ok(None) };
        let Some(deep) = deep_of(store, &base)? else { return Ok(None) };
        let Known { value, content, payload, .. } = Known::of(deep);
        let payload = payload_of_value(store, &value, content.as_ref(), payload.as_deref())?;
        Ok(payload.map(|payload| (value, payload)))
    }
}

impl Opened<'_> {
    /// Executes a computation of this node; gives its value digest and what it took.
    pub(crate) fn execute(&self, computation: &Recorded) -> std::result::Result<(ValueDigest, Took), Trouble> {
        match (computation.place, &self.over) {
            (Place::Whole, Over::Nothing) => {
                let encode = |value: &Value| encode_result(self.alone.session, self.spec, value);
                let (encoded, took) = self.call(self.digests.clone(), None, || Ok(SmallVec::new()), encode)?;
                Ok((Product::new(None, encoded, &self.spec.schema(), true).digest, took))
            }
            (Place::Element(element), Over::Elements(node, lists)) => {
                let known = guarded(self.alone.session, || self.element(node, lists, element))?;
                let items = || {
                    let items = lists.iter().map(|list| list.item(element));
                    Ok(items.collect::<Option<_>>().ok_or("the collection changed its size")?)
                };
                let encode = |value: &Value| self.encode(|| Ok(node.mapping.element.encode(value.as_any())?));
                let (encoded, took) = self.call(known.1, known.0.as_ref(), items, encode)?;
                Ok((Product::new(None, encoded, &node.schemas.result, true).digest, took))
            }
            (Place::Combination(id), Over::Combinations { node, list, tree, .. }) => {
                let combination = tree.combinations.get(id.position()).ok_or_else(gone)?;
                let upstream = self.upstream_of(combination.sides, &self.combined).ok_or_else(gone)?;
                let sides = || combination.sides.iter().map(|side| self.side(list, *side)).collect();
                let encode = |value: &Value| self.encode(|| Ok(node.reducing.element.encode(value.as_any())?));
                let (encoded, took) = self.call(upstream, None, sides, encode)?;
                Ok((Product::new(None, encoded, &node.schemas.result, true).digest, took))
            }
            (Place::Whole | Place::Element(_) | Place::Combination(_), _) => Err(gone()),
        }
    }

    /// What a computation is called within its node.
    pub(crate) fn label(&self, place: Place) -> Option<String> {
        let name = |list: &Mapped, element: usize| list.key(element).map_or(element.to_string(), |key| key.label);
        match (place, &self.over) {
            (Place::Element(element), Over::Elements(_, lists)) => lists.first().map(|list| name(list, element)),
            (Place::Combination(id), Over::Combinations { list, tree, .. }) => {
                let what = tree.combinations.get(id.position())?;
                Some(format!("{}..={}", name(list, position(what.first)), name(list, position(what.last))))
            }
            (Place::Whole | Place::Element(_) | Place::Combination(_), _) => None,
        }
    }

    /// Takes the collections of a map or reduce from the inputs.
    fn set_over(&mut self) -> std::result::Result<(), BoxError> {
        if let Some(node) = MappedNode::of(self.spec) {
            let types = [Some(node.mapping.over), node.mapping.with].into_iter().flatten();
            let mut lists = SmallVec::new();
            for over in types {
                lists.push(Mapped::new(self.take_input(0)?, over)?);
            }
            self.over = Over::Elements(node, lists);
        } else if let Some(node) = ReducedNode::of(self.spec) {
            if node.reducing.has_initial {
                self.take_input(0)?;
            }
            let list = Mapped::new(self.take_input(0)?, node.reducing.over)?;
            let schema = node.schemas.items.first().ok_or("a reduce without a collection")?;
            let digest = |element| {
                let (part, _) = part_of(|| list.part(element))?;
                Ok(value_digest(schema, &part.digest(), part.len()))
            };
            let elements = (0..list.size()).map(digest).collect::<std::result::Result<Vec<_>, BoxError>>()?;
            let tree = Tree::new(&elements);
            self.over = Over::Combinations { node, list, elements, tree };
        }
        Ok(())
    }

    fn take_input(&mut self, index: usize) -> std::result::Result<Value, BoxError> {
        if index >= self.values.len().min(self.digests.len()) {
            return Err("an input is not at hand; please report this as a bug of mamo".into());
        }
        self.digests.remove(index);
        Ok(self.values.remove(index))
    }

    fn recorded_parts(&self) -> Result<std::result::Result<Vec<Recorded>, Reason>> {
        let session = self.alone.session;
        let node = self.node;
        match &self.over {
            Over::Nothing => Ok(Ok(Vec::new())),
            Over::Elements(mapped, lists) => {
                let mut contents = Vec::new();
                for element in 0..lists.first().map_or(0, Mapped::size) {
                    let content = guarded(session, || {
                        let parts = lists.iter().map(|list| Ok(part_of(|| list.part(element))?.0));
                        let parts = parts.collect::<std::result::Result<SmallVec<[Part; 1]>, BoxError>>()?;
                        let names = lists.first().ok_or("a map without a collection")?;
                        Ok(mapped.computation(&parts, &self.digests, || Ok(names.key(element)?))?.content)
                    });
                    match content {
                        Ok(content) => contents.push(content),
                        Err(trouble) => return Ok(Err(reason_of(trouble))),
                    }
                }
                let keys: Vec<Key> =
                    contents.iter().map(|content| Key::new(RecordKind::Act, content.as_bytes())).collect();
                let acts = session.store.get_many(&keys).map_err(store_error)?;
                let found = contents.into_iter().zip(acts).enumerate().filter_map(|(element, (content, act))| {
                    let value = Act::read(&act?)?.value;
                    Some(Recorded { node, place: Place::Element(element), content, value })
                });
                Ok(Ok(found.collect()))
            }
            Over::Combinations { .. } => {
                let found = self.combined.iter().enumerate().filter_map(|(index, known)| {
                    let (content, value) = (*known)?;
                    Some(Recorded { node, place: Place::Combination(Id::from_position(index)), content, value })
                });
                Ok(Ok(found.collect()))
            }
        }
    }

    /// What is computed from an element: its key, and the values that it is computed from.
    fn element(
        &self,
        node: &MappedNode<'_>,
        lists: &[Mapped],
        element: usize,
    ) -> std::result::Result<(Option<ElementKey>, SmallVec<[ValueDigest; 4]>), BoxError> {
        let parts = lists.iter().map(|list| Ok(part_of(|| list.part(element))?.0));
        let parts = parts.collect::<std::result::Result<SmallVec<[Part; 1]>, BoxError>>()?;
        let names = lists.first().ok_or("a map without a collection")?;
        let computation = node.computation(&parts, &self.digests, || Ok(names.key(element)?))?;
        Ok((computation.key, computation.upstream))
    }

    fn find_combined(&self) -> Result<Vec<Option<(ContentKey, ValueDigest)>>> {
        let Over::Combinations { node, tree, .. } = &self.over else { return Ok(Vec::new()) };
        let mut known = Vec::with_capacity(tree.combinations.len());
        for combination in &tree.combinations {
            let content =
                self.upstream_of(combination.sides, &known).map(|upstream| node.hashers.content_key(&upstream));
            let act = content.map(|content| act_of(&*self.alone.session.store, &content)).transpose()?.flatten();
            known.push(content.zip(act.map(|act| act.value)));
        }
        Ok(known)
    }

    fn upstream_of(
        &self,
        sides: [Side; 2],
        known: &[Option<(ContentKey, ValueDigest)>],
    ) -> Option<SmallVec<[ValueDigest; 4]>> {
        let Over::Combinations { elements, .. } = &self.over else { return None };
        let digest = |side| match side {
            Side::Element(element) => elements.get(position(element)).copied(),
            Side::Combination(id) => known.get(id.position()).copied().flatten().map(|(_, value)| value),
        };
        let mut upstream = sides.into_iter().map(digest).collect::<Option<SmallVec<[ValueDigest; 4]>>>()?;
        upstream.extend_from_slice(&self.digests);
        Some(upstream)
    }

    /// One side of a combination, read back when it is a combination itself.
    fn side<'b>(&self, list: &'b Mapped, side: Side) -> std::result::Result<Lent<'b>, BoxError> {
        let session = self.alone.session;
        let lost = "bytes of a combination are lost";
        match side {
            Side::Element(element) => Ok(list.item(position(element)).ok_or("the collection changed its size")?),
            Side::Combination(id) => {
                let (content, value) = self.combined.get(id.position()).copied().flatten().ok_or(lost)?;
                let payload = payload_of_value(&*session.store, &value, Some(&content), None)?.ok_or(lost)?;
                match session.load(self.node, &value, &payload) {
                    Ok(value) => Ok(Lent::Owned(value.ok_or(lost)?)),
                    Err(Trouble::Failed(message)) => Err(message.into()),
                    Err(Trouble::Interrupted(_) | Trouble::Told) => Err(lost.into()),
                }
            }
        }
    }

    /// Calls the function where the node runs, as often as it may be tried but without pauses.
    fn call<'b>(
        &self,
        upstream: SmallVec<[ValueDigest; 4]>,
        key: Option<&ElementKey>,
        items: impl Fn() -> std::result::Result<SmallVec<[Lent<'b>; 2]>, BoxError>,
        encode: impl Fn(&Value) -> std::result::Result<Encoded, Trouble>,
    ) -> std::result::Result<(Encoded, Took), Trouble> {
        let session = self.alone.session;
        let owner = session.owner(self.node);
        let mut ctx = NodeCtx {
            function: self.function.function.path,
            draw: self.spec.draw,
            upstream,
            signals: Arc::clone(&session.signals),
            desk: Desk::new(Arc::clone(&session.keeper), owner),
            log: Arc::new(Log::new(Instant::now())),
        };
        let mut attempt = 0;
        loop {
            let start = session.ticker.now();
            let took = || session.ticker.took(start, session.ticker.now());
            let called = match Process::of(session, self.node) {
                Some(process) => self.call_elsewhere(&process, &ctx, key, &items).map(|encoded| (encoded, took())),
                None => self.call_here(&ctx, key, &items).and_then(|value| {
                    let took = took();
                    Ok((encode(&value)?, took))
                }),
            };
            let trouble = match called.map_err(|trouble| trouble.explained(&ctx)) {
                Ok(done) => return Ok(done),
                Err(trouble) => trouble,
            };
            let retry = session.graph.retries.get(&self.node);
            let is_again = match &trouble {
                Trouble::Failed(message) => retry.is_some_and(|retry| retry.pause_after(attempt, message).is_some()),
                Trouble::Interrupted(_) | Trouble::Told => false,
            };
            if !is_again || session.signals.is_stopped() {
                return Err(trouble);
            }
            attempt += 1;
            // Each try begins in an empty folder.
            ctx.desk.leave(Some(owner));
        }
    }

    fn call_here<'b>(
        &self,
        ctx: &NodeCtx,
        key: Option<&ElementKey>,
        items: impl Fn() -> std::result::Result<SmallVec<[Lent<'b>; 2]>, BoxError>,
    ) -> std::result::Result<Value, Trouble> {
        guarded(self.alone.session, || {
            let items = items()?;
            let mut values: SmallVec<[_; 4]> = items.iter().map(Lent::as_any).collect();
            values.extend(self.values.iter().map(Value::as_any));
            let inputs = Inputs { values: &values, present: self.present, key: key.map(|key| &key.value) };
            (self.function.call)(ctx, &inputs)
        })
    }

    fn call_elsewhere<'b>(
        &self,
        process: &Process<'_>,
        ctx: &NodeCtx,
        key: Option<&ElementKey>,
        items: impl Fn() -> std::result::Result<SmallVec<[Lent<'b>; 2]>, BoxError>,
    ) -> std::result::Result<Encoded, Trouble> {
        let graph = &self.alone.session.graph;
        let items = guarded(self.alone.session, &items)?;
        let inputs = graph.inputs(self.node);
        let operand = |value, value_type, of| Operand { value, value_type, of, digest: None, payload: None };
        let (which, mut operands) = match &self.over {
            Over::Nothing => (Which::Whole, Vec::new()),
            Over::Elements(node, _) => {
                let over = [Some(node.mapping.over), node.mapping.with].into_iter().flatten();
                let own = items.iter().zip(over).zip(inputs);
                let own = own.map(|((item, over), list)| operand(item.as_any(), (over.item_type)(), *list));
                (Which::Element, own.collect())
            }
            Over::Combinations { node, .. } => {
                let own = items.iter().map(|side| operand(side.as_any(), node.reducing.element, self.node));
                (Which::Combination, own.collect())
            }
        };
        let shared = inputs.get(self.function.n_own_inputs()..).unwrap_or_default();
        let shared = self.values.iter().zip(shared);
        operands.extend(
            shared.filter_map(|(value, input)| Some(operand(value.as_any(), graph.value_type(*input)?, *input))),
        );
        process.run(ctx, &Call { which, operands, key: key.map(|key| key.bytes.as_slice()) })
    }

    fn encode(
        &self,
        encode: impl FnOnce() -> std::result::Result<Encoded, BoxError>,
    ) -> std::result::Result<Encoded, Trouble> {
        let session = self.alone.session;
        guarded(session, || keeping_sources(&session.keeper, encode))
    }
}

/// Why something could not be executed or read.
pub(crate) fn reason_of(trouble: Trouble) -> Reason {
    match trouble {
        Trouble::Failed(message) => message,
        Trouble::Told => "it took too long".to_owned(),
        Trouble::Interrupted(Interrupt::Lost { .. }) => "bytes that it reads are lost".to_owned(),
        Trouble::Interrupted(Interrupt::Changed { path }) => {
            format!("`{}` changed while it was read", path.display())
        }
    }
}

fn gone() -> Trouble {
    Trouble::Failed("what it computes is not known any more; please report this as a bug of mamo".into())
}
