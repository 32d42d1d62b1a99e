//! Maps: a function over the elements of a collection, each element a computation of its own.

use crate::exec::event::Event;
use crate::exec::ledger::Known;
use crate::exec::recorded::{act_of, are_there};
use crate::exec::sync::{Arc, AtomicU32, AtomicU64, Mutex, OnceLock, Ordering, lock};
use crate::exec::table::{Id, Table, number, position};
use crate::exec::wave::claims::{Asker, Claim, Done};
use crate::exec::wave::perform::{Product, Trouble, encode, encode_result, guarded, part_of};
use crate::exec::wave::queue::{Job, Work};
use crate::exec::wave::resolve::{Halt, Pending};
use crate::exec::wave::slots::{Conclusion, Slot, SlotId};
use crate::exec::wave::walk::{Local, Wave};
use crate::exec::{Counts, OnFailure, Outcome};
use crate::fingerprint::{BlobDigest, ContentKey, DigestMap, SchemaDigest, ValueDigest, value_digest};
use crate::graph::{Body, Inputs, NodeCtx, NodeFunction, NodeSpec};
use crate::store::{Act, Key, Payload, RecordKind};
use crate::value::{CollectionType, ElementKey, Failure, Made, Mapped, Part, Value, keeping_sources};
use smallvec::SmallVec;
use std::time::Instant;

/// A computation of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ComputationId(u32);

/// A map on its way.
pub(crate) struct MapRun {
    slot: SlotId,
    content: ContentKey,
    is_tainted: bool,
    /// What the map gave before, when it is executed again.
    expected: Option<ValueDigest>,
    list: Mapped,
    /// Values of the further inputs, the same for all elements.
    shared: SmallVec<[Value; 4]>,
    /// What has to be computed: equal elements are one computation.
    computations: Table<ComputationId, ElementRun>,
    /// Which computation gives each element.
    elements: Vec<ComputationId>,
    /// Computations that are not done yet, and one more while they are being set up.
    left: AtomicU32,
    cost_ns: AtomicU64,
    /// Computations that failed, the first one first.
    failures: Mutex<Vec<(ContentKey, Arc<Failure>)>>,
}

/// One computation of a map.
struct ElementRun {
    content: ContentKey,
    /// The first element that it gives.
    index: usize,
    key: Option<ElementKey>,
    /// Value digests of the element and the further inputs, for the seed.
    upstream: SmallVec<[ValueDigest; 4]>,
    /// What somebody gave who computed the same and kept no bytes.
    before: OnceLock<ValueDigest>,
    /// What it gave; nothing inside when it failed.
    made: OnceLock<Option<MadeElement>>,
}

/// What the computation of an element gave.
struct MadeElement {
    value: Option<Value>,
    part: Part,
    is_executed: bool,
}

/// Schema of keys: they are part of content keys in their encoded form.
const KEY_SCHEMA: SchemaDigest = SchemaDigest::from_bytes(*b"mamo 1: key of an element ------");

impl Wave {
    /// Sets a map going: elements that are known are taken, the others become jobs.
    pub(crate) fn start_map(
        &self,
        pending: &Pending<'_>,
        function: &'static NodeFunction,
        mapped: &'static CollectionType,
        local: &mut Local,
    ) -> Result<(), Halt> {
        let Pending { index, slot, spec, content, is_tainted, expected } = *pending;
        let inputs = self.session.graph.inputs(slot.node);
        let (false, Some(hashers), Some((item_schema, _))) = (inputs.is_empty(), &spec.element, spec.element_schemas)
        else {
            return Err(Halt::Trouble(Trouble::Failed("a map without a collection".into())));
        };
        let mut values = self.obtain_all(inputs)?;
        let list = values.remove(0);
        let list = guarded(&self.session, || Ok(Mapped::new(list, mapped)?))?;
        let shared_digests: SmallVec<[ValueDigest; 4]> = self.upstream_values(slot.node).skip(1).collect();
        let (runs, elements) = guarded(&self.session, || {
            let mut number_of: DigestMap<ContentKey, ComputationId> = DigestMap::default();
            let mut runs = Vec::new();
            let mut elements = Vec::new();
            for element in 0..list.size() {
                let (part, _) = part_of(|| list.part(element))?;
                let mut upstream: SmallVec<[ValueDigest; 4]> = SmallVec::new();
                upstream.push(value_digest(&item_schema, &part.digest(), part.len()));
                upstream.extend_from_slice(&shared_digests);
                let key = if function.function.has_key {
                    let key = list.key(element)?;
                    let len = u64::try_from(key.bytes.len()).unwrap_or(u64::MAX);
                    upstream.push(value_digest(&KEY_SCHEMA, &BlobDigest::of(&key.bytes), len));
                    Some(key)
                } else {
                    None
                };
                let content = hashers.content_key(&upstream);
                let computation = *number_of.entry(content).or_insert_with(|| {
                    runs.push(ElementRun {
                        content,
                        index: element,
                        key,
                        upstream,
                        before: OnceLock::new(),
                        made: OnceLock::new(),
                    });
                    ComputationId::from_position(runs.len() - 1)
                });
                elements.push(computation);
            }
            Ok((runs, elements))
        })?;
        let map = Arc::new(MapRun {
            slot: index,
            content,
            is_tainted,
            expected,
            list,
            shared: values,
            left: AtomicU32::new(number(runs.len() + 1)),
            computations: runs.into(),
            elements,
            cost_ns: AtomicU64::new(0),
            failures: Mutex::default(),
        });
        lock(&self.maps).push(Arc::clone(&map));
        self.start_elements(&map, slot, local);
        self.count_down(&map, local);
        Ok(())
    }

