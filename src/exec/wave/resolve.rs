//! What happens to a slot whose inputs are concluded: it is skipped, cut off, or executed.

use crate::exec::clock::Took;
use crate::exec::costs::Tally;
use crate::exec::event::Event;
use crate::exec::ledger::Known;
use crate::exec::planning::must_have_bytes;
use crate::exec::recorded::act_of;
use crate::exec::sync::{Arc, lock};
use crate::exec::table::position;
use crate::exec::wave::body::Performed;
use crate::exec::wave::claims::{Asker, Claim, Done};
use crate::exec::wave::element::MappedNode;
use crate::exec::wave::perform::{Trouble, guarded};
use crate::exec::wave::reduce::ReducedNode;
use crate::exec::wave::slots::{Conclusion, Slot, SlotId};
use crate::exec::wave::walk::{Local, Wave, is_saved};
use crate::exec::{OnFailure, Outcome};
use crate::fingerprint::{ContentKey, ValueDigest, output_content, transient_value};
use crate::graph::{Body, NodeId, NodeSpec};
use crate::value::{Failure, Interrupt, Outputs};
use smallvec::SmallVec;

/// A slot on its way to its value.
#[derive(Clone, Copy)]
pub(crate) struct Pending<'a> {
    pub(crate) index: SlotId,
    pub(crate) slot: &'a Slot,
    pub(crate) spec: &'a NodeSpec,
    pub(crate) content: ContentKey,
    /// Whether an input comes from a settled failure.
    pub(crate) is_tainted: bool,
    /// What it gave before, for one that is executed again.
    pub(crate) expected: Option<ValueDigest>,
}

