//! What is on record of one node, by the name that runs had for it: all that is known of it where there is no graph.

use crate::error::Result;
use crate::exec::NodeLog;
use crate::exec::members::members_of;
use crate::exec::on_record::{Newest, OnRecord, spec_of, unknown};
use crate::exec::past::{Past, PastNode, PastRun};
use crate::exec::previews::noted_preview;
use crate::exec::recorded::{act_of, deep_of, payload_of_value, way_of};
use crate::exec::report::{Report, newest_report};
use crate::exec::runs::{RunNodeEnd, ended};
use crate::exec::show::preview_of_bytes;
use crate::exec::store_error::store_error;
use crate::fingerprint::{Fingerprint, SpecKey, fingerprint_of_value};
use crate::store::{Deep, Payload, Store};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// What is on record of a node: of the value that it had in the newest run in which it had one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedNode {
    /// Its identity; of an output, that of the node that has it.
    pub node: String,
    /// Whether it had this value in the newest run that had the node; it failed, was skipped or was forgotten there otherwise.
    pub is_newest: bool,
    /// How it failed in the newest run that had it, if it did.
    pub failure: Option<String>,
    /// Path of its function; nothing for a source, a value and what mamo does itself.
    pub function: Option<String>,
    /// Version of its code, in hexadecimal.
    pub code: Option<String>,
    /// What it was known by: its fingerprint, in hexadecimal.
    pub fingerprint: String,
    /// The computation, in hexadecimal; nothing when no value is on record.
    pub content: Option<String>,
    /// Digest of its value, in hexadecimal.
    pub value: Option<String>,
    /// The beginning of its value, of types that are text, numbers or vectors of these; of a source, what it was, where that was noted.
    pub preview: Option<String>,
    /// The end of the run that made its value; nothing when that is not on record.
    pub at: Option<SystemTime>,
    /// What making it took.
    pub took: Option<Duration>,
    /// Bytes of its value, as it is kept.
    pub size: Option<u64>,
    /// Elements of a map, or combinations of a reduce, as far as they are computations of their own.
    pub members: Option<usize>,
    /// What it read in that run; constants without a name may be missing.
    pub inputs: Vec<String>,
    /// What read it in that run, as far as it has values on record.
    pub readers: Vec<String>,
    /// Id of the run that made its value.
    pub run: Option<String>,
    /// Digest of the program that did, in hexadecimal.
    pub executable: Option<String>,
    /// What it said last, if it ever said anything.
    pub log: Option<NodeLog>,
}

/// Larger values are not read for a look at them.
const LARGEST: u64 = 16 << 20;
/// Kinds of nodes of which each element, or combination, is a computation of its own.
const WITH_MEMBERS: [&str; 7] = ["map", "zip_map", "filter_map", "flat_map", "settle_each", "reduce", "reduce_or"];

impl OnRecord<'_> {
    /// All that is on record of a node. How it stands at its present code and inputs is not known without the graph, nor are the type of
    /// its value and values of types of the pipeline's own: [`Engine::show`](crate::Engine::show) tells these.
    ///
    /// # Errors
    /// When no run on record had a node of that name, and when the store cannot be read.
    pub fn show(&self, node: &str) -> Result<RecordedNode> {
        let store = self.store();
        let past = Past::read(store)?;
        let (node, versions) = self.find(node)?;
        let Some((newest_run, newest)) = versions.first().copied() else { return Err(unknown(&node, [])) };
        // A source has no record, nor has what never had a value.
        let (run, fingerprint, deep) = match Newest::of(store, &versions)? {
            Some(Newest { run, fingerprint, deep }) => (run, fingerprint, Some(deep)),
            None => (newest_run, newest, None),
        };
        let failure = match ended(store, &newest_run, &node, &newest)? {
            (RunNodeEnd::Failed(message), _) => Some(message),
            (RunNodeEnd::Executed { .. } | RunNodeEnd::CutOff | RunNodeEnd::Known | RunNodeEnd::NoRecord, _) => None,
        };
        let neighbours = Neighbours::of(store, &past.nodes(&run)?.into_iter().collect(), &fingerprint, deep.as_ref())?;
        let log = newest_report(store, &node)?.map(Report::log);
        let mut told = RecordedNode {
            is_newest: deep.is_some() && fingerprint == newest && failure.is_none(),
            failure,
            function: None,
            code: None,
            fingerprint: fingerprint.to_string(),
            content: None,
            value: None,
            preview: None,
            at: None,
            took: None,
            size: None,
            members: None,
            inputs: neighbours.inputs,
            readers: neighbours.readers,
            run: None,
            executable: None,
            log,
            node,
        };
        match deep {
            Some(deep) => told.add_value(store, past.runs(), &fingerprint, &deep)?,
            None => told.preview = noted_preview(store, &fingerprint)?,
        }
        Ok(told)
    }

    /// As [`Engine::log`](crate::Engine::log): by identity, also of a node that no graph has any more.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn log(&self, node: &str) -> Result<Option<NodeLog>> {
        Ok(newest_report(self.store(), node)?.map(Report::log))
    }
}

