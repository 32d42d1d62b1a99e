//! A run from beginning to end: look at the sources, plan, run a wave, and again until nothing is left to do.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::OnFailure;
use crate::exec::event::{Event, Outcome, RestartReason};
use crate::exec::expand::{Outside, expand};
use crate::exec::leaves::{changed_since, look_again, look_at_sources};
use crate::exec::ledger::{Known, Ledger};
use crate::exec::lost::close_over_lost;
use crate::exec::planning::{Class, Contents, Planned, plan};
use crate::exec::recorded::{deep_of, load_roots, was_not_kept};
use crate::exec::session::Session;
use crate::exec::store_error::store_error;
use crate::exec::sync::{Arc, lock};
use crate::exec::wave::{WaveEnd, run_wave};
use crate::fingerprint::Fingerprint;
use crate::graph::{Body, Code, Declared, NodeId, NodeSpec, Persist};
use crate::store::{Batch, Key, RecordKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A run may start over this often before it is given up: something changes all the time.
const MOST_RESTARTS: u32 = 64;

/// Brings the ledger's targets up to date.
pub(crate) fn drive(session: &mut Arc<Session>, mut ledger: Ledger, pool: &rayon::ThreadPool) -> Result<Ledger> {
    let failed = look_at_sources(session, &mut ledger, pool)?;
    let mut is_stopping = stops_run(session, &ledger, &failed);
    let mut forced_before = BTreeSet::new();
    // Each wave tells of some barrier at least, unless it ends early.
    let mut n_deferred_before = u32::MAX;
    loop {
        let planned = make_plan(session, &mut ledger)?;
        note_known(session, &mut ledger, &planned);
        let is_stuck = planned.n_deferred > 0 && planned.n_deferred >= n_deferred_before;
        if planned.n_stale == 0 || is_stuck || is_stopping || session.signals.is_stopped() {
            let mut end = WaveEnd::default();
            adopt_roots(session, &ledger, &mut end)?;
            if end.starts_over() && !is_stopping && !session.signals.is_stopped() {
                restart(session, &mut ledger, &end, pool)?;
                continue;
            }
            skip_rest(session, &mut ledger, &planned);
            return Ok(ledger);
        }
        session.tell(|observer| {
            session.remaining.plan(session, &planned);
            observer.event(&Event::Planned { stale: u64::from(planned.n_stale) });
        });
        session.capacities.check(&session.graph, &planned)?;
        record_specs(session)?;
        let (n_deferred, has_deferred) = (planned.n_deferred, planned.n_deferred > 0);
        let is_last = |end: &WaveEnd| !has_deferred && end.is_over();
        let mut end;
        (ledger, end) = run_wave(session, ledger, planned, pool, is_last);
        adopt_roots(session, &ledger, &mut end)?;
        // What this wave wrote can be found by the next one.
        if let Some(session) = Arc::get_mut(session) {
            session.contents = Contents { has_deep: true, has_act: true };
        }
        if end.is_halted || (!has_deferred && end.is_over()) {
            if end.is_halted {
                let planned = make_plan(session, &mut ledger)?;
                skip_rest(session, &mut ledger, &planned);
            }
            return Ok(ledger);
        }
        let has_expanded = !end.expanding.is_empty();
        run_sub_graphs(session, &mut ledger, &mut end, pool)?;
        if session.depth > 0 && !(end.changed.is_empty() && end.lost_outside.is_empty()) {
            ledger.outside = Outside { changed: end.changed, lost: end.lost_outside };
            return Ok(ledger);
        }
        n_deferred_before = if end.is_over() && !has_expanded { n_deferred } else { u32::MAX };
        if end.starts_over() {
            let failed = restart(session, &mut ledger, &end, pool)?;
            is_stopping = stops_run(session, &ledger, &failed);
            forced_before.clear();
        }
        if !end.demanded.is_empty() {
            force(session, &mut ledger, end.demanded, &mut forced_before)?;
        }
    }
}

/// Notes nodes to which another process has given another value since: what is known of those downstream may stand on
/// either.
fn adopt_roots(session: &Session, ledger: &Ledger, end: &mut WaveEnd) -> Result<()> {
    if !session.store.is_shared() {
        return Ok(());
    }
    // Those of nodes that this run wrote in the meantime are among them.
    session.recorder.flush();
    let graph = &session.graph;
    let roots = load_roots(&*session.store)?;
    let mut known = lock(&session.roots);
    for node in graph.node_ids().filter(|node| !graph.is_output(*node)) {
        let Some(base) = ledger.record_key(graph, node) else { continue };
        let Some(value) = roots.get(&base) else { continue };
        if known.insert(base, *value) != Some(*value) {
            end.diverged.push(node);
        }
    }
    Ok(())
}

/// Runs the sub-graphs that nodes made in a wave; what they lack of this graph is demanded of it.
fn run_sub_graphs(session: &Session, ledger: &mut Ledger, end: &mut WaveEnd, pool: &rayon::ThreadPool) -> Result<()> {
    // What is out of date is made again first.
    if end.expanding.is_empty() || end.starts_over() {
        return Ok(());
    }
    let Outside { changed, lost } = expand(session, ledger, &std::mem::take(&mut end.expanding), pool)?;
    end.changed.extend(changed);
    for owner in lost {
        match NodeId::of_owner(owner, session.depth) {
            Some(node) => {
                end.demanded.insert(session.graph.producer(node));
            }
            None => end.lost_outside.push(owner),
        }
    }
    if let (0, Some(_)) = (session.depth, end.lost_outside.first()) {
        return Err(Error::new(ErrorKind::Other, "bytes are lost that no node can make again")
            .with_hint("please report this as a bug of mamo"));
    }
    Ok(())
}

/// Whether these sources, which cannot be read, end the run.
fn stops_run(session: &Session, ledger: &Ledger, failed: &[NodeId]) -> bool {
    session.on_failure != OnFailure::KeepGoing && failed.iter().any(|source| ledger.reaches_target(*source))
}

impl WaveEnd {
    /// Whether nothing asks for another wave.
    fn is_over(&self) -> bool {
        !self.starts_over() && self.demanded.is_empty() && self.expanding.is_empty() && self.lost_outside.is_empty()
    }

    /// Whether what was computed may be out of date.
    fn starts_over(&self) -> bool {
        !self.diverged.is_empty() || !self.changed.is_empty()
    }
}

/// Plans with the fingerprints that follow from what is known by now.
pub(crate) fn make_plan(session: &Session, ledger: &mut Ledger) -> Result<Planned> {
    let targets = ledger.targets.clone();
    let is_always = |node| session.graph.entry(node).flags.persist == Persist::Always;
    let needs_bytes = |node| targets.contains(&node) || is_always(node);
    let store = &*session.store;
    let recorded = |node, base: &Fingerprint| {
        let deep = if session.contents.has_deep { deep_of(store, base)? } else { None };
        match deep {
            // One whose bytes are asked for is executed for them.
            Some(deep) if needs_bytes(node) && was_not_kept(store, &deep)? => Ok(None),
            deep => Ok(deep.map(Known::of)),
        }
    };
    ledger.derive_fingerprints(&session.graph, store, &lock(&session.roots), recorded)?;
    plan(&session.graph, ledger, &*session.store, session.contents)
}

fn note_known(session: &Session, ledger: &mut Ledger, planned: &Planned) {
    for node in planned.classes.ids() {
        if planned.classes[node] == Class::Known
            && matches!(ledger.outcomes[node], Outcome::NotNeeded | Outcome::Skipped)
            && !session.graph.is_output(node)
        {
            ledger.note_outcome(node, Outcome::Fresh);
        }
    }
}

/// What is left is skipped: something upstream failed, or the run was stopped.
fn skip_rest(session: &Session, ledger: &mut Ledger, planned: &Planned) {
    for node in planned.classes.ids() {
        let is_left = matches!(planned.classes[node], Class::Stale | Class::Deferred);
        if is_left && !matches!(ledger.outcomes[node], Outcome::Executed | Outcome::Failed | Outcome::CutOff) {
            if ledger.outcomes[node] != Outcome::Skipped && !session.graph.is_output(node) {
                session.tell(|observer| observer.event(&Event::NodeSkipped { node: &session.graph.identity(node) }));
            }
            ledger.note_outcome(node, Outcome::Skipped);
        }
    }
}

/// Prepares another beginning: other inputs may have another outcome. Gives the sources that cannot be read any more.
///
/// # Errors
/// When something changes each time, or has changed since the run whose values are made again.
fn restart(session: &Session, ledger: &mut Ledger, end: &WaveEnd, pool: &rayon::ThreadPool) -> Result<Vec<NodeId>> {
    tell_restarts(session, end);
    if let (true, Some(path)) = (ledger.is_of_the_past, end.changed.first()) {
        return Err(changed_since(&path.display().to_string()));
    }
    ledger.reopen_skipped();
    ledger.restarts += 1;
    if ledger.restarts > MOST_RESTARTS {
        return Err(unstable(session, end));
    }
    let paths: Vec<&Path> = end.changed.iter().map(AsRef::as_ref).collect();
    Ok(if paths.is_empty() { Vec::new() } else { look_again(session, ledger, pool, &paths) })
}

fn tell_restarts(session: &Session, end: &WaveEnd) {
    for node in &end.diverged {
        let node = session.graph.identity(*node);
        session.tell(|observer| observer.event(&Event::Restarted { reason: RestartReason::Diverged { node: &node } }));
    }
    for path in &end.changed {
        session.tell(|observer| observer.event(&Event::Restarted { reason: RestartReason::Changed { path } }));
    }
}

/// Something is not the same twice.
fn unstable(session: &Session, end: &WaveEnd) -> Error {
    match (end.diverged.first(), end.changed.first()) {
        (None, Some(path)) => {
            Error::new(ErrorKind::Unstable, format!("`{}` changes all the time while it is used", path.display()))
                .with_hint("run again when whoever writes the file is done")
        }
        (node, _) => {
            let node = node.map(|node| session.graph.identity(*node)).unwrap_or_default();
            Error::new(ErrorKind::Unstable, format!("node `{node}` gives another value each time it is executed"))
                .with_node(node)
                .with_hint("let it depend on its inputs alone, or draw its random numbers from `ctx.seed()`")
        }
    }
}

/// Marks what has to be executed for its lost bytes. What was made in vain before needs its own inputs made anew too.
fn force(
    session: &Session,
    ledger: &mut Ledger,
    demanded: BTreeSet<NodeId>,
    forced_before: &mut BTreeSet<NodeId>,
) -> Result<()> {
    let graph = &session.graph;
    let mut wanted = Vec::new();
    for node in demanded {
        wanted.push(node);
        if forced_before.contains(&node) {
            wanted.extend(
                graph
                    .inputs(node)
                    .iter()
                    .map(|input| graph.producer(*input))
                    .filter(|input| graph.spec(*input).is_some_and(|spec| !matches!(spec.body, Body::Source(_)))),
            );
            ledger.restarts += 1;
            if ledger.restarts > MOST_RESTARTS {
                let node = graph.identity(node);
                let message = format!("bytes of node `{node}` are lost again as soon as it has been executed");
                return Err(Error::new(ErrorKind::Unstable, message).with_node(node));
            }
        }
    }
    for node in close_over_lost(graph, ledger, &*session.store, wanted)? {
        forced_before.insert(node);
        let base = ledger.record_key(graph, node);
        ledger.force(node, base);
    }
    force_equal_transients(graph, ledger);
    Ok(())
}

/// What is never saved is made by one of several equal nodes, in the wave in which the first of them is needed: those
/// that are needed later would find it gone.
fn force_equal_transients(graph: &Declared, ledger: &mut Ledger) {
    let is_transient = |node: &NodeId| graph.spec(*node).is_some_and(NodeSpec::is_transient);
    let keys =
        ledger.forced.iter().filter(|node| is_transient(node)).filter_map(|node| ledger.record_key(graph, *node));
    let keys: BTreeSet<Fingerprint> = keys.collect();
    if keys.is_empty() {
        return;
    }
    let is_equal = |node: &NodeId| ledger.record_key(graph, *node).is_some_and(|key| keys.contains(&key));
    let equal = graph.node_ids().filter(is_transient).filter(is_equal).collect::<Vec<_>>();
    ledger.forced.extend(equal);
}

/// Keeps what went into the keys, for explanations.
fn record_specs(session: &Session) -> Result<()> {
    let specs = || session.graph.specs.iter().filter(|spec| !spec.key.is_empty());
    let keys = specs().map(|spec| Key::new(RecordKind::Spec, spec.hashers.digest.as_bytes()));
    // Nodes of one function share its code.
    let mut codes: BTreeMap<[u8; 32], &Code> = BTreeMap::new();
    for spec in specs() {
        if let Body::Function { function, .. } = &spec.body {
            let code = &function.function.code;
            codes.entry(code.version()).or_insert(code);
        }
    }
    let keys: Vec<Key> = keys.chain(codes.keys().map(|version| Key::new(RecordKind::Code, version))).collect();
    let known = session.store.get_many(&keys).map_err(store_error)?;
    let mut records = specs().map(|spec| spec.key.clone()).chain(codes.values().map(|code| code.explanation().into()));
    let mut batch = Batch::default();
    for (key, known) in keys.into_iter().zip(known) {
        let record = records.next().unwrap_or_default();
        if known.is_none() {
            batch.put(key, |out| out.extend_from_slice(&record));
        }
    }
    session.recorder.add(&mut batch, &[]);
    Ok(())
}
