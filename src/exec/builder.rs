//! How an engine is to be, and making it.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::capacity::ResourceOptions;
use crate::exec::clock::{Clock, Ticker};
use crate::exec::engine::{Engine, Inner, OnFailure};
use crate::exec::event::{Event, Observer};
use crate::exec::expand::MOST_EXPANSIONS;
use crate::exec::jobserver::Jobserver;
use crate::exec::look::SecretKey;
use crate::exec::recorded::load_roots;
use crate::exec::scratch::Scratch;
use crate::exec::store_error::store_error;
use crate::exec::sync::{Arc, Mutex};
#[cfg(feature = "tracing")]
use crate::exec::traced::traced;
#[cfg(not(unix))]
use crate::store::FjallStore;
#[cfg(unix)]
use crate::store::SharedStore;
use crate::store::{MemoryStore, OpenOptions, Store};
use std::path::Path;
use std::time::Duration;

/// How an engine is to be.
#[derive(Default)]
pub struct EngineBuilder {
    jobs: Option<usize>,
    on_failure: OnFailure,
    observer: Option<Arc<dyn Observer>>,
    wait: Duration,
    expansion_depth: Option<u32>,
    max_size: Option<u64>,
    clock: Option<Arc<dyn Clock>>,
    keeps_timeline: bool,
    resources: ResourceOptions,
}

