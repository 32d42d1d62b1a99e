//! What a replay reads: the inputs on which a node failed, or else its present ones.

use crate::error::Result;
use crate::exec::kept::{FailedOn, KeptInput, Place, Which};
use crate::exec::ledger::Ledger;
use crate::exec::named::Element;
use crate::exec::replay::refuse::Refuse;
use crate::exec::session::Session;
use crate::exec::values::recorded_value;
use crate::exec::wave::{MappedNode, guarded};
use crate::fingerprint::{BlobDigest, ValueDigest, value_digest};
use crate::graph::{Body, Kind, NodeFunction, NodeId, NodeSpec};
use crate::value::{Bytes, ElementKey, Mapped, Part, Value};
use smallvec::SmallVec;

/// What is needed to call a node's function.
pub(crate) struct Ready<'a> {
    pub(crate) spec: &'a NodeSpec,
    pub(crate) function: &'static NodeFunction,
    pub(crate) present: u64,
    /// Collections of which an element is read.
    pub(crate) lists: SmallVec<[Mapped; 1]>,
    pub(crate) operand: Operand,
    /// The other inputs.
    pub(crate) shared: Vec<Value>,
    pub(crate) key: Option<ElementKey>,
    pub(crate) upstream: Vec<ValueDigest>,
}

/// What the function reads besides what all elements share.
pub(crate) enum Operand {
    /// Nothing.
    None,
    /// The element of the collections with this number.
    Element(usize),
    /// These values.
    Values(Vec<Value>),
}

/// What an input is to the node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Value,
    /// One element of it is read.
    Collection,
}

impl<'a> Ready<'a> {
    fn new(session: &'a Session, node: NodeId, refuse: &Refuse<'_>) -> Result<Self> {
        let graph = &session.graph;
        let Some(spec) = graph.spec(node) else { return Err(refuse.no_function()) };
        let Body::Function { function, present } = spec.body else { return Err(refuse.no_function()) };
        let (lists, operand, shared, upstream) = (SmallVec::new(), Operand::None, Vec::new(), Vec::new());
        Ok(Self { spec, function, present, lists, operand, shared, key: None, upstream })
    }

    /// As it failed.
    pub(crate) fn of_failure(
        session: &'a Session,
        ledger: &Ledger,
        of: &Element,
        failed: &FailedOn,
        refuse: &Refuse<'_>,
    ) -> Result<Self> {
        let mut ready = Self::new(session, of.node, refuse)?;
        let inputs = session.graph.inputs(of.node);
        if inputs.len() != failed.inputs.len() || ready.present != failed.present {
            return Err(refuse.changed("it reads other nodes now"));
        }
        let mut values = Vec::new();
        for (position, (input, kept)) in inputs.iter().zip(&failed.inputs).enumerate() {
            let is_list = matches!(failed.which, Which::Element { .. }) && position < ready.n_lists();
            let role = if is_list { Role::Collection } else { Role::Value };
            values.extend(load_kept(session, ledger, (*input, role), kept, refuse)?);
        }
        ready.upstream = failed.upstream.iter().map(|value| ValueDigest::from_bytes(*value)).collect();
        let loader = session.loader(of.node);
        let unreadable = |trouble| refuse.trouble(session, trouble);
        match (&failed.which, ready.function.mapping, ready.function.reducing) {
            (Which::Whole, None, None) => {}
            (Which::Element { .. }, Some(_), None) => {
                let shared = failed.inputs.iter().skip(ready.n_lists()).map(KeptInput::digest);
                let shared: Vec<ValueDigest> = shared.collect();
                ready.pick(session, of, &mut values, &shared, refuse)?;
                if ready.upstream.iter().map(ValueDigest::as_bytes).ne(&failed.upstream) {
                    return Err(refuse.changed("the element is another one now"));
                }
            }
            (Which::Ahead { item, key }, Some(mapping), None) => {
                let above = inputs.first().and_then(|above| session.graph.spec(*above)).and_then(MappedNode::of);
                let Some(above) = above else { return Err(refuse.changed("it goes over another node now")) };
                let bytes = bytes_of(session, item).ok_or_else(|| refuse.lost("the element"))?;
                let item = guarded(session, || Ok(above.mapping.element.decode(&bytes, &loader)?));
                ready.operand = Operand::Values(vec![item.map_err(unreadable)?]);
                if let Some(bytes) = key {
                    let value = guarded(session, || Ok((mapping.over.decode_key)(bytes, &loader)?));
                    let label = of.label.clone().unwrap_or_default();
                    ready.key = Some(ElementKey { value: value.map_err(unreadable)?, bytes: bytes.clone(), label });
                }
            }
            (Which::Combination { sides }, None, Some(reducing)) => {
                let mut operands = Vec::new();
                for side in sides {
                    let bytes = bytes_of(session, side).ok_or_else(|| refuse.lost("what was combined"))?;
                    let value = guarded(session, || Ok(reducing.element.decode(&bytes, &loader)?));
                    operands.push(value.map_err(unreadable)?);
                }
                ready.operand = Operand::Values(operands);
            }
            (Which::Whole | Which::Element { .. } | Which::Ahead { .. } | Which::Combination { .. }, _, _) => {
                return Err(refuse.changed("it is mapped or reduced in another way now"));
            }
        }
        ready.shared = values;
        Ok(ready)
    }

