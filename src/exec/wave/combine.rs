//! Reduces: the elements of a collection combined two at a time, each combination a computation of its own.

use crate::exec::clock::Took;
use crate::exec::event::Event;
use crate::exec::ledger::Known;
use crate::exec::process::Process;
use crate::exec::recorded::{act_of, are_there};
use crate::exec::report::Keep;
use crate::exec::sync::{Arc, Ordering, lock};
use crate::exec::table::position;
use crate::exec::wave::attempts::Execution;
use crate::exec::wave::claims::{Asker, Claim, Done};
use crate::exec::wave::perform::{Product, Trouble, call, encode_result, guarded, part_of};
use crate::exec::wave::reduce::{End, ReduceRun, ReducedNode, Trust, sides_of};
use crate::exec::wave::resolve::{Halt, Pending};
use crate::exec::wave::tree::{CombinationId, Side, Tree};
use crate::exec::wave::walk::{Local, Wave};
use crate::exec::{OnFailure, Outcome};
use crate::fingerprint::{ContentKey, ValueDigest, value_digest};
use crate::graph::{Inputs, NodeCtx, Persist};
use crate::store::{Act, Key, Payload, RecordKind};
use crate::value::{BoxError, Encoded, Failure, Interrupt, Lent, Mapped, Value, keeping_sources};
use smallvec::SmallVec;
use std::time::Instant;

/// Why a combination cannot be executed now.
enum Delay {
    /// Bytes of these sides are lost, and made again first.
    Lost(SmallVec<[CombinationId; 2]>),
    Trouble(Trouble),
}

impl Wave {
    /// Sets a reduce going: finds out its shape; what can be combined at once becomes a job.
    pub(crate) fn start_reduce(
        &self,
        pending: &Pending<'_>,
        node: &ReducedNode<'_>,
        local: &mut Local,
    ) -> Result<(), Halt> {
        let Pending { index, slot, spec, content, is_tainted, expected } = *pending;
        let mut values = self.obtain_all(self.session.graph.inputs(slot.node))?;
        let initial = if node.reducing.has_initial && !values.is_empty() { Some(values.remove(0)) } else { None };
        let n_own = if node.reducing.has_initial { 2 } else { 1 };
        if values.is_empty() {
            return Err(Halt::Trouble(Trouble::Failed("a reduce without a collection".into())));
        }
        let list = values.remove(0);
        let shared_digests = self.upstream_values(slot.node).skip(n_own).collect();
        let (list, elements) = guarded(&self.session, || {
            let list = Mapped::new(list, node.reducing.over)?;
            let schema = node.schemas.items.first().ok_or("a reduce without a collection")?;
            let digest = |element| {
                let (part, _) = part_of(|| list.part(element))?;
                Ok(value_digest(schema, &part.digest(), part.len()))
            };
            let elements = (0..list.size()).map(digest).collect::<Result<Vec<_>, BoxError>>()?;
            Ok((list, elements))
        })?;
        let tree = Tree::new(&elements);
        match tree.root {
            Some(Side::Combination(root)) => {
                let trust = self.trust(pending);
                let about = (index, content, is_tainted, expected);
                let reduce = ReduceRun::new(about, trust, list, values, shared_digests, elements, tree, root);
                let reduce = Arc::new(reduce);
                lock(&self.maps).reducing.insert(index, Arc::clone(&reduce));
                self.tell_started(slot.node, reduce.combinations.len(), 0);
                for id in reduce.ready_at_once() {
                    self.push_combination(&reduce, id, local);
                }
                return Ok(());
            }
            // A single element is what it is.
            Some(Side::Element(element)) => {
                let encoded = guarded(&self.session, || {
                    let item = list.item(position(element)).ok_or("the collection changed its size")?;
                    keeping_sources(&self.session.keeper, || Ok(node.reducing.element.encode(item.as_any())?))
                })?;
                self.give_as_it_is(pending, None, encoded, local);
            }
            None => {
                let Some(initial) = initial else {
                    return Err(Halt::Trouble(Trouble::Failed(
                        "there is nothing to combine: the collection is empty; `reduce_or` takes a value for that case"
                            .into(),
                    )));
                };
                let encoded = encode_result(&self.session, spec, &initial)?;
                self.give_as_it_is(pending, Some(initial), encoded, local);
            }
        }
        Ok(())
    }

