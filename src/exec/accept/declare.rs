//! Declaring that changes of code do not matter: the root and the record under the new fingerprint.

use crate::error::{ErrorKind, Result};
use crate::exec::accept::former::{Former, former};
use crate::exec::accept::log::{Acceptance, Entry, Remark, Said, entries_at, write_entries};
use crate::exec::drive::make_plan;
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::{Ledger, UNKNOWN};
use crate::exec::past::Past;
use crate::exec::plan_report::{PlanState, foresee};
use crate::exec::session::Session;
use crate::fingerprint::SpecKey;
use crate::graph::NodeId;
use crate::store::{Alias, Batch, Key, RecordKind, Root, Upstream};
use std::collections::BTreeSet;

/// Which nodes are meant.
#[derive(Clone, Debug)]
pub(crate) enum Chosen {
    /// These, by number.
    Named(BTreeSet<NodeId>),
    /// All that would run because of their code alone.
    All,
}

/// Accepts the present code of nodes, upstream ones first.
///
/// # Errors
/// When a named node is not stale by its code alone; those upstream of it that were named too are accepted by then.
pub(crate) fn accept(
    session: &Session,
    mut ledger: Ledger,
    pool: &rayon::ThreadPool,
    chosen: &Chosen,
    remark: &Remark,
) -> Result<Vec<Acceptance>> {
    look_at_sources(session, &mut ledger, pool)?;
    let mut past = Past::read(&*session.store)?;
    let mut accepted = Vec::new();
    let mut done = BTreeSet::new();
    let mut bases = BTreeSet::new();
    // What is accepted makes the inputs of further nodes known.
    loop {
        let planned = make_plan(session, &mut ledger)?;
        let foreseen = foresee(session, &ledger, &planned)?;
        let mut refusal = None;
        let n_before = done.len();
        for node in session.graph.order().forwards() {
            let is_chosen = match chosen {
                Chosen::Named(nodes) => nodes.contains(&node),
                Chosen::All => foreseen.states[node] == PlanState::Run,
            };
            if !is_chosen || done.contains(&node) {
                continue;
            }
            let base = ledger.record_key(&session.graph, node);
            // What was accepted of a node holds for those that are equal to it.
            if base.is_some_and(|base| bases.contains(&base)) {
                done.insert(node);
                continue;
            }
            match former(session, &ledger, &mut past, &foreseen, node) {
                Ok(former) => {
                    accepted.push(write(session, &ledger, node, &former, remark)?);
                    done.insert(node);
                    bases.extend(base);
                }
                Err(error) if error.kind() == ErrorKind::NotAccepted => refusal = refusal.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        let is_stuck = done.len() == n_before;
        match (chosen, refusal) {
            (Chosen::Named(_), None) => return Ok(accepted),
            (Chosen::Named(_), Some(refusal)) if is_stuck => return Err(refusal),
            (Chosen::All, _) if is_stuck => return Ok(accepted),
            (Chosen::Named(_) | Chosen::All, _) => {}
        }
    }
}

fn write(session: &Session, ledger: &Ledger, node: NodeId, former: &Former, remark: &Remark) -> Result<Acceptance> {
    let graph = &session.graph;
    let Former { deep, code } = former;
    let base = ledger.record_key(graph, node).unwrap_or(UNKNOWN);
    let to = graph.spec(node).and_then(|spec| SpecKey::from_bytes(&spec.key)).map(|key| key.code).unwrap_or_default();
    let entry = Entry {
        node: graph.identity(node),
        value: *deep.value.as_bytes(),
        from: *code,
        to,
        said: Said::now(session, remark),
        revoked: None,
    };
    let acceptance = entry.acceptance();
    let key = Key::new(RecordKind::Accept, base.as_bytes());
    let mut entries = entries_at(&*session.store, &base)?;
    entries.push(entry);
    let inputs = graph.inputs(node).iter().map(|input| Upstream {
        fingerprint: ledger.fingerprint(*input).unwrap_or(UNKNOWN),
        recorded: ledger.has_record(graph, *input),
    });
    // The record says what is so: this value, by that computation of the former code.
    let alias = Alias { content: deep.content, value: deep.value, spec: deep.spec, run: session.run };
    let root = Root { value: deep.value, run: session.run };
    let mut batch = Batch::default();
    batch.put(Key::new(RecordKind::Root, base.as_bytes()), |out| root.write(out));
    batch.put(Key::new(RecordKind::Deep, base.as_bytes()), |out| alias.write(out, inputs, deep.own.as_ref()));
    batch.put(key, |out| write_entries(&entries, out));
    session.recorder.add(&mut batch, &[]);
    session.recorder.sync()?;
    session.root(base, deep.value);
    Ok(acceptance)
}
