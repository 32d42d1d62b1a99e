//! The engine: runs graphs, and answers questions about them.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::accept::{Acceptance, Chosen, Named, Remark, accept, acceptances, revoke};
use crate::exec::audit::{Audit, AuditReport, audit};
use crate::exec::balance::{costs_of, note_hits};
use crate::exec::bell::Bell;
use crate::exec::builder::EngineBuilder;
use crate::exec::capacity::Capacities;
use crate::exec::clock::Ticker;
use crate::exec::costs::Costs;
use crate::exec::drive::drive;
use crate::exec::event::{Event, Observer};
use crate::exec::history::{self, run_number};
use crate::exec::jobserver::Jobserver;
use crate::exec::ledger::{Ledger, Roots};
use crate::exec::loader::Loaders;
use crate::exec::look::{Looker, SecretKey};
use crate::exec::named::{find_element, find_node, find_targets};
use crate::exec::plan_report::{Estimate, Plan};
use crate::exec::planning::Contents;
use crate::exec::policy::Policy;
use crate::exec::process::refuse_unserved;
use crate::exec::publish::{publish, refuse_inside};
use crate::exec::recorded::load_roots;
use crate::exec::recorder::Recorder;
use crate::exec::remaining::Remaining;
use crate::exec::replay::{Replay, refuse_unknown, replay};
use crate::exec::report::{NodeLog, Report, Reports, newest_report};
use crate::exec::run::Run;
use crate::exec::scratch::Scratch;
use crate::exec::session::Session;
use crate::exec::shelf::Shelf;
use crate::exec::sources::Sources;
use crate::exec::spans::Spans;
use crate::exec::spill::Spill;
use crate::exec::sync::{Arc, AtomicU64, Mutex, MutexGuard, lock};
use crate::exec::values::Values;
use crate::exec::why::{Why, why, whys};
use crate::exec::workshop::Workshop;
use crate::graph::{Declared, Graph, NodeId, Signals};
use crate::store::{Batch, Store};
use crate::value::{NodeScope, note_panics};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Runs graphs and keeps what they give.
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

/// What a run keeps of its engine, to read values later.
pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) pool: rayon::ThreadPool,
    pub(crate) roots: Arc<Mutex<Roots>>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) on_failure: OnFailure,
    pub(crate) most_expansions: u32,
    /// Bytes that the store may take on disk when a run has ended.
    pub(crate) max_size: Option<u64>,
    pub(crate) capacities: Arc<Capacities>,
    /// What the run in progress has yet to execute.
    pub(crate) remaining: Arc<Remaining>,
    /// Says how many nodes may run at once besides the first one, when `make` started this process.
    pub(crate) jobserver: Option<Arc<Jobserver>>,
    pub(crate) signals: Arc<Signals>,
    /// Wakes whoever waits for the next round of a watched pipeline.
    pub(crate) bell: Arc<Bell>,
    /// Where the file system's clock is read.
    pub(crate) file_clock: PathBuf,
    pub(crate) ticker: Ticker,
    /// Whether runs note what threads did when.
    pub(crate) keeps_timeline: bool,
    /// Where nodes work on files.
    pub(crate) scratch: Arc<Scratch>,
    pub(crate) secret_key: Arc<SecretKey>,
    /// Where results are written out as files, for good.
    pub(crate) out: Option<PathBuf>,
    /// Whether runs are recorded for those who ask later; of no use to a store that is gone with the process.
    pub(crate) keeps_history: bool,
    /// Held by the run in progress: a second one would have its walkers wait on the first one's nodes.
    pub(crate) running: Mutex<()>,
    /// Held while results are published: two runs would write the same files.
    pub(crate) publishing: Mutex<()>,
}

/// What to do when a node fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFailure {
    /// Start nothing more, and ask the running nodes to give up.
    #[default]
    Stop,
    /// Start nothing more, and let the running nodes finish.
    FinishRunning,
    /// Run everything that does not depend on what failed.
    KeepGoing,
}

/// Asks runs of an engine to stop; may be used from another thread or a signal handler's thread.
#[derive(Clone, Debug)]
pub struct Stopper {
    pub(crate) signals: Arc<Signals>,
    bell: Arc<Bell>,
}

impl Stopper {
    /// Nothing more is started, now or later; what runs is finished and kept.
    pub fn stop(&self) {
        self.signals.stop();
        self.bell.ring();
    }
}

