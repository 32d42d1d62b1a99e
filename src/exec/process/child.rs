//! The worker process: executes one computation after the other.

use crate::error::Result;
use crate::exec::process::call::Which;
use crate::exec::process::remote::{RemoteKeeper, RemoteLoader};
use crate::exec::process::wire::{Answer, Ask, Ended, FromWorker, Refusal, Request, ToWorker, receive, send};
use crate::exec::sync::{Arc, Mutex, lock};
use crate::exec::table::position;
use crate::exec::wave::{Trouble, caught, encode_results};
use crate::fingerprint::ValueDigest;
use crate::graph::{Body, Declared, Graph, Inputs, NodeCtx, NodeFunction, NodeId, NodeSpec, Signals};
#[cfg(feature = "tracing")]
use crate::value::entered;
use crate::value::{
    BoxError, Desk, Encoded, Interrupt, Keeper, Loader, Log, NodeScope, Owner, Value, ValueType, keeping_sources,
    note_panics,
};
use std::collections::BTreeMap;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

/// The way to the process that runs the graph.
pub(super) struct Connection {
    stream: Mutex<UnixStream>,
    /// Held while somebody waits for one.
    answers: Mutex<Receiver<std::result::Result<Answer, Refusal>>>,
}

/// What is being executed, for the thread that listens.
#[derive(Default)]
struct Current(Mutex<Option<(Arc<Signals>, Arc<Log>)>>);

/// The nodes of the graph that run here, and what several calls need.
struct Server {
    connection: Arc<Connection>,
    current: Arc<Current>,
    graph: Arc<Declared>,
    nodes: BTreeMap<String, NodeId>,
    /// Operands of the call before which others may read as well.
    known: Vec<Known>,
    pool: Option<rayon::ThreadPool>,
}

/// An operand that was decoded.
struct Known {
    digest: [u8; 32],
    value: Value,
    loader: Arc<RemoteLoader>,
}

/// Serves until the other process has no more to do, or is gone.
pub(super) fn serve(build: impl FnOnce() -> Result<Graph>) -> ! {
    // A worker without its socket was not started by mamo.
    let Some(stream) = socket() else { std::process::exit(1) };
    let Ok(reader) = stream.try_clone() else { std::process::exit(1) };
    let ((to_answers, answers), (to_calls, calls)) = (channel(), channel());
    let connection = Arc::new(Connection { stream: Mutex::new(stream), answers: Mutex::new(answers) });
    let current = Arc::new(Current::default());
    connection.tell(&FromWorker::Hello);
    note_panics();
    let built = build().map_err(|error| error.to_string());
    let finished =
        built.and_then(|graph| graph.declared().cloned().ok_or_else(|| "the graph is not finished".to_owned()));
    let graph = match finished {
        Ok(graph) => graph,
        Err(message) => {
            connection.tell(&FromWorker::Unfit(message));
            std::process::exit(1);
        }
    };
    let nodes = graph.processes.iter().map(|node| (graph.identity(*node), *node)).collect();
    let listener = Listener { reader, connection: Arc::clone(&connection), current: Arc::clone(&current) };
    let listening = std::thread::Builder::new().name("mamo-listener".to_owned());
    if listening.spawn(move || listener.listen(&to_calls, &to_answers)).is_err() {
        connection.tell(&FromWorker::Unfit("it cannot start a thread".to_owned()));
        std::process::exit(1);
    }
    let mut server = Server { connection, current, graph, nodes, known: Vec::new(), pool: None };
    server.connection.tell(&FromWorker::Ready);
    while let Ok(request) = calls.recv() {
        server.call(&request);
    }
    std::process::exit(0);
}

/// Standard input, which is a socket; it is empty from then on.
fn socket() -> Option<UnixStream> {
    let stdin = std::io::stdin().as_fd().try_clone_to_owned().ok()?;
    let stream = UnixStream::from(stdin);
    stream.peer_addr().ok()?;
    // Node functions, and programs that they start, may read it, and such programs may outlive this process.
    let nothing = std::fs::File::open("/dev/null").ok()?;
    rustix::stdio::dup2_stdin(nothing).ok()?;
    Some(stream)
}