    /// Which records are believed. A reduce that is executed again is so because bytes are lost, or were never kept.
    fn trust(&self, pending: &Pending<'_>) -> Trust {
        let node = pending.slot.node;
        if self.ledger.again.contains(&node) {
            return Trust::Nothing;
        }
        if pending.expected.is_none() && !self.ledger.forced.contains(&node) {
            return Trust::All;
        }
        let mut again = lock(&self.session.reduced_again);
        let times = again.entry(node).or_default();
        *times += 1;
        match *times {
            1 if self.session.graph.entry(node).flags.persist == Persist::Never => Trust::All,
            1 => Trust::AllButWhole,
            2 => Trust::There,
            _ => Trust::Nothing,
        }
    }

    /// A value that is combined with nothing.
    fn give_as_it_is(&self, pending: &Pending<'_>, value: Option<Value>, encoded: Encoded, local: &mut Local) {
        let Pending { index, slot, spec, .. } = *pending;
        let product = self.product(index, spec, pending.expected.is_some(), value, encoded);
        self.session.tell_cut_off(slot.node);
        self.conclude_reduce(pending, product, 0, Outcome::CutOff, local);
    }

    /// Takes what is known of a combination whose sides have come out, or executes it; also once more, for lost bytes.
    pub(crate) fn run_combination(&self, reduce: &Arc<ReduceRun>, id: CombinationId, local: &mut Local) {
        let run = &reduce.combinations[id];
        let slot = &self.slots.slots[reduce.slot];
        let Some(node) = self.session.graph.spec(slot.node).and_then(ReducedNode::of) else { return };
        let Some(upstream) = reduce.upstream(id) else { return };
        let content = node.hashers.content_key(&upstream);
        if reduce.is_over.load(Ordering::Relaxed) {
            return;
        }
        let state = lock(&run.state);
        let (is_done, is_claimed, is_awaited) = (run.end().is_some(), state.is_claimed, state.is_awaited);
        drop(state);
        let is_wanted =
            if is_done { is_awaited } else { is_claimed || self.claim_combination(reduce, id, content, local) };
        if !is_wanted {
            return;
        }
        if !is_done && !is_claimed && self.needs(slot.node).is_some() {
            return self.push_combination(reduce, id, local);
        }
        let sides = match self.sides(reduce, id, &node) {
            Ok(sides) => sides,
            Err(Delay::Lost(lost)) => return self.make_again(reduce, &lost, Some(id), local),
            Err(Delay::Trouble(trouble)) => return self.combination_trouble(reduce, id, content, trouble, local),
        };
        let label = self.session.is_watched().then(|| reduce.label(id));
        self.session.tell(|observer| {
            let node = &self.session.graph.identity(slot.node);
            observer.event(&Event::NodeStarted { node, element: label.as_deref() })
        });
        let start = Instant::now();
        match self.call_combination((reduce, id, start), &node, upstream, &sides) {
            Ok((product, took)) => {
                reduce.cost_ns.fetch_add(took.compute_ns, Ordering::Relaxed);
                self.note_execution((slot.node, label.as_deref()), took, product.payload.len(), local);
                self.session.tell_executed(slot.node, label.as_deref(), took.compute_ns);
                drop(sides);
                if is_done {
                    self.made_again(reduce, id, content, product, took, local);
                } else {
                    self.made_combination(reduce, id, content, product, took, local);
                }
            }
            Err(Trouble::Interrupted(Interrupt::Lost { owner })) if owner == self.session.owner(slot.node) => {
                // The values themselves were there, but not all that belongs to them.
                let known = sides_of(&run.what).filter(|side| !lock(&reduce.combinations[*side].state).is_new);
                let known: SmallVec<[CombinationId; 2]> = known.collect();
                if known.is_empty() {
                    return self.demand(slot.node);
                }
                self.make_again(reduce, &known, Some(id), local);
            }
            Err(trouble) => self.combination_trouble(reduce, id, content, trouble, local),
        }
    }