impl RecordedNode {
    fn add_value(&mut self, store: &dyn Store, runs: &[PastRun], fingerprint: &Fingerprint, deep: &Deep) -> Result<()> {
        let spec: Option<SpecKey> = spec_of(store, fingerprint)?;
        // What mamo does itself has no code.
        if let Some(spec) = spec.as_ref().filter(|spec| spec.code != [0; 32]) {
            self.function = Some(spec.function.clone());
            self.code = Some(blake3::Hash::from_bytes(spec.code).to_hex().to_string());
        }
        if spec.is_some_and(|spec| WITH_MEMBERS.contains(&&*spec.kind)) {
            self.members = Some(members_of(store, deep.content.as_bytes())?.members.len());
        }
        self.content = Some(deep.content.to_string());
        self.value = Some(deep.value.to_string());
        let act = act_of(store, &deep.content)?;
        let made_by = act.as_ref().map_or(deep.run, |act| act.run);
        self.at = runs.iter().find(|run| run.number == made_by).map(PastRun::ended_at);
        self.took = act.as_ref().map(|act| Duration::from_nanos(act.cost_ns));
        let run = runs.iter().find(|run| run.number == deep.run);
        self.run = run.map(|run| format!("{:016x}", run.number));
        let executable = run.and_then(|run| run.executable);
        self.executable = executable.map(|by| blake3::Hash::from_bytes(by).to_hex().to_string());
        let payload = payload_of_value(store, &deep.value, Some(&deep.content), deep.own.as_ref())?;
        self.size = payload.as_ref().map(Payload::len);
        let bytes = match payload {
            Some(Payload::Inline(bytes)) => Some(bytes),
            Some(Payload::Blob { digest, len }) if len <= LARGEST => store.get_blob(&digest).map_err(store_error)?,
            Some(Payload::Blob { .. } | Payload::Absent { .. }) | None => None,
        };
        self.preview = bytes.and_then(|bytes| preview_of_bytes(&deep.value, &bytes));
        Ok(())
    }
}

/// Nodes beside one, in a run.
struct Neighbours {
    inputs: Vec<String>,
    readers: Vec<String>,
}

impl Neighbours {
    fn of(
        store: &dyn Store,
        nodes: &BTreeMap<String, PastNode>,
        of: &Fingerprint,
        deep: Option<&Deep>,
    ) -> Result<Self> {
        let mut names: BTreeMap<Fingerprint, &String> = BTreeMap::new();
        let mut upstream_of = Vec::new();
        for (name, node) in nodes {
            names.entry(node.fingerprint).or_insert(name);
            if let Some(deep) = deep_of(store, &node.fingerprint)? {
                // Below nodes that are known by their values.
                names.entry(fingerprint_of_value(&deep.value)).or_insert(name);
                upstream_of.push((name, deep.upstream));
            }
        }
        let own = [Some(*of), deep.map(|deep| fingerprint_of_value(&deep.value))];
        let is_own = |fingerprint: &Fingerprint| own.contains(&Some(*fingerprint));
        let (mut inputs, mut readers) = (Vec::new(), Vec::new());
        for upstream in deep.into_iter().flat_map(|deep| &deep.upstream) {
            inputs.extend(names.get(&upstream.fingerprint).map(|name| (*name).clone()));
        }
        for (name, upstream) in upstream_of {
            let mut reads = upstream.iter().any(|upstream| is_own(&upstream.fingerprint));
            // By way of an output.
            for upstream in &upstream {
                reads |= !upstream.recorded && way_of(store, &upstream.fingerprint)?.iter().any(is_own);
            }
            if reads {
                readers.push(name.clone());
            }
        }
        Ok(Self { inputs, readers })
    }
}
