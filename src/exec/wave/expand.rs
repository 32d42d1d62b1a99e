//! Nodes that expand: their function makes a sub-graph, which is run between this wave and the next.

use crate::exec::Outcome;
use crate::exec::expand::{Expanded, Expanding};
use crate::exec::ledger::Known;
use crate::exec::sync::{Arc, lock};
use crate::exec::wave::claims::Done;
use crate::exec::wave::perform::{Product, Trouble};
use crate::exec::wave::resolve::{Halt, Pending, mixed_up};
use crate::exec::wave::slots::Conclusion;
use crate::exec::wave::walk::{Local, Wave};
use crate::graph::Expansion;
use std::time::Instant;

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
                self.session.add_cost(slot.node, cost_ns);
                self.session.tell_executed(slot.node, None, cost_ns);
                let product = Product { value: None, digest: value, payload, unsaved: None, blobs: Vec::new() };
                let known = self.record_execution(pending, product, cost_ns, local);
                let done = Done::Value { value: known.value, payload: known.payload.clone() };
                self.conclude(index, slot, Conclusion::Known(known), Outcome::Executed, local);
                self.tell_later(&content, done, local);
                Ok(())
            }
        }
    }

    fn make_sub_graph(&self, pending: &Pending<'_>, local: &mut Local) -> Result<(), Halt> {
        let Pending { slot, spec, content, expected, .. } = *pending;
        let session = &self.session;
        if session.depth >= session.most_expansions {
            let most = session.most_expansions;
            return Err(Trouble::Failed(format!(
                "it is {most} expansions deep in others, and no more are made: does the function ever return without adding \
                 itself? (`Engine::builder().expansion_depth(..)` allows more)"
            ))
            .into());
        }
        let start = Instant::now();
        let (Some(value), None) = self.perform(slot, spec, start, local)? else { return Err(mixed_up()) };
        let expansion = value.typed::<Expansion>().map_err(|_| mixed_up())?;
        lock(&self.end).expanding.push(Expanding {
            node: slot.node,
            content,
            expansion,
            is_again: expected.is_some() || self.ledger.forced.contains(&slot.node),
            made_ns: self.took(start.elapsed()),
        });
        Ok(())
    }
}
