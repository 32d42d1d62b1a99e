//! Taking back what a program made: it turned out to be wrong, and nothing in its keys says so.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::forget::{Below, Gone, refuse_tagged};
use crate::exec::gc::scan;
use crate::exec::maker::makers;
use crate::exec::members::members_of;
use crate::exec::recorded::{act_of, deep_of};
use crate::fingerprint::{ContentKey, Fingerprint};
use crate::store::{Act, Deep, Key, Payload, RecordKind, Root, Store};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What was taken back of what a program made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revoked {
    /// Digests of the programs that were meant, in hexadecimal.
    pub executables: Vec<String>,
    /// Number of their runs.
    pub runs: u64,
    /// Number of runs that did not come to their end, so that nobody knows whose they were: what they made is taken back as well.
    pub unfinished_runs: u64,
    /// Number of computations that are executed again when they are needed: of nodes, elements, combinations.
    pub computations: u64,
    /// Number of nodes' records that went, in all their versions: of those computations, and of all that rests on them.
    pub records: u64,
    /// Whether this is what would go, and all is still there.
    pub is_dry: bool,
}

/// Takes back all that was made by programs whose digest begins so, with the records of all that rests on it.
///
/// Values that others computed from it stay on record for what they were computed from.
///
/// # Errors
/// When no run on record was of such a program, when something that would go is tagged, and when the store cannot be read or written.
pub(crate) fn revoke(store: &dyn Store, executable: &str, is_dry: bool) -> Result<Revoked> {
    let mut revoked = Revoked { is_dry, ..Revoked::default() };
    let blame = blame(store, executable, &mut revoked)?;
    let mut unfinished = HashSet::new();
    let mut is_blamed = |run: u64| match blame.get(&run) {
        Some(is_meant) => *is_meant,
        None => {
            unfinished.insert(run);
            true
        }
    };
    let mut wrong = Wrong::default();
    scan(store, RecordKind::Act, |key, bytes| {
        if Act::read(&bytes).is_some_and(|act| is_blamed(act.run)) {
            wrong.digests.insert(key.digest);
        }
    })?;
    scan(store, RecordKind::Root, |key, bytes| {
        if Root::read(&bytes).is_some_and(|root| is_blamed(root.run)) {
            wrong.digests.insert(key.digest);
        }
    })?;
    let mut contents: HashMap<[u8; 32], Vec<[u8; 32]>> = HashMap::new();
    scan(store, RecordKind::Deep, |key, bytes| {
        let Some(deep) = Deep::read(&bytes) else { return };
        contents.entry(*deep.content.as_bytes()).or_default().push(key.digest);
        if is_blamed(deep.run) {
            wrong.digests.insert(key.digest);
        }
    })?;
    wrong.close(store, &contents)?;
    revoked.unfinished_runs = count(unfinished.len());
    let named: BTreeSet<Fingerprint> = wrong.digests.iter().map(|digest| Fingerprint::from_bytes(*digest)).collect();
    let gone = wrong.gone(store, &Below::of(store, &named)?, &mut revoked)?;
    if is_dry {
        refuse_tagged(store, &gone)?
    } else {
        gone.remove(store)?
    }
    Ok(revoked)
}

/// Runs by number, and whether they were of a program whose digest begins so.
fn blame(store: &dyn Store, executable: &str, revoked: &mut Revoked) -> Result<HashMap<u64, bool>> {
    let begins = executable.to_lowercase();
    let mut blame = HashMap::new();
    let mut found = BTreeSet::new();
    for maker in makers(store)? {
        let digest = maker.executable.map(|digest| blake3::Hash::from_bytes(digest).to_hex().to_string());
        let is_meant = digest.as_ref().is_some_and(|digest| begins.len() >= LEAST && digest.starts_with(&begins));
        revoked.runs += u64::from(is_meant);
        found.extend(digest.filter(|_| is_meant));
        blame.insert(maker.number, is_meant);
    }
    revoked.executables = found.into_iter().collect();
    match revoked.executables.as_slice() {
        [_] => Ok(blame),
        [] => Err(Error::new(ErrorKind::UnknownName, format!("no run on record was of a program `{executable}`"))
            .with_hint(format!("`run show RUN` names a run's program; {LEAST} digits of its digest do, or its file"))),
        _ => Err(Error::new(
            ErrorKind::UnknownName,
            format!("the digests of several programs begin with `{executable}`"),
        )
        .with_hint("give more digits: `run show RUN --json` has all of them")),
    }
}

/// So many hexadecimal digits name a program.
const LEAST: usize = 8;

/// What is not to be relied on.
#[derive(Default)]
struct Wrong {
    /// Content keys of computations, and fingerprints of nodes.
    digests: HashSet<[u8; 32]>,
}

impl Wrong {
    /// Adds the nodes that have such computations, and what consists of such elements, combinations or nodes.
    fn close(&mut self, store: &dyn Store, contents: &HashMap<[u8; 32], Vec<[u8; 32]>>) -> Result<()> {
        let mut wholes: HashMap<[u8; 32], Vec<[u8; 32]>> = HashMap::new();
        let mut listed = Vec::new();
        scan(store, RecordKind::Members, |key, _| listed.push(key.digest))?;
        for whole in listed {
            for member in members_of(store, &whole)?.members {
                wholes.entry(member.digest).or_default().push(whole);
            }
        }
        let mut open: Vec<[u8; 32]> = self.digests.iter().copied().collect();
        while let Some(digest) = open.pop() {
            for further in [contents.get(&digest), wholes.get(&digest)].into_iter().flatten().flatten() {
                if self.digests.insert(*further) {
                    open.push(*further);
                }
            }
        }
        Ok(())
    }

    /// The records that go, with the bytes that these name.
    fn gone(&self, store: &dyn Store, below: &Below, revoked: &mut Revoked) -> Result<Gone> {
        let mut gone = Gone::default();
        let mut computations = Vec::new();
        for fingerprint in &below.downstream_first {
            let deep = deep_of(store, fingerprint)?;
            revoked.records += u64::from(deep.is_some());
            if let Some(Payload::Blob { digest, .. }) = deep.and_then(|deep| deep.own) {
                gone.blobs.blob(store, digest)?;
            }
            for kind in [RecordKind::Deep, RecordKind::Root, RecordKind::Accept] {
                gone.records.push(Key::new(kind, fingerprint.as_bytes()));
            }
            if self.digests.contains(fingerprint.as_bytes()) {
                computations.push(ContentKey::from_bytes(*fingerprint.as_bytes()));
            }
        }
        for content in computations {
            if let Some(act) = act_of(store, &content)? {
                revoked.computations += 1;
                if let Payload::Blob { digest, .. } = act.payload {
                    gone.blobs.blob(store, digest)?;
                }
            }
            for kind in [RecordKind::Act, RecordKind::Members] {
                gone.records.push(Key::new(kind, content.as_bytes()));
            }
        }
        Ok(gone)
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
