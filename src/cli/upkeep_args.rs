//! Commands that keep the store in order, as written.

use crate::cli::args::AFTER_HELP;
use crate::cli::resources::parse_size;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Gc;
use clap::{Args, Subcommand};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What to do with what is kept.
#[derive(Subcommand, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Upkeep {
    /// Name the present values of nodes, and keep them for good
    #[command(after_help = AFTER_HELP)]
    Tag(TagArguments),
    /// Take a name back; the values may go then
    #[command(after_help = AFTER_HELP)]
    Untag(UntagArguments),
    /// List names and pins, by name or by node
    #[command(after_help = AFTER_HELP)]
    Tags(TagsArguments),
    /// Keep the present values of nodes for good
    #[command(after_help = AFTER_HELP)]
    Pin(NodesArguments),
    /// Let pinned values go again
    #[command(after_help = AFTER_HELP)]
    Unpin(UnpinArguments),
    /// Forget what nodes gave; they run when they are needed next
    #[command(after_help = AFTER_HELP)]
    Forget(ForgetArguments),
    /// Forget all that is not tagged or pinned
    #[command(after_help = AFTER_HELP)]
    Flush(FlushArguments),
    /// Take back what a program made that turned out to be wrong
    #[command(after_help = AFTER_HELP)]
    Revoke(RevokeArguments),
    /// Take away what nobody needs, by rules that you choose
    #[command(after_help = AFTER_HELP)]
    Gc(GcArguments),
    /// Write the present values of nodes to a file, for another store
    #[command(after_help = AFTER_HELP)]
    Export(ExportArguments),
    /// Take over values that another store exported
    #[command(after_help = AFTER_HELP)]
    Import(ImportArguments),
    /// Read every byte of the store, and say what is damaged
    #[command(after_help = AFTER_HELP)]
    Verify,
    /// As `verify`, and take away what is damaged
    #[command(after_help = AFTER_HELP)]
    Repair,
}

/// Options of `tag`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagArguments {
    /// The name
    #[arg(value_name = "TAG")]
    pub(crate) tag: String,

    /// Nodes or targets that get it
    #[arg(value_name = "NODES", required = true)]
    pub(crate) nodes: Vec<String>,
}

/// Options of `untag`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct UntagArguments {
    /// The name
    #[arg(value_name = "TAG")]
    pub(crate) tag: String,

    /// Nodes from which it is taken [default: all that have it]
    #[arg(value_name = "NODES")]
    pub(crate) nodes: Vec<String>,
}

/// Options of `tags`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagsArguments {
    /// A name or a node [default: all]
    #[arg(value_name = "TAG|NODE")]
    pub(crate) of: Option<String>,
}

/// Options of `pin`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodesArguments {
    /// Nodes or targets
    #[arg(value_name = "NODES", required = true)]
    pub(crate) nodes: Vec<String>,
}

/// Options of `unpin`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnpinArguments {
    /// Nodes [default: all that are pinned]
    #[arg(value_name = "NODES")]
    pub(crate) nodes: Vec<String>,
}

/// Options of `forget`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForgetArguments {
    /// Nodes or targets to forget, in all versions
    #[arg(value_name = "NODES", required = true)]
    pub(crate) nodes: Vec<String>,

    /// Forget all that depends on them as well
    #[arg(long)]
    pub(crate) downstream: bool,
}

/// Options of `flush`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct FlushArguments {
    /// Yes, all of it
    #[arg(long, required = true)]
    pub(crate) yes: bool,
}

/// Options of `revoke`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct RevokeArguments {
    /// The program: its file, or 8 digits or more of its digest
    #[arg(long, value_name = "PROGRAM", required = true)]
    pub(crate) exe: String,

    /// Say what would go, and take nothing away
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Options of `gc`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct GcArguments {
    /// Keep what the last N runs knew of
    #[arg(long, value_name = "N")]
    pub(crate) keep_runs: Option<usize>,

    /// Keep the last N versions of each node
    #[arg(long, value_name = "N")]
    pub(crate) keep_versions: Option<usize>,

    /// Keep what runs of this time knew of, as 30d or 12h
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    pub(crate) max_age: Option<Duration>,

    /// Take no more than this, as 10GiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) max_size: Option<u64>,

    /// Say what would go, and take nothing away
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Options of `export`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExportArguments {
    /// Nodes or targets [default: all targets]
    #[arg(value_name = "NODES")]
    pub(crate) nodes: Vec<String>,

    /// The file; an older one is replaced
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// Options of `import`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImportArguments {
    /// What `export` wrote
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

impl RevokeArguments {
    /// The digest of the program, or the beginning of it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn executable(&self) -> Result<String> {
        let path = Path::new(&self.exe);
        if !path.is_file() {
            return Ok(self.exe.clone());
        }
        let mut hasher = blake3::Hasher::new();
        let read = File::open(path).and_then(|file| hasher.update_reader(file).map(|_| ()));
        read.map(|()| hasher.finalize().to_hex().to_string()).map_err(|error| {
            let message = format!("`{}` cannot be read: {error}", path.display());
            Error::new(ErrorKind::Other, message).with_hint("give the digest of the program instead: `run show` has it")
        })
    }
}

impl GcArguments {
    /// What is to be kept.
    pub(crate) fn rules(&self) -> Gc {
        let gc = Gc::default();
        let gc = self.keep_runs.into_iter().fold(gc, Gc::keep_runs);
        let gc = self.keep_versions.into_iter().fold(gc, Gc::keep_versions);
        let gc = self.max_age.into_iter().fold(gc, Gc::max_age);
        let gc = self.max_size.into_iter().fold(gc, Gc::max_size);
        if self.dry_run { gc.dry_run() } else { gc }
    }
}

fn parse_age(text: &str) -> std::result::Result<Duration, String> {
    const FORM: &str = "an age is written as `30d`, `12h`, `90min` or `45s`";
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic());
    let number: u64 = digits.trim_end().parse().map_err(|_| FORM.to_owned())?;
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "s" => 1,
        "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err(FORM.to_owned()),
    };
    number.checked_mul(unit).map(Duration::from_secs).ok_or_else(|| "nothing is so old".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_units() {
        let secs = |text| parse_age(text).map(|age| age.as_secs());
        assert_eq!(["45s", "2min", "12h", "30d", "1w"].map(secs), [45, 120, 43_200, 2_592_000, 604_800].map(Ok));
        assert!(secs("12").unwrap_err().contains("30d") && secs("d").is_err() && secs("99999999999999999w").is_err());
    }
}
