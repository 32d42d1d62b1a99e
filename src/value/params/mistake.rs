//! What is wrong with a parameter file: where, which key, and which key was probably meant.

use crate::value::params::nearest::nearest;
use std::fmt;
use std::path::PathBuf;

/// Why a parameter file gives no value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ParamsError {
    #[error("cannot tell the format of `{}`: call it `.toml`, `.json`, `.yaml` or `.yml`", path.display())]
    NoFormat { path: PathBuf },
    #[cfg(not(all(feature = "toml", feature = "json", feature = "yaml")))]
    #[error(
        "cannot read `{}`: this program is built without {format}; enable the feature `{feature}` of mamo in `Cargo.toml`",
        path.display()
    )]
    Off { path: PathBuf, format: &'static str, feature: &'static str },
    #[error("{place} is no {format}: {message}")]
    Syntax { place: Place, format: &'static str, message: String },
    #[error("{}", joined(mistakes))]
    Mistakes { mistakes: Vec<Mistake> },
    #[error("the value of `{}` has no key: {message}", path.display())]
    NoKey { path: PathBuf, message: String },
}

/// A place in a file, as editors take it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) line: Option<usize>,
}

/// One thing that is wrong.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// Path of the key, such as `eval.metric`; empty for the whole file.
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) what: Wrong,
}

/// What is wrong with a key.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// Nobody reads it.
    Unknown(Meant),
    /// It is not there; a key beside it that may be a wrong spelling of it.
    Missing(Option<String>),
    /// Its value is of another type, or is refused.
    Value(String),
}

/// What was probably meant.
#[derive(Debug)]
pub(crate) enum Meant {
    This(String),
    /// Nothing is near: what there is.
    Some(Vec<String>),
}

/// More known keys than this are not listed.
const MOST_LISTED: usize = 12;

impl Mistake {
    /// A key that nobody reads. `rest` is how it goes on in the file, where it does so in one way alone.
    pub(super) fn unknown(key: &str, rest: &str, place: Place, known: &[String]) -> Self {
        let (parent, word) = parts(key);
        let beside = known.iter().filter(|known| parts(known).0 == parent);
        let meant = match nearest(word, beside.clone().map(|known| parts(known).1)) {
            Some(near) => Meant::This(format!("{parent}{near}{rest}")),
            // A key of another table, written into this one.
            None => match known.iter().find(|known| parts(known).1 == word) {
                Some(elsewhere) => Meant::This(format!("{elsewhere}{rest}")),
                None => Meant::Some(beside.cloned().collect()),
            },
        };
        Self { key: format!("{key}{rest}"), place, what: Wrong::Unknown(meant) }
    }

    /// A key that is not there; keys of `present` that stand beside it are looked at for a wrong spelling of it.
    pub(super) fn missing<'k>(key: String, place: Place, present: impl Iterator<Item = &'k str>) -> Self {
        let (parent, word) = parts(&key);
        let beside = present.filter(|key| parts(key).0 == parent).map(|key| parts(key).1);
        let near = nearest(word, beside).map(|near| format!("{parent}{near}"));
        Self { key, place, what: Wrong::Missing(near) }
    }

    /// Whether this mistake is explained by `other`: what is missing is there under a wrong name.
    pub(super) fn follows_from(&self, other: &Self) -> bool {
        match (&self.what, &other.what) {
            (Wrong::Missing(_), Wrong::Unknown(Meant::This(meant))) => {
                meant.strip_prefix(&self.key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }
            (Wrong::Missing(_) | Wrong::Unknown(_) | Wrong::Value(_), _) => false,
        }
    }
}

/// What a key stands in, with the dot, and the key alone.
fn parts(key: &str) -> (&str, &str) {
    key.rfind('.').map_or(("", key), |dot| key.split_at(dot + 1))
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, place, what } = self;
        match what {
            Wrong::Unknown(Meant::This(meant)) => {
                write!(f, "unknown key `{key}` in {place}: did you mean `{meant}`?")
            }
            Wrong::Unknown(Meant::Some(known)) => {
                write!(f, "unknown key `{key}` in {place}")?;
                if (1..=MOST_LISTED).contains(&known.len()) {
                    let known: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
                    write!(f, ": known are {}", known.join(", "))?;
                }
                Ok(())
            }
            Wrong::Missing(None) => write!(f, "missing key `{key}` in {place}"),
            Wrong::Missing(Some(near)) => write!(f, "missing key `{key}` in {place}: is `{near}` meant to be it?"),
            Wrong::Value(message) if key.is_empty() => write!(f, "wrong value in {place}: {message}"),
            Wrong::Value(message) => write!(f, "wrong value of `{key}` in {place}: {message}"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.path.display()),
            None => write!(f, "{}", self.path.display()),
        }
    }
}

fn joined(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("; ")
}
