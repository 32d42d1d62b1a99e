//! What a worker process is told: the values that its node reads, and what becomes of the files that it makes.

use crate::exec::process::call::{Call, Operand, Process};
use crate::exec::process::run::{Incoming, Worker};
use crate::exec::process::wire::{Answer, Ask, Ended, FromWorker, Refusal, Request, ToWorker};
use crate::exec::sync::Arc;
use crate::exec::sync::lock;
use crate::exec::wave::{Trouble, guarded};
use crate::fingerprint::{BlobDigest, ValueDigest};
use crate::graph::NodeCtx;
use crate::store::Payload;
use crate::value::{
    Artifact, Bytes, Encoded, Interrupt, LARGE, Link, Loader, LogLines, NamedBlob, NotRead, Opened, Shape, Tool,
    hand_out, redacted,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// So long a node may take to give up when its time is over, before its process is killed.
const GRACE: Duration = Duration::from_millis(500);

impl Process<'_> {
    /// Finds a worker process.
    ///
    /// # Errors
    /// When it cannot be started, or has no such node.
    pub(crate) fn prepare(&self, ctx: &NodeCtx) -> Result<(), Trouble> {
        let mut worker = lock(&self.worker);
        if worker.is_none() {
            if self.session.depth > 0 {
                return Err(Trouble::Failed(IN_SUB_GRAPH.to_owned()));
            }
            *worker = Some(self.session.workers.take(&ctx.signals).map_err(Trouble::Failed)?);
        }
        Ok(())
    }

    /// Executes the computation in a worker process.
    pub(crate) fn run(&self, ctx: &NodeCtx, call: &Call<'_>) -> Result<Encoded, Trouble> {
        self.prepare(ctx)?;
        let Some(worker) = lock(&self.worker).take() else { return Err(Trouble::Told) };
        let mut talk = Talk::new(self, call);
        let ended = guarded(self.session, || Ok(talk.run(worker, ctx)));
        for folder in talk.folders {
            self.session.keeper.remove_folder(&folder);
        }
        // Several lines where a program has something to say.
        ended?.map_err(|message| Trouble::Failed(redacted(&message).into_owned()))
    }
}

const IN_SUB_GRAPH: &str = "nodes of sub-graphs cannot run in a process of their own: worker processes know the \
                            pipeline's own nodes; leave `.process()` out here";

/// What is said for one computation.
struct Talk<'a> {
    process: &'a Process<'a>,
    call: &'a Call<'a>,
    /// Parts of operands that are not saved.
    blobs: BTreeMap<BlobDigest, Bytes>,
    /// Folders of the node's, which go when it has ended, however it did.
    folders: Vec<PathBuf>,
    interrupt: Option<Interrupt>,
}

impl<'a> Talk<'a> {
    fn new(process: &'a Process<'a>, call: &'a Call<'a>) -> Self {
        Self { process, call, blobs: BTreeMap::new(), folders: Vec::new(), interrupt: None }
    }

    fn run(&mut self, mut worker: Worker, ctx: &NodeCtx) -> Result<Encoded, String> {
        let began = Instant::now();
        let request = ToWorker::Call(self.request(ctx));
        // One that has ended is noticed below.
        let _ = worker.send(&request);
        let mut has_begun = false;
        let (mut is_told, mut over_since, mut so_far) = (false, None, LogLines::default());
        loop {
            match worker.next() {
                Incoming::Message(FromWorker::Ask(ask)) => {
                    let _ = worker.send(&ToWorker::Answer(self.answer(ask)));
                }
                Incoming::Message(FromWorker::Begun) => has_begun = true,
                Incoming::Message(FromWorker::SoFar(lines)) => so_far = lines,
                Incoming::Message(FromWorker::Done { log, ended }) => {
                    ctx.log.extend(log, began);
                    self.process.session.workers.give_back(worker);
                    return self.ended(ended);
                }
                Incoming::Message(FromWorker::Hello | FromWorker::Ready | FromWorker::Unfit(_)) | Incoming::Nothing => {
                }
                // What a former node has left behind may have ended it since.
                Incoming::Ended if worker.has_served && !has_begun => {
                    worker = self.process.session.workers.take(&ctx.signals)?;
                    is_told = false;
                    let _ = worker.send(&request);
                }
                Incoming::Ended => {
                    ctx.log.extend(so_far, began);
                    return Err(format!("its worker process {} before it gave a value", worker.ended()));
                }
            }
            if !is_told && ctx.signals.is_stopped() {
                let _ = worker.send(&ToWorker::Stop);
                is_told = true;
            }
            // Those of the run are no reason to lose what the node has done.
            let is_over = ctx.signals.are_given() && self.is_timed();
            if is_over && over_since.get_or_insert_with(Instant::now).elapsed() > GRACE {
                ctx.log.extend(so_far, began);
                // Dropped, and with that killed.
                return Err("its time was over, and its process was killed".to_owned());
            }
        }
    }