    /// Takes what is known of a combination; whether it has to be executed here.
    fn claim_combination(
        &self,
        reduce: &Arc<ReduceRun>,
        id: CombinationId,
        content: ContentKey,
        local: &mut Local,
    ) -> bool {
        match self.claim(content, Asker::Combination { reduce: Arc::clone(reduce), combination: id }) {
            Claim::Waiting => return false,
            Claim::Done(done) => {
                self.combination_done(reduce, id, &done, local);
                return false;
            }
            Claim::Mine => {}
        }
        if let Some(act) = self.believed(reduce, id, &content) {
            let done = Done::Value { value: act.value, payload: None };
            self.combination_done(reduce, id, &done, local);
            self.tell_later(&content, done, local);
            return false;
        }
        if let Some(failure) = self.ledger.failed_elements.get(&content) {
            let done = Done::Failed(Arc::clone(failure));
            self.combination_done(reduce, id, &done, local);
            self.tell_later(&content, done, local);
            return false;
        }
        lock(&reduce.combinations[id].state).is_claimed = true;
        true
    }

    /// The record of a combination, unless it may not be relied on.
    fn believed(&self, reduce: &ReduceRun, id: CombinationId, content: &ContentKey) -> Option<Act> {
        if !self.session.contents.has_act {
            return None;
        }
        let act = act_of(&*self.session.store, content).ok().flatten()?;
        let is_believed = match reduce.trust {
            Trust::All => true,
            Trust::AllButWhole => id != reduce.root,
            Trust::There => id != reduce.root && are_there(&*self.session.store, &act.payload).unwrap_or(false),
            Trust::Nothing => false,
        };
        is_believed.then_some(act)
    }