    fn start_elements(&self, map: &Arc<MapRun>, slot: &Slot, local: &mut Local) {
        let keys: Vec<Key> =
            map.computations.iter().map(|run| Key::new(RecordKind::Act, run.content.as_bytes())).collect();
        let acts = if self.session.contents.has_act {
            self.session.store.get_many(&keys).unwrap_or_default()
        } else {
            Vec::new()
        };
        let mut acts = acts.into_iter();
        for computation in map.computations.ids() {
            let run = &map.computations[computation];
            let act = acts.next().flatten().as_deref().and_then(Act::read);
            let asker = Asker::Element { map: Arc::clone(map), computation };
            match self.claim(run.content, asker) {
                Claim::Waiting => {}
                Claim::Done(done) => self.element_done(map, computation, &done, local),
                Claim::Mine => match act.and_then(|act| self.saved_part(map, act)) {
                    Some((value, part)) => {
                        let made = MadeElement { value: None, part, is_executed: false };
                        self.element_made(map, computation, Some(made), local);
                        self.tell_askers(&run.content, &Done::Value { value, payload: None }, local);
                    }
                    None => match self.ledger.failed_elements.get(&run.content) {
                        Some(failure) => {
                            let done = Done::Failed(Arc::clone(failure));
                            self.element_done(map, computation, &done, local);
                            self.tell_askers(&run.content, &done, local);
                        }
                        None => self.push_element(map, computation, local),
                    },
                },
            }
        }
        let stale = map.computations.iter().filter(|run| run.made.get().is_none()).count();
        self.session.tell(|observer| {
            let count = |count| u64::try_from(count).unwrap_or(u64::MAX);
            let node = &self.session.graph.identity(slot.node);
            observer.event(&Event::MapStarted { node, elements: count(map.elements.len()), stale: count(stale) });
        });
    }

    fn push_element(&self, map: &Arc<MapRun>, computation: ComputationId, local: &mut Local) {
        let urgency = self.slots.slots[map.slot].urgency;
        local.jobs.push(Job { urgency, work: Work::Element { map: Arc::clone(map), computation } });
    }

    /// The element's encoded form from its record; nothing when its bytes are not there.
    fn saved_part(&self, map: &MapRun, act: Act) -> Option<(ValueDigest, Part)> {
        // A map that is executed again is so because bytes are lost: perhaps these.
        if map.expected.is_some() && !are_there(&*self.session.store, &act.payload).unwrap_or(false) {
            return None;
        }
        match act.payload {
            Payload::Inline(bytes) => Some((act.value, Part::new(bytes, &mut Vec::new()))),
            Payload::Blob { digest, len } => Some((act.value, Part::Blob { digest: *digest.as_bytes(), len })),
            Payload::Absent { .. } => None,
        }
    }

