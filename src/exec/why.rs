//! Why a node is stale, or ran: what is different from the last time that it was something else.

use crate::error::Result;
use crate::exec::PlanState;
use crate::exec::accept::{Acceptance, accepted_at};
use crate::exec::drive::make_plan;
use crate::exec::gc::evicted_at;
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::{Ledger, UNKNOWN};
use crate::exec::past::{Past, PastNode, PastRun};
use crate::exec::plan_report::{Foreseen, foresee};
use crate::exec::previews::{preview_at, preview_of_leaf};
use crate::exec::recorded::{deep_of, record};
use crate::exec::runs::{RunNodeEnd, ended};
use crate::exec::session::Session;
use crate::fingerprint::{Fingerprint, ResultKey, SchemaDigest, SpecDigest, SpecKey};
use crate::graph::{Body, NodeId, NodeSpec};
use crate::store::{Key, RecordKind, Store, Upstream};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::SystemTime;

/// What became of a node, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Why {
    /// Identity of the node.
    pub node: String,
    /// What a run would do with it now.
    pub state: PlanState,
    /// The end of the run with which it is compared: the last one in which it was something else and had a value. None when there is no
    /// such run.
    pub since: Option<SystemTime>,
    /// What changed since then, upstream causes first.
    pub causes: Vec<Cause>,
    /// What became of it in the newest run that had it. None when there is no such run.
    pub last: Option<LastEnd>,
    /// Whether it has a value on record at its present code and inputs whose bytes are asked for and are not there: they were never
    /// kept, or went to save room.
    pub is_gone: bool,
    /// When these bytes went to save room, if they did.
    pub evicted: Option<SystemTime>,
    /// Who accepted its present code at its present inputs, if somebody did.
    pub accepted: Option<Acceptance>,
}

/// What became of a node in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastEnd {
    /// When the run ended.
    pub at: SystemTime,
    /// How the node came out.
    pub ended: RunNodeEnd,
    /// Whether somebody wanted it executed once more.
    pub is_forced: bool,
}

/// Something that changed, of the node or upstream of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cause {
    /// Identity of the node that changed.
    pub node: String,
    /// What changed of it.
    pub change: Change,
}

/// What changed of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// It was not there.
    New,
    /// The source, value or parameter is another one; or the node, which is what it was, has another value: it was
    /// accepted, that was taken back, or it gave something else.
    Value {
        /// What it was: short parameters and answers as text, else the beginning of a digest in hexadecimal.
        from: String,
        /// What it is now.
        to: String,
    },
    /// It reads other nodes, or in another order.
    Inputs {
        /// Nodes that it reads no more.
        removed: Vec<String>,
        /// Nodes that it did not read before.
        added: Vec<String>,
    },
    /// It is another function.
    Function {
        /// Its path before.
        from: String,
        /// Its path now.
        to: String,
    },
    /// Its parameters are named otherwise, or others of them are given.
    Parameters {
        /// Names of those that were given.
        from: Vec<String>,
        /// Names of those that are given now.
        to: Vec<String>,
    },
    /// The type of its result, or its codec.
    ResultType {
        /// The codec, and the beginning of the type's digest in hexadecimal; several with commas for several outputs.
        from: String,
        /// The same now.
        to: String,
    },
    /// It is another draw of its function: another trial, or with another chosen seed.
    Draw {
        /// The trial, and the seed if one was chosen.
        from: String,
        /// The same now.
        to: String,
    },
    /// The code of its function, or code that it reaches.
    Code {
        /// Path of the function.
        function: String,
        /// The code version before, in hexadecimal.
        from: String,
        /// The code version now.
        to: String,
        /// What exactly: items by path, conditions, variables. Empty when only the function's own text counts.
        items: Vec<ItemChange>,
    },
}