impl Engine {
    /// Says how an engine is to be.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// An engine with its store in a folder, made if need be.
    ///
    /// # Errors
    /// When the store is held by another process, has another format, or cannot be made.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::builder().open(folder)
    }

    /// An engine that forgets everything when it is dropped.
    ///
    /// # Panics
    /// When the system gives no threads.
    pub fn in_memory() -> Self {
        Self::builder().in_memory()
    }

    /// Asks runs of this engine to stop.
    pub fn stopper(&self) -> Stopper {
        Stopper { signals: Arc::clone(&self.inner.signals), bell: Arc::clone(&self.inner.bell) }
    }

    /// Brings all targets up to date: the declared ones, or else every node that no other reads.
    ///
    /// # Errors
    /// When the engine cannot do its work, or cannot publish a result; what was executed is kept. A node that fails is no
    /// error here: the [`Run`] tells.
    pub fn run(&self, graph: &Graph) -> Result<Run> {
        self.run_targets(graph, &[])
    }

    /// Brings some targets up to date, by name: declared targets or identities of nodes. None means all.
    ///
    /// # Errors
    /// As [`Engine::run`], and when there is no target or node of a name.
    pub fn run_targets(&self, graph: &Graph, targets: &[&str]) -> Result<Run> {
        self.run_by(graph, targets, &Policy::stale())
    }

    /// What the run in progress has yet to execute, running nodes included, by what their functions took before: at most,
    /// since some may be cut off. It is kept for engines with an observer.
    pub fn remaining(&self) -> Estimate {
        self.inner.remaining.estimate()
    }

    /// Says what a run would do.
    ///
    /// # Errors
    /// As [`Engine::run_targets`].
    pub fn plan(&self, graph: &Graph, targets: &[&str]) -> Result<Plan> {
        self.plan_by(graph, targets, &Policy::stale())
    }
}