    /// Executes a stale element.
    pub(crate) fn run_element(&self, map: &Arc<MapRun>, computation: ComputationId, local: &mut Local) {
        let run = &map.computations[computation];
        let node = self.slots.slots[map.slot].node;
        let graph = &self.session.graph;
        let Some(spec) = graph.spec(node) else { return };
        let Body::Function { function, present } = &spec.body else { return };
        let label = self.session.observer.is_some().then(|| label(map, run));
        self.session.tell(|observer| {
            observer.event(&Event::NodeStarted { node: &graph.identity(node), element: label.as_deref() })
        });
        let start = Instant::now();
        match self.call_element(map, run, spec, function, *present) {
            Ok(product) => {
                let cost_ns = self.took(start.elapsed());
                map.cost_ns.fetch_add(cost_ns, Ordering::Relaxed);
                self.session.tell_executed(node, label.as_deref(), cost_ns);
                let value = product.digest;
                let made = self.record_element(map, run, product, cost_ns, local);
                self.element_made(map, computation, Some(made), local);
                self.tell_askers(&run.content, &Done::Value { value, payload: None }, local);
            }
            Err(Trouble::Interrupted(interrupt)) => self.interrupted(interrupt),
            Err(Trouble::Failed(message)) => {
                let label = label.unwrap_or_else(|| self::label(map, run));
                let identity = graph.identity(node);
                self.session.tell(|observer| {
                    observer.event(&Event::NodeFailed { node: &identity, element: Some(&label), message: &message })
                });
                let failure = Arc::new(Failure::new(format!("{identity}[{label}]"), message));
                let done = Done::Failed(failure);
                self.element_done(map, computation, &done, local);
                self.tell_askers(&run.content, &done, local);
            }
        }
    }

    fn call_element(
        &self,
        map: &MapRun,
        run: &ElementRun,
        spec: &NodeSpec,
        function: &'static NodeFunction,
        present: u64,
    ) -> Result<Product, Trouble> {
        let (Some(element), Some((_, schema))) = (function.element, spec.element_schemas) else {
            return Err(Trouble::Failed("a map without a collection".into()));
        };
        let ctx = NodeCtx {
            function: function.function.path,
            trial: 0,
            upstream: run.upstream.clone(),
            signals: Arc::clone(&self.session.signals),
        };
        let value = guarded(&self.session, || {
            let item = map.list.item(run.index).ok_or("the collection changed its size")?;
            let mut values: SmallVec<[_; 4]> = SmallVec::new();
            values.push(item.as_any());
            values.extend(map.shared.iter().map(Value::as_any));
            let key = run.key.as_ref().map(|key| &key.value);
            (function.call)(&ctx, &Inputs { values: &values, present, key })
        })?;
        let encoded = guarded(&self.session, || keeping_sources(|| Ok(encode(element, value.as_any())?)))?;
        Ok(Product::new(Some(value), encoded, &schema, true))
    }

    /// Writes down what an element gave; when it gave something else before, only the map's own list names it.
    fn record_element(
        &self,
        map: &MapRun,
        run: &ElementRun,
        product: Product,
        cost_ns: u64,
        local: &mut Local,
    ) -> MadeElement {
        let Product { value, digest, payload, mut blobs, .. } = product;
        let part = match &payload {
            Payload::Inline(bytes) => Part::new(bytes.clone(), &mut blobs),
            Payload::Blob { digest, len } | Payload::Absent { digest, len } => {
                Part::Blob { digest: *digest.as_bytes(), len: *len }
            }
        };
        for (name, bytes) in blobs {
            local.records.put_blob(name, bytes);
        }
        let before = match (run.before.get(), map.expected) {
            (Some(before), _) => Some(*before),
            (None, Some(_)) => act_of(&*self.session.store, &run.content).ok().flatten().map(|act| act.value),
            (None, None) => None,
        };
        if before.is_none_or(|before| before == digest) {
            let act = Act { value: digest, payload, cost_ns, run: self.session.run };
            local.records.put(Key::new(RecordKind::Act, run.content.as_bytes()), |out| act.write(out));
        }
        let graph = &self.session.graph;
        let element = graph.spec(self.slots.slots[map.slot].node).and_then(|spec| spec.element.as_ref());
        if element.is_some_and(|hashers| self.twins.is_shared(&hashers.digest, &run.content)) {
            // Whoever needs the same reads this record, perhaps from another thread.
            self.hand_over(local);
        }
        let is_read = self.slots.slots[map.slot].readers.load(Ordering::Acquire) > 0;
        MadeElement { value: value.filter(|_| is_read), part, is_executed: true }
    }

