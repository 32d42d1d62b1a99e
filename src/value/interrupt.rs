//! How code deep inside a node body tells the executor that the node must run again later.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a node body cannot go on; never an error of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Interrupt {
    /// Bytes of a value of this node are lost and must be made anew.
    Lost { owner: Owner },
    /// A source file changed after the run had looked at it.
    Changed { path: PathBuf },
}

/// Whose value it is: numbers that have a meaning to whoever loads the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub struct Owner {
    pub(crate) node: u32,
    /// In which graph: how many expansions deep.
    pub(crate) depth: u32,
}

impl Owner {
    /// For values that no node can make anew.
    pub(crate) const NOBODY: Self = Self { node: u32::MAX, depth: u32::MAX };
}

thread_local! {
    static IN_NODE: Cell<bool> = const { Cell::new(false) };
    /// Files that the running node was handed by path, with the digests that they must still have afterwards.
    static HANDED: RefCell<Vec<Handed>> = const { RefCell::new(Vec::new()) };
}

/// A file that user code was given by path.
#[derive(Clone, Debug)]
pub(crate) struct Handed {
    pub(crate) path: Arc<Path>,
    pub(crate) digest: crate::fingerprint::BlobDigest,
    /// Whose result it is; nothing for a source.
    pub(crate) owner: Option<Owner>,
}

/// While it lives, this thread runs a node body.
pub(crate) struct NodeScope {
    outer: bool,
}

impl NodeScope {
    pub(crate) fn enter() -> Self {
        HANDED.with_borrow_mut(Vec::clear);
        Self { outer: IN_NODE.replace(true) }
    }

    /// Files that the body was handed by path so far.
    pub(crate) fn take_handed(&self) -> Vec<Handed> {
        HANDED.take()
    }

    /// Whether this thread runs a node body.
    pub(crate) fn is_entered() -> bool {
        IN_NODE.get()
    }
}

impl Drop for NodeScope {
    fn drop(&mut self) {
        IN_NODE.set(self.outer);
    }
}

/// Remembers that the running node saw the file under its path, so that the file is looked at again afterwards.
pub(crate) fn hand_out(path: &Arc<Path>, digest: crate::fingerprint::BlobDigest, owner: Option<Owner>) {
    if NodeScope::is_entered() {
        HANDED.with_borrow_mut(|handed| handed.push(Handed { path: Arc::clone(path), digest, owner }));
    }
}

impl Interrupt {
    /// Unwinds to the executor, past user code that could swallow an error. The panic hook is not called.
    pub(crate) fn raise(self) -> ! {
        std::panic::resume_unwind(Box::new(self))
    }
}