impl Engine {
    /// Declares that changes of the code of some nodes do not matter: each keeps the value that it had at its present
    /// inputs, and is not executed.
    ///
    /// Nothing is said of other inputs: with those the present code is executed. Inputs are the nodes upstream as they are
    /// declared: an edit of one of these takes the acceptance out of force even where it gives the same value. Upstream
    /// nodes are accepted first, so a node and one below it can be named together. That it was accepted, by whom and
    /// why, is on record.
    ///
    /// # Errors
    /// When a node would not be executed, when more than its code changed, when it has no value at its present inputs, when
    /// there is no node of a name, or when the store cannot be read or written. Nodes upstream of the one that is refused
    /// may be accepted by then.
    pub fn accept(&self, graph: &Graph, nodes: &[&str], remark: &Remark) -> Result<Vec<Acceptance>> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let nodes = nodes.iter().map(|name| find_node(declared, name).map(|node| declared.producer(node)));
        let nodes: BTreeSet<NodeId> = nodes.collect::<Result<_>>()?;
        let ledger = Ledger::new(declared, nodes.clone());
        self.accepting(declared, ledger, &Chosen::Named(nodes), remark)
    }

    /// As [`Engine::accept`], for all nodes that the declared targets need and that would be executed because of their
    /// code alone.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn accept_all(&self, graph: &Graph, remark: &Remark) -> Result<Vec<Acceptance>> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let (targets, _) = find_targets(declared, &[])?;
        self.accepting(declared, Ledger::new(declared, targets), &Chosen::All, remark)
    }

    fn accepting(
        &self,
        declared: &Arc<Declared>,
        ledger: Ledger,
        chosen: &Chosen,
        remark: &Remark,
    ) -> Result<Vec<Acceptance>> {
        let _running = self.inner.alone("the engine was asked")?;
        let session = self.inner.session(declared)?;
        accept(&session, ledger, &self.inner.pool, chosen, remark)
    }

    /// Takes acceptances of nodes back, at whatever inputs: the nodes' present code is executed when they are needed.
    ///
    /// At its present inputs a node's acceptance is taken back whatever it was called when it was accepted, and with it
    /// that of all nodes that are equal to it.
    ///
    /// # Errors
    /// When nothing of a node is accepted, and when the store cannot be read or written.
    pub fn unaccept(&self, graph: &Graph, nodes: &[&str], remark: &Remark) -> Result<Vec<Acceptance>> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let mut named = Vec::new();
        for name in nodes {
            named.push(match find_node(declared, name) {
                Ok(node) => Named::Node(declared.producer(node)),
                // A node may have been accepted under a name that no node has any more.
                Err(error) => Named::Former((*name).to_owned(), error),
            });
        }
        let targets = named.iter().filter_map(Named::node).collect();
        let _running = self.inner.alone("the engine was asked")?;
        revoke(&self.inner.session(declared)?, Ledger::new(declared, targets), &self.inner.pool, named, remark)
    }

    /// Compares a node, by name, with what it was in the last run in which it was something else: why it ran, or would.
    ///
    /// # Errors
    /// When there is no node of that name, and when the store cannot be read.
    pub fn why(&self, graph: &Graph, node: &str) -> Result<Why> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let node = declared.producer(find_node(declared, node)?);
        let _running = self.inner.alone("the engine was asked")?;
        let ledger = Ledger::new(declared, BTreeSet::from([node]));
        why(&self.inner.session(declared)?, ledger, &self.inner.pool, node)
    }

    /// As [`Engine::why`], for the nodes that a run of these targets would or may execute: the first `most` of them, in the
    /// order of the graph.
    ///
    /// # Errors
    /// As [`Engine::run_targets`].
    pub fn whys(&self, graph: &Graph, targets: &[&str], most: usize) -> Result<Vec<Why>> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let (targets, _) = find_targets(declared, targets)?;
        let _running = self.inner.alone("the engine was asked")?;
        whys(&self.inner.session(declared)?, Ledger::new(declared, targets), &self.inner.pool, most)
    }

    /// What a node said in the newest run in which it had something to say, by name: a target, a node, an element of a map,
    /// `fit[JFK]`, or a node of a sub-graph. Nothing when it never had.
    ///
    /// # Errors
    /// When there is no node of that name, and when the store cannot be read.
    pub fn log(&self, graph: &Graph, node: &str) -> Result<Option<NodeLog>> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let store = &*self.inner.store;
        match find_element(declared, node) {
            Ok(element) => Ok(newest_report(store, &element.identity(declared))?.map(Report::log)),
            // A node of a sub-graph is known to the runs alone.
            Err(unknown) => newest_report(store, node)?.map(Report::log).map(Some).ok_or(unknown),
        }
    }

    /// Runs one node again alone, in this thread, by name: a node, or an element of a map, `fit[JFK]`. For a look at it under a
    /// debugger, say.
    ///
    /// It reads what it read in the run in which it failed last, also when its code has changed since; a node that has
    /// not failed reads its present inputs, as far as they are known. Nothing else is executed, and what it gives is
    /// recorded nowhere; files that it finishes are in the store, like those of any node that fails.
    ///
    /// # Errors
    /// When the node has no function, when something that it read is not there any more or is another source by now, and
    /// when the graph has changed so that it reads something else. That the node fails again is none.
    pub fn replay(&self, graph: &Graph, node: &str) -> Result<Replay> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let element = match find_element(declared, node) {
            Ok(element) => element,
            Err(unknown) => return Err(refuse_unknown(&*self.inner.store, node, unknown)?),
        };
        let _running = self.inner.alone("the engine was asked")?;
        let ledger = Ledger::new(declared, BTreeSet::from([element.node]));
        replay(&self.inner.session(declared)?, ledger, &self.inner.pool, &element)
    }

    /// Executes a sample of what is on record once more, each computation alone and on the inputs that were kept, and
    /// says which did not give the same value again.
    ///
    /// Nothing is recorded, whatever comes out: a node keeps its value. Of files that a node makes, bytes that are on
    /// record nowhere may stay in the store.
    ///
    /// # Errors
    /// When there is no node of a name, when the store cannot be read, and when the engine was asked to stop.
    pub fn audit(&self, graph: &Graph, sample: &Audit) -> Result<AuditReport> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let named = sample.nodes().map(|name| find_node(declared, name).map(|node| declared.producer(node)));
        let named: BTreeSet<NodeId> = named.collect::<Result<_>>()?;
        let targets = if named.is_empty() { find_targets(declared, &[])?.0 } else { named.clone() };
        let _running = self.inner.alone("the engine was asked")?;
        let session = self.inner.session(declared)?;
        audit(&session, Ledger::new(declared, targets), &self.inner.pool, sample, &named)
    }

    /// All acceptances on record, oldest first, those that were taken back included.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn acceptances(&self) -> Result<Vec<Acceptance>> {
        acceptances(&*self.inner.store)
    }
}

