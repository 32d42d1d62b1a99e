//! Running the sub-graphs that nodes made in a wave: all of them together, as one graph, before the next wave.
//!
//! A sub-graph's nodes are nodes like others: known by their fingerprints, recorded, found again. The node that made it is a
//! function of what it read, as any; its value is that of the sub-graph's result.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::balance::note_hits;
use crate::exec::costs::Costs;
use crate::exec::drive::drive;
use crate::exec::event::{Event, Observer};
use crate::exec::ledger::Ledger;
use crate::exec::loader::Loaders;
use crate::exec::members::note_members;
use crate::exec::planning::{Contents, cause_of};
use crate::exec::recorder::Recorder;
use crate::exec::report::Reports;
use crate::exec::session::Session;
use crate::exec::shelf::Shelf;
use crate::exec::sync::{Arc, AtomicU64, Mutex, lock};
use crate::exec::values::recorded_value;
use crate::exec::wave::{Product, Trouble, caught};
use crate::exec::workshop::Workshop;
use crate::exec::{Counts, OnFailure, Outcome};
use crate::fingerprint::{ContentKey, ValueDigest};
use crate::graph::{Constant, Declared, Expansion, Joined, Kind, NodeId, Signals};
use crate::store::{Batch, Payload, RecordKind};
use crate::value::Owner;
use std::ops::Range;
use std::path::PathBuf;

/// A node that has made a sub-graph.
pub(crate) struct Expanding {
    pub(crate) node: NodeId,
    pub(crate) content: ContentKey,
    pub(crate) expansion: Arc<Expansion>,
    /// Whether it is executed for the sake of lost bytes, so that its sub-graph is as well.
    pub(crate) is_again: bool,
    /// Nanoseconds that making the sub-graph took.
    pub(crate) made_ns: u64,
}

/// How a sub-graph came out.
#[derive(Clone)]
pub(crate) enum Expanded {
    Value {
        value: ValueDigest,
        payload: Payload,
        cost_ns: u64,
    },
    /// A value that comes from a settled failure within the sub-graph.
    Tainted {
        value: ValueDigest,
        payload: Payload,
    },
    Failed(String),
}

/// What ended the run of sub-graphs early and only the graph around them can mend.
#[derive(Default)]
pub(crate) struct Outside {
    /// Files that changed.
    pub(crate) changed: Vec<PathBuf>,
    /// Values of nodes around whose bytes are lost.
    pub(crate) lost: Vec<Owner>,
}

impl Outside {
    pub(crate) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.lost.is_empty()
    }
}

/// So many expansions deep may one be within others when nobody says otherwise.
pub(crate) const MOST_EXPANSIONS: u32 = 64;

/// The sub-graphs of several nodes, joined to one graph.
struct Together<'a> {
    graph: Arc<Declared>,
    parts: Vec<Part<'a>>,
}

/// One of several sub-graphs.
struct Part<'a> {
    of: &'a Expanding,
    /// Numbers of its nodes in the joined graph.
    nodes: Range<usize>,
    /// The node whose value is the sub-graph's.
    result: NodeId,
}

