//! Nodes by the names that runs on record had for them: what can be asked and done without their graph.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::Engine;
use crate::exec::forget::{Forgotten, Versions, forget_versions};
use crate::exec::named::closest;
use crate::exec::past::{Past, PastRun};
use crate::exec::recorded::{deep_of, record};
use crate::exec::tags::{Named, Tag, check_name, give};
use crate::fingerprint::{Fingerprint, SpecKey};
use crate::store::{Deep, Key, RecordKind, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

/// A store without the graph whose values it keeps: nodes are those that runs on record had, by their identities.
///
/// [`Engine::on_record`] gives it. What the present code and inputs of a node are is not known here: that takes the graph. What a
/// run made that did not come to its end is known by the graph alone, too, since no record says which nodes it had.
///
/// ```
/// use mamo::{Engine, Graph, node};
///
/// #[node]
/// fn double(n: u32) -> u32 {
///     2 * n
/// }
///
/// # fn main() -> mamo::Result<()> {
/// let folder = tempfile::tempdir().unwrap();
/// let engine = Engine::open(folder.path())?;
/// let (graph, _) = Graph::build(|g| Ok(g.add(double::node(g.value(21)))))?;
/// engine.run(&graph)?;
/// // From here on the graph is not needed.
/// let forgotten = engine.on_record().forget(&["double"], false)?;
/// assert_eq!(forgotten[0].versions, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct OnRecord<'a> {
    engine: &'a Engine,
}

impl Engine {
    /// What can be asked and done without a graph about nodes that are on record.
    pub fn on_record(&self) -> OnRecord<'_> {
        OnRecord { engine: self }
    }
}

impl OnRecord<'_> {
    /// As [`Engine::forget`]: forgets what nodes gave, in all versions that runs on record had.
    ///
    /// # Errors
    /// When no run on record had a node of a name, when what would be forgotten is tagged or pinned, when another process
    /// works with the store, and when it cannot be written.
    pub fn forget(&self, nodes: &[&str], with_downstream: bool) -> Result<Vec<Forgotten>> {
        let _running = self.engine.inner.alone("the engine was asked")?;
        let _alone = self.engine.keep_others_away()?;
        let store = self.store();
        let known = Names::read(store)?;
        let mut all: Vec<Versions> = Vec::new();
        for name in nodes {
            let (node, versions) = known.find(store, name)?;
            if all.iter().all(|other| other.node != node) {
                let fingerprints: BTreeSet<Fingerprint> =
                    versions.iter().map(|(_, fingerprint)| *fingerprint).collect();
                all.push(Versions { node: node.to_owned(), fingerprints });
            }
        }
        forget_versions(store, all, with_downstream)
    }

    /// As [`Engine::tag`], of the values that nodes had in the newest runs in which they had any.
    ///
    /// # Errors
    /// When no run on record had a node of a name, when one has no value on record, and when the store cannot be written.
    pub fn tag(&self, nodes: &[&str], name: &str) -> Result<Vec<Tag>> {
        self.name(nodes, Some(name))
    }

    /// As [`Engine::pin`], of the values that nodes had in the newest runs in which they had any.
    ///
    /// # Errors
    /// As [`OnRecord::tag`].
    pub fn pin(&self, nodes: &[&str]) -> Result<Vec<Tag>> {
        self.name(nodes, None)
    }

    fn name(&self, nodes: &[&str], name: Option<&str>) -> Result<Vec<Tag>> {
        check_name(name)?;
        // Nothing is collected meanwhile, in this process.
        let _running = self.engine.inner.alone("the engine was asked")?;
        let known = Names::read(self.store())?;
        let mut values = Vec::new();
        for node in nodes {
            let (node, versions) = known.find(self.store(), node)?;
            let Some(Newest { fingerprint, deep, .. }) = Newest::of(self.store(), versions)? else {
                let error = Error::new(ErrorKind::UnknownName, format!("node `{node}` has no value on record"));
                return Err(error.with_node(node).with_hint("run it first; sources and constants are not tagged"));
            };
            values.push(Named { node: node.to_owned(), fingerprint, deep });
        }
        give(self.store(), values, name, SystemTime::now(), None)
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.engine.inner.store
    }

    /// The identity of a named node, and what it was in the runs that had it, newest first.
    ///
    /// # Errors
    /// When no run on record had a node of that name, and when the store cannot be read.
    pub(crate) fn find(&self, name: &str) -> Result<(String, Vec<(PastRun, Fingerprint)>)> {
        let known = Names::read(self.store())?;
        let (node, versions) = known.find(self.store(), name)?;
        Ok((node.to_owned(), versions.to_vec()))
    }
}

/// The newest value of a node.
pub(crate) struct Newest {
    /// The newest run that had it.
    pub(crate) run: PastRun,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) deep: Deep,
}

impl Newest {
    /// Finds it among what a node was, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn of(store: &dyn Store, versions: &[(PastRun, Fingerprint)]) -> Result<Option<Self>> {
        for (run, fingerprint) in versions {
            if let Some(deep) = deep_of(store, fingerprint)? {
                return Ok(Some(Self { run: *run, fingerprint: *fingerprint, deep }));
            }
        }
        Ok(None)
    }
}

/// All nodes of runs on record: the fingerprints of each, with the newest run in which it had that one, newest first.
struct Names(BTreeMap<String, Vec<(PastRun, Fingerprint)>>);

impl Names {
    fn read(store: &dyn Store) -> Result<Self> {
        Ok(Self(Past::read(store)?.by_name()?.into_iter().collect()))
    }

    /// The node of a name, with what it was; the node that has an output.
    fn find(&self, store: &dyn Store, name: &str) -> Result<(&str, &[(PastRun, Fingerprint)])> {
        // An output that nothing reads is in no plan.
        if let Some((producer, output)) = name.rsplit_once('.')
            && let Some((producer, known)) = self.0.get_key_value(producer)
        {
            // Sources and fields may be called as if they were outputs.
            for (_, fingerprint) in known {
                let spec = spec_of(store, fingerprint)?;
                if spec.is_some_and(|spec| spec.results.iter().any(|result| result.name == output)) {
                    return Ok((producer, known));
                }
            }
        }
        match self.0.get_key_value(name) {
            Some((name, versions)) => Ok((name, versions)),
            None => Err(unknown(name, self.0.keys())),
        }
    }
}

/// Why nothing is known by a name, beside names that are.
pub(crate) fn unknown<'n>(name: &str, known: impl IntoIterator<Item = &'n String> + Clone) -> Error {
    let error = Error::new(ErrorKind::UnknownName, format!("no run on record had a node `{name}`")).with_node(name);
    if let Some((map, _)) = name.strip_suffix(']').and_then(|name| name.split_once('['))
        && known.clone().into_iter().any(|known| known == map)
    {
        return error.with_hint(format!("ask for `{map}`: single elements are known to `log` and `replay` only"));
    }
    match closest(name, known.into_iter().cloned()) {
        Some(close) => error.with_hint(format!("did you mean `{close}`?")),
        None => {
            error.with_hint("`run show --all` lists the nodes of a run, by their names and not by those of targets")
        }
    }
}

/// What a node is by its record: its function, parameters and results.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn spec_of(store: &dyn Store, fingerprint: &Fingerprint) -> Result<Option<SpecKey>> {
    let Some(deep) = deep_of(store, fingerprint)? else { return Ok(None) };
    let bytes = record(store, Key::new(RecordKind::Spec, deep.spec.as_bytes()))?;
    Ok(bytes.and_then(|bytes| SpecKey::from_bytes(&bytes)))
}