/// Something of a function's code that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ItemChange {
    /// Path of the item, such as `app::clean::helper`; `cfg(..)` and `env NAME` for what decides about the code.
    pub name: String,
    /// Its digest or value before; none when it was not reached.
    pub from: Option<String>,
    /// Its digest or value now; none when it is not reached any more.
    pub to: Option<String>,
}

/// Compares a node with what it was in the last run in which it was something else.
pub(crate) fn why(session: &Session, mut ledger: Ledger, pool: &rayon::ThreadPool, node: NodeId) -> Result<Why> {
    look_at_sources(session, &mut ledger, pool)?;
    let planned = make_plan(session, &mut ledger)?;
    let foreseen = foresee(session, &ledger, &planned)?;
    compare(session, &ledger, &foreseen, &mut Past::read(&*session.store)?, node)
}

/// As [`why`], for the nodes that a run would or may execute, in the order of the graph: the first `most` of them.
pub(crate) fn whys(session: &Session, mut ledger: Ledger, pool: &rayon::ThreadPool, most: usize) -> Result<Vec<Why>> {
    look_at_sources(session, &mut ledger, pool)?;
    let planned = make_plan(session, &mut ledger)?;
    let foreseen = foresee(session, &ledger, &planned)?;
    let mut past = Past::read(&*session.store)?;
    let graph = &session.graph;
    let is_meant = |node: &NodeId| foreseen.states[*node].may_execute() && !graph.is_output(*node);
    let order = graph.order();
    let nodes = order.forwards().filter(is_meant).take(most);
    nodes.map(|node| compare(session, &ledger, &foreseen, &mut past, node)).collect()
}

fn compare(session: &Session, ledger: &Ledger, foreseen: &Foreseen, past: &mut Past<'_>, node: NodeId) -> Result<Why> {
    let graph = &session.graph;
    let identity = graph.identity(node);
    let base = ledger.record_key(graph, node);
    let before = last_other(session, past.fingerprints(&identity)?, base)?;
    let causes = match &before {
        Some((run, _)) => causes(session, ledger, past, run, node)?,
        None => Vec::new(),
    };
    let accepted = match base {
        Some(base) => accepted_at(&*session.store, &base, ledger.root_of(node))?,
        None => None,
    };
    let store = &*session.store;
    let last = match past.newest(&identity)? {
        Some((run, fingerprint)) => {
            let (ended, _) = ended(store, &run, &identity, &fingerprint)?;
            let is_forced = run.forced(store)?.contains(&identity);
            Some(LastEnd { at: run.ended_at(), ended, is_forced })
        }
        None => None,
    };
    let state = foreseen.states[node];
    let known = match base {
        Some(base) if state.may_execute() => deep_of(store, &base)?,
        Some(_) | None => None,
    };
    let is_gone = known.is_some();
    let evicted = match known {
        Some(deep) => evicted_at(store, &deep.content)?,
        None => None,
    };
    let since = before.map(|(run, _)| run.ended_at());
    Ok(Why { node: identity, state, since, causes, last, is_gone, evicted, accepted })
}

/// The last run in which the node was something else: one in which it had a value, if there is one.
fn last_other(
    session: &Session,
    known: Vec<(PastRun, Fingerprint)>,
    base: Option<Fingerprint>,
) -> Result<Option<(PastRun, Fingerprint)>> {
    let mut first = None;
    for (run, fingerprint) in known {
        // Below a barrier that failed nothing was known of it.
        if Some(fingerprint) == base || fingerprint == UNKNOWN {
            continue;
        }
        if deep_of(&*session.store, &fingerprint)?.is_some() {
            return Ok(Some((run, fingerprint)));
        }
        first = first.or(Some((run, fingerprint)));
    }
    Ok(first)
}

/// A run that is over, beside what nodes are now.
struct Comparison<'a> {
    session: &'a Session,
    ledger: &'a Ledger,
    /// What nodes were in that run, by identity.
    former: HashMap<String, PastNode>,
    /// The fingerprints of all of them.
    fingerprints: HashSet<Fingerprint>,
}

