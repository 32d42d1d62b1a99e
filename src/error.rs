//! The one public error: what kind, which node, what to do about it.

use crate::value::BoxError;
use std::fmt;

/// A `Result` with mamo's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why mamo could not do its work, one word wide.
///
/// A node that fails is no such error but an outcome of the run, until somebody asks for its value.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    node: Option<String>,
    hint: Option<String>,
    source: Option<BoxError>,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The graph was declared wrongly: duplicate names, a node of another graph, ...
    Graph,
    /// A value was asked for whose node failed, was skipped or was not part of the run.
    NoValue,
    /// A node failed and the run was asked to give its value.
    NodeFailed,
    /// A name was given that no target and no node has.
    UnknownName,
    /// Another process holds the store.
    StoreLocked,
    /// The store was written by another version of mamo.
    StoreFormat,
    /// The store could not be read or written.
    Store,
    /// A value could not be encoded or decoded.
    Codec,
    /// The run was stopped before it ended.
    Stopped,
    /// The run started over too often: a node or a file changes all the time.
    Unstable,
    /// A run was started from within a node of the same engine.
    Nested,
    /// Something outside mamo, wrapped by [`Error::other`].
    Other,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), node: None, hint: None, source: None }))
    }

    /// Wraps an error from elsewhere, for use in pipelines and after runs.
    pub fn other(error: impl Into<BoxError>) -> Self {
        let error = error.into();
        let mut wrapped = Self::new(ErrorKind::Other, error.to_string());
        wrapped.0.source = std::error::Error::source(&*error).map(|source| source.to_string().into());
        wrapped
    }

    pub(crate) fn with_node(mut self, node: impl Into<String>) -> Self {
        self.0.node = Some(node.into());
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Identity of the node that it is about, when there is one.
    pub fn node(&self) -> Option<&str> {
        self.0.node.as_deref()
    }

    /// What to do about it, when that is known.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(source) = &self.0.source {
            write!(f, ": {source}")?;
        }
        if let Some(hint) = &self.0.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| {
            let source: &(dyn std::error::Error + 'static) = source;
            source
        })
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::other(error)
    }
}

impl From<BoxError> for Error {
    fn from(error: BoxError) -> Self {
        Self::other(error)
    }
}
