//! Nodes that expand: their function makes a sub-graph, which is run between this wave and the next.

use crate::exec::Outcome;
use crate::exec::clock::Took;
use crate::exec::costs::Tally;
use crate::exec::expand::{Expanded, Expanding};
use crate::exec::ledger::Known;
use crate::exec::sync::{Arc, lock};
use crate::exec::wave::body::Performed;
use crate::exec::wave::claims::Done;
use crate::exec::wave::perform::{Product, Trouble};
use crate::exec::wave::resolve::{Halt, Pending, mixed_up};
use crate::exec::wave::slots::Conclusion;
use crate::exec::wave::walk::{Local, Wave};
use crate::graph::Expansion;

impl Wave {
    /// Settles a node whose sub-graph has been run; makes the sub-graph of any other, which stays open in this wave.
    pub(crate) fn expand(&self, pending: &Pending<'_>, local: &mut Local) -> Result<(), Halt> {
        let Pending { index, slot, content, .. } = *pending;
        let expanded = lock(&self.session.expanded).get(&content).cloned();
        match expanded {
            None => self.make_sub_graph(pending, local),
            Some(Expanded::Failed(message)) => Err(Trouble::Failed(message).into()),
            Some(Expanded::Tainted { value, payload }) => {
                let payload = Some(Arc::new(payload));
                let done = Done::Tainted { value, payload: payload.clone() };
                let known = Known { value, content: None, payload, is_tainted: true };
                self.conclude(index, slot, Conclusion::Known(known), Outcome::Executed, local);
                self.tell_later(&content, done, local);
                Ok(())
            }
            Some(Expanded::Value { value, payload, cost_ns }) => {
                let took = Took { compute_ns: cost_ns, save_ns: 0 };
                self.session.note_costs(slot.node, Tally::execution(took, payload.len()), &mut local.noted);
                self.session.tell_executed(slot.node, None, cost_ns);
                let product = Product { value: None, digest: value, payload, unsaved: None, blobs: Vec::new() };
                let known = self.record_execution(pending, product, took, local);
                let done = Done::Value { value: known.value, payload: known.payload.clone() };
                self.conclude(index, slot, Conclusion::Known(known), Outcome::Executed, local);
                self.tell_later(&content, done, local);
                Ok(())
            }
        }
    }

    fn make_sub_graph(&self, pending: &Pending<'_>, local: &mut Local) -> Result<(), Halt> {
        let Pending { slot, content, expected, .. } = *pending;
        let session = &self.session;
        if session.depth >= session.most_expansions {
            let most = session.most_expansions;
            return Err(Trouble::Failed(format!(
                "it is {most} expansions deep in others, and no more are made: does the function ever return without adding \
                 itself? (`Engine::builder().expansion_depth(..)` allows more)"
            ))
            .into());
        }
        let Performed { value: Some(value), encoded: None, compute_ns, .. } = self.perform(pending, local)? else {
            return Err(mixed_up());
        };
        let took = Took { compute_ns, save_ns: 0 };
        self.note_body(took);
        session.note_executed(slot.node, None, took);
        let expansion = value.typed::<Expansion>().map_err(|_| mixed_up())?;
        lock(&self.end).expanding.push(Expanding {
            node: slot.node,
            content,
            expansion,
            is_again: expected.is_some() || self.ledger.forced.contains(&slot.node),
            made_ns: compute_ns,
        });
        Ok(())
    }
}
