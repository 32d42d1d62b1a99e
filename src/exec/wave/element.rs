//! Maps: a function over the elements of a collection, each element a computation of its own.

use crate::exec::clock::Took;
use crate::exec::event::Event;
use crate::exec::ledger::Known;
use crate::exec::process::Process;
use crate::exec::recorded::{act_of, are_there};
use crate::exec::report::Keep;
use crate::exec::sync::{Arc, Ordering, lock};
use crate::exec::table::Id;
use crate::exec::wave::attempts::Execution;
use crate::exec::wave::claims::{Asker, Claim, Done};
use crate::exec::wave::map::{Computation, ComputationId, ElementRun, MadeElement, MapInputs, MapRun};
use crate::exec::wave::perform::{Product, Trouble, encode_result, guarded, part_of};
use crate::exec::wave::resolve::{Halt, Pending};
use crate::exec::wave::slots::{Conclusion, Slot};
use crate::exec::wave::walk::{Local, Wave};
use crate::exec::{OnFailure, Outcome};
use crate::fingerprint::{BlobDigest, ContentKey, DigestMap, SchemaDigest, SpecHashers, ValueDigest, value_digest};
use crate::graph::{Body, ElementSchemas, Inputs, Mapping, NodeCtx, NodeFunction, NodeId, NodeSpec};
use crate::store::{Act, Key, Payload, RecordKind};
use crate::value::{BoxError, ElementKey, Failure, Lent, Mapped, NamedBlob, Part, Value, keeping_sources};
use smallvec::{SmallVec, smallvec};
use std::time::Instant;

/// Schema of keys: they are part of content keys in their encoded form.
const KEY_SCHEMA: SchemaDigest = SchemaDigest::from_bytes(*b"mamo 1: key of an element ------");

/// A mapped node: what is to be known of it besides its inputs.
#[derive(Clone, Copy)]
pub(crate) struct MappedNode<'a> {
    pub(crate) function: &'static NodeFunction,
    /// One bit a parameter: whether an input was given for it.
    pub(crate) present: u64,
    pub(crate) mapping: &'static Mapping,
    /// What its elements' content keys are made with.
    hashers: &'a SpecHashers,
    pub(crate) schemas: &'a ElementSchemas,
}

impl<'a> MappedNode<'a> {
    pub(crate) fn of(spec: &'a NodeSpec) -> Option<Self> {
        let Body::Function { function, present } = spec.body else { return None };
        let (hashers, schemas) = (spec.element.as_ref()?, spec.element_schemas.as_ref()?);
        Some(Self { function, present, mapping: function.mapping.as_ref()?, hashers, schemas })
    }

    /// What is computed from an element, or one of each collection, given by their encoded forms.
    pub(crate) fn computation(
        &self,
        parts: &[Part],
        shared: &[ValueDigest],
        key: impl FnOnce() -> Result<ElementKey, BoxError>,
    ) -> Result<Computation, BoxError> {
        let parts = self.schemas.items.iter().zip(parts);
        let mut upstream: SmallVec<[ValueDigest; 4]> =
            parts.map(|(schema, part)| value_digest(schema, &part.digest(), part.len())).collect();
        upstream.extend_from_slice(shared);
        let key = if self.function.function.has_key { Some(key()?) } else { None };
        if let Some(key) = &key {
            let len = u64::try_from(key.bytes.len()).unwrap_or(u64::MAX);
            upstream.push(value_digest(&KEY_SCHEMA, &BlobDigest::of(&key.bytes), len));
        }
        Ok(Computation { content: self.hashers.content_key(&upstream), key, upstream })
    }
}

/// The element of each collection.
fn element_items<'a>(
    map: &'a MapRun,
    run: &ElementRun,
    ahead: Option<Value>,
) -> Result<SmallVec<[Lent<'a>; 2]>, BoxError> {
    match (ahead, map.inputs.get()) {
        (Some(value), _) => Ok(smallvec![Lent::Owned(value)]),
        (None, Some(inputs)) => {
            let items = inputs.lists.iter().map(|list| list.item(run.index));
            Ok(items.collect::<Option<_>>().ok_or("the collection changed its size")?)
        }
        (None, None) => Err("an element is not at hand; please report this as a bug of mamo".into()),
    }
}