impl Inner {
    pub(crate) fn session(&self, graph: &Arc<Declared>) -> Result<Session> {
        // Another engine over the same store may have found more of them since.
        *lock(&self.roots) = load_roots(&*self.store)?;
        let observer = self.observer.clone();
        let threads = self.pool.current_num_threads();
        let spans = self.keeps_timeline.then(|| Arc::new(Spans::new(self.ticker.clone(), threads)));
        let recorder =
            Recorder::new(Arc::clone(&self.store), Arc::clone(graph), observer, self.ticker.clone(), spans.clone());
        let recorder = Arc::new(recorder);
        let looker = Looker::new(Arc::clone(&self.store), self.file_clock.clone()).with_secret_key(&self.secret_key);
        let looker = Arc::new(looker);
        let (sources, after): (Arc<Sources>, Arc<_>) = Default::default();
        let shelf = Shelf {
            store: Arc::clone(&self.store),
            recorder: Arc::clone(&recorder),
            looker: Arc::clone(&looker),
            scratch: Arc::clone(&self.scratch),
            folder: self.out.clone(),
        };
        let loaders = Arc::new(Loaders { shelf, sources: Arc::clone(&sources), after: Arc::clone(&after), depth: 0 });
        let workshop = Workshop {
            store: Arc::clone(&self.store),
            scratch: Arc::clone(&self.scratch),
            loaders: Arc::clone(&loaders),
        };
        Ok(Session {
            graph: Arc::clone(graph),
            store: Arc::clone(&self.store),
            recorder,
            looker,
            observer: self.observer.clone(),
            signals: Arc::new(Signals::within(&self.signals)),
            roots: Arc::clone(&self.roots),
            contents: Contents::of(&*self.store)?,
            on_failure: self.on_failure,
            capacities: Arc::clone(&self.capacities),
            jobserver: self.jobserver.clone(),
            run: run_number(),
            ticker: self.ticker.clone(),
            spans,
            costs: Costs::load(graph, &*self.store)?,
            remaining: Arc::clone(&self.remaining),
            sources,
            spill: Arc::new(Spill::within(self.capacities.memory)),
            held_most: AtomicU64::new(0),
            after,
            loaders,
            keeper: Arc::new(workshop),
            workers: Arc::default(),
            reduced_again: Mutex::default(),
            expanded: Mutex::default(),
            depth: 0,
            most_expansions: self.most_expansions,
            reports: Reports::default(),
            ways: Mutex::default(),
        })
    }

    pub(crate) fn run(self: &Arc<Self>, graph: &Arc<Declared>, ledger: Ledger, names: Vec<String>) -> Result<Run> {
        let start = Instant::now();
        if let Some(store) = self.out.as_deref().and_then(Path::parent) {
            refuse_inside(graph, store)?;
        }
        let values = self.drive(graph, ledger, self.on_failure, self.keeps_history)?;
        let run = Run::new(values, names, start.elapsed());
        if !graph.publications.is_empty() {
            let _publishing = lock(&self.publishing);
            publish(&run)?;
        }
        self.keep_below_cap(run.values())?;
        Ok(run)
    }

    /// Makes values anew that belong to those of an earlier run.
    pub(crate) fn make_again(self: &Arc<Self>, graph: &Arc<Declared>, ledger: Ledger) -> Result<Values> {
        // Whatever the policy: one value that cannot be had is no reason to lose the others.
        self.drive(graph, ledger, OnFailure::KeepGoing, false)
    }

    fn drive(
        self: &Arc<Self>,
        graph: &Arc<Declared>,
        ledger: Ledger,
        on_failure: OnFailure,
        keeps_history: bool,
    ) -> Result<Values> {
        let _running = self.alone("a run was started")?;
        refuse_unserved()?;
        note_panics();
        let start = self.ticker.now();
        let mut session = Arc::new(Session { on_failure, ..self.session(graph)? });
        let n_nodes = graph.node_ids().filter(|node| !graph.is_output(*node)).count();
        session
            .tell(|observer| observer.event(&Event::RunStarted { nodes: u64::try_from(n_nodes).unwrap_or(u64::MAX) }));
        let driven = drive(&mut session, ledger, &self.pool);
        session.spill.clear();
        session.workers.end();
        session.report_maps();
        if let Ok(ledger) = &driven {
            note_hits(&session, ledger);
        }
        session.costs.share_waiting(session.recorder.waited_ns());
        if let (Ok(ledger), true) = (&driven, keeps_history) {
            let took_ns = self.ticker.since(start);
            history::record(&session, ledger, &costs_of(&session, ledger, took_ns), Duration::from_nanos(took_ns))?;
        }
        let mut batch = Batch::default();
        session.costs.record(&mut batch);
        session.recorder.add(&mut batch, &[]);
        // What finished before an error is kept like everything else.
        let synced = session.recorder.sync();
        let ledger = driven?;
        synced?;
        let counts = ledger.counts(graph);
        session.tell(|observer| observer.event(&Event::RunEnded { counts }));
        let costs = costs_of(&session, &ledger, self.ticker.since(start));
        Ok(Values { engine: Arc::clone(self), session, ledger, costs })
    }

    /// Waits for the run in progress, unless it waits for whoever asks.
    pub(crate) fn alone(&self, what: &str) -> Result<MutexGuard<'_, ()>> {
        if NodeScope::is_entered() {
            return Err(Error::new(ErrorKind::Nested, format!("{what} from within a node"))
                .with_hint("call the node's function directly, or add its node to the graph"));
        }
        Ok(lock(&self.running))
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.signals.is_stopped()
    }
}

pub(crate) fn unfinished() -> Error {
    Error::new(ErrorKind::Graph, "the graph is not finished").with_hint("make it with `Graph::build(pipeline)`")
}
