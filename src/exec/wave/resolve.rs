//! What happens to a slot whose inputs are settled: it is skipped, cut off, or executed and recorded.

use crate::exec::event::Event;
use crate::exec::ledger::{Known, UNKNOWN};
use crate::exec::planning::act_of;
use crate::exec::session::payload_of;
use crate::exec::sync::{Arc, lock};
use crate::exec::wave::computations::{Claim, Done, Waiter};
use crate::exec::wave::perform::{Product, Trouble, call, encode, encode_result, guarded};
use crate::exec::wave::slots::{Settled, Slot};
use crate::exec::wave::walk::{Local, Wave};
use crate::exec::{OnFailure, Outcome};
use crate::fingerprint::{BlobDigest, ContentKey, ValueDigest, output_content, transient_value, value_digest};
use crate::graph::{Body, Inputs, Kind, NodeCtx, NodeSpec, Persist};
use crate::store::{Act, Alias, Key, Kind as RecordKind, Payload, Root, Upstream};
use crate::value::{Encoded, Failure, Interrupt, Made, Outputs, Part, Value};
use smallvec::SmallVec;
use std::time::Instant;

/// Why a slot cannot be executed in this wave.
pub(crate) enum Halt {
    /// The bytes of this node are needed first.
    Needs(u32),
    Trouble(Trouble),
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl Wave {
    /// All inputs of the slot are settled: finds out its value.
    pub(crate) fn resolve(&self, index: u32, local: &mut Local) {
        let slot = &self.slots.slots[index];
        let graph = &self.session.graph;
        let Some(spec) = graph.spec(slot.node) else { return };
        let mut inputs: SmallVec<[&Known; 4]> = SmallVec::new();
        let mut failure = None;
        for input in graph.inputs(slot.node) {
            match self.slots.get(*input).and_then(|input| input.settled.get()) {
                Some(Settled::Known(known)) => inputs.push(known),
                Some(Settled::Failed(cause) | Settled::Skipped(cause)) => failure = Some(cause),
                None => return,
            }
        }
        match (failure, &spec.body) {
            (None, Body::Output { output, .. }) => self.resolve_output(index, slot, spec, *output, local),
            (None, _) => {
                let content = spec.hashers.content_key(inputs.iter().map(|known| &known.value));
                let is_tainted = inputs.iter().any(|known| known.is_tainted);
                self.resolve_content(index, slot, spec, content, is_tainted, local);
            }
            (Some(failure), Body::Settle(settler)) => {
                let encoded = guarded(&self.session, || Ok((settler.failure)(failure)?));
                let product = encoded.map(|encoded| self.product(slot, spec, None, encoded));
                match product {
                    Ok(product) => self.settle_failure(index, slot, product, local),
                    Err(trouble) => self.trouble(index, slot, trouble, None, local),
                }
            }
            (Some(failure), _) => {
                self.settle(index, slot, Settled::Skipped(Arc::clone(failure)), Outcome::Skipped, local)
            }
        }
    }

    fn resolve_content(
        &self,
        index: u32,
        slot: &Slot,
        spec: &NodeSpec,
        content: ContentKey,
        is_tainted: bool,
        local: &mut Local,
    ) {
        let is_transient = self.is_transient(spec);
        if is_transient && !self.ledger.forced.contains(&slot.node) {
            // It is made when somebody needs it.
            let known = Known { value: transient_value(&content), content: Some(content), payload: None, is_tainted };
            return self.settle(index, slot, Settled::Known(known), Outcome::CutOff, local);
        }
        if !is_transient {
            match self.computations.claim(content, || Waiter::Slot(index)) {
                Claim::Mine => {}
                Claim::Waiting => return,
                Claim::Done(done) => return self.attach(index, slot, content, is_tainted, done, local),
            }
            if slot.expected.is_none()
                && self.session.contents.has_act
                && let Ok(Some(act)) = act_of(&*self.session.store, &content)
            {
                let done = Done::Value { value: act.value, payload: None };
                self.attach(index, slot, content, is_tainted, done.clone(), local);
                return self.tell_waiters(content, done, local);
            }
        }
        match self.execute(index, slot, spec, content, is_tainted, local) {
            Ok(()) => {}
            Err(Halt::Needs(node)) => self.demand(node),
            Err(Halt::Trouble(trouble)) => self.trouble(index, slot, trouble, Some(content), local),
        }
    }

    pub(crate) fn is_transient(&self, spec: &NodeSpec) -> bool {
        matches!(spec.results.as_slice(), [one] if one.bytes.is_none())
    }

    /// Settles a slot whose computation somebody else made, now or in an earlier run.
    pub(crate) fn attach(
        &self,
        index: u32,
        slot: &Slot,
        content: ContentKey,
        is_tainted: bool,
        done: Done,
        local: &mut Local,
    ) {
        match done {
            Done::Value { value, payload } => {
                if !is_tainted && slot.expected.is_some_and(|expected| expected != value) {
                    self.diverge(slot, value, local);
                }
                let known = Known { value, content: Some(content), payload, is_tainted };
                self.record_alias(slot, &known, local);
                self.session.tell_cut_off(slot.node);
                self.settle(index, slot, Settled::Known(known), Outcome::CutOff, local);
            }
            Done::Failed(failure) => self.fail(index, slot, failure, local),
        }
    }

    fn execute(
        &self,
        index: u32,
        slot: &Slot,
        spec: &NodeSpec,
        content: ContentKey,
        is_tainted: bool,
        local: &mut Local,
    ) -> Result<(), Halt> {
        if let Body::Function { function, .. } = &spec.body
            && let Some(mapped) = function.mapped
        {
            return self.start_map(index, slot, spec, function, mapped, content, is_tainted, local);
        }
        let start = Instant::now();
        let (value, encoded) = self.perform(slot, spec, local)?;
        let cost_ns = self.took(start.elapsed());
        self.session.add_cost(slot.node, cost_ns);
        self.session.tell_executed(slot.node, None, cost_ns);
        let known = match encoded {
            Some(encoded) => {
                let product = self.product(slot, spec, value, encoded);
                self.record_execution(slot, content, product, cost_ns, is_tainted, local)
            }
            None => {
                if let Some(value) = value {
                    slot.hold(value);
                }
                Known { value: transient_value(&content), content: Some(content), payload: None, is_tainted }
            }
        };
        let done = Done::Value { value: known.value, payload: known.payload.clone() };
        self.settle(index, slot, Settled::Known(known), Outcome::Executed, local);
        self.tell_waiters(content, done, local);
        Ok(())
    }

    /// Runs a node's body: the value when it is at hand, and its bytes unless it is transient.
    fn perform(
        &self,
        slot: &Slot,
        spec: &NodeSpec,
        local: &mut Local,
    ) -> Result<(Option<Value>, Option<Encoded>), Halt> {
        let session = &self.session;
        let graph = &session.graph;
        match &spec.body {
            Body::Function { function, present } => {
                let values = self.obtain_all(graph.inputs(slot.node))?;
                let borrowed: SmallVec<[_; 4]> = values.iter().map(Value::as_any).collect();
                let inputs = Inputs { values: &borrowed, present: *present, key: None };
                session.tell(|observer| {
                    observer.event(&Event::NodeStarted { node: &graph.identity(slot.node), element: None })
                });
                let ctx = self.context_for(slot.node, function.function.path, local);
                let value = call(session, function, ctx, &inputs)?;
                if self.is_transient(spec) {
                    return Ok((Some(value), None));
                }
                let encoded = encode_result(session, spec, &value)?;
                Ok((Some(value), Some(encoded)))
            }
            Body::Field(field) => {
                let values = self.obtain_all(graph.inputs(slot.node))?;
                let [whole] = values.as_slice() else { return Err(mixed_up()) };
                Ok((None, Some(guarded(session, || Ok((field.project)(whole.as_any())?))?)))
            }
            Body::Settle(settler) => {
                let values = self.obtain_all(graph.inputs(slot.node))?;
                let [whole] = values.as_slice() else { return Err(mixed_up()) };
                Ok((None, Some(guarded(session, || Ok((settler.value)(whole.as_any())?))?)))
            }
            Body::Gather(gatherer) => {
                let (made, blobs) = self.parts(graph.inputs(slot.node))?;
                let value = guarded(session, || Ok((gatherer.assemble)(made, &session.loader(slot.node))?))?;
                let mut encoded = encode_result(session, spec, &value)?;
                encoded.blobs.extend(blobs);
                Ok((Some(value), Some(encoded)))
            }
            Body::Source(_) | Body::Output { .. } => Err(mixed_up()),
        }
    }

    /// The walker's context, made ready for a node.
    fn context_for<'a>(&self, node: u32, function: &'static str, local: &'a mut Local) -> &'a NodeCtx {
        let ctx = local.context.get_or_insert_with(|| NodeCtx {
            function,
            trial: 0,
            upstream: SmallVec::new(),
            signals: Arc::clone(&self.session.signals),
        });
        ctx.function = function;
        ctx.upstream.clear();
        ctx.upstream.extend(self.upstream_values(node));
        ctx
    }

    /// Value digests of a node's inputs, all of which are known.
    fn upstream_values(&self, node: u32) -> impl Iterator<Item = ValueDigest> {
        self.session.graph.inputs(node).iter().filter_map(|input| {
            match self.slots.get(*input).and_then(|slot| slot.settled.get()) {
                Some(Settled::Known(known)) => Some(known.value),
                Some(Settled::Failed(_) | Settled::Skipped(_)) | None => None,
            }
        })
    }

    pub(crate) fn context(&self, node: u32, function: &'static str) -> NodeCtx {
        let upstream = self.upstream_values(node).collect();
        NodeCtx { function, trial: 0, upstream, signals: Arc::clone(&self.session.signals) }
    }

    pub(crate) fn product(&self, slot: &Slot, spec: &NodeSpec, value: Option<Value>, encoded: Encoded) -> Product {
        let is_kept = self.session.graph.entry(slot.node).flags.persist != Persist::Never
            || self.ledger.is_target(slot.node)
            || slot.expected.is_some()
            || spec.results.len() > 1;
        Product::new(value, encoded, &spec.schema(), is_kept)
    }

    /// Writes down what an execution gave, and notices when it is not what it gave before.
    pub(crate) fn record_execution(
        &self,
        slot: &Slot,
        content: ContentKey,
        product: Product,
        cost_ns: u64,
        is_tainted: bool,
        local: &mut Local,
    ) -> Known {
        let Product { value, digest, payload, blobs } = product;
        for (name, bytes) in blobs {
            local.records.put_blob(name, bytes);
        }
        // The first writer wins: a node that gives something else now keeps its own bytes.
        let before = match slot.expected {
            Some(_) => act_of(&*self.session.store, &content).ok().flatten(),
            None => None,
        };
        let is_own = before.is_some_and(|act| act.value != digest);
        let is_many = self.session.graph.value_type(slot.node).is_none();
        let mut known = Known { value: digest, content: Some(content), payload: None, is_tainted };
        if is_own || is_many {
            known.payload = Some(Arc::new(payload.clone()));
        }
        if !is_own {
            let act = Act { value: digest, payload, cost_ns, run: self.session.run };
            local.records.put(Key::new(RecordKind::Act, content.as_bytes()), |out| act.write(out));
        }
        // A value that comes from a settled failure says nothing of the node's usual one.
        if !is_tainted && slot.expected.is_some_and(|expected| expected != digest) {
            self.diverge(slot, digest, local);
        }
        self.write_alias(slot, &known, is_own, local);
        if let Some(value) = value {
            // Only those who count the readers down let go of it.
            if slot.readers.load(std::sync::atomic::Ordering::Acquire) > 0 || self.is_kept(slot.node) {
                slot.hold(value);
            }
        }
        known
    }

    /// Another value than before: from now on the node is known by its value, and the run starts over.
    fn diverge(&self, slot: &Slot, value: ValueDigest, local: &mut Local) {
        let Some(base) = self.ledger.record_key(&self.session.graph, slot.node) else { return };
        self.session.root(base, value);
        let root = Root { value, run: self.session.run };
        local.records.put(Key::new(RecordKind::Root, base.as_bytes()), |out| root.write(out));
        lock(&self.end).diverged.push(slot.node);
        self.queue.close();
    }

    /// Writes the record by which the node's fingerprint is found.
    fn record_alias(&self, slot: &Slot, known: &Known, local: &mut Local) {
        self.write_alias(slot, known, known.payload.is_some(), local);
    }

    fn write_alias(&self, slot: &Slot, known: &Known, is_own: bool, local: &mut Local) {
        let graph = &self.session.graph;
        let (false, Some(content), Some(spec)) = (known.is_tainted, known.content, graph.spec(slot.node)) else {
            return;
        };
        let Some(base) = self.ledger.record_key(graph, slot.node) else { return };
        let inputs = graph.inputs(slot.node);
        if inputs.iter().any(|input| self.ledger.fingerprint(*input).is_none()) {
            return;
        }
        let upstream = inputs.iter().map(|input| Upstream {
            fingerprint: self.ledger.fingerprint(*input).unwrap_or(UNKNOWN),
            recorded: self.has_record(*input),
        });
        let diverged = known.payload.as_deref().filter(|_| is_own);
        let alias = Alias { content, value: known.value, spec: spec.hashers.digest, run: self.session.run };
        local.records.put(Key::new(RecordKind::Deep, base.as_bytes()), |out| alias.write(out, upstream, diverged));
        if self.session.observer.is_some() {
            local.recorded.push(slot.node);
        }
    }

    /// Whether the node has a record under the fingerprint that downstream nodes see.
    fn has_record(&self, node: u32) -> bool {
        let Some(spec) = self.session.graph.spec(node) else { return false };
        let is_virtual = matches!(spec.body, Body::Source(_) | Body::Output { .. });
        !is_virtual && !self.is_transient(spec) && !self.ledger.is_by_value(node)
    }

    /// A failure as a value: recorded under its content, never under a fingerprint, so that the next run tries again.
    fn settle_failure(&self, index: u32, slot: &Slot, product: Product, local: &mut Local) {
        for (name, bytes) in product.blobs {
            local.records.put_blob(name, bytes);
        }
        let payload = Some(Arc::new(product.payload));
        let known = Known { value: product.digest, content: None, payload, is_tainted: true };
        self.settle(index, slot, Settled::Known(known), Outcome::Executed, local);
    }

    fn resolve_output(&self, index: u32, slot: &Slot, spec: &NodeSpec, output: u32, local: &mut Local) {
        let graph = &self.session.graph;
        let Some(producer) = graph.inputs(slot.node).first().and_then(|producer| self.slots.get(*producer)) else {
            return;
        };
        let Some(Settled::Known(known)) = producer.settled.get() else { return };
        let manifest = match &known.payload {
            Some(payload) => Some((**payload).clone()),
            None => self.payload(known),
        };
        let bytes = match manifest {
            Some(Payload::Inline(bytes)) => Some(bytes),
            Some(Payload::Blob { digest, .. }) => self.session.recorder.blob(&digest),
            Some(Payload::Absent { .. }) | None => None,
        };
        let parts: Option<Vec<Part>> = bytes.and_then(|bytes| crate::fingerprint::decode(&bytes).ok());
        let place = usize::try_from(output).unwrap_or(usize::MAX);
        let (Some(part), Some(schema)) = (parts.and_then(|parts| parts.into_iter().nth(place)), spec.schemas.first())
        else {
            return self.demand(producer.node);
        };
        let value = value_digest(schema, &part.digest(), part.len());
        let content = known.content.map(|content| output_content(&content, output));
        let payload = Some(Arc::new(payload_of(part)));
        if let Some(outputs) = producer.value().and_then(|value| value.downcast::<Outputs>())
            && let Some(value) = outputs.0.get(place)
        {
            slot.hold(value.clone());
        }
        let known = Known { value, content, payload, is_tainted: known.is_tainted };
        self.settle(index, slot, Settled::Known(known), Outcome::Fresh, local);
    }

    /// Where the bytes of a known value are.
    pub(crate) fn payload(&self, known: &Known) -> Option<Payload> {
        if let Some(payload) = &known.payload {
            return Some((**payload).clone());
        }
        let content = known.content?;
        if let Ok(Some(act)) = act_of(&*self.session.store, &content) {
            return (act.value == known.value).then_some(act.payload);
        }
        self.session.recorder.flush();
        let act = act_of(&*self.session.store, &content).ok().flatten()?;
        (act.value == known.value).then_some(act.payload)
    }

    pub(crate) fn obtain_all(&self, nodes: &[u32]) -> Result<SmallVec<[Value; 4]>, Halt> {
        nodes.iter().map(|node| self.obtain(*node)).collect()
    }

    /// The value of a settled input: from memory, or read back.
    pub(crate) fn obtain(&self, node: u32) -> Result<Value, Halt> {
        if let Kind::Constant(constant) = self.session.graph.kind(node) {
            return Ok(constant.value.clone());
        }
        if let Some(Ok(looked)) = self.ledger.leaves.get(&node) {
            return Ok(looked.value.clone());
        }
        let Some(slot) = self.slots.get(node) else { return Err(mixed_up()) };
        if let Some(value) = slot.value() {
            return Ok(value);
        }
        let Some(Settled::Known(known)) = slot.settled.get() else { return Err(mixed_up()) };
        if let Some(value) = self.ledger.value(node, &known.value) {
            return Ok(value);
        }
        let value = self.payload(known).and_then(|payload| self.session.load(node, &known.value, &payload));
        let Some(value) = value else { return Err(Halt::Needs(node)) };
        if slot.readers.load(std::sync::atomic::Ordering::Acquire) > 1 {
            slot.hold(value.clone());
        }
        Ok(value)
    }

    /// The encoded forms of settled inputs, without reading what is saved.
    fn parts(&self, nodes: &[u32]) -> Result<(Vec<Made>, Vec<(BlobDigest, Vec<u8>)>), Halt> {
        let mut blobs = Vec::new();
        let mut made = Vec::with_capacity(nodes.len());
        self.session.recorder.flush();
        for node in nodes {
            let slot = self.slots.get(*node);
            let payload = match slot.and_then(|slot| slot.settled.get()) {
                Some(Settled::Known(known)) => self.payload(known),
                Some(Settled::Failed(_) | Settled::Skipped(_)) | None => None,
            };
            let value = slot.and_then(Slot::value);
            let part = match payload {
                Some(Payload::Inline(bytes)) => Part::new(bytes, &mut blobs),
                Some(Payload::Blob { digest, len }) => Part::Blob { digest: *digest.as_bytes(), len },
                Some(Payload::Absent { .. }) | None => {
                    let value = self.obtain(*node)?;
                    let Some(value_type) = self.session.graph.value_type(*node) else { return Err(mixed_up()) };
                    let encoded = guarded(&self.session, || Ok(encode(value_type, value.as_any())?))?;
                    blobs.extend(encoded.blobs);
                    made.push(Made { value: Some(value), part: Part::new(encoded.bytes, &mut blobs) });
                    continue;
                }
            };
            made.push(Made { value, part });
        }
        Ok((made, blobs))
    }

    pub(crate) fn settle(&self, index: u32, slot: &Slot, settled: Settled, outcome: Outcome, local: &mut Local) {
        if matches!(settled, Settled::Skipped(_)) {
            self.session
                .tell(|observer| observer.event(&Event::NodeSkipped { node: &self.session.graph.identity(slot.node) }));
        }
        if slot.settled.set(settled).is_ok() {
            slot.set_outcome(outcome);
            local.settled.push(index);
        }
    }

    /// Tells everybody who waits for a computation.
    pub(crate) fn tell_waiters(&self, content: ContentKey, done: Done, local: &mut Local) {
        for waiter in self.computations.finish(content, done.clone()) {
            match waiter {
                Waiter::Slot(index) => {
                    let slot = &self.slots.slots[index];
                    let is_tainted = self.is_tainted(slot.node);
                    self.attach(index, slot, content, is_tainted, done.clone(), local);
                }
                Waiter::Element { map, computation } => self.element_done(&map, computation, &done, local),
            }
        }
    }

    fn is_tainted(&self, node: u32) -> bool {
        self.session.graph.inputs(node).iter().any(|input| {
            matches!(
                self.slots.get(*input).and_then(|slot| slot.settled.get()),
                Some(Settled::Known(known)) if known.is_tainted
            )
        })
    }

    /// A body gave no value.
    pub(crate) fn trouble(
        &self,
        index: u32,
        slot: &Slot,
        trouble: Trouble,
        content: Option<ContentKey>,
        local: &mut Local,
    ) {
        let message = match trouble {
            Trouble::Failed(message) => message,
            Trouble::Interrupted(interrupt) => return self.interrupted(interrupt),
        };
        let node = self.session.graph.identity(slot.node);
        self.session
            .tell(|observer| observer.event(&Event::NodeFailed { node: &node, element: None, message: &message }));
        let failure = Arc::new(Failure::new(node, message));
        self.fail(index, slot, Arc::clone(&failure), local);
        if let Some(content) = content {
            self.tell_waiters(content, Done::Failed(failure), local);
        }
    }

    /// A body found that something must be made anew before it can go on.
    pub(crate) fn interrupted(&self, interrupt: Interrupt) {
        match interrupt {
            Interrupt::Lost { owner } => self.demand(owner),
            Interrupt::Changed { path } => {
                lock(&self.end).changed.push(path);
                self.queue.close();
            }
        }
    }

    pub(crate) fn fail(&self, index: u32, slot: &Slot, failure: Arc<Failure>, local: &mut Local) {
        self.settle(index, slot, Settled::Failed(failure), Outcome::Failed, local);
        let graph = &self.session.graph;
        let is_settled = |consumer: &u32| {
            let node = self.slots.slots[*consumer].node;
            graph.spec(node).is_some_and(|spec| matches!(spec.body, Body::Settle(_)))
        };
        let consumers = self.slots.consumers(index);
        if !consumers.is_empty() && consumers.iter().all(is_settled) {
            return;
        }
        match self.session.on_failure {
            OnFailure::Stop => self.session.signals.stop(),
            OnFailure::FinishRunning => {}
            OnFailure::KeepGoing => return,
        }
        lock(&self.end).is_halted = true;
        self.queue.close();
    }
}

fn mixed_up() -> Halt {
    Halt::Trouble(Trouble::Failed("an input is not at hand; please report this as a bug of mamo".into()))
}
