//! Running a node's body on the values of its inputs.

use crate::exec::event::Event;
use crate::exec::sync::Arc;
use crate::exec::wave::perform::{call, encode_result, guarded};
use crate::exec::wave::resolve::{Halt, mixed_up};
use crate::exec::wave::slots::Slot;
use crate::exec::wave::walk::{Local, Wave};
use crate::graph::{Body, Inputs, NodeCtx, NodeId, NodeSpec};
use crate::value::{Desk, Encoded, Value};
use smallvec::SmallVec;

impl Wave {
    /// Runs a node's body: the value when it is at hand, and its bytes unless it is transient.
    pub(crate) fn perform(
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
                let value = self.retried(slot.node, None, || {
                    let called = call(session, function, ctx, &inputs);
                    // Also when it failed or panicked.
                    ctx.desk.leave(None);
                    called
                })?;
                // What a function gives that expands is a sub-graph.
                if spec.is_transient() || function.function.expands {
                    return Ok((Some(value), None));
                }
                let encoded = encode_result(session, spec, &value)?;
                Ok((Some(value), Some(encoded)))
            }
            Body::Field(field) => {
                let whole = self.only_input(slot)?;
                Ok((None, Some(guarded(session, || Ok((field.project)(whole.as_any())?))?)))
            }
            Body::Settle(settler) => {
                let whole = self.only_input(slot)?;
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

    fn only_input(&self, slot: &Slot) -> Result<Value, Halt> {
        match self.session.graph.inputs(slot.node) {
            [input] => self.obtain(*input),
            _ => Err(mixed_up()),
        }
    }

    /// The walker's context, made ready for a node.
    fn context_for<'a>(&self, node: NodeId, function: &'static str, local: &'a mut Local) -> &'a mut NodeCtx {
        let ctx = local.context.get_or_insert_with(|| NodeCtx {
            function,
            trial: 0,
            upstream: SmallVec::new(),
            signals: Arc::clone(&self.session.signals),
            desk: Desk::new(Arc::clone(&self.session.keeper), self.session.owner(node)),
        });
        ctx.function = function;
        ctx.desk.leave(Some(self.session.owner(node)));
        ctx.upstream.clear();
        ctx.upstream.extend(self.upstream_values(node));
        ctx
    }
}