/// Hears what the other process says, also while a node runs.
struct Listener {
    reader: UnixStream,
    connection: Arc<Connection>,
    current: Arc<Current>,
}

impl Listener {
    fn listen(&self, calls: &Sender<Request>, answers: &Sender<std::result::Result<Answer, Refusal>>) {
        while let Ok(message) = receive(&self.reader) {
            let is_heard = match message {
                ToWorker::Call(request) => calls.send(request).is_ok(),
                ToWorker::Answer(answer) => answers.send(answer).is_ok(),
                ToWorker::Stop => {
                    let current = lock(&self.current.0).clone();
                    if let Some((signals, log)) = current {
                        signals.stop();
                        self.connection.tell(&FromWorker::SoFar(log.lines()));
                    }
                    true
                }
            };
            if !is_heard {
                break;
            }
        }
        // Nobody waits for what the node gives.
        std::process::exit(0);
    }
}

impl Connection {
    fn tell(&self, message: &FromWorker) {
        let stream = lock(&self.stream);
        if send(&*stream, message).is_err() {
            std::process::exit(0);
        }
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&self, ask: Ask) -> std::result::Result<Answer, Refusal> {
        let answers = lock(&self.answers);
        self.tell(&FromWorker::Ask(ask));
        match answers.recv() {
            Ok(answer) => answer,
            Err(_) => std::process::exit(0),
        }
    }
}

impl Server {
    fn call(&mut self, request: &Request) {
        let signals = Arc::new(Signals::default());
        let log = Arc::new(Log::new(Instant::now()));
        self.connection.tell(&FromWorker::Begun);
        *lock(&self.current.0) = Some((Arc::clone(&signals), Arc::clone(&log)));
        let ended = self.execute(request, signals, &log);
        // From here on the lines are the other process's.
        *lock(&self.current.0) = None;
        self.connection.tell(&FromWorker::Done { log: log.take(), ended });
    }