    /// Takes over what somebody else computed.
    pub(crate) fn element_done(&self, map: &Arc<MapRun>, computation: ComputationId, done: &Done, local: &mut Local) {
        let (value, payload) = match done {
            Done::Value { value, payload } => (*value, payload.clone()),
            Done::Failed(failure) => {
                // The same computation, but an element of this map.
                let node = self.session.graph.identity(self.slots.slots[map.slot].node);
                let label = label(map, &map.computations[computation]);
                let failure = &Arc::new(Failure::new(format!("{node}[{label}]"), failure.message().to_owned()));
                lock(&map.failures).push((map.computations[computation].content, Arc::clone(failure)));
                if self.session.on_failure != OnFailure::KeepGoing {
                    self.fail(map.slot, &self.slots.slots[map.slot], Arc::clone(failure), local);
                }
                return self.element_made(map, computation, None, local);
            }
        };
        let run = &map.computations[computation];
        let content = Some(run.content);
        self.hand_over(local);
        let payload = self.payload(&Known { value, content, payload, is_tainted: false }).and_then(|payload| {
            if payload.is_absent() { self.save_spilled(&run.content, &value, &payload, local) } else { Some(payload) }
        });
        let part = match payload {
            Some(Payload::Inline(bytes)) => {
                let mut blobs = Vec::new();
                let part = Part::new(bytes, &mut blobs);
                for (name, bytes) in blobs {
                    local.records.put_blob(name, bytes);
                }
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
        if map.computations[computation].made.set(made).is_ok() {
            self.count_down(map, local);
        }
    }

    fn count_down(&self, map: &Arc<MapRun>, local: &mut Local) {
        // AcqRel: the last one sees what all others made.
        if map.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.finish_map(map, local);
        }
    }

    /// All computations are done: makes the resulting collection.
    fn finish_map(&self, map: &Arc<MapRun>, local: &mut Local) {
        let slot = &self.slots.slots[map.slot];
        let failure = lock(&map.failures).first().map(|(_, failure)| Arc::clone(failure));
        if let Some(failure) = failure {
            self.fail(map.slot, slot, Arc::clone(&failure), local);
            return self.tell_askers(&map.content, &Done::Failed(failure), local);
        }
        let graph = &self.session.graph;
        let Some(spec) = graph.spec(slot.node) else { return };
        let made = |computation: &ComputationId| {
            let made = map.computations[*computation].made.get()?.as_ref()?;
            Some(Made { value: made.value.clone(), part: made.part.clone() })
        };
        let Some(made) = map.elements.iter().map(made).collect::<Option<Vec<_>>>() else { return };
        let loader = self.session.loader(slot.node);
        let value = guarded(&self.session, || Ok(map.list.assemble(made, &loader)?));
        let encoded = value.and_then(|value| Ok((encode_result(&self.session, spec, &value)?, value)));
        let (encoded, value) = match encoded {
            Ok(encoded) => encoded,
            Err(trouble) => return self.trouble(map.slot, slot, trouble, Some(&map.content), local),
        };
        // All was set up and counted down, so these are final.
        let cost_ns = map.cost_ns.load(Ordering::Acquire);
        let is_executed = map.counts().executed > 0;
        let MapRun { slot: index, content, is_tainted, expected, .. } = **map;
        let product = self.product(index, spec, expected.is_some(), Some(value), encoded);
        let pending = Pending { index, slot, spec, content, is_tainted, expected };
        let known = self.record_execution(&pending, product, cost_ns, local);
        let outcome = if is_executed { Outcome::Executed } else { Outcome::CutOff };
        if is_executed {
            self.session.add_cost(slot.node, cost_ns);
        } else {
            self.session.tell_cut_off(slot.node);
        }
        let done = Done::Value { value: known.value, payload: known.payload.clone() };
        self.conclude(map.slot, slot, Conclusion::Known(known), outcome, local);
        self.tell_askers(&content, &done, local);
    }
}

impl ComputationId {
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

impl Id for ComputationId {
    fn from_position(position: usize) -> Self {
        Self(number(position))
    }

    fn position(self) -> usize {
        position(self.0)
    }
}

impl MapRun {
    pub(crate) fn slot(&self) -> SlotId {
        self.slot
    }

    /// Takes what failed: in later waves it stays failed.
    pub(crate) fn take_failures(&self) -> Vec<(ContentKey, Arc<Failure>)> {
        std::mem::take(&mut *lock(&self.failures))
    }

    /// How its elements came out by now; of equal ones the first counts as executed, the others as cut off.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (element, computation) in self.elements.iter().enumerate() {
            let run = &self.computations[*computation];
            counts.add(match run.made.get() {
                None => Outcome::Skipped,
                Some(None) => Outcome::Failed,
                Some(Some(made)) if made.is_executed && run.index == element => Outcome::Executed,
                Some(Some(_)) => Outcome::CutOff,
            });
        }
        counts
    }
}

/// How the element is called in lists and messages.
fn label(map: &MapRun, run: &ElementRun) -> String {
    if let Some(key) = &run.key {
        return key.label.clone();
    }
    map.list.key(run.index).map_or_else(|_| run.index.to_string(), |key| key.label)
}
