//! What everything else rests on: which figures are taken, beside which limits, with which aims.

use crate::Result;
use crate::measure::median;
use crate::process;
use crate::subjects::{Figure, Subject};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// mamo beside one peer or limit.
pub(crate) struct Comparison {
    pub(crate) figure: &'static str,
    /// Nodes of the grid that was asked for.
    pub(crate) nodes: usize,
    pub(crate) unit: Unit,
    pub(crate) mamo: f64,
    pub(crate) beside: &'static str,
    /// The peer's figure; nothing for a fixed limit, which is the aim itself.
    pub(crate) peer: Option<f64>,
    pub(crate) aim: Aim,
}

/// What is counted for each node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// CPU time.
    Nanoseconds,
    /// Memory.
    Bytes,
    /// Lookups in the store, not for each node but in all.
    Lookups,
}

/// What mamo wants to reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Aim {
    /// At most so many times the peer's figure.
    Times(f64),
    /// At most so much.
    AtMost(f64),
    /// Told for comparison only.
    None,
}

/// Nodes of the grid whose results are all kept on disk, as a part of the others'.
const PERSISTED: usize = 10;

/// Medians over `reps` processes of each subject.
///
/// Subjects take turns, so that a slow minute of the machine slows all of them.
pub(crate) fn measure(nodes: usize, reps: usize) -> Result<Vec<Comparison>> {
    let folder = Folder::new()?;
    let persisted_nodes = (nodes / PERSISTED).max(1);
    let mut samples = Samples(BTreeMap::new());
    let fresh = folder.path.join("fresh");
    process::measure(Subject::MamoPrepare, nodes, &fresh)?;
    for rep in 0..reps {
        let whole = [Subject::Direct, Subject::Blake3, Subject::Salsa, Subject::Mamo, Subject::MamoNoOp];
        for subject in whole {
            samples.add(Size::Whole, subject, nodes, &fresh)?;
        }
        for subject in [Subject::Direct, Subject::Ingestion, Subject::MamoPersisted] {
            let store = folder.path.join(format!("{}-{rep}", subject.name()));
            samples.add(Size::Persisted, subject, persisted_nodes, &store)?;
            if store.exists() {
                fs::remove_dir_all(&store)?;
            }
        }
    }
    samples.comparisons(nodes, persisted_nodes)
}

impl Comparison {
    /// How many times the peer's figure mamo's is.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.peer.map(|peer| self.mamo / peer)
    }

    /// Whether the aim is reached; nothing when there is none.
    pub(crate) fn is_reached(&self) -> Option<bool> {
        match self.aim {
            Aim::Times(times) => self.ratio().map(|ratio| ratio <= times),
            Aim::AtMost(limit) => Some(self.mamo <= limit),
            Aim::None => None,
        }
    }
}

/// Which of the two grids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Size {
    Whole,
    Persisted,
}

/// What every process told, in the order of the processes.
struct Samples(BTreeMap<(Size, Subject, Figure), Vec<f64>>);

impl Samples {
    fn add(&mut self, size: Size, subject: Subject, nodes: usize, folder: &Path) -> Result<()> {
        for (figure, reading) in process::measure(subject, nodes, folder)? {
            self.0.entry((size, subject, figure)).or_default().push(reading);
        }
        Ok(())
    }

    /// Median of the sums of some figures of a subject, each sum within one process.
    fn median<const N: usize>(&self, size: Size, subject: Subject, figures: [Figure; N]) -> Result<f64> {
        let mut sums = Vec::new();
        for figure in figures {
            let samples = self.0.get(&(size, subject, figure)).ok_or_else(|| missing(subject, figure))?;
            sums.resize(samples.len(), 0.0);
            for (sum, sample) in sums.iter_mut().zip(samples) {
                *sum += sample;
            }
        }
        median(&sums).ok_or_else(|| format!("`{}` was not measured", subject.name()).into())
    }

    fn comparisons(&self, nodes: usize, persisted_nodes: usize) -> Result<Vec<Comparison>> {
        use Figure::{Build, BuildBytes, Close, Lookups, Open, Run, RunBytes};
        use Subject::{Blake3, Direct, Ingestion, Mamo, MamoNoOp, MamoPersisted, Salsa};
        use Unit::{Bytes, Nanoseconds};
        let whole = |subject, figure| self.median(Size::Whole, subject, [figure]);
        let row = |figure, unit, mamo, beside, peer, aim| Comparison { figure, nodes, unit, mamo, beside, peer, aim };

        // The grid has one target.
        let lookups = whole(MamoNoOp, Lookups)?;
        let build = whole(Mamo, Build)?;
        let build_bytes = whole(Mamo, BuildBytes)?;
        let cold = whole(Mamo, Run)?;
        let blake3 = whole(Blake3, Run)?;
        let no_op_build = whole(MamoNoOp, Build)?;
        let no_op = self.median(Size::Whole, MamoNoOp, [Open, Run])?;
        let with_build = self.median(Size::Whole, MamoNoOp, [Build, Open, Run])?;
        let persisted = self.median(Size::Persisted, MamoPersisted, [Open, Run, Close])?;
        let written = self.median(Size::Persisted, Direct, [Run])? + self.median(Size::Persisted, Ingestion, [Run])?;
        Ok(vec![
            row("build", Nanoseconds, build, "salsa's build", Some(whole(Salsa, Build)?), Aim::Times(2.0)),
            row("build, memory", Bytes, build_bytes, "salsa's build", Some(whole(Salsa, BuildBytes)?), Aim::None),
            row("cold run", Nanoseconds, cold, "salsa's cold run", Some(whole(Salsa, Run)?), Aim::Times(2.0)),
            row("cold run", Nanoseconds, cold, "a blake3 pass", Some(blake3), Aim::None),
            row("cold run", Nanoseconds, cold, "plain evaluation", Some(whole(Direct, Run)?), Aim::None),
            row("cold run, memory", Bytes, whole(Mamo, RunBytes)?, "salsa's", Some(whole(Salsa, RunBytes)?), Aim::None),
            row("no-op", Nanoseconds, no_op, "build + blake3 pass", Some(no_op_build + blake3), Aim::Times(3.0)),
            row("no-op with build", Nanoseconds, with_build, "the same", Some(no_op_build + blake3), Aim::None),
            row("no-op, open only", Nanoseconds, whole(MamoNoOp, Open)?, "a blake3 pass", Some(blake3), Aim::None),
            row("no-op, lookups", Unit::Lookups, lookups, "one target", None, Aim::AtMost(1.0)),
            row("no-op, memory", Bytes, whole(MamoNoOp, RunBytes)?, "a fixed limit", None, Aim::AtMost(150.0)),
            Comparison {
                nodes: persisted_nodes,
                ..row("persisted run", Nanoseconds, persisted, "plain + ingestion", Some(written), Aim::Times(2.0))
            },
        ])
    }
}

fn missing(subject: Subject, figure: Figure) -> Box<dyn std::error::Error> {
    format!("`{}` did not tell `{}`", subject.name(), figure.name()).into()
}

/// A folder for stores that is removed in the end.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("mamo-bench-compare-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind lies in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.path);
    }
}