impl Wave {
    /// Sets a map going: elements that are known are taken, the others become jobs.
    pub(crate) fn start_map(
        &self,
        pending: &Pending<'_>,
        node: &MappedNode<'_>,
        local: &mut Local,
    ) -> Result<(), Halt> {
        let Pending { index, slot, content, is_tainted, expected, .. } = *pending;
        let mut shared = self.obtain_all(self.session.graph.inputs(slot.node))?;
        let types = [Some(node.mapping.over), node.mapping.with].into_iter().flatten();
        let lists = guarded(&self.session, || {
            let lists = shared.drain(..types.clone().count().min(shared.len())).zip(types);
            let lists = lists.map(|(list, over)| Ok(Arc::new(Mapped::new(list, over)?)));
            let lists = lists.collect::<Result<SmallVec<[Arc<Mapped>; 1]>, BoxError>>()?;
            check_steps(node, &lists)?;
            Ok(lists)
        })?;
        let Some(names) = lists.first().map(Arc::clone) else {
            return Err(Halt::Trouble(Trouble::Failed("a map without a collection".into())));
        };
        let inputs = MapInputs { content, is_tainted, expected, lists: lists.clone() };
        if let Some(map) = self.running(index) {
            // It went along with the map above, and its elements are on their way.
            if map.inputs.set(inputs).is_ok() {
                self.count_down(&map, local);
            }
            return Ok(());
        }
        let shared_digests: SmallVec<[ValueDigest; 4]> = self.upstream_values(slot.node).skip(lists.len()).collect();
        let (computations, elements) = guarded(&self.session, || {
            let mut number_of: DigestMap<ContentKey, ComputationId> = DigestMap::default();
            let mut computations = Vec::new();
            let mut elements = Vec::new();
            for element in 0..names.size() {
                let parts = lists.iter().map(|list| Ok(part_of(|| list.part(element))?.0));
                let parts = parts.collect::<Result<SmallVec<[Part; 1]>, BoxError>>()?;
                let computation = node.computation(&parts, &shared_digests, || Ok(names.key(element)?))?;
                let id = *number_of.entry(computation.content).or_insert_with(|| {
                    computations.push(ElementRun::new(element, Some(computation)));
                    ComputationId::from_position(computations.len() - 1)
                });
                elements.push(id);
            }
            Ok((computations, elements))
        })?;
        let map = Arc::new(MapRun::new(
            index,
            node.mapping.is_settled,
            names,
            shared,
            shared_digests,
            computations,
            elements.into(),
        ));
        // Nobody else has seen it.
        let _ = map.inputs.set(inputs);
        self.add_running(&map);
        self.start_elements(&map, slot, local);
        self.count_down(&map, local);
        Ok(())
    }

    fn start_elements(&self, map: &Arc<MapRun>, slot: &Slot, local: &mut Local) {
        let contents = map.computations.iter().filter_map(|run| run.known.get()).map(|known| known.content);
        let keys: Vec<Key> = contents.map(|content| Key::new(RecordKind::Act, content.as_bytes())).collect();
        let acts = if self.session.contents.has_act && !self.ledger.again.contains(&slot.node) {
            self.session.store.get_many(&keys).unwrap_or_default()
        } else {
            Vec::new()
        };
        let mut acts = acts.into_iter();
        for computation in map.computations.ids() {
            let act = acts.next().flatten().as_deref().and_then(Act::read);
            if self.take_element(map, computation, act, local) {
                self.push_element(map, computation, local);
            }
        }
        let stale = map.computations.iter().filter(|run| !run.is_done()).count();
        self.tell_started(slot.node, map.elements.len(), stale);
    }

    pub(crate) fn tell_started(&self, node: NodeId, elements: usize, stale: usize) {
        self.session.tell(|observer| {
            self.session.remaining.open(&self.session, node, stale);
            let count = |count| u64::try_from(count).unwrap_or(u64::MAX);
            let node = &self.session.graph.identity(node);
            observer.event(&Event::MapStarted { node, elements: count(elements), stale: count(stale) });
        });
    }