/// Why a slot cannot be executed in this wave.
pub(crate) enum Halt {
    /// The bytes of this node are needed first.
    Needs(NodeId),
    Trouble(Trouble),
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl Wave {
    /// All inputs of the slot are concluded: finds out its value.
    pub(crate) fn resolve(&self, index: SlotId, local: &mut Local) {
        let slot = &self.slots.slots[index];
        let graph = &self.session.graph;
        let Some(spec) = graph.spec(slot.node) else { return };
        if slot.conclusion.get().is_some() {
            // An element of a map that went along with another one has failed.
            return;
        }
        let mut inputs: SmallVec<[&Known; 4]> = SmallVec::new();
        let mut failure = None;
        for input in graph.inputs(slot.node) {
            match self.slots.get(*input).and_then(|input| input.conclusion.get()) {
                Some(Conclusion::Known(known)) => inputs.push(known),
                Some(Conclusion::Failed(cause) | Conclusion::Skipped(cause)) => failure = Some(cause),
                None => return,
            }
        }
        match (failure, &spec.body) {
            (None, Body::Output { output, .. }) => self.resolve_output(index, slot, spec, *output, local),
            (None, _) => {
                let content = spec.hashers.content_key(inputs.iter().map(|known| &known.value));
                let is_tainted = inputs.iter().any(|known| known.is_tainted);
                let expected = self.expected(slot.node);
                self.resolve_content(&Pending { index, slot, spec, content, is_tainted, expected }, local);
            }
            (Some(failure), Body::Settle(settler)) => {
                let encoded = guarded(&self.session, || Ok((settler.failure)(failure)?));
                match encoded.map(|encoded| self.product(index, spec, false, None, encoded)) {
                    Ok(product) => self.settle_failure(index, slot, None, product, local),
                    Err(trouble) => self.trouble(index, slot, trouble, None, local),
                }
            }
            (Some(failure), _) => {
                self.conclude(index, slot, Conclusion::Skipped(Arc::clone(failure)), Outcome::Skipped, local)
            }
        }
    }

    fn resolve_content(&self, pending: &Pending<'_>, local: &mut Local) {
        let Pending { index, slot, content, is_tainted, .. } = *pending;
        let is_transient = pending.spec.is_transient();
        if is_transient && !self.ledger.forced.contains(&slot.node) {
            // It is made when somebody needs it.
            let known = Known { value: transient_value(&content), content: Some(content), payload: None, is_tainted };
            return self.conclude(index, slot, Conclusion::Known(known), Outcome::CutOff, local);
        }
        match self.claim(content, Asker::Slot(index)) {
            Claim::Mine => {}
            Claim::Waiting => return,
            Claim::Done(done) => return self.attach(pending, done, local),
        }
        if !is_transient
            && self.session.contents.has_act
            && !self.ledger.again.contains(&slot.node)
            && let Ok(Some(act)) = act_of(&*self.session.store, &content)
            && (pending.expected.is_none() || self.session.spill.has(&act.payload))
        {
            let payload = act.payload.is_absent().then(|| Arc::new(act.payload));
            let done = Done::Value { value: act.value, payload };
            self.attach(pending, done.clone(), local);
            return self.tell_later(&content, done, local);
        }
        self.execute_or_halt(pending, local);
    }

    /// Settles a slot whose computation somebody else made, now or in an earlier run.
    pub(crate) fn attach(&self, pending: &Pending<'_>, done: Done, local: &mut Local) {
        let Pending { index, slot, spec, content, is_tainted, expected } = *pending;
        let (value, payload) = match done {
            Done::Value { value, payload } => (value, payload),
            Done::Tainted { value, payload } => {
                let known = Known { value, content: None, payload, is_tainted: true };
                return self.conclude(index, slot, Conclusion::Known(known), Outcome::Executed, local);
            }
            Done::Failed(failure) => {
                // The same computation, but a node of its own.
                let trouble = Trouble::Failed(failure.message().to_owned());
                return self.trouble(index, slot, trouble, None, local);
            }
        };
        let mut known = Known { value, content: Some(content), payload, is_tainted };
        if spec.is_transient() {
            let made = self.twins.value(&spec.hashers.digest, &content);
            let Some(made) = made else { return self.execute_or_halt(pending, local) };
            self.hold(slot, made);
            self.session.tell_cut_off(slot.node);
            return self.conclude(index, slot, Conclusion::Known(known), Outcome::CutOff, local);
        }
        let must_have_bytes =
            must_have_bytes(&self.session.graph, &self.ledger, slot.node) || self.ledger.forced.contains(&slot.node);
        if let Some(absent) = known.payload.as_deref().filter(|payload| payload.is_absent())
            && (must_have_bytes || is_saved(&self.session.graph, slot.node))
            && let Some(payload) = self.save_spilled(&content, &value, absent, local)
        {
            known.payload = Some(Arc::new(payload));
        }
        if must_have_bytes {
            self.hand_over(local);
            if !self.has_bytes(slot.node, &known) {
                // Whoever computed it does not keep what it computes, or the bytes are lost.
                let pending = Pending { expected: expected.or(Some(value)), ..*pending };
                return self.execute_or_halt(&pending, local);
            }
        }
        if self.is_another(pending, value) {
            self.diverge(pending, &known, local);
        }
        self.record_alias(pending, &known, known.payload.is_some(), local);
        self.session.tell_cut_off(slot.node);
        self.conclude(index, slot, Conclusion::Known(known), Outcome::CutOff, local);
    }

    fn execute_or_halt(&self, pending: &Pending<'_>, local: &mut Local) {
        if !self.waits(pending, local) {
            self.execute_now(pending, local);
        }
    }

    pub(crate) fn execute_now(&self, pending: &Pending<'_>, local: &mut Local) {
        match self.execute(pending, local) {
            Ok(()) => {}
            Err(Halt::Needs(node)) => self.demand(node),
            Err(Halt::Trouble(trouble)) => {
                self.trouble(pending.index, pending.slot, trouble, Some(&pending.content), local)
            }
        }
    }

    fn execute(&self, pending: &Pending<'_>, local: &mut Local) -> Result<(), Halt> {
        let Pending { index, slot, spec, content, is_tainted, .. } = *pending;
        if let Some(node) = MappedNode::of(spec) {
            return self.start_map(pending, &node, local);
        }
        if let Some(node) = ReducedNode::of(spec) {
            return self.start_reduce(pending, &node, local);
        }
        if matches!(&spec.body, Body::Function { function, .. } if function.function.expands) {
            return self.expand(pending, local);
        }
        let Performed { value, encoded, compute_ns, ended } = self.perform(pending, local)?;
        self.session.tell_executed(slot.node, None, compute_ns);
        let known = match encoded {
            Some(encoded) => {
                let product = self.product(index, spec, pending.expected.is_some(), value, encoded);
                let took = Took { compute_ns, save_ns: self.session.ticker.since(ended) };
                self.note_execution((slot.node, None), took, product.payload.len(), local);
                self.record_execution(pending, product, took, local)
            }
            None => {
                self.note_execution((slot.node, None), Took { compute_ns, save_ns: 0 }, 0, local);
                if let Some(value) = value {
                    self.twins.keep(&spec.hashers.digest, &content, &value);
                    self.hold(slot, value);
                }
                Known { value: transient_value(&content), content: Some(content), payload: None, is_tainted }
            }
        };
        let done = Done::Value { value: known.value, payload: known.payload.clone() };
        self.conclude(index, slot, Conclusion::Known(known), Outcome::Executed, local);
        self.tell_later(&content, done, local);
        Ok(())
    }

    /// Adds an execution to the costs of its function.
    pub(crate) fn note_execution(
        &self,
        (node, element): (NodeId, Option<&str>),
        took: Took,
        bytes: u64,
        local: &mut Local,
    ) {
        self.note_body(took);
        self.session.note_executed(node, element, took);
        self.session.note_costs(node, Tally::execution(took, bytes), &mut local.noted);
    }

    fn resolve_output(&self, index: SlotId, slot: &Slot, spec: &NodeSpec, output: u32, local: &mut Local) {
        let graph = &self.session.graph;
        let Some(producer) = graph.inputs(slot.node).first().and_then(|producer| self.slots.get(*producer)) else {
            return;
        };
        let Some(Conclusion::Known(known)) = producer.conclusion.get() else { return };
        let manifest = match &known.payload {
            Some(payload) => Some((**payload).clone()),
            None => self.payload(known),
        };
        let part = manifest.and_then(|manifest| self.session.output(spec, output, manifest));
        let Some((value, payload)) = part else { return self.demand(producer.node) };
        let content = known.content.map(|content| output_content(&content, output));
        let payload = Some(Arc::new(payload));
        if let Some(outputs) = producer.value().and_then(|value| value.downcast::<Outputs>())
            && let Some(value) = outputs.0.get(position(output))
        {
            slot.hold(value.clone());
            self.count(index, payload.as_ref().map_or(0, |payload| payload.len()));
        }
        let known = Known { value, content, payload, is_tainted: known.is_tainted };
        self.conclude(index, slot, Conclusion::Known(known), Outcome::Fresh, local);
    }

    pub(crate) fn conclude(
        &self,
        index: SlotId,
        slot: &Slot,
        conclusion: Conclusion,
        outcome: Outcome,
        local: &mut Local,
    ) {
        if matches!(conclusion, Conclusion::Skipped(_)) && self.ledger.outcomes[slot.node] != Outcome::Skipped {
            self.session
                .tell(|observer| observer.event(&Event::NodeSkipped { node: &self.session.graph.identity(slot.node) }));
        }
        if slot.conclusion.set(conclusion).is_ok() {
            slot.set_outcome(outcome);
            if matches!(outcome, Outcome::Failed | Outcome::Skipped) {
                self.uncount(index);
            }
            if let Some(spec) = self.session.graph.spec(slot.node) {
                self.twins.leave(&spec.hashers.digest);
            }
            local.concluded.push(index);
        }
    }

    pub(crate) fn claim(&self, content: ContentKey, asker: Asker) -> Claim {
        self.claims.claim(content, asker, |slot| self.content(slot), |slot| self.done(slot))
    }

    /// What a slot computes whose inputs are concluded.
    pub(crate) fn content(&self, slot: SlotId) -> Option<ContentKey> {
        let node = self.slots.slots[slot].node;
        let upstream: SmallVec<[ValueDigest; 4]> = self.upstream_values(node).collect();
        Some(self.session.graph.spec(node)?.hashers.content_key(&upstream))
    }

    /// How a slot came out, if it has by now and its record can be found, for those who need the same.
    fn done(&self, slot: SlotId) -> Option<Done> {
        match self.slots.slots[slot].published()? {
            Conclusion::Known(known) if known.is_tainted && known.content.is_none() => {
                Some(Done::Tainted { value: known.value, payload: known.payload.clone() })
            }
            Conclusion::Known(known) => Some(Done::Value { value: known.value, payload: known.payload.clone() }),
            Conclusion::Failed(failure) | Conclusion::Skipped(failure) => Some(Done::Failed(Arc::clone(failure))),
        }
    }

    /// Everybody who waits for a computation is told once its record can be found.
    pub(crate) fn tell_later(&self, content: &ContentKey, done: Done, local: &mut Local) {
        local.made.push((*content, done));
    }

    /// Tells everybody who waits for a computation.
    pub(crate) fn tell_askers(&self, content: &ContentKey, done: &Done, local: &mut Local) {
        for asker in self.claims.finish(content, done) {
            match asker {
                Asker::Slot(index) => {
                    let slot = &self.slots.slots[index];
                    let Some(spec) = self.session.graph.spec(slot.node) else { continue };
                    let is_tainted = self.has_tainted_input(slot.node);
                    let expected = self.expected(slot.node);
                    let pending = Pending { index, slot, spec, content: *content, is_tainted, expected };
                    self.attach(&pending, done.clone(), local);
                }
                Asker::Element { map, computation } => self.element_done(&map, computation, done, local),
                Asker::Combination { reduce, combination } => self.combination_done(&reduce, combination, done, local),
            }
        }
    }

    /// A body gave no value.
    pub(crate) fn trouble(
        &self,
        index: SlotId,
        slot: &Slot,
        trouble: Trouble,
        content: Option<&ContentKey>,
        local: &mut Local,
    ) {
        let message = match trouble {
            Trouble::Failed(message) => message,
            Trouble::Interrupted(interrupt) => return self.interrupted(interrupt),
            Trouble::Told => return,
        };
        let node = self.session.graph.identity(slot.node);
        self.session.tell_failed(&node, None, &message);
        let failure = Arc::new(Failure::new(node, message));
        self.fail(index, slot, Arc::clone(&failure), local);
        if let Some(content) = content {
            self.tell_later(content, Done::Failed(failure), local);
        }
    }

    /// A body found that something must be made anew before it can go on.
    pub(crate) fn interrupted(&self, interrupt: Interrupt) {
        match interrupt {
            Interrupt::Lost { owner } => match NodeId::of_owner(owner, self.session.depth) {
                Some(node) => self.demand(node),
                None => {
                    lock(&self.end).lost_outside.push(owner);
                    self.queue.close();
                }
            },
            Interrupt::Changed { path } => {
                lock(&self.end).changed.push(path);
                self.queue.close();
            }
        }
    }

    /// Settles a slot that has no value, and stops the run when its policy says so and nobody settles the failure.
    pub(crate) fn fail(&self, index: SlotId, slot: &Slot, failure: Arc<Failure>, local: &mut Local) {
        self.conclude(index, slot, Conclusion::Failed(failure), Outcome::Failed, local);
        if !self.ledger.reaches_target(slot.node) {
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

pub(crate) fn mixed_up() -> Halt {
    Halt::Trouble(Trouble::Failed("an input is not at hand; please report this as a bug of mamo".into()))
}