    /// On its present inputs, where all of them are known.
    pub(crate) fn at_present(session: &'a Session, ledger: &Ledger, of: &Element, refuse: &Refuse<'_>) -> Result<Self> {
        let mut ready = Self::new(session, of.node, refuse)?;
        match (ready.function.mapping.is_some(), ready.function.reducing.is_some(), &of.label) {
            (true, _, None) => return Err(refuse.is_map()),
            (_, true, _) => return Err(refuse.is_reduce()),
            (false, false, Some(_)) => return Err(refuse.no_map()),
            (true, false, Some(_)) | (false, false, None) => {}
        }
        let mut values = Vec::new();
        for input in session.graph.inputs(of.node) {
            let (value, digest) = load_present(session, ledger, *input, refuse)?;
            values.push(value);
            ready.upstream.push(digest);
        }
        if ready.function.mapping.is_some() {
            let digests = std::mem::take(&mut ready.upstream);
            let n_lists = ready.n_lists();
            ready.pick(session, of, &mut values, digests.get(n_lists..).unwrap_or_default(), refuse)?;
        }
        ready.shared = values;
        Ok(ready)
    }

    fn n_lists(&self) -> usize {
        self.function.mapping.map_or(0, |mapping| 1 + usize::from(mapping.with.is_some()))
    }

    /// Takes the collections out of the values, and finds the element that is called so.
    fn pick(
        &mut self,
        session: &Session,
        of: &Element,
        values: &mut Vec<Value>,
        shared: &[ValueDigest],
        refuse: &Refuse<'_>,
    ) -> Result<()> {
        let (Some(node), Some(mapping)) = (MappedNode::of(self.spec), self.function.mapping) else {
            return Err(refuse.no_map());
        };
        let n_lists = self.n_lists().min(values.len());
        let types = [Some(mapping.over), mapping.with].into_iter().flatten();
        let label = of.label.as_deref().unwrap_or_default();
        let picked = guarded(session, || {
            let lists = values.drain(..n_lists).zip(types).map(|(list, over)| Mapped::new(list, over));
            let lists = lists.collect::<std::result::Result<SmallVec<[Mapped; 1]>, _>>()?;
            let Some(names) = lists.first() else { return Ok(None) };
            for number in 0..names.size() {
                if names.key(number)?.label == label {
                    let parts = lists.iter().map(|list| list.part(number));
                    let parts = parts.collect::<std::result::Result<SmallVec<[Part; 1]>, _>>()?;
                    let computation = node.computation(&parts, shared, || Ok(names.key(number)?))?;
                    return Ok(Some((lists, number, computation)));
                }
            }
            Ok(None)
        });
        let Some((lists, number, computation)) = picked.map_err(|trouble| refuse.trouble(session, trouble))? else {
            return Err(refuse.no_element(label));
        };
        self.upstream = computation.upstream.to_vec();
        (self.lists, self.operand, self.key) = (lists, Operand::Element(number), computation.key);
        Ok(())
    }
}

/// The value of an input as it was when the node failed; nothing for one that is not read.
fn load_kept(
    session: &Session,
    ledger: &Ledger,
    (input, role): (NodeId, Role),
    kept: &KeptInput,
    refuse: &Refuse<'_>,
) -> Result<Option<Value>> {
    let KeptInput { node: name, place, .. } = kept;
    let digest = kept.digest();
    match place {
        Place::NotRead => Ok(None),
        Place::Transient => Err(refuse.transient(name)),
        Place::Unsaved => Err(refuse.lost(&format!("the value of node `{name}`"))),
        Place::Source => match ledger.leaves.get(&input) {
            // Of a collection one element is read, which is compared on its own.
            Some(Ok(looked)) if looked.digest == digest || role == Role::Collection => Ok(Some(looked.value.clone())),
            Some(Ok(_)) => Err(refuse.other_source(name)),
            Some(Err(failure)) => Err(refuse.because(&failure.to_string())),
            None => Err(refuse.changed(&format!("`{name}` is no source any more"))),
        },
        Place::Saved(part) => {
            let Some(value_type) = session.graph.value_type(input) else {
                return Err(refuse.changed("it reads other nodes now"));
            };
            let bytes = bytes_of(session, part).ok_or_else(|| refuse.lost(&format!("the value of node `{name}`")))?;
            let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if value_digest(&(value_type.schema)().digest, &BlobDigest::of(&bytes), len) != digest {
                return Err(refuse.changed(&format!("node `{name}` gives another type now")));
            }
            let value = guarded(session, || Ok(value_type.decode(&bytes, &session.loader(input))?));
            value.map(Some).map_err(|trouble| refuse.trouble(session, trouble))
        }
    }
}

/// The value that an input has at present, if it is known.
fn load_present(
    session: &Session,
    ledger: &Ledger,
    input: NodeId,
    refuse: &Refuse<'_>,
) -> Result<(Value, ValueDigest)> {
    let graph = &session.graph;
    if let Kind::Constant(constant) = graph.kind(input) {
        return Ok((constant.value.clone(), constant.digest));
    }
    let name = graph.identity(input);
    match ledger.leaves.get(&input) {
        Some(Ok(looked)) => return Ok((looked.value.clone(), looked.digest)),
        Some(Err(failure)) => return Err(refuse.because(&failure.to_string())),
        None => {}
    }
    if graph.spec(input).is_some_and(NodeSpec::is_transient) {
        return Err(refuse.transient(&name));
    }
    let Some((digest, payload)) = recorded_value(session, ledger, input) else { return Err(refuse.unknown(&name)) };
    let value = session.load(input, &digest, &payload).map_err(|trouble| refuse.trouble(session, trouble))?;
    Ok((value.ok_or_else(|| refuse.lost(&format!("the value of node `{name}`")))?, digest))
}

fn bytes_of(session: &Session, part: &Part) -> Option<Bytes> {
    match part {
        Part::Inline(bytes) => Some(Bytes::from(bytes.as_slice())),
        Part::Blob { len, .. } => session.blob(&part.digest(), *len),
    }
}
