//! Leaves: values, parameters, files, folders, the environment, secrets, programs, probes.
//!
//! A source or parameter may be added in several places and is one node as long as it is the same everywhere: with
//! the same default, value, type or function, and with the same options. [`Graph::build`](crate::Graph::build) reports
//! those that differ. Tags of all places are put together.

use crate::graph::spec::SpecBody;
use crate::graph::{Constant, Spec};
use crate::value::{Artifact, BoxError, Dict, Secret, Tool, Value, ValueType, read_params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smallvec::SmallVec;
use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A leaf that is looked at in every run.
pub(crate) enum Source {
    /// Content of a file.
    File { path: PathBuf },
    /// Names and contents of all files below a folder.
    Folder { path: PathBuf },
    /// Names and contents of the files that match a pattern.
    Glob { pattern: String },
    /// An environment variable, with what stands in for it when it is not set.
    Env { name: String, default: Option<String> },
    /// What a file of parameters says.
    Params { path: PathBuf, read: ReadParams, value_type: &'static ValueType },
    /// A text that is printed nowhere and never saved.
    Secret { name: String, origin: SecretOrigin, in_key: InKey },
    /// A program on the search path.
    Tool { name: String },
    /// A function of the user's, asked again when its last answer is older than `ttl`.
    Probe { name: String, ttl: Duration, probe: ProbeFn, value_type: &'static ValueType },
    /// A value that is known by its name, whatever it is.
    External { name: String, value: Value, value_type: &'static ValueType },
}

/// Where a secret comes from.
pub(crate) enum SecretOrigin {
    /// The environment variable of its name.
    Environment,
    /// The program.
    Given(Secret<String>),
}

/// What stands for a secret in keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InKey {
    /// A hash of its text, with the store's own key.
    Hashed,
    /// Its name, whatever its text.
    NameAlone,
}

/// Reads the text of a file of parameters.
pub(crate) type ReadParams = fn(&Path, &str) -> Result<Value, BoxError>;

/// What a volatile probe runs.
pub(crate) type ProbeFn = Box<dyn Ask>;

/// A question. Its type tells it from others: addresses of functions may be equal, or differ for one function.
pub(crate) trait Ask: Fn() -> Result<Value, BoxError> + Any + Send + Sync {}

impl<F: Fn() -> Result<Value, BoxError> + Any + Send + Sync> Ask for F {}

impl Source {
    /// Its identity: the same source may be added any number of times.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::File { path } => format!("file:{}", path.display()),
            Self::Folder { path } => format!("folder:{}", path.display()),
            Self::Glob { pattern } => format!("glob:{pattern}"),
            Self::Env { name, .. } => format!("env:{name}"),
            Self::Params { path, .. } => format!("params:{}", path.display()),
            Self::Secret { name, .. } => format!("secret:{name}"),
            Self::Tool { name } => format!("tool:{name}"),
            Self::Probe { name, .. } => format!("probe:{name}"),
            Self::External { name, .. } => format!("external:{name}"),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

fn volatile<T>(source: Source) -> Spec<T> {
    Spec::from_body(SpecBody::Source(Arc::new(source)), SmallVec::new())
}

/// A parameter: a named constant. Its value decides what is stale, its name does not.
///
/// Hash maps and hash sets in it are taken in the order of their entries' bytes, so equal values are equal parameters.
pub fn param<T: Serialize + DeserializeOwned + Send + Sync + 'static>(name: impl Into<String>, value: T) -> Spec<T> {
    let constant = Constant::new(value, ValueType::serde::<T>());
    Spec::from_body(SpecBody::Constant(constant), SmallVec::new()).name(format!("param:{}", name.into()))
}

/// Parameters from a file: TOML, JSON or YAML, by its extension, each behind the feature of that name.
///
/// What the file says counts, not how: a comment, the order of keys or another format of the same values runs nothing.
/// The file is read in every run. A field of it is a node of its own, and what reads that runs when that field changes:
///
/// ```
/// # use mamo::{Graph, field, node, source};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize)]
/// struct Params {
///     eval: Eval,
/// }
///
/// #[derive(Serialize, Deserialize)]
/// struct Eval {
///     metric: String,
/// }
///
/// # #[node]
/// # fn score(metric: &str) -> usize { metric.len() }
/// # fn pipeline(g: &Graph) -> mamo::Result<()> {
/// let params = g.add(source::params::<Params>("params.toml"));
/// let metric = g.add(params.field(field!(Params, eval.metric)));
/// let score = g.add(score::node(metric));
/// # Ok(())
/// # }
/// ```
///
/// The run fails at this node when a key is missing or has a wrong value, and when nobody reads one: a typo is told with
/// its line and the nearest key that there is, whatever the serde attributes of `T`. What is left out in the file is
/// what serde says: none for an `Option`, `#[serde(default)]` for others. Dates and times are text. YAML knows no `<<`.
pub fn params<T: Serialize + DeserializeOwned + Send + Sync + 'static>(path: impl AsRef<Path>) -> Spec<T> {
    let path = path.as_ref().to_path_buf();
    let read: ReadParams = |path, text| Ok(read_params::<T>(path, text)?);
    volatile(Source::Params { path, read, value_type: ValueType::serde::<T>() })
}

/// A file, known by its content.
///
/// In every run the file is looked at: when its size, times, mode and place on the device are those of the last look,
/// and the times were safely in the past then, its content is taken to be the same; otherwise it is read.
/// A relative path is relative to the current folder.
pub fn file(path: impl AsRef<Path>) -> Spec<Artifact> {
    volatile(Source::File { path: path.as_ref().to_path_buf() })
}

/// A folder, known by the names and contents of all files below it, and by which of them may be executed.
///
/// Links are followed, to each folder once. Empty folders, pipes and devices do not count.
pub fn folder(path: impl AsRef<Path>) -> Spec<Artifact> {
    volatile(Source::Folder { path: path.as_ref().to_path_buf() })
}

/// The files that match a pattern such as `data/**/*.csv`, by name.
///
/// A name is the file's path below the part of the pattern that has no wildcards (`2013-01.csv` for
/// `data/flights/*.csv`). Folders, and files whose names begin with a dot, do not match wildcards.
/// `**` stands for any number of folders, links to folders not among them; at the end of a pattern it means all files
/// below. When nothing matches, the dict is empty.
pub fn glob(pattern: impl Into<String>) -> Spec<Dict<String, Artifact>> {
    volatile(Source::Glob { pattern: pattern.into() })
}

/// An environment variable. The run fails at this node when it is not set or is not Unicode.
pub fn env(name: impl Into<String>) -> Spec<String> {
    volatile(Source::Env { name: name.into(), default: None })
}

/// An environment variable, or `default` when it is not set.
pub fn env_or(name: impl Into<String>, default: impl Into<String>) -> Spec<String> {
    volatile(Source::Env { name: name.into(), default: Some(default.into()) })
}

/// A secret from an environment variable: printed nowhere, never saved.
///
/// Keys have a hash of it, made with a random key that lies in the store's folder for its owner alone: another secret
/// runs what reads it, and tells nothing to who reads the store without the key. [`Spec::not_in_key`] leaves it out.
/// What follows from the hash, such as `ctx.seed()`, differs from store to store.
/// The run fails at this node when the variable is not set or is not Unicode.
///
/// ```
/// # use mamo::{Graph, Secret, node, source};
/// #[node]
/// fn fetch(url: &str, token: &Secret<String>) -> Result<String, String> {
///     // Whatever a failure says, the token in it is `***`.
///     Err(format!("cannot ask {url} with {}", token.expose()))
/// }
/// # fn pipeline(g: &Graph) -> mamo::Result<()> {
/// let token = g.add(source::secret_env("API_TOKEN").not_in_key());
/// let page = g.add(fetch::node(g.add(source::param("url", String::from("https://example.org"))), token));
/// # Ok(())
/// # }
/// ```
pub fn secret_env(name: impl Into<String>) -> Spec<Secret<String>> {
    volatile(Source::Secret { name: name.into(), origin: SecretOrigin::Environment, in_key: InKey::Hashed })
}

/// A secret that the program has from elsewhere; otherwise as [`secret_env`].
pub fn secret(name: impl Into<String>, text: impl Into<String>) -> Spec<Secret<String>> {
    let origin = SecretOrigin::Given(Secret::new(text.into()));
    volatile(Source::Secret { name: name.into(), origin, in_key: InKey::Hashed })
}

impl Spec<Secret<String>> {
    /// Leaves the secret out of keys, where its name stands for it: a new token runs nothing.
    ///
    /// For what decides whether one may ask, never for what decides the answer. On anything but a secret source it is a
    /// mistake that [`Graph::build`](crate::Graph::build) reports.
    pub fn not_in_key(mut self) -> Self {
        let body = match &mut self.raw.body {
            SpecBody::Source(source) => Arc::get_mut(source),
            SpecBody::Function { .. }
            | SpecBody::Constant(_)
            | SpecBody::Field(_)
            | SpecBody::Gather(_)
            | SpecBody::Settle(_)
            | SpecBody::SettleEach => None,
        };
        match body {
            Some(Source::Secret { in_key, .. }) => *in_key = InKey::NameAlone,
            Some(_) | None => {
                self.raw.body = SpecBody::Constant(Err("`not_in_key` is said of secrets from `source`".into()));
            }
        }
        self
    }
}

/// A program, found on the search path or by its path, known by its content.
///
/// Libraries that it loads and files that it reads are not part of it.
pub fn tool(name: impl Into<String>) -> Spec<Tool> {
    volatile(Source::Tool { name: name.into() })
}

/// A cheap question about the world outside, such as a remote file's version, asked in every run.
///
/// An answer is taken for granted as long as it is younger than `ttl`; with a `ttl` of zero every run asks.
/// `probe` is a function, or a closure that captures nothing: nothing in its surroundings can change what it does.
///
/// ```compile_fail
/// # use mamo::source;
/// let url = String::from("https://example.org");
/// let ask = move || Ok::<_, std::io::Error>(url.len());
/// let _ = source::probe("length", std::time::Duration::ZERO, ask);
/// ```
pub fn probe<T, E, F>(name: impl Into<String>, ttl: Duration, probe: F) -> Spec<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    E: Into<BoxError> + 'static,
    F: Fn() -> Result<T, E> + Send + Sync + 'static,
{
    const { assert!(size_of::<F>() == 0, "a probe is a function itself, or a closure that captures nothing") };
    let ask: ProbeFn = Box::new(move || probe().map(Value::new).map_err(Into::into));
    volatile(Source::Probe { name: name.into(), ttl, probe: ask, value_type: ValueType::serde::<T>() })
}

/// A value from outside that is known by its name alone: a handle, a client, a model served elsewhere.
///
/// Whoever changes what the value means changes its name; another value under the same name runs nothing.
/// The idea is that of external values in the Python library Mamo.
pub fn external<T: Send + Sync + 'static>(name: impl Into<String>, value: T) -> Spec<T> {
    volatile(Source::External { name: name.into(), value: Value::new(value), value_type: ValueType::transient::<T>() })
}