    fn is_timed(&self) -> bool {
        self.process.session.graph.timeouts.contains_key(&self.process.node)
    }

    fn ended(&mut self, ended: Ended) -> Result<Encoded, String> {
        // Also when user code has swallowed it.
        if let Some(interrupt) = self.interrupt.take() {
            interrupt.raise();
        }
        match ended {
            Ended::Value(output) => Ok(output.into()),
            Ended::Failed(message) => Err(message),
            Ended::Changed(path) => Interrupt::Changed { path }.raise(),
            Ended::Lost => Interrupt::Lost { owner: self.process.session.owner(self.process.node) }.raise(),
        }
    }

    fn request(&self, ctx: &NodeCtx) -> Request {
        let Process { session, node, spec, .. } = self.process;
        let Call { which, operands, key } = self.call;
        let tools = operands.iter().filter_map(|operand| operand.value.downcast_ref::<Tool>());
        Request {
            node: session.graph.identity(*node),
            spec: *spec.hashers.digest.as_bytes(),
            which: *which,
            operands: operands.iter().map(|operand| operand.digest.map(|digest| *digest.as_bytes())).collect(),
            key: key.map(<[u8]>::to_vec),
            upstream: ctx.upstream.iter().map(|value: &ValueDigest| *value.as_bytes()).collect(),
            threads: u32::try_from(rayon::current_num_threads()).unwrap_or(1),
            tools: tools.map(|tool| (*tool.digest().as_bytes(), tool.path().as_os_str().to_owned())).collect(),
        }
    }

    fn answer(&mut self, ask: Ask) -> Result<Answer, Refusal> {
        let keeper = &self.process.session.keeper;
        let owner = self.process.session.owner(self.process.node);
        match ask {
            Ask::Operand(operand) => self.operand(operand),
            Ask::Blob(operand, digest) => self.blob(operand, &BlobDigest::from_bytes(digest)),
            Ask::Map(operand, digest) => self.map(operand, &BlobDigest::from_bytes(digest)),
            Ask::Saved(operand, digest) => {
                let saved = self.loader(operand).saved(&BlobDigest::from_bytes(digest));
                Ok(saved.map_or(Answer::Nothing, Answer::Bytes))
            }
            Ask::Source(operand, digest) => Ok(self.source(operand, &BlobDigest::from_bytes(digest))),
            Ask::Open(operand, digest) => self.open(operand, &BlobDigest::from_bytes(digest)),
            Ask::Place(operand, digest, shape) => self.place(operand, &BlobDigest::from_bytes(digest), shape),
            Ask::Put { operand, digest, shape, to, may_link } => {
                let link = if may_link { Link::Allowed } else { Link::Forbidden };
                let put = self.loader(operand).put(&BlobDigest::from_bytes(digest), shape, &to, link);
                put.map(|()| Answer::Done(true)).map_err(|error| self.not_read(error))
            }
            Ask::MakeFolder => {
                let folder = keeper.make_folder().map_err(failed)?;
                self.folders.push(folder.clone());
                Ok(Answer::Path(folder))
            }
            Ask::FreePath => keeper.free_path().map(Answer::Path).map_err(failed),
            Ask::TakeBlobs(blobs) => {
                let taken = keeper.take_blobs(blobs.into_iter().map(NamedBlob::from).collect());
                taken.map(|()| Answer::Done(true)).map_err(failed)
            }
            Ask::TakeFile { path, digest, len } => {
                let taken = keeper.take_file(owner, &path, BlobDigest::from_bytes(digest), len);
                taken.map(|file| stored(&file)).map_err(failed)
            }
            Ask::TakeFolder(root) => keeper.take_folder(owner, &root).map(|folder| stored(&folder)).map_err(failed),
            Ask::KeepSource { path, shape, digest } => {
                let kept = keeper.keep_source(&path, shape, &BlobDigest::from_bytes(digest));
                kept.map(Answer::Done).map_err(failed)
            }
        }
    }

    /// The bytes of an operand: those that are saved, or else its value is encoded.
    fn operand(&mut self, number: u32) -> Result<Answer, Refusal> {
        let operand = usize::try_from(number).ok().and_then(|number| self.call.operands.get(number));
        let operand = operand.ok_or_else(|| Refusal::Failed("there is no such operand".to_owned()))?;
        match &operand.payload {
            Some(Payload::Inline(bytes)) => return Ok(Answer::Bytes(bytes.clone())),
            Some(Payload::Blob { digest, len }) => {
                let loader = self.loader(number);
                let place = if *len >= LARGE { loader.place(digest, Shape::File).ok() } else { None };
                if let Some((path, owner)) = place {
                    hand_out(&path, *digest, Some(owner));
                    return Ok(Answer::Path(path.to_path_buf()));
                }
                if let Some(bytes) = self.process.session.blob(digest, *len) {
                    return Ok(Answer::Bytes(bytes.into_vec()));
                }
            }
            // Also what is lost: the value itself is still here.
            Some(Payload::Absent { .. }) | None => {}
        }
        Ok(Answer::Bytes(self.encode(operand)?.into_vec()))
    }