    /// Takes what is known of an element; whether it has to be executed here.
    pub(crate) fn take_element(
        &self,
        map: &Arc<MapRun>,
        computation: ComputationId,
        act: Option<Act>,
        local: &mut Local,
    ) -> bool {
        let Some(content) = map.computations[computation].known.get().map(|known| known.content) else { return false };
        match self.claim(content, Asker::Element { map: Arc::clone(map), computation }) {
            Claim::Waiting => return false,
            Claim::Done(done) => {
                self.element_done(map, computation, &done, local);
                return false;
            }
            Claim::Mine => {}
        }
        if let Some((value, part)) = act.and_then(|act| self.saved_part(map, act, local)) {
            let made = MadeElement { value: None, part, is_executed: false };
            self.element_made(map, computation, Some(made), local);
            self.tell_later(&content, Done::Value { value, payload: None }, local);
            return false;
        }
        if let Some(failure) = self.ledger.failed_elements.get(&content) {
            let done = Done::Failed(Arc::clone(failure));
            self.element_done(map, computation, &done, local);
            self.tell_later(&content, done, local);
            return false;
        }
        self.start_followers(map, local);
        true
    }

    /// The element's encoded form from its record; nothing when its bytes are not there.
    fn saved_part(&self, map: &MapRun, act: Act, local: &mut Local) -> Option<(ValueDigest, Part)> {
        // A map that is executed again is so because bytes are lost: perhaps these.
        let is_again = map.inputs.get().is_some_and(|inputs| inputs.expected.is_some());
        let is_there = || are_there(&*self.session.store, &act.payload).unwrap_or(false);
        if is_again && !(is_there() && self.has_files(map.slot, &act.payload)) {
            return None;
        }
        match act.payload {
            Payload::Inline(bytes) => {
                let mut blobs = Vec::new();
                let part = Part::new(bytes, &mut blobs);
                // A node that computed the same has its bytes in the record alone, and so has an element whose map has gone.
                let is_there = |blob: &NamedBlob| {
                    let payload = Payload::Blob { digest: blob.digest, len: blob.blob.len() };
                    are_there(&*self.session.store, &payload).unwrap_or(false)
                };
                blobs.retain(|blob| !is_there(blob));
                if !blobs.is_empty() {
                    self.session.recorder.keep(blobs, &mut local.records);
                    self.hand_over(local);
                }
                Some((act.value, part))
            }
            Payload::Blob { digest, len } => Some((act.value, Part::Blob { digest: *digest.as_bytes(), len })),
            Payload::Absent { .. } => None,
        }
    }