/// What changed of an input.
enum InputChange {
    /// Another node is read.
    Node,
    /// The node is what it was, but was accepted, taken back, or gave another value.
    Value,
}

/// What changed since a run, of a node and of all upstream of it that changed.
fn causes(session: &Session, ledger: &Ledger, past: &Past<'_>, run: &PastRun, node: NodeId) -> Result<Vec<Cause>> {
    let graph = &session.graph;
    let former = past.nodes(run)?;
    let fingerprints = former.values().map(|node| node.fingerprint).collect();
    let comparison = Comparison { session, ledger, former, fingerprints };
    let mut changed: BTreeMap<NodeId, Vec<Change>> = BTreeMap::new();
    let mut seen = BTreeSet::from([node]);
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        if ledger.record_key(graph, node).is_some() && comparison.is_what_it_was(node) {
            continue;
        }
        stack.extend(graph.inputs(node).iter().filter(|input| seen.insert(**input)));
        if !graph.is_output(node) {
            let changes = comparison.changes(node, &mut changed)?;
            changed.insert(node, changes);
        } else if comparison.is_what_it_was(graph.producer(node)) {
            let producer = graph.producer(node);
            let before = comparison.former(producer).map(|former| former.fingerprint);
            changed.insert(producer, vec![comparison.other_value(producer, before.as_ref())]);
        }
    }
    let order = graph.order();
    let changed = order.forwards().filter_map(|node| changed.remove(&node).map(|changes| (node, changes)));
    Ok(changed
        .flat_map(|(node, changes)| changes.into_iter().map(move |change| (node, change)))
        .map(|(node, change)| Cause { node: graph.identity(node), change })
        .collect())
}

impl Comparison<'_> {
    fn former(&self, node: NodeId) -> Option<&PastNode> {
        self.former.get(&self.session.graph.identity(node))
    }

    fn is_what_it_was(&self, node: NodeId) -> bool {
        self.ledger.record_key(&self.session.graph, node) == self.former(node).map(|former| former.fingerprint)
    }

    /// What changed of a node itself; in `changed` go inputs that have another value although they are what they were.
    fn changes(&self, node: NodeId, changed: &mut BTreeMap<NodeId, Vec<Change>>) -> Result<Vec<Change>> {
        let graph = &self.session.graph;
        let Some(former) = self.former(node) else { return Ok(vec![Change::New]) };
        let Some(spec) = graph.spec(node).filter(|spec| !matches!(spec.body, Body::Source(_))) else {
            let from = preview_at(&*self.session.store, &former.fingerprint)?;
            return Ok(vec![Change::Value { from, to: preview_of_leaf(self.session, self.ledger, node) }]);
        };
        let Some(deep) = deep_of(&*self.session.store, &former.fingerprint)? else {
            // It failed then, is never saved, or was taken back: what it was is known from the plan alone.
            return match former.spec {
                Some(before) if before != spec.hashers.digest => spec_changes(self.session, spec, &before),
                Some(_) | None => Ok(Vec::new()),
            };
        };
        let inputs = graph.inputs(node);
        let mut reads_others = deep.upstream.len() != inputs.len();
        for (input, before) in inputs.iter().zip(&deep.upstream) {
            match self.input_change(*input, &before.fingerprint) {
                Some(InputChange::Node) => reads_others = true,
                Some(InputChange::Value) => {
                    changed.insert(*input, vec![self.other_value(*input, Some(&before.fingerprint))]);
                }
                None => {}
            }
        }
        let mut changes = spec_changes(self.session, spec, &deep.spec)?;
        if reads_others {
            let now: BTreeSet<String> = inputs.iter().map(|input| graph.identity(*input)).collect();
            // Equal nodes have one fingerprint: the one that is still read is meant, or else the first.
            let name_of = |upstream: &Upstream| {
                let is_it = |name: &&String| {
                    self.former.get(*name).is_some_and(|former| former.fingerprint == upstream.fingerprint)
                };
                now.iter().find(is_it).or_else(|| self.former.keys().filter(is_it).min()).cloned()
            };
            let before: BTreeSet<String> = deep.upstream.iter().filter_map(name_of).collect();
            changes.push(inputs_change(&before, &now));
        }
        Ok(changes)
    }

    /// A node that is what it was stands for another value.
    fn other_value(&self, node: NodeId, before: Option<&Fingerprint>) -> Change {
        let short = |fingerprint: Option<&Fingerprint>| fingerprint.map(|it| format!("{it:.8}")).unwrap_or_default();
        Change::Value { from: short(before), to: short(self.ledger.fingerprint(node).as_ref()) }
    }

    /// What changed of an input that had the fingerprint `before`, apart from what changed of the node itself.
    fn input_change(&self, input: NodeId, before: &Fingerprint) -> Option<InputChange> {
        if self.ledger.fingerprint(input)? == *before {
            return None;
        }
        let Some(former) = self.former(input) else { return Some(InputChange::Node) };
        if former.fingerprint != *before && self.fingerprints.contains(before) {
            return Some(InputChange::Node);
        }
        self.is_what_it_was(input).then_some(InputChange::Value)
    }
}