/// Runs the sub-graphs; how they came out is in the session afterwards.
///
/// # Errors
/// When the engine cannot do its work.
pub(crate) fn expand(
    session: &Session,
    ledger: &mut Ledger,
    expanding: &[Expanding],
    pool: &rayon::ThreadPool,
) -> Result<Outside> {
    let together = Together::new(session, expanding);
    // A failure that somebody settles stops nothing.
    let is_settled = expanding.iter().any(|one| !ledger.reaches_target(one.node));
    let on_failure = if is_settled { OnFailure::KeepGoing } else { session.on_failure };
    let (inner, mut inner_ledger) = together.run(session, on_failure, pool)?;
    let outside = std::mem::take(&mut inner_ledger.outside);
    let mut batch = Batch::default();
    inner.costs.record(&mut batch);
    let mut open = Vec::new();
    let costs_ns = together.costs_ns(&inner, &inner_ledger);
    for (Part { of, nodes, result }, cost_ns) in together.parts.iter().zip(costs_ns) {
        ledger.note_elements(of.node, inner_ledger.counts_within(&together.graph, nodes.clone()));
        let expanded = came_out(&inner, &inner_ledger, *result, cost_ns, &mut batch);
        together.note_nodes(&inner, &inner_ledger, of, nodes.clone(), &mut batch)?;
        let expanded = expanded.map(|expanded| as_kept_by(session, of.node, &inner, *result, expanded, &mut batch));
        if !matches!(expanded, Some(Some(Expanded::Value { .. })))
            && let Some(base) = ledger.record_key(&session.graph, of.node)
        {
            // Without a record of the node's own nobody else knows of them.
            let members = [*of.content.as_bytes()];
            note_members(&*session.store, base.as_bytes(), RecordKind::Act, &members, &mut batch)?;
        }
        match expanded {
            Some(Some(expanded)) => {
                lock(&session.expanded).insert(of.content, expanded);
            }
            // Bytes are lost: the whole sub-graph is executed again, once.
            Some(None) if !of.is_again => {
                ledger.forced.insert(of.node);
            }
            Some(None) | None => open.push(of.content),
        }
    }
    // One that was not run because another one failed, or the run was stopped, stays open.
    let has_failed = inner_ledger.failures().next().is_some();
    if outside.is_empty() && !has_failed && !inner.signals.is_stopped() {
        let message = "its sub-graph came to no end; please report this as a bug of mamo";
        let failed = open.into_iter().map(|content| (content, Expanded::Failed(message.to_owned())));
        lock(&session.expanded).extend(failed);
    }
    inner.report_maps();
    inner.recorder.add(&mut batch, &[]);
    session.recorder.follow(&inner.recorder);
    Ok(outside)
}

impl<'a> Together<'a> {
    fn new(session: &Session, expanding: &'a [Expanding]) -> Self {
        let graphs = expanding.iter().map(|one| (session.graph.identity(one.node), &*one.expansion.graph));
        let mut joined = Joined::of(graphs);
        let graph = Arc::new(std::mem::replace(&mut joined.graph, Declared::empty(session.graph.id)));
        let parts = expanding.iter().zip(&joined.parts).enumerate().map(|(number, (of, nodes))| Part {
            of,
            nodes: nodes.clone(),
            result: joined.node(number, of.expansion.node),
        });
        Self { graph, parts: parts.collect() }
    }

    /// Runs all of them, in a session and with a ledger of their own.
    fn run(
        &self,
        session: &Session,
        on_failure: OnFailure,
        pool: &rayon::ThreadPool,
    ) -> Result<(Arc<Session>, Ledger)> {
        let mut ledger = Ledger::new(&self.graph, self.parts.iter().map(|part| part.result).collect());
        for part in self.parts.iter().filter(|part| part.of.is_again) {
            ledger.forced.extend(functions(&self.graph, part.nodes.clone()));
        }
        let mut inner = Arc::new(session.within(&self.graph, on_failure)?);
        let ledger = deeper(&mut inner, ledger, pool)?;
        note_hits(&inner, &ledger);
        inner.costs.share_waiting(inner.recorder.waited_ns());
        // The time of its waves is none of the graph's around it.
        session.costs.add_wave(inner.costs.waves_ns());
        session.costs.add_busy(inner.costs.busy_ns());
        Ok((inner, ledger))
    }

    /// Writes down of which nodes a sub-graph consists that are recorded.
    fn note_nodes(
        &self,
        session: &Session,
        ledger: &Ledger,
        of: &Expanding,
        nodes: Range<usize>,
        batch: &mut Batch,
    ) -> Result<()> {
        let keys = nodes.map(NodeId::from_index).filter(|node| ledger.is_needed(*node));
        let keys = keys.filter_map(|node| ledger.record_key(&self.graph, node)).map(|base| *base.as_bytes());
        let keys: Vec<[u8; 32]> = keys.collect();
        note_members(&*session.store, of.content.as_bytes(), RecordKind::Deep, &keys, batch)
    }