    /// Encodes an operand; its parts are at hand from then on.
    fn encode(&mut self, operand: &Operand<'_>) -> Result<Bytes, Refusal> {
        let Encoded { bytes, blobs, .. } = operand.value_type.encode(operand.value).map_err(failed)?;
        for NamedBlob { digest, blob, .. } in blobs {
            self.blobs.insert(digest, blob.into_bytes().map_err(failed)?);
        }
        bytes.into_bytes().map_err(failed)
    }

    fn loader(&self, operand: u32) -> Arc<dyn Loader> {
        let operand = usize::try_from(operand).ok().and_then(|operand| self.call.operands.get(operand));
        self.process.session.loader(operand.map_or(self.process.node, |operand| operand.of))
    }

    fn blob(&mut self, operand: u32, digest: &BlobDigest) -> Result<Answer, Refusal> {
        if let Some(bytes) = self.blobs.get(digest) {
            return Ok(Answer::Bytes(bytes.to_vec()));
        }
        match self.loader(operand).load(digest) {
            Ok(bytes) => Ok(Answer::Bytes(bytes)),
            Err(interrupt) => match self.unsaved(operand, digest)? {
                Some(bytes) => Ok(Answer::Bytes(bytes)),
                None => Err(self.lost(interrupt)),
            },
        }
    }

    /// A part of an operand that is not saved, where the worker has the operand from the call before.
    fn unsaved(&mut self, operand: u32, digest: &BlobDigest) -> Result<Option<Vec<u8>>, Refusal> {
        let operand = usize::try_from(operand).ok().and_then(|operand| self.call.operands.get(operand));
        let Some(operand) = operand else { return Ok(None) };
        self.encode(operand)?;
        Ok(self.blobs.get(digest).map(|bytes| bytes.to_vec()))
    }

    fn map(&mut self, operand: u32, digest: &BlobDigest) -> Result<Answer, Refusal> {
        if self.blobs.contains_key(digest) {
            return self.blob(operand, digest);
        }
        match self.loader(operand).place(digest, Shape::File) {
            Ok((path, owner)) => {
                hand_out(&path, *digest, Some(owner));
                Ok(Answer::Path(path.to_path_buf()))
            }
            Err(error) => match self.unsaved(operand, digest)? {
                Some(bytes) => Ok(Answer::Bytes(bytes)),
                None => Err(self.not_read(error)),
            },
        }
    }

    fn open(&mut self, operand: u32, digest: &BlobDigest) -> Result<Answer, Refusal> {
        match self.loader(operand).open(digest).map_err(|error| self.not_read(error))? {
            Opened::Bytes(bytes) => Ok(Answer::Bytes(bytes)),
            Opened::File(_, path, owner) => {
                hand_out(&path, *digest, Some(owner));
                Ok(Answer::Path(path.to_path_buf()))
            }
        }
    }

    fn place(&mut self, operand: u32, digest: &BlobDigest, shape: Shape) -> Result<Answer, Refusal> {
        let (path, owner) = self.loader(operand).place(digest, shape).map_err(|error| self.not_read(error))?;
        hand_out(&path, *digest, Some(owner));
        Ok(Answer::Path(path.to_path_buf()))
    }

    /// A file of the user's: it is looked at again after the call.
    fn source(&self, operand: u32, digest: &BlobDigest) -> Answer {
        let Some(artifact) = self.loader(operand).source(digest) else { return Answer::Nothing };
        let Some((path, manifest)) = artifact.source() else { return Answer::Nothing };
        hand_out(path, *digest, None);
        Answer::Source { path: path.to_path_buf(), len: artifact.len(), manifest: manifest.map(<[u8]>::to_vec) }
    }

    fn not_read(&mut self, error: NotRead) -> Refusal {
        match error {
            NotRead::Interrupted(interrupt) => self.lost(interrupt),
            NotRead::Failed(error) => failed(error),
        }
    }

    fn lost(&mut self, interrupt: Interrupt) -> Refusal {
        self.interrupt = Some(interrupt);
        Refusal::Lost
    }
}

fn stored(artifact: &Artifact) -> Answer {
    Answer::Stored { digest: *artifact.digest().as_bytes(), len: artifact.len() }
}

fn failed(error: impl ToString) -> Refusal {
    Refusal::Failed(error.to_string())
}