    fn execute(&mut self, request: &Request, signals: Arc<Signals>, log: &Arc<Log>) -> Ended {
        let known = self.nodes.get(&request.node).and_then(|node| Some((*node, self.graph.spec(*node)?)));
        let known = known.filter(|(_, spec)| *spec.hashers.digest.as_bytes() == request.spec);
        let graph = Arc::clone(&self.graph);
        let Some((node, NodeSpec { body: Body::Function { function, present }, .. })) = known else {
            return Ended::Failed(UNKNOWN.to_owned());
        };
        let (node, function, present) = (node, *function, *present);
        let Some(spec) = graph.spec(node) else { return Ended::Failed(UNKNOWN.to_owned()) };
        let threads = position(request.threads).max(1);
        let pool = match self.pool.take() {
            Some(pool) if pool.current_num_threads() == threads => pool,
            Some(_) | None => match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
                Ok(pool) => pool,
                Err(error) => return Ended::Failed(format!("its worker process cannot start threads: {error}")),
            },
        };
        let loader = self.loader(0, request);
        let keeper: Arc<dyn Keeper> = Arc::new(RemoteKeeper { connection: Arc::clone(&self.connection), loader });
        let mut ctx = NodeCtx {
            function: function.function.path,
            draw: spec.draw,
            upstream: request.upstream.iter().map(|value| ValueDigest::from_bytes(*value)).collect(),
            signals,
            desk: Desk::new(Arc::clone(&keeper), Owner::NOBODY),
            log: Arc::clone(log),
        };
        let ended = pool.install(|| {
            let _scope = NodeScope::enter();
            #[cfg(feature = "tracing")]
            let _entered = entered(log);
            let encoded = caught(|| {
                let operands = self.operands(request, node, function)?;
                let values: Vec<_> = operands.iter().map(Value::as_any).collect();
                let key = request.key.as_deref().zip(function.mapping.as_ref());
                let loader: Arc<dyn Loader> = self.loader(0, request);
                let key = key.map(|(bytes, mapping)| (mapping.over.decode_key)(bytes, &loader)).transpose()?;
                let value = (function.call)(&ctx, &Inputs { values: &values, present, key: key.as_ref() })?;
                keeping_sources(&keeper, || encode(spec, function, request.which, &value))
            });
            match encoded.map_err(|trouble| trouble.explained(&ctx)) {
                Ok(encoded) => Ended::Value(encoded.into()),
                Err(Trouble::Failed(message)) => Ended::Failed(message),
                Err(Trouble::Interrupted(Interrupt::Changed { path })) => Ended::Changed(path),
                Err(Trouble::Interrupted(Interrupt::Lost { .. }) | Trouble::Told) => Ended::Lost,
            }
        });
        ctx.desk.leave(None);
        self.pool = Some(pool);
        ended
    }

    /// What the function reads, in its order: known from the call before, or asked for.
    fn operands(
        &mut self,
        request: &Request,
        node: NodeId,
        function: &NodeFunction,
    ) -> std::result::Result<Vec<Value>, BoxError> {
        let types = types(&self.graph, node, function, request.which)?;
        let before = std::mem::take(&mut self.known);
        let mut operands = Vec::new();
        for ((number, name), value_type) in (0..).zip(&request.operands).zip(types) {
            let found = before.iter().find(|known| {
                name.as_ref() == Some(&known.digest) && known.value.as_any().type_id() == (value_type.type_id)()
            });
            let (value, loader) = match found {
                Some(known) => {
                    // The thread that runs the function is started by this one, or is this one.
                    known.loader.operand.store(number, Ordering::Relaxed);
                    (known.value.clone(), Arc::clone(&known.loader))
                }
                None => {
                    let loader = self.loader(number, request);
                    let bytes = match loader.bytes(Ask::Operand(number)) {
                        Ok(bytes) => bytes,
                        Err(error) => return Err(error.raise().into()),
                    };
                    let parts: Arc<dyn Loader> = Arc::<RemoteLoader>::clone(&loader);
                    (value_type.decode(&bytes, &parts)?, loader)
                }
            };
            // Files of the user's are looked at after each call that asks for them.
            if let (Some(digest), false) = (*name, loader.has_sources.load(Ordering::Relaxed)) {
                self.known.push(Known { digest, value: value.clone(), loader });
            }
            operands.push(value);
        }
        Ok(operands)
    }

    fn loader(&self, operand: u32, request: &Request) -> Arc<RemoteLoader> {
        Arc::new(RemoteLoader {
            connection: Arc::clone(&self.connection),
            operand: AtomicU32::new(operand),
            has_sources: AtomicBool::new(!request.tools.is_empty()),
            tools: request.tools.clone(),
        })
    }
}

const UNKNOWN: &str =
    "its worker process knows no such node: the pipeline must build the same graph whenever it is called";

/// The types of what the function reads.
fn types(
    graph: &Declared,
    node: NodeId,
    function: &NodeFunction,
    which: Which,
) -> std::result::Result<Vec<&'static ValueType>, BoxError> {
    let own: Vec<&'static ValueType> = match (which, function.mapping, function.reducing) {
        (Which::Whole, ..) => Vec::new(),
        (Which::Element, Some(mapping), _) => {
            [Some(mapping.over), mapping.with].into_iter().flatten().map(|over| (over.item_type)()).collect()
        }
        (Which::Combination, _, Some(reducing)) => vec![reducing.element; 2],
        (Which::Element | Which::Combination, ..) => return Err(UNKNOWN.into()),
    };
    let inputs = graph.inputs(node).iter().skip(function.n_own_inputs()).map(|input| graph.value_type(*input));
    let types = own.into_iter().map(Some).chain(inputs).collect::<Option<Vec<_>>>();
    types.ok_or_else(|| UNKNOWN.into())
}

fn encode(
    spec: &NodeSpec,
    function: &NodeFunction,
    which: Which,
    value: &Value,
) -> std::result::Result<Encoded, BoxError> {
    match (which, function.mapping, function.reducing) {
        (Which::Element, Some(mapping), _) => Ok(mapping.element.encode(value.as_any())?),
        (Which::Combination, _, Some(reducing)) => Ok(reducing.element.encode(value.as_any())?),
        (Which::Whole | Which::Element | Which::Combination, ..) => encode_results(spec, value),
    }
}