    /// Nanoseconds that making and executing each of them took. They ran at once, so of the time of all functions each
    /// counts by how many it executed.
    fn costs_ns(&self, session: &Session, ledger: &Ledger) -> Vec<u64> {
        let compute_ns = session.costs.compute_ns();
        let n_executed: Vec<u64> =
            self.parts.iter().map(|part| ledger.executed_functions(&self.graph, part.nodes.clone())).collect();
        let all = n_executed.iter().sum::<u64>().max(1);
        let cost =
            |(part, share): (&Part<'_>, u64)| part.of.made_ns.saturating_add(compute_ns.saturating_mul(share) / all);
        self.parts.iter().zip(n_executed).map(cost).collect()
    }
}

/// So many graphs are run on one stack, each within the one before.
const LEVELS: u32 = 32;

/// Runs a graph within another one; now and then on a new stack, which all of them together would overflow.
fn deeper(session: &mut Arc<Session>, ledger: Ledger, pool: &rayon::ThreadPool) -> Result<Ledger> {
    if !session.depth.is_multiple_of(LEVELS) {
        return drive(session, ledger, pool);
    }
    std::thread::scope(|scope| {
        let body = || drive(session, ledger, pool);
        let thread = std::thread::Builder::new().name("mamo-deeper".to_owned()).spawn_scoped(scope, body);
        let failed =
            |error| Error::new(ErrorKind::Other, "cannot start a thread for a deep sub-graph").with_source(error);
        thread.map_err(failed)?.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// How the result of a sub-graph came out; nothing when the run ended before it.
fn came_out(session: &Session, ledger: &Ledger, node: NodeId, cost_ns: u64, batch: &mut Batch) -> Option<Expanded> {
    let graph = &session.graph;
    if let Kind::Constant(constant) = graph.kind(node) {
        return Some(of_constant(session, node, constant, cost_ns, batch));
    }
    if let Some(failure) = cause_of(graph, ledger, node).or_else(|| cause_of(graph, ledger, graph.producer(node))) {
        return Some(Expanded::Failed(failure.to_string()));
    }
    let (value, payload) = recorded_value(session, ledger, node)?;
    let producer = graph.producer(node);
    let base = ledger.record_key(graph, producer)?;
    let is_tainted = ledger.known(producer, &base).is_some_and(|known| known.is_tainted);
    Some(if is_tainted { Expanded::Tainted { value, payload } } else { Expanded::Value { value, payload, cost_ns } })
}

fn of_constant(session: &Session, node: NodeId, constant: &Constant, cost_ns: u64, batch: &mut Batch) -> Expanded {
    match caught(|| Ok(constant.value_type.encode(constant.value.as_any())?)) {
        Ok(encoded) => {
            let product = Product::new(None, encoded, &(constant.value_type.schema)().digest, true);
            session.recorder.keep(product.blobs, batch);
            Expanded::Value { value: product.digest, payload: product.payload, cost_ns }
        }
        Err(Trouble::Failed(message)) => Expanded::Failed(message),
        Err(Trouble::Interrupted(_) | Trouble::Told) => {
            Expanded::Failed(format!("parts of the value of node `{}` are lost", session.graph.identity(node)))
        }
    }
}

/// The result as the node keeps it that expanded: with the bytes of the sub-graph's node, when both keep values alike. Nothing
/// when bytes are lost.
fn as_kept_by(
    session: &Session,
    node: NodeId,
    inner: &Session,
    result: NodeId,
    expanded: Expanded,
    batch: &mut Batch,
) -> Option<Expanded> {
    let (value, payload) = match &expanded {
        Expanded::Value { value, payload, .. } | Expanded::Tainted { value, payload } => (value, payload),
        Expanded::Failed(_) => return Some(expanded),
    };
    let (Some(kept), Some(given)) = (session.graph.value_type(node), inner.graph.value_type(result)) else {
        return Some(expanded);
    };
    let schema = (kept.schema)().digest;
    if kept.codec == given.codec && schema == (given.schema)().digest {
        return Some(expanded);
    }
    let encoded = match inner.load(result, value, payload) {
        Ok(Some(value)) => caught(|| Ok(kept.encode(value.as_any())?)),
        Ok(None) => return None,
        Err(trouble) => Err(trouble),
    };
    match encoded {
        Ok(encoded) => {
            let Product { digest, payload, blobs, .. } = Product::new(None, encoded, &schema, true);
            inner.recorder.keep(blobs, batch);
            Some(match expanded {
                Expanded::Value { cost_ns, .. } => Expanded::Value { value: digest, payload, cost_ns },
                Expanded::Tainted { .. } | Expanded::Failed(_) => Expanded::Tainted { value: digest, payload },
            })
        }
        Err(Trouble::Failed(message)) => Some(Expanded::Failed(message)),
        Err(Trouble::Interrupted(_) | Trouble::Told) => None,
    }
}

/// Nodes of some numbers that execute a function.
fn functions(graph: &Declared, part: Range<usize>) -> impl Iterator<Item = NodeId> {
    part.map(NodeId::from_index).filter(|node| graph.is_function(*node))
}

impl Ledger {
    fn executed_functions(&self, graph: &Declared, part: Range<usize>) -> u64 {
        let executed = functions(graph, part).filter(|node| self.outcomes[*node] == Outcome::Executed);
        u64::try_from(executed.count()).unwrap_or(u64::MAX)
    }

    /// How the functions of a part of the graph came out, elements of their maps included.
    fn counts_within(&self, graph: &Declared, part: Range<usize>) -> Counts {
        let mut counts = Counts::default();
        for node in functions(graph, part).filter(|node| self.is_needed(*node)) {
            counts.add(self.outcomes[node]);
            counts = counts.plus(self.elements_of(node).unwrap_or_default());
        }
        counts
    }
}

impl Session {
    /// The session of a graph that nodes of this one made.
    fn within(&self, graph: &Arc<Declared>, on_failure: OnFailure) -> Result<Self> {
        let observer: Option<Arc<dyn Observer>> = match &self.observer {
            Some(observer) => Some(Arc::new(Inside(Arc::clone(observer)))),
            None => None,
        };
        let recorder = Arc::new(Recorder::new(
            Arc::clone(&self.store),
            Arc::clone(graph),
            observer.clone(),
            self.ticker.clone(),
            self.spans.clone(),
        ));
        let outer = &self.loaders.shelf;
        let shelf = Shelf {
            store: Arc::clone(&self.store),
            recorder: Arc::clone(&recorder),
            looker: Arc::clone(&self.looker),
            scratch: Arc::clone(&outer.scratch),
            folder: outer.folder.clone(),
        };
        let depth = self.depth.saturating_add(1);
        let sources = Arc::clone(&self.sources);
        let loaders = Arc::new(Loaders { shelf, sources, after: Arc::default(), depth });
        let workshop = Workshop {
            store: Arc::clone(&self.store),
            scratch: Arc::clone(&outer.scratch),
            loaders: Arc::clone(&loaders),
        };
        // What the graph around has written can be found.
        self.recorder.flush();
        Ok(Self {
            graph: Arc::clone(graph),
            store: Arc::clone(&self.store),
            recorder,
            looker: Arc::clone(&self.looker),
            observer,
            // A failure within ends the sub-graph; what it means for the graph around is that one's to say.
            signals: Arc::new(Signals::within(&self.signals)),
            roots: Arc::clone(&self.roots),
            contents: Contents { has_deep: true, has_act: true },
            on_failure,
            capacities: Arc::clone(&self.capacities),
            jobserver: self.jobserver.clone(),
            run: self.run,
            ticker: self.ticker.clone(),
            spans: self.spans.clone(),
            costs: Costs::load(graph, &*self.store)?,
            remaining: Arc::default(),
            sources: Arc::clone(&self.sources),
            spill: Arc::clone(&self.spill),
            after: Arc::default(),
            loaders,
            keeper: Arc::new(workshop),
            held_most: AtomicU64::new(0),
            workers: Arc::clone(&self.workers),
            reduced_again: Mutex::default(),
            reports: Reports::default(),
            ways: Mutex::default(),
            expanded: Mutex::default(),
            depth,
            most_expansions: self.most_expansions,
        })
    }
}

/// Tells what happens within sub-graphs, apart from what is about the run as a whole.
struct Inside(Arc<dyn Observer>);

impl Observer for Inside {
    fn event(&self, event: &Event<'_>) {
        if !matches!(event, Event::Planned { .. }) {
            self.0.event(event);
        }
    }
}
