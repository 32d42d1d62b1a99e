//! The value that a node had with other code, and why there may be none that it could keep.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::ledger::Ledger;
use crate::exec::past::Past;
use crate::exec::plan_report::{Foreseen, PlanState};
use crate::exec::recorded::{are_there, deep_of, payload_of_value, record};
use crate::exec::session::Session;
use crate::fingerprint::{SpecHashers, SpecKey, ValueDigest};
use crate::graph::{Body, NodeId, NodeSpec};
use crate::store::{Deep, Key, RecordKind};

/// A value that a node had with other code.
pub(crate) struct Former {
    pub(crate) deep: Deep,
    pub(crate) code: [u8; 32],
}

/// The value that a node had at its present inputs with other code.
pub(crate) fn former(
    session: &Session,
    ledger: &Ledger,
    past: &mut Past<'_>,
    foreseen: &Foreseen,
    node: NodeId,
) -> Result<Former> {
    let graph = &session.graph;
    let identity = graph.identity(node);
    let refuse = |message: &str, hint: &str| {
        let message = format!("node `{identity}` {message}");
        Error::new(ErrorKind::NotAccepted, message).with_node(identity.clone()).with_hint(hint)
    };
    let spec = match graph.spec(node) {
        Some(spec) if matches!(spec.body, Body::Function { .. }) => spec,
        Some(_) | None => return Err(refuse("has no code of its own", "accept the nodes that it reads")),
    };
    match foreseen.states[node] {
        PlanState::Run => {}
        PlanState::Fresh | PlanState::CutOff => {
            return Err(refuse("would not be executed, so there is nothing to accept", "`plan` lists what would"));
        }
        PlanState::RunUnlessCutOff | PlanState::AfterBarrier => {
            return Err(refuse("reads nodes that are stale themselves", "run or accept those first"));
        }
        PlanState::NotNeeded | PlanState::Failed => {
            return Err(refuse("reads a source that cannot be read", "see to the source first"));
        }
    }
    let own = SpecKey::from_bytes(&spec.key).filter(|_| !spec.is_transient());
    let Some(own) = own else { return Err(refuse("is transient, so it has no value to keep", "run it")) };
    // What is known under its present fingerprint already is not replaced by what it was before.
    let known = ledger.record_key(graph, node).map(|base| deep_of(&*session.store, &base)).transpose()?;
    if known.flatten().is_some() {
        return Err(refuse("would be executed for its bytes alone, which were not kept", "run it"));
    }
    let upstream: Vec<ValueDigest> =
        graph.inputs(node).iter().filter_map(|input| foreseen.values.get(input).copied()).collect();
    let mut why_not = None;
    for (_, base) in past.fingerprints(&identity)? {
        let Some(deep) = deep_of(&*session.store, &base)? else { continue };
        match is_former(session, spec, &own, &upstream, &deep)? {
            Ok(code) => return Ok(Former { deep, code }),
            Err(reason) => why_not = why_not.or(Some(reason)),
        }
    }
    Err(refuse(why_not.unwrap_or("has no value from an earlier run"), "run it"))
}

/// The code that gave a recorded value, when nothing but the code differs from what is there now; else why not.
fn is_former(
    session: &Session,
    spec: &NodeSpec,
    own: &SpecKey,
    upstream: &[ValueDigest],
    deep: &Deep,
) -> Result<Result<[u8; 32], &'static str>> {
    let store = &*session.store;
    let key = Key::new(RecordKind::Spec, deep.spec.as_bytes());
    let Some((bytes, former)) =
        record(store, key)?.and_then(|bytes| SpecKey::from_bytes(&bytes).map(|key| (bytes, key)))
    else {
        return Ok(Err("has no value of which it is known how it was made"));
    };
    if former.results != own.results {
        return Ok(Err("gives another type than it did"));
    }
    if (SpecKey { code: own.code, ..former.clone() }) != *own {
        return Ok(Err("differs in more than its code from what it was"));
    }
    if SpecHashers::new(&bytes).content_key(upstream) != deep.content || deep.spec == spec.hashers.digest {
        return Ok(Err("has no value from an earlier run with the inputs that it has now"));
    }
    let payload = payload_of_value(store, &deep.value, Some(&deep.content), deep.own.as_ref())?;
    match payload {
        Some(payload) if payload.is_absent() || are_there(store, &payload)? => Ok(Ok(former.code)),
        Some(_) | None => Ok(Err("had a value whose bytes are lost")),
    }
}