    /// What is combined, read back where it is not at hand.
    fn sides<'a>(
        &self,
        reduce: &'a ReduceRun,
        id: CombinationId,
        node: &ReducedNode<'_>,
    ) -> Result<SmallVec<[Lent<'a>; 2]>, Delay> {
        let mut sides = SmallVec::new();
        let mut lost = SmallVec::new();
        for side in reduce.combinations[id].what.sides {
            match side {
                Side::Element(element) => {
                    let item = guarded(&self.session, || {
                        Ok(reduce.list.item(position(element)).ok_or("the collection changed its size")?)
                    });
                    sides.push(item.map_err(Delay::Trouble)?);
                }
                Side::Combination(side) => match self.combined(reduce, side, node).map_err(Delay::Trouble)? {
                    Some(value) => sides.push(Lent::Owned(value)),
                    None => lost.push(side),
                },
            }
        }
        if lost.is_empty() { Ok(sides) } else { Err(Delay::Lost(lost)) }
    }

    /// The value of a combination; nothing when its bytes are lost.
    fn combined(
        &self,
        reduce: &ReduceRun,
        id: CombinationId,
        node: &ReducedNode<'_>,
    ) -> Result<Option<Value>, Trouble> {
        let value = lock(&reduce.combinations[id].state).value.clone();
        if value.is_some() {
            return Ok(value);
        }
        let (Some(digest), Some(payload)) =
            (reduce.combinations[id].digest.get(), self.combined_payload(reduce, id, node))
        else {
            return Ok(None);
        };
        self.session.load(self.slots.slots[reduce.slot].node, digest, &payload)
    }

    /// Where the bytes of a combination are.
    pub(crate) fn combined_payload(
        &self,
        reduce: &ReduceRun,
        id: CombinationId,
        node: &ReducedNode<'_>,
    ) -> Option<Payload> {
        let run = &reduce.combinations[id];
        let own = lock(&run.state).own.as_deref().cloned().map(Arc::new);
        let content = Some(node.hashers.content_key(&reduce.upstream(id)?));
        self.payload(&Known { value: *run.digest.get()?, content, payload: own, is_tainted: false })
    }

    fn call_combination(
        &self,
        (reduce, id, start): (&Arc<ReduceRun>, CombinationId, Instant),
        node: &ReducedNode<'_>,
        upstream: SmallVec<[ValueDigest; 4]>,
        sides: &[Lent<'_>],
    ) -> Result<(Product, Took), Trouble> {
        let mut values: SmallVec<[_; 4]> = sides.iter().map(Lent::as_any).collect();
        values.extend(reduce.shared.iter().map(Value::as_any));
        let inputs = Inputs { values: &values, present: node.present, key: None };
        let owner = self.slots.slots[reduce.slot].node;
        let ticker = &self.session.ticker;
        let mut began = Some(ticker.at(start));
        let mut ctx = self.new_context(owner, node.function, upstream.clone(), start);
        let content = || node.hashers.content_key(&upstream);
        let asker = || (Asker::Combination { reduce: Arc::clone(reduce), combination: id }, content());
        let process = Process::of(&self.session, owner);
        let label_of = || reduce.label(id);
        let execution = Execution { node: owner, element: Some(&label_of), asker: &asker, process: process.as_ref() };
        let failed_on = |keep: &mut Keep| self.combination_inputs((reduce, node), &upstream, sides, keep);
        let body = |ctx: &NodeCtx| {
            let began = began.take().unwrap_or_else(|| ticker.now());
            let (value, encoded, ended) = match &process {
                Some(process) => (None, process.run(ctx, &self.combination_call(reduce, node, sides))?, ticker.now()),
                None => {
                    let value = call(&self.session, node.function, ctx, &inputs)?;
                    let ended = ticker.now();
                    let element = node.reducing.element;
                    let encode = || keeping_sources(&self.session.keeper, || Ok(element.encode(value.as_any())?));
                    let encoded = guarded(&self.session, encode)?;
                    (Some(value), encoded, ended)
                }
            };
            let product = Product::new(value, encoded, &node.schemas.result, true);
            Ok((product, ticker.took(began, ended)))
        };
        self.attempt(execution, &mut ctx, body, failed_on)
    }

    /// Writes down what a combination gave.
    fn made_combination(
        &self,
        reduce: &Arc<ReduceRun>,
        id: CombinationId,
        content: ContentKey,
        product: Product,
        took: Took,
        local: &mut Local,
    ) {
        let run = &reduce.combinations[id];
        let store = &*self.session.store;
        // The first writer wins, as long as its bytes are there.
        let before = match reduce.trust {
            Trust::All => None,
            Trust::AllButWhole | Trust::There | Trust::Nothing => act_of(store, &content).ok().flatten(),
        };
        let before = before.filter(|act| are_there(store, &act.payload).unwrap_or(false));
        let is_other = before.is_some_and(|act| act.value != product.digest);
        let digest = product.digest;
        // That of the whole is asked for before the record can be found.
        let own = (is_other || id == reduce.root).then(|| Box::new(product.payload.clone()));
        let value = self.record_combination(content, product, took, !is_other, local);
        let mut state = lock(&run.state);
        (state.value, state.own, state.is_new) = (value, own, true);
        drop(state);
        let _ = run.digest.set(digest);
        self.came_out(reduce, id, End::Executed, local);
        self.tell_later(&content, Done::Value { value: digest, payload: None }, local);
    }

    /// Lost bytes are there again: those who wait for them go on.
    fn made_again(
        &self,
        reduce: &Arc<ReduceRun>,
        id: CombinationId,
        content: ContentKey,
        product: Product,
        took: Took,
        local: &mut Local,
    ) {
        let run = &reduce.combinations[id];
        run.set_end(End::Executed);
        if run.digest.get() != Some(&product.digest) {
            // Others may have combined what it gave before: all that needs it begins anew, with what it gives then.
            let node = self.slots.slots[reduce.slot].node;
            let mut again = lock(&self.session.reduced_again);
            let times = again.entry(node).or_default();
            *times = (*times).max(1);
            drop(again);
            return self.demand(node);
        }
        let own = (id == reduce.root).then(|| Box::new(product.payload.clone()));
        let value = self.record_combination(content, product, took, true, local);
        let mut state = lock(&run.state);
        (state.value, state.is_new, state.is_awaited) = (value, true, false);
        state.own = own.or(state.own.take());
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for side in sides_of(&run.what) {
            // It was read for this alone.
            let value = lock(&reduce.combinations[side].state).value.take();
            drop(value);
        }
        for reader in waiting {
            self.push_combination(reduce, reader, local);
        }
        if id == reduce.root {
            self.finish_reduce(reduce, local);
        }
    }

    /// Gives the value back, whose bytes are written down.
    fn record_combination(
        &self,
        content: ContentKey,
        product: Product,
        took: Took,
        is_named: bool,
        local: &mut Local,
    ) -> Option<Value> {
        let Product { value, digest, payload, blobs, .. } = product;
        self.session.recorder.keep(blobs, &mut local.records);
        if is_named {
            let act = Act::new(digest, payload, took.compute_ns, took.save_ns, self.session.run);
            local.records.put(Key::new(RecordKind::Act, content.as_bytes()), |out| act.write(out));
        }
        value
    }

    /// Has lost bytes made again; `reader` goes on when they are there.
    pub(crate) fn make_again(
        &self,
        reduce: &Arc<ReduceRun>,
        lost: &[CombinationId],
        reader: Option<CombinationId>,
        local: &mut Local,
    ) {
        // It goes on when the first of them is there, and waits for another one then if it has to.
        for (id, reader) in lost.iter().zip(std::iter::once(reader).chain(std::iter::repeat(None))) {
            let mut state = lock(&reduce.combinations[*id].state);
            state.waiting.extend(reader);
            let is_first = !state.is_awaited;
            state.is_awaited = true;
            drop(state);
            if is_first {
                self.push_combination(reduce, *id, local);
            }
        }
    }

    pub(crate) fn combination_trouble(
        &self,
        reduce: &Arc<ReduceRun>,
        id: CombinationId,
        content: ContentKey,
        trouble: Trouble,
        local: &mut Local,
    ) {
        let message = match trouble {
            Trouble::Failed(message) => message,
            Trouble::Interrupted(interrupt) => return self.interrupted(interrupt),
            Trouble::Told => return,
        };
        let node = self.session.graph.identity(self.slots.slots[reduce.slot].node);
        self.session.tell_failed(&node, Some(&reduce.label(id)), &message);
        let failure = self.combination_failed(reduce, id, content, message, local);
        self.tell_later(&content, Done::Failed(failure), local);
    }

    fn combination_failed(
        &self,
        reduce: &Arc<ReduceRun>,
        id: CombinationId,
        content: ContentKey,
        message: String,
        local: &mut Local,
    ) -> Arc<Failure> {
        let slot = &self.slots.slots[reduce.slot];
        let node = self.session.graph.identity(slot.node);
        let failure = Arc::new(Failure::new(format!("{node}[{}]", reduce.label(id)), message));
        lock(&reduce.failures).push((content, Arc::clone(&failure)));
        if self.session.on_failure != OnFailure::KeepGoing {
            self.fail(reduce.slot, slot, Arc::clone(&failure), local);
        }
        if reduce.combinations[id].end().is_some() {
            // It was executed again, and others wait for it.
            reduce.combinations[id].set_end(End::Failed);
            self.finish_reduce(reduce, local);
        } else {
            self.came_out(reduce, id, End::Failed, local);
        }
        failure
    }

    /// Takes over what somebody else computed, or what is known from before.
    pub(crate) fn combination_done(&self, reduce: &Arc<ReduceRun>, id: CombinationId, done: &Done, local: &mut Local) {
        let run = &reduce.combinations[id];
        match done {
            Done::Value { value, payload } | Done::Tainted { value, payload } => {
                let _ = run.digest.set(*value);
                lock(&run.state).own = payload.as_deref().filter(|payload| !payload.is_absent()).cloned().map(Box::new);
                self.came_out(reduce, id, End::Taken, local);
            }
            // The same computation, but a combination of this reduce.
            Done::Failed(failure) => {
                let node = self.session.graph.spec(self.slots.slots[reduce.slot].node).and_then(ReducedNode::of);
                let (Some(node), Some(upstream)) = (node, reduce.upstream(id)) else { return };
                let content = node.hashers.content_key(&upstream);
                self.combination_failed(reduce, id, content, failure.message().to_owned(), local);
            }
        }
    }

    /// A combination has come out: what waited for it alone is ready.
    fn came_out(&self, reduce: &Arc<ReduceRun>, id: CombinationId, end: End, local: &mut Local) {
        reduce.combinations[id].set_end(end);
        let mut out = vec![id];
        while let Some(id) = out.pop() {
            for ready in reduce.came_out(id) {
                if reduce.is_cut(ready) {
                    reduce.combinations[ready].set_end(End::Skipped);
                    out.push(ready);
                } else {
                    self.push_combination(reduce, ready, local);
                }
            }
            if id == reduce.root {
                self.finish_reduce(reduce, local);
            }
        }
    }
}