impl EngineBuilder {
    /// Number of nodes that run at once; as many as the machine has processors when not said.
    ///
    /// Below a `make -j` all programs together run as many as that says: where `MAKEFLAGS` names a GNU jobserver that is
    /// open to this process, every node that runs beside another one takes one of its tokens, blocking nodes apart. Named
    /// pipes are found everywhere but on Windows, inherited ones on Linux.
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = Some(jobs);
        self
    }

    /// What to do when a node fails.
    #[must_use]
    pub fn on_failure(mut self, policy: OnFailure) -> Self {
        self.on_failure = policy;
        self
    }

    /// Who is told what happens.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// How many expansions deep a node may be that expands: 64 when not said, a thousand at most.
    ///
    /// One that is deeper fails: a function that adds itself to its sub-graph for ever would never end.
    #[must_use]
    pub fn expansion_depth(mut self, depth: u32) -> Self {
        self.expansion_depth = Some(depth.min(1000));
        self
    }

    /// How long to wait for a store that another process holds; not at all when not said.
    #[must_use]
    pub fn wait(mut self, time: Duration) -> Self {
        self.wait = time;
        self
    }

    /// How many bytes the store may take on disk: at the end of a run that leaves it larger, [`Engine::gc`] takes away what
    /// costs least time to make again. Tagged values stay, and those of the run's targets. No limit when not said.
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = Some(bytes);
        self
    }

    /// Notes what each thread does when: [`Run::spans`](crate::Run::spans), and the timelines of its view. Not done when not said: it takes some
    /// hundred bytes for each node and element that is executed.
    #[must_use]
    pub fn timeline(mut self) -> Self {
        self.keeps_timeline = true;
        self
    }

    /// What costs are measured by; the system's clock when not said.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// How many slots the engine has: ordinary nodes take one while they run, others what
    /// [`Spec::slots`](crate::Spec::slots) says. As many as [`EngineBuilder::jobs`] when not said.
    #[must_use]
    pub fn slots(mut self, slots: u32) -> Self {
        self.resources.slots = Some(slots);
        self
    }

    /// How many bytes there are for what nodes take and for values on their way from node to node.
    ///
    /// When not said, three quarters of the machine's memory, or of the limit of the process's control group; where the
    /// system tells neither, no limit. It is a budget that the engine keeps for what it knows of, not a limit that the
    /// system enforces.
    #[must_use]
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.resources.memory = Some(bytes);
        self
    }

    /// A pool: so many nodes of it run at once, see [`Spec::pool`](crate::Spec::pool). Said twice, the last one counts.
    #[must_use]
    pub fn pool(mut self, name: impl Into<String>, capacity: u32) -> Self {
        self.resources.set_pool(name.into(), capacity);
        self
    }

    /// How many blocking nodes run at once, each on a thread of its own, see [`Spec::blocking`](crate::Spec::blocking); 64
    /// when not said.
    #[must_use]
    pub fn blocking_threads(mut self, threads: usize) -> Self {
        self.resources.blocking_threads = Some(threads);
        self
    }

    /// An engine with its store in a folder, made if need be.
    ///
    /// # Errors
    /// When the store is held by another process, has another format, or cannot be made.
    pub fn open(self, folder: impl AsRef<Path>) -> Result<Engine> {
        let folder = folder.as_ref();
        let traced = self.traced();
        let store = traced.open_store(folder)?;
        traced.engine(store, Some(folder), true)
    }

    /// An engine over a store of your own.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn with_store(self, store: Arc<dyn Store>) -> Result<Engine> {
        self.traced().engine(store, None, true)
    }

    /// An engine that forgets everything when it is dropped.
    ///
    /// # Panics
    /// When the system gives no threads.
    pub fn in_memory(self) -> Engine {
        match self.traced().engine(Arc::new(MemoryStore::new()), None, false) {
            Ok(engine) => engine,
            // An empty store in memory reads without errors, so only the threads are left.
            Err(error) => std::panic::panic_any(error.to_string()),
        }
    }

    /// Tells by `tracing` as well, where that is compiled in.
    fn traced(self) -> Self {
        #[cfg(feature = "tracing")]
        return Self { observer: traced(self.observer), ..self };
        #[cfg(not(feature = "tracing"))]
        self
    }

    fn open_store(&self, folder: &Path) -> Result<Arc<dyn Store>> {
        let options = OpenOptions::default().wait(self.wait);
        #[cfg(unix)]
        let (store, opened) = SharedStore::open(folder, options).map_err(store_error)?;
        #[cfg(not(unix))]
        let (store, opened) = FjallStore::open(folder, options).map_err(store_error)?;
        if let (Some(repair), Some(observer)) = (opened.repair(), &self.observer) {
            let quarantine = repair.quarantine().map(Path::to_path_buf);
            observer.event(&Event::StoreRepaired { message: &repair.to_string(), quarantine });
        }
        Ok(Arc::new(store))
    }

    fn engine(self, store: Arc<dyn Store>, folder: Option<&Path>, keeps_history: bool) -> Result<Engine> {
        let mut threads = rayon::ThreadPoolBuilder::new().thread_name(|index| format!("mamo-{index}"));
        if let Some(jobs) = self.jobs {
            threads = threads.num_threads(jobs.max(1));
        }
        let pool = threads
            .build()
            .map_err(|error| Error::new(ErrorKind::Other, "cannot start the engine's threads").with_source(error))?;
        let roots = Arc::new(Mutex::new(load_roots(&*store)?));
        let capacities = Arc::new(self.resources.capacities(pool.current_num_threads()));
        let inner = Inner {
            store,
            pool,
            roots,
            observer: self.observer,
            on_failure: self.on_failure,
            most_expansions: self.expansion_depth.unwrap_or(MOST_EXPANSIONS),
            max_size: self.max_size,
            capacities,
            remaining: Arc::default(),
            jobserver: Jobserver::of_environment().map(Arc::new),
            signals: Arc::default(),
            bell: Arc::default(),
            file_clock: folder.map_or_else(std::env::temp_dir, Path::to_path_buf),
            ticker: self.clock.map_or_else(Ticker::system, Ticker::Given),
            keeps_timeline: self.keeps_timeline,
            scratch: Arc::new(Scratch::new(folder.map_or_else(std::env::temp_dir, |folder| folder.join("scratch")))),
            secret_key: Arc::new(SecretKey::new(folder)),
            out: folder.map(|folder| folder.join("out")),
            keeps_history,
            running: Mutex::new(()),
            publishing: Mutex::new(()),
        };
        Ok(Engine { inner: Arc::new(inner) })
    }
}