/// What of a spec is different from a former one.
fn spec_changes(session: &Session, spec: &NodeSpec, before: &SpecDigest) -> Result<Vec<Change>> {
    let store = &*session.store;
    let (Some(before), Some(now)) = (spec_key(store, before)?, SpecKey::from_bytes(&spec.key)) else {
        return Ok(Vec::new());
    };
    let explanation = match &spec.body {
        Body::Function { function, .. } => Some(function.function.code.explanation()),
        Body::Source(_) | Body::Field(_) | Body::Gather(_) | Body::Settle(_) | Body::Output { .. } => None,
    };
    key_changes(store, &before, &now, explanation)
}

/// What of a spec of one run is different from that of another.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn past_changes(store: &dyn Store, before: &SpecDigest, now: &SpecDigest) -> Result<Vec<Change>> {
    let (Some(before), Some(now)) = (spec_key(store, before)?, spec_key(store, now)?) else { return Ok(Vec::new()) };
    let explanation = explanation(store, &now.code)?;
    key_changes(store, &before, &now, explanation)
}

fn spec_key(store: &dyn Store, spec: &SpecDigest) -> Result<Option<SpecKey>> {
    let bytes = record(store, Key::new(RecordKind::Spec, spec.as_bytes()))?;
    Ok(bytes.and_then(|bytes| SpecKey::from_bytes(&bytes)))
}

