//! What a computation reads that runs in a process of its own.

use crate::exec::process::{Call, Operand, Which};
use crate::exec::wave::element::MappedNode;
use crate::exec::wave::map::{Computation, MapRun};
use crate::exec::wave::reduce::{ReduceRun, ReducedNode};
use crate::exec::wave::slots::Conclusion;
use crate::exec::wave::walk::Wave;
use crate::graph::NodeId;
use crate::value::{CollectionType, Lent, Value};

impl Wave {
    /// Inputs that are read whole.
    pub(crate) fn operands<'a>(&self, inputs: &[NodeId], values: &'a [Value]) -> Vec<Operand<'a>> {
        let operand = |(input, value): (&NodeId, &'a Value)| {
            let known = match self.slots.get(*input).and_then(|slot| slot.conclusion.get()) {
                Some(Conclusion::Known(known)) => Some(known),
                Some(Conclusion::Failed(_) | Conclusion::Skipped(_)) | None => None,
            };
            Some(Operand {
                value: value.as_any(),
                value_type: self.session.graph.value_type(*input)?,
                of: *input,
                digest: self.values_of(&[*input]).next(),
                payload: known.and_then(|known| self.payload(known)),
            })
        };
        inputs.iter().zip(values).filter_map(operand).collect()
    }

    /// What an element reads: itself, and what all elements share.
    pub(crate) fn element_call<'a>(
        &self,
        map: &'a MapRun,
        node: &MappedNode<'_>,
        known: &'a Computation,
        items: &'a [Lent<'_>],
    ) -> Call<'a> {
        let inputs = self.session.graph.inputs(self.slots.slots[map.slot].node);
        let over = [Some(node.mapping.over), node.mapping.with].into_iter().flatten();
        let own = items.iter().zip(over).zip(inputs).map(|((item, over), list): ((_, &CollectionType), _)| Operand {
            value: item.as_any(),
            value_type: (over.item_type)(),
            of: *list,
            digest: None,
            payload: None,
        });
        let mut operands: Vec<Operand<'a>> = own.collect();
        let shared = inputs.get(node.function.n_own_inputs()..).unwrap_or_default();
        operands.extend(self.operands(shared, &map.shared));
        let key = known.key.as_ref().map(|key| key.bytes.as_slice());
        Call { which: Which::Element, operands, key }
    }

    /// What a combination reads: its sides, and what all combinations share.
    pub(crate) fn combination_call<'a>(
        &self,
        reduce: &'a ReduceRun,
        node: &ReducedNode<'_>,
        sides: &'a [Lent<'_>],
    ) -> Call<'a> {
        let of = self.slots.slots[reduce.slot].node;
        let own = sides.iter().map(|side| Operand {
            value: side.as_any(),
            value_type: node.reducing.element,
            of,
            digest: None,
            payload: None,
        });
        let mut operands: Vec<Operand<'a>> = own.collect();
        let shared = self.session.graph.inputs(of).get(node.function.n_own_inputs()..).unwrap_or_default();
        operands.extend(self.operands(shared, &reduce.shared));
        Call { which: Which::Combination, operands, key: None }
    }
}