    /// Executes a stale element.
    pub(crate) fn run_element(&self, map: &Arc<MapRun>, computation: ComputationId, local: &mut Local) {
        let run = &map.computations[computation];
        let slot = &self.slots.slots[map.slot];
        let graph = &self.session.graph;
        let Some(node) = graph.spec(slot.node).and_then(MappedNode::of) else { return };
        if run.known.get().is_none() {
            let is_stale = self.meet_element(map, &node, computation, local);
            if is_stale && self.needs(slot.node).is_some() {
                return self.push_element(map, computation, local);
            }
            if !is_stale {
                return;
            }
        }
        let Some(known) = run.known.get() else { return };
        let label = self.session.is_watched().then(|| map.label(computation));
        self.session.tell(|observer| {
            observer.event(&Event::NodeStarted { node: &graph.identity(slot.node), element: label.as_deref() })
        });
        let start = Instant::now();
        let mut began = Some(self.session.ticker.at(start));
        let mut ctx = self.new_context(slot.node, node.function, known.upstream.clone(), start);
        let asker = || (Asker::Element { map: Arc::clone(map), computation }, known.content);
        let process = Process::of(&self.session, slot.node);
        let label_of = || map.label(computation);
        let execution =
            Execution { node: slot.node, element: Some(&label_of), asker: &asker, process: process.as_ref() };
        let body = |ctx: &NodeCtx| {
            let began = began.take().unwrap_or_else(|| self.session.ticker.now());
            self.call_element(ctx, (map, run, known), &node, process.as_ref(), began)
        };
        let failed_on = |keep: &mut Keep| self.element_inputs((map, run, known), node.present, keep);
        let called = self.attempt(execution, &mut ctx, body, failed_on);
        match called {
            Ok((product, took)) => {
                map.cost_ns.fetch_add(took.compute_ns, Ordering::Relaxed);
                self.note_execution((slot.node, label.as_deref()), took, product.payload.len(), local);
                self.session.tell_executed(slot.node, label.as_deref(), took.compute_ns);
                let value = product.digest;
                let made = self.record_element(map, run, known, &node, product, took, local);
                self.element_made(map, computation, Some(made), local);
                self.tell_later(&known.content, Done::Value { value, payload: None }, local);
            }
            Err(Trouble::Interrupted(interrupt)) => self.interrupted(interrupt),
            Err(Trouble::Told) => {}
            Err(Trouble::Failed(message)) => {
                let failure = self.element_failure(map, computation, message);
                self.session.tell_failed(&graph.identity(slot.node), label.as_deref(), failure.message());
                let done = Done::Failed(failure);
                self.element_done(map, computation, &done, local);
                self.tell_later(&known.content, done, local);
            }
        }
    }

    pub(crate) fn element_failure(&self, map: &MapRun, computation: ComputationId, message: String) -> Arc<Failure> {
        let node = self.session.graph.identity(self.slots.slots[map.slot].node);
        Arc::new(Failure::new(format!("{node}[{}]", map.label(computation)), message))
    }

    fn call_element(
        &self,
        ctx: &NodeCtx,
        (map, run, known): (&MapRun, &ElementRun, &Computation),
        node: &MappedNode<'_>,
        process: Option<&Process<'_>>,
        began: u64,
    ) -> Result<(Product, Took), Trouble> {
        let ahead = self.item_ahead(map, run)?;
        if let Some(process) = process {
            let items = guarded(&self.session, || element_items(map, run, ahead))?;
            let encoded = process.run(ctx, &self.element_call(map, node, known, &items))?;
            let product = Product::new(None, encoded, &node.schemas.result, true);
            return Ok((product, self.session.ticker.took(began, self.session.ticker.now())));
        }
        let value = guarded(&self.session, || {
            let items = element_items(map, run, ahead)?;
            let mut values: SmallVec<[_; 4]> = items.iter().map(Lent::as_any).collect();
            values.extend(map.shared.iter().map(Value::as_any));
            let key = known.key.as_ref().map(|key| &key.value);
            (node.function.call)(ctx, &Inputs { values: &values, present: node.present, key })
        })?;
        let ended = self.session.ticker.now();
        let encoded = guarded(&self.session, || {
            keeping_sources(&self.session.keeper, || Ok(node.mapping.element.encode(value.as_any())?))
        })?;
        let product = Product::new(Some(value), encoded, &node.schemas.result, true);
        Ok((product, self.session.ticker.took(began, ended)))
    }

    /// Writes down what an element gave; when it gave something else before, only the map's own list names it.
    #[expect(clippy::too_many_arguments, reason = "an element, what it is of, and what it gave")]
    fn record_element(
        &self,
        map: &MapRun,
        run: &ElementRun,
        known: &Computation,
        node: &MappedNode<'_>,
        product: Product,
        took: Took,
        local: &mut Local,
    ) -> MadeElement {
        let Product { value, digest, payload, mut blobs, .. } = product;
        let part = match &payload {
            Payload::Inline(bytes) => Part::new(bytes.clone(), &mut blobs),
            Payload::Blob { digest, len } | Payload::Absent { digest, len } => {
                Part::Blob { digest: *digest.as_bytes(), len: *len }
            }
        };
        self.session.recorder.keep(blobs, &mut local.records);
        // What somebody wants executed once more takes the place of what was there.
        let is_replaced = self.ledger.again.contains(&self.slots.slots[map.slot].node);
        let is_again = !is_replaced && map.inputs.get().is_some_and(|inputs| inputs.expected.is_some());
        let before = match run.before.get() {
            Some(before) => Some(*before),
            None if is_again => act_of(&*self.session.store, &known.content).ok().flatten().map(|act| act.value),
            None => None,
        };
        if before.is_none_or(|before| before == digest) {
            let act = Act::new(digest, payload, took.compute_ns, took.save_ns, self.session.run);
            local.records.put(Key::new(RecordKind::Act, known.content.as_bytes()), |out| act.write(out));
        }
        if matches!(part, Part::Blob { .. }) && (map.is_settled || !node.mapping.is_one_to_one) {
            // The map's own end reads it, perhaps in another thread.
            self.hand_over(local);
        }
        MadeElement { value, part, is_executed: true }
    }

