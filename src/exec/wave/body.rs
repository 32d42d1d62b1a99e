//! Running a node's body on the values of its inputs.

use crate::exec::event::Event;
use crate::exec::process::{Call, Process, Which};
use crate::exec::report::Keep;
use crate::exec::sync::Arc;
use crate::exec::wave::attempts::Execution;
use crate::exec::wave::claims::Asker;
use crate::exec::wave::perform::{call, encode_result, guarded};
use crate::exec::wave::resolve::{Halt, Pending, mixed_up};
use crate::exec::wave::slots::Slot;
use crate::exec::wave::walk::{Local, Wave};
use crate::fingerprint::ValueDigest;
use crate::graph::{Body, Draw, Inputs, NodeCtx, NodeFunction, NodeId};
use crate::value::{Desk, Encoded, Log, Value, keeping};
use smallvec::SmallVec;
use std::time::Instant;

/// What a node's body gave.
pub(crate) struct Performed {
    pub(crate) value: Option<Value>,
    /// Nothing for what is never saved.
    pub(crate) encoded: Option<Encoded>,
    pub(crate) compute_ns: u64,
    /// When it was done, by the session's clock.
    pub(crate) ended: u64,
}

impl Wave {
    /// Runs a node's body: the value when it is at hand, and its bytes unless it is transient. Also what its function took,
    /// and when it was done.
    pub(crate) fn perform(&self, pending: &Pending<'_>, local: &mut Local) -> Result<Performed, Halt> {
        let Pending { index, slot, spec, content, .. } = *pending;
        let session = &self.session;
        let graph = &session.graph;
        let performed = |value, encoded, start| {
            let ended = session.ticker.now();
            Performed { value, encoded, compute_ns: ended.saturating_sub(start), ended }
        };
        match &spec.body {
            Body::Function { function, present } => {
                let values = self.obtain_all(graph.inputs(slot.node))?;
                let borrowed: SmallVec<[_; 4]> = values.iter().map(Value::as_any).collect();
                let inputs = Inputs { values: &borrowed, present: *present, key: None };
                session.tell(|observer| {
                    observer.event(&Event::NodeStarted { node: &graph.identity(slot.node), element: None })
                });
                // After the inputs have been read.
                let start = Instant::now();
                let mut began = Some(session.ticker.at(start));
                let ctx = self.context_for(slot.node, function, start, local);
                let process = Process::of(session, slot.node);
                let asker = || (Asker::Slot(index), content);
                let execution = Execution { node: slot.node, element: None, asker: &asker, process: process.as_ref() };
                let body = |ctx: &NodeCtx| {
                    let began = began.take().unwrap_or_else(|| session.ticker.now());
                    if let Some(process) = &process {
                        let operands = self.operands(graph.inputs(slot.node), &values);
                        let encoded = process.run(ctx, &Call { which: Which::Whole, operands, key: None })?;
                        return Ok(performed(None, Some(encoded), began));
                    }
                    let value = call(session, function, ctx, &inputs)?;
                    let mut performed = performed(None, None, began);
                    // What a function gives that expands is a sub-graph.
                    if !spec.is_transient() && !function.function.expands {
                        performed.encoded = Some(encode_result(session, spec, &value)?);
                    }
                    Ok(Performed { value: Some(value), ..performed })
                };
                let failed_on = |keep: &mut Keep| self.node_inputs(slot.node, &values, *present, keep);
                Ok(self.attempt(execution, ctx, body, failed_on)?)
            }
            Body::Field(field) => {
                let start = session.ticker.now();
                let whole = self.only_input(slot)?;
                let encoded = guarded(session, || keeping(&session.keeper, || Ok((field.project)(whole.as_any())?)))?;
                Ok(performed(None, Some(encoded), start))
            }
            Body::Settle(settler) => {
                let start = session.ticker.now();
                let whole = self.only_input(slot)?;
                let encoded = guarded(session, || keeping(&session.keeper, || Ok((settler.value)(whole.as_any())?)))?;
                Ok(performed(None, Some(encoded), start))
            }
            Body::Gather(gatherer) => {
                let start = session.ticker.now();
                let (made, blobs) = self.parts(graph.inputs(slot.node))?;
                let value = guarded(session, || Ok((gatherer.assemble)(made, &session.loader(slot.node))?))?;
                let mut encoded = encode_result(session, spec, &value)?;
                encoded.blobs.extend(blobs);
                Ok(performed(Some(value), Some(encoded), start))
            }
            Body::Source(_) | Body::Output { .. } => Err(mixed_up()),
        }
    }

    fn only_input(&self, slot: &Slot) -> Result<Value, Halt> {
        match self.session.graph.inputs(slot.node) {
            [input] => self.obtain(*input),
            _ => Err(mixed_up()),
        }
    }

    /// A context for an element or a combination.
    pub(crate) fn new_context(
        &self,
        node: NodeId,
        function: &NodeFunction,
        upstream: SmallVec<[ValueDigest; 4]>,
        start: Instant,
    ) -> NodeCtx {
        NodeCtx {
            function: function.function.path,
            draw: self.draw(node),
            upstream,
            signals: Arc::clone(&self.session.signals),
            desk: Desk::new(Arc::clone(&self.session.keeper), self.session.owner(node)),
            log: Arc::new(Log::new(start)),
        }
    }

    /// Which draw a node is.
    fn draw(&self, node: NodeId) -> Draw {
        self.session.graph.spec(node).map(|spec| spec.draw).unwrap_or_default()
    }

    /// The walker's context, made ready for a node.
    fn context_for<'a>(
        &self,
        node: NodeId,
        function: &NodeFunction,
        start: Instant,
        local: &'a mut Local,
    ) -> &'a mut NodeCtx {
        let ctx = local.context.get_or_insert_with(|| self.new_context(node, function, SmallVec::new(), start));
        (ctx.function, ctx.draw) = (function.function.path, self.draw(node));
        ctx.desk.leave(Some(self.session.owner(node)));
        match Arc::get_mut(&mut ctx.log) {
            Some(log) => log.begin(start),
            // A thread that the node before left behind still writes to that one's.
            None => ctx.log = Arc::new(Log::new(start)),
        }
        ctx.upstream.clear();
        ctx.upstream.extend(self.upstream_values(node));
        ctx
    }
}
