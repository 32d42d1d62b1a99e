//! What an engine does for its store beside runs: names, and the removal of what nobody needs.

use crate::error::Result;
use crate::exec::engine::unfinished;
use crate::exec::forget::{Forgotten, flush, forget};
use crate::exec::gc::{self, Gc, GcReport, StoreSize};
use crate::exec::ledger::Ledger;
use crate::exec::named::find_node;
use crate::exec::revoke::{Revoked, revoke};
use crate::exec::store_error::store_error;
use crate::exec::tags::{Tag, tag, tags, untag};
use crate::exec::{Engine, verify};
use crate::graph::{Graph, NodeId};
use crate::store::Alone;
use std::collections::BTreeSet;
use std::time::SystemTime;

impl Engine {
    /// Takes away what nobody needs by the given rules. What was tagged or pinned stays, and so do results of runs that did
    /// not come to their end.
    ///
    /// A value whose bytes went is made again when somebody needs them; its record stays, so nothing is executed
    /// only because of it.
    ///
    /// # Errors
    /// When another process works with the store, unless this is a dry run, and when it cannot be read or written.
    pub fn gc(&self, gc: &Gc) -> Result<GcReport> {
        let _running = self.inner.alone("garbage was collected")?;
        let _alone = if gc.is_dry { Alone::default() } else { self.keep_others_away()? };
        gc::collect(&*self.inner.store, gc, SystemTime::now())
    }

    /// What the store holds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn size(&self) -> Result<StoreSize> {
        gc::size(&*self.inner.store)
    }

    /// Gives nodes a name: to the values that they have at their present code and inputs, which are not forgotten any more.
    ///
    /// # Errors
    /// When there is no node of a name, when one has no value on record, and when the store cannot be written.
    pub fn tag(&self, graph: &Graph, nodes: &[&str], name: &str) -> Result<Vec<Tag>> {
        self.name(graph, nodes, Some(name))
    }

    /// Keeps the values that nodes have at their present code and inputs from being forgotten.
    ///
    /// # Errors
    /// As [`Engine::tag`].
    pub fn pin(&self, graph: &Graph, nodes: &[&str]) -> Result<Vec<Tag>> {
        self.name(graph, nodes, None)
    }

    fn name(&self, graph: &Graph, nodes: &[&str], name: Option<&str>) -> Result<Vec<Tag>> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let nodes = nodes.iter().map(|node| find_node(declared, node).map(|node| declared.producer(node)));
        let nodes: Vec<NodeId> = nodes.collect::<Result<_>>()?;
        let _running = self.inner.alone("the engine was asked")?;
        let ledger = Ledger::new(declared, nodes.iter().copied().collect());
        tag(&self.inner.session(declared)?, ledger, &self.inner.pool, &nodes, name)
    }

    /// Takes a tag back, of some nodes or of all that have it.
    ///
    /// # Errors
    /// When nothing is tagged so, and when the store cannot be written.
    pub fn untag(&self, name: &str, nodes: &[&str]) -> Result<Vec<Tag>> {
        untag(&*self.inner.store, Some(name), nodes)
    }

    /// Takes pins of nodes back, or of all.
    ///
    /// # Errors
    /// As [`Engine::untag`].
    pub fn unpin(&self, nodes: &[&str]) -> Result<Vec<Tag>> {
        untag(&*self.inner.store, None, nodes)
    }

    /// All tags and pins, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tags(&self) -> Result<Vec<Tag>> {
        Ok(tags(&*self.inner.store)?.iter().map(|tag| tag.told(None)).collect())
    }

    /// Forgets what nodes gave, in all versions: they are executed when they are needed next. What is below is known by its
    /// inputs, and executed again only when they change, unless it `with_downstream` is forgotten as well.
    ///
    /// # Errors
    /// When there is no node of a name, when what would be forgotten is tagged or pinned, when another process works with
    /// the store, and when it cannot be written.
    pub fn forget(&self, graph: &Graph, nodes: &[&str], with_downstream: bool) -> Result<Vec<Forgotten>> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let nodes = nodes.iter().map(|node| find_node(declared, node).map(|node| declared.producer(node)));
        let nodes: BTreeSet<NodeId> = nodes.collect::<Result<_>>()?;
        let _running = self.inner.alone("the engine was asked")?;
        let _alone = self.keep_others_away()?;
        let ledger = Ledger::new(declared, nodes.clone());
        forget(&self.inner.session(declared)?, ledger, &self.inner.pool, &nodes, with_downstream)
    }

    /// Takes back what a program made, and the records of all that rests on it: for a program that turned out to be wrong in a way that
    /// no key tells, such as a faulty compiler or processor, or a function whose `version` was not counted up. What is asked
    /// for next is executed again, where nothing else gave it.
    ///
    /// `executable` is the digest of the program, in hexadecimal, or at least 8 digits of it: [`RunRecord::executable`](crate::RunRecord)
    /// has it. What runs made that did not come to their end is taken back as well, since nobody knows which program those were.
    ///
    /// # Errors
    /// When no run on record was of such a program, when what would go is tagged or pinned, when another process works with the store,
    /// unless this `is_dry`, and when it cannot be written.
    pub fn revoke(&self, executable: &str, is_dry: bool) -> Result<Revoked> {
        let _running = self.inner.alone("the engine was asked")?;
        let _alone = if is_dry { Alone::default() } else { self.keep_others_away()? };
        revoke(&*self.inner.store, executable, is_dry)
    }

    /// Forgets all that is not tagged or pinned. Gives the bytes that went.
    ///
    /// # Errors
    /// When another process works with the store, and when it cannot be written.
    pub fn flush(&self) -> Result<u64> {
        let _running = self.inner.alone("the engine was asked")?;
        let _alone = self.keep_others_away()?;
        flush(&*self.inner.store)
    }

    /// Reads every byte of the store, and says what is damaged or missing.
    ///
    /// # Errors
    /// When the store cannot be read at all.
    pub fn verify(&self) -> Result<verify::Verification> {
        let _running = self.inner.alone("the engine was asked")?;
        verify::verify(&*self.inner.store)
    }

    /// As [`Engine::verify`], and takes away what cannot be relied on, so that it is made again.
    ///
    /// # Errors
    /// When another process works with the store, and when it cannot be read or written.
    pub fn repair(&self) -> Result<verify::Verification> {
        let _running = self.inner.alone("the engine was asked")?;
        let _alone = self.keep_others_away()?;
        verify::repair(&*self.inner.store)
    }

    /// Another process may be about to use what is removed.
    pub(crate) fn keep_others_away(&self) -> Result<Alone> {
        self.inner.store.alone().map_err(store_error)
    }
}