    pub(crate) fn element_failed(
        &self,
        map: &Arc<MapRun>,
        computation: ComputationId,
        message: String,
        local: &mut Local,
    ) {
        let failure = self.element_failure(map, computation, message);
        lock(&map.failures).push((computation, Arc::clone(&failure)));
        if self.session.on_failure != OnFailure::KeepGoing && !map.is_settled {
            self.fail(map.slot, &self.slots.slots[map.slot], failure, local);
        }
        self.element_made(map, computation, None, local);
    }

    /// Takes over what somebody else computed.
    pub(crate) fn element_done(&self, map: &Arc<MapRun>, computation: ComputationId, done: &Done, local: &mut Local) {
        let run = &map.computations[computation];
        let Some(content) = run.known.get().map(|known| known.content) else { return };
        let (value, payload) = match done {
            Done::Value { value, payload } | Done::Tainted { value, payload } => (*value, payload.clone()),
            // The same computation, but an element of this map.
            Done::Failed(failure) => {
                return self.element_failed(map, computation, failure.message().to_owned(), local);
            }
        };
        self.hand_over(local);
        let payload = self.payload(&Known { value, content: Some(content), payload, is_tainted: false });
        let payload = payload.and_then(|payload| {
            if payload.is_absent() { self.save_spilled(&content, &value, &payload, local) } else { Some(payload) }
        });
        let part = match payload {
            Some(Payload::Inline(bytes)) => {
                let mut blobs = Vec::new();
                let part = Part::new(bytes, &mut blobs);
                self.session.recorder.keep(blobs, &mut local.records);
                // A map that goes along may read it back in another thread.
                self.hand_over(local);
                part
            }
            Some(Payload::Blob { digest, len }) => Part::Blob { digest: *digest.as_bytes(), len },
            // Whoever computed it does not keep what it computes, and a collection has its elements' bytes.
            Some(Payload::Absent { .. }) | None => {
                let _ = run.before.set(value);
                return self.push_element(map, computation, local);
            }
        };
        self.element_made(map, computation, Some(MadeElement { value: None, part, is_executed: false }), local);
    }

    fn element_made(
        &self,
        map: &Arc<MapRun>,
        computation: ComputationId,
        made: Option<MadeElement>,
        local: &mut Local,
    ) {
        let n_readers =
            || usize::try_from(self.slots.slots[map.slot].readers.load(Ordering::Acquire)).unwrap_or(usize::MAX);
        let mut made = made;
        let len = made.as_mut().map_or(0, |made| {
            if self.budget.is_over(0) {
                // Elements are saved, and read back by whoever goes over them.
                made.value = None;
            }
            if made.value.is_some() { made.part.len() } else { 0 }
        });
        let may_hold = len == 0 || map.may_hold(len);
        if !may_hold {
            // It is read back, perhaps in another thread.
            self.hand_over(local);
        }
        let is_read = |n_followers| {
            let is_read = may_hold && n_readers() > n_followers;
            if is_read {
                self.count(map.slot, len);
            }
            is_read
        };
        let Some(ready) = map.give(computation, made, is_read) else { return };
        for follower in ready {
            self.push_ahead(&follower, computation, local);
        }
        self.count_down(map, local);
    }