fn explanation(store: &dyn Store, code: &[u8; 32]) -> Result<Option<String>> {
    let bytes = record(store, Key::new(RecordKind::Code, code))?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

fn key_changes(
    store: &dyn Store,
    before: &SpecKey,
    now: &SpecKey,
    explanation_now: Option<String>,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    if before.function != now.function || before.kind != now.kind {
        changes.push(Change::Function { from: before.function.clone(), to: now.function.clone() });
    }
    if before.parameters != now.parameters {
        changes.push(Change::Parameters { from: given(before), to: given(now) });
    }
    if before.results != now.results {
        changes.push(Change::ResultType { from: results(before), to: results(now) });
    }
    if (before.trial, before.seed) != (now.trial, now.seed) {
        changes.push(Change::Draw { from: draw(before), to: draw(now) });
    }
    if let (true, Some(explanation_now)) = (before.code != now.code, explanation_now) {
        let hex = |version: [u8; 32]| blake3::Hash::from_bytes(version).to_hex().to_string();
        let former = explanation(store, &before.code)?;
        changes.push(Change::Code {
            function: now.function.clone(),
            from: hex(before.code),
            to: hex(now.code),
            items: former.map(|former| item_changes(&former, &explanation_now, &now.function)).unwrap_or_default(),
        });
    }
    Ok(changes)
}

/// Names of the parameters that are given.
fn given(key: &SpecKey) -> Vec<String> {
    key.parameters.iter().filter(|parameter| parameter.is_given).map(|parameter| parameter.name.clone()).collect()
}

fn results(key: &SpecKey) -> String {
    let result = |result: &ResultKey| format!("{} {:.8}", result.codec, SchemaDigest::from_bytes(result.schema));
    key.results.iter().map(result).collect::<Vec<_>>().join(", ")
}

fn draw(key: &SpecKey) -> String {
    match key.seed {
        Some(seed) => format!("trial {}, seed {seed}", key.trial),
        None => format!("trial {}", key.trial),
    }
}

/// What a node reads that it did not, and the other way round.
pub(crate) fn inputs_change(before: &BTreeSet<String>, now: &BTreeSet<String>) -> Change {
    Change::Inputs {
        removed: before.difference(now).cloned().collect(),
        added: now.difference(before).cloned().collect(),
    }
}

/// What differs between two explanations of the code of the function with this path.
fn item_changes(before: &str, now: &str, function: &str) -> Vec<ItemChange> {
    let krate = function.split("::").next().unwrap_or("crate");
    let (before, now) = (parts(before, krate), parts(now, krate));
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let changed = names.into_iter().filter(|name| before.get(*name) != now.get(*name));
    changed
        .map(|name| ItemChange { name: name.clone(), from: before.get(name).cloned(), to: now.get(name).cloned() })
        .collect()
}

/// The lines of an explanation by what they are about; of several about one thing all, in order. Items of the function's
/// own crate have its name.
fn parts(explanation: &str, krate: &str) -> BTreeMap<String, String> {
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    for line in explanation.lines() {
        let words: Vec<&str> = line.split('\t').collect();
        let (name, value) = match words.as_slice() {
            ["cfg", condition, holds] => (format!("cfg({condition})"), *holds),
            ["env", name, value] => (format!("env {name}"), *value),
            ["version", version] => ("version".to_owned(), *version),
            ["crate", locked] => match locked.split_once(' ') {
                Some((name, version)) => (format!("crate {name}"), version),
                None => (format!("crate {locked}"), ""),
            },
            // Why more counts than what is reached is no change by itself.
            ["fallback", _] => continue,
            [scope] => ("what counts".to_owned(), *scope),
            ["toolchain", toolchain] => ("toolchain".to_owned(), *toolchain),
            [digest, path, ..] => match path.strip_prefix("crate::") {
                Some(rest) => (format!("{krate}::{rest}"), *digest),
                None => ((*path).to_owned(), *digest),
            },
            [] => continue,
        };
        let part = parts.entry(name).or_default();
        if !part.is_empty() {
            part.push(' ');
        }
        part.push_str(value);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn changed_items_and_conditions_are_named_with_both_sides() {
        let before = "deep\ncfg\tunix\tholds\nenv\tNAME\tnot set\naa\tcrate::f\t\nbb\tcrate::helper\tapp::f\ncc\tapp::old\tapp::f\ncrate\tserde 1.0.0 45ef\n";
        let now = "deep\ncfg\tunix\tdoes not hold\nenv\tNAME\tnot set\naa\tcrate::f\t\nb2\tcrate::helper\tapp::f\ndd\tapp::new\tapp::f\ncrate\tserde 1.0.1 99aa\n";
        let changes: Vec<String> = item_changes(before, now, "app::f")
            .into_iter()
            .map(|ItemChange { name, from, to }| {
                format!("{name}: {} -> {}", from.unwrap_or_default(), to.unwrap_or_default())
            })
            .collect();
        expect![[r#"
            app::helper: bb -> b2
            app::new:  -> dd
            app::old: cc -> 
            cfg(unix): holds -> does not hold
            crate serde: 1.0.0 45ef -> 1.0.1 99aa"#]]
        .assert_eq(&changes.join("\n"));
    }
}
