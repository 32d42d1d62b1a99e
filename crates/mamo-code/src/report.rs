//! What is told about a closure.

use crate::hash::Part;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Sixteen bytes of a digest tell two codes of one item apart.
pub(crate) const SHOWN: usize = 16;

/// A digest of code: equal for equal code, whatever it is called by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub(crate) [u8; 32]);

impl Version {
    /// The digest itself.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its first bytes in hexadecimal.
    pub fn hex(&self, n_bytes: usize) -> String {
        let mut text = String::with_capacity(2 * n_bytes);
        for byte in self.0.iter().take(n_bytes) {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).unwrap_or_default());
            }
        }
        text
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One write: procedural macros are not optimised, and a digest is written for every item.
        f.write_str(&self.hex(self.0.len()))
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({self})")
    }
}

/// One item that is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Item {
    /// `crate::module::name`; items of other crates begin with that crate's name.
    pub path: String,
    /// Of its tokens, and of what the paths in it lead to.
    pub hash: Version,
    /// The item that led to it first; none for the function itself.
    pub through: Option<String>,
}

/// A file that is part of the code: `include_str!` and the like.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Included {
    /// Where it is.
    pub path: PathBuf,
    /// Of its bytes.
    pub hash: Version,
}

/// Whether the function that was asked for was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// It was.
    Itself,
    /// It stands inside of something larger, such as a macro call, which counts as a whole.
    Around,
    /// It stands in none of the sources: not even the whole crate tells when its code changes.
    Nowhere,
}

/// What a function reaches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reach {
    pub(crate) version: Version,
    pub(crate) parts: Vec<Part>,
    pub(crate) crates: Arc<Vec<String>>,
    pub(crate) cfgs: Vec<String>,
    pub(crate) env: Vec<String>,
    pub(crate) files: Vec<Included>,
    pub(crate) sources: Vec<PathBuf>,
    pub(crate) fallback: Option<String>,
    pub(crate) found: Found,
}

impl Reach {
    /// One digest for all of it.
    ///
    /// The values of conditions and of the environment are not in it: the caller has to mix in what `cfg!` and
    /// `option_env!` say of [`cfgs`](Self::cfgs) and [`env`](Self::env).
    pub fn version(&self) -> Version {
        self.version
    }

    /// What is reached, sorted by path.
    pub fn items(&self) -> Vec<Item> {
        let through = |place: u32| self.parts.get(usize::try_from(place).ok()?).map(|part| part.named.path.clone());
        let item = |part: &Part| Item {
            path: part.named.path.clone(),
            hash: Version(part.named.hash),
            through: part.through.and_then(through),
        };
        let mut items: Vec<Item> = self.parts.iter().map(item).collect();
        items.sort_by(|one, other| one.path.cmp(&other.path).then(one.hash.cmp(&other.hash)));
        items.dedup_by(|one, other| one.path == other.path && one.hash == other.hash);
        items
    }

    /// What is reached as text, in the order in which it was found: the first bytes of an item's digest, its path, and,
    /// counted from 0, the line of the item that led there.
    ///
    /// Crates and files follow. This is for compilers' ears: nothing in it is sorted or looked up.
    pub fn listing(&self) -> String {
        let mut text = String::with_capacity(96 * self.parts.len());
        for part in &self.parts {
            text.push_str(&part.named.line);
            if let Some(through) = part.through {
                text.push('\t');
                text.push_str(&through.to_string());
            }
            text.push('\n');
        }
        for name in self.crates.iter() {
            text.push_str("crate\t");
            text.push_str(name);
            text.push('\n');
        }
        for file in &self.files {
            text.push_str(&file.hash.hex(SHOWN));
            text.push_str("\tfile ");
            // A whole path would differ from machine to machine.
            text.push_str(&file.path.file_name().unwrap_or_default().to_string_lossy());
            text.push('\n');
        }
        text
    }

    /// Entries of the lock file that are used, with all that they depend on: name, version, checksum.
    pub fn crates(&self) -> &[String] {
        &self.crates
    }

    /// Conditions that decide about reached code, as text.
    pub fn cfgs(&self) -> &[String] {
        &self.cfgs
    }

    /// Variables that `env!` and `option_env!` read.
    pub fn env(&self) -> &[String] {
        &self.env
    }

    /// Files that the code includes.
    pub fn files(&self) -> &[Included] {
        &self.files
    }

    /// Source files that reached items stand in.
    pub fn sources(&self) -> &[PathBuf] {
        &self.sources
    }

    /// Whether the function itself was found.
    pub fn found(&self) -> Found {
        self.found
    }

    /// Why the whole crate counts, if it does.
    pub fn fallback(&self) -> Option<&str> {
        self.fallback.as_deref()
    }
}