    fn count_down(&self, map: &Arc<MapRun>, local: &mut Local) {
        if map.count_down() {
            self.finish_map(map, local);
        }
    }

    /// All computations are done: makes the resulting collection.
    fn finish_map(&self, map: &Arc<MapRun>, local: &mut Local) {
        let slot = &self.slots.slots[map.slot];
        let Some(MapInputs { content, is_tainted, expected, lists }) = map.inputs.get() else { return };
        let mut maps = lock(&self.maps);
        maps.running.remove(&map.slot);
        maps.done.push((slot.node, map.counts()));
        drop(maps);
        let mut made = map.take_given();
        let failure = lock(&map.failures).first().map(|(_, failure)| Arc::clone(failure));
        let is_failed = failure.is_some();
        self.note_elements(map, slot.node, content, is_failed, local);
        if let Some(failure) = failure.filter(|_| !map.is_settled) {
            lock(&self.end).failed_elements.extend(map.take_failures());
            self.fail(map.slot, slot, Arc::clone(&failure), local);
            return self.tell_later(content, Done::Failed(failure), local);
        }
        // The element of an option is read back when somebody else holds it, and settled ones are.
        self.hand_over(local);
        if map.is_settled
            && let Err(trouble) = self.settle_elements(map, slot.node, &mut made, local)
        {
            return self.trouble(map.slot, slot, trouble, Some(content), local);
        }
        lock(&self.end).failed_elements.extend(map.take_failures());
        let graph = &self.session.graph;
        let made = map.elements.iter().map(|computation| made[*computation].clone()).collect::<Option<Vec<_>>>();
        let (Some(spec), Some(made), Some(list)) = (graph.spec(slot.node), made, lists.first()) else { return };
        let loader = self.session.loader(slot.node);
        let value = guarded(&self.session, || Ok(list.assemble(made, &loader)?));
        let encoded = value.and_then(|value| Ok((encode_result(&self.session, spec, &value)?, value)));
        let (encoded, value) = match encoded {
            Ok(encoded) => encoded,
            Err(trouble) => return self.trouble(map.slot, slot, trouble, Some(content), local),
        };
        // All was set up and counted down, so these are final.
        let cost_ns = map.cost_ns.load(Ordering::Acquire);
        let is_executed = map.counts().executed > 0;
        let pending =
            Pending { index: map.slot, slot, spec, content: *content, is_tainted: *is_tainted, expected: *expected };
        let product = self.product(map.slot, spec, expected.is_some(), Some(value), encoded);
        if is_failed {
            // The next run tries again.
            return self.settle_failure(map.slot, slot, Some(content), product, local);
        }
        let known = self.record_execution(&pending, product, Took { compute_ns: cost_ns, save_ns: 0 }, local);
        let outcome = if is_executed { Outcome::Executed } else { Outcome::CutOff };
        if !is_executed {
            self.session.tell_cut_off(slot.node);
        }
        let done = Done::Value { value: known.value, payload: known.payload.clone() };
        self.conclude(map.slot, slot, Conclusion::Known(known), outcome, local);
        self.tell_later(content, done, local);
    }
}

/// Collections that are gone over in step have the same keys.
fn check_steps(node: &MappedNode<'_>, lists: &[Arc<Mapped>]) -> Result<(), BoxError> {
    let [first, second] = lists else { return Ok(()) };
    let mut names = node.function.function.parameters.iter();
    let (first_name, second_name) = (names.next().unwrap_or(&""), names.next().unwrap_or(&""));
    for element in 0..first.size().min(second.size()) {
        let (a, b) = (first.key(element)?, second.key(element)?);
        if a.bytes != b.bytes {
            let (a, b) = (a.label, b.label);
            return Err(format!(
                "`zip_map` goes over collections with the same keys: `{first_name}` has `{a}` where `{second_name}` has `{b}`"
            )
            .into());
        }
    }
    if first.size() != second.size() {
        let (a, b) = (first.size(), second.size());
        return Err(format!(
            "`zip_map` goes over collections of one length: `{first_name}` has {a} elements, `{second_name}` {b}"
        )
        .into());
    }
    Ok(())
}
