//! How much there is of what nodes take, and whether that is enough for a plan.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::machine;
use crate::exec::planning::{Class, Planned};
use crate::graph::{Declared, NodeId, Requirements};

/// What an engine has for its nodes.
#[derive(Clone, Debug)]
pub(crate) struct Capacities {
    pub(crate) slots: u32,
    /// Bytes for what nodes take and for values on their way.
    pub(crate) memory: u64,
    /// By name.
    pub(crate) pools: Vec<(String, u32)>,
    /// Threads for nodes that wait.
    pub(crate) blocking_threads: usize,
}

/// What was said of an engine's capacities.
#[derive(Default)]
pub(crate) struct ResourceOptions {
    pub(crate) slots: Option<u32>,
    pub(crate) memory: Option<u64>,
    pub(crate) blocking_threads: Option<usize>,
    pools: Vec<(String, u32)>,
}

/// What a body takes while it runs, in an engine's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(crate) slots: u32,
    pub(crate) memory: u64,
    pub(crate) pool: Option<PoolId>,
    pub(crate) is_blocking: bool,
}

/// What most bodies take.
pub(crate) const ORDINARY: Needs = Needs { slots: 1, memory: 0, pool: None, is_blocking: false };

/// A pool of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PoolId(pub(crate) usize);

/// So many blocking nodes run at once when nobody says.
const BLOCKING_THREADS: usize = 64;

impl ResourceOptions {
    pub(crate) fn set_pool(&mut self, name: String, capacity: u32) {
        self.pools.retain(|(pool, _)| *pool != name);
        self.pools.push((name, capacity));
    }

    /// With the machine's share for what was not said; `threads` walkers take a slot each.
    pub(crate) fn capacities(self, threads: usize) -> Capacities {
        let slots = self.slots.unwrap_or_else(|| u32::try_from(threads).unwrap_or(u32::MAX)).max(1);
        let share = || machine::memory().map_or(u64::MAX, |bytes| bytes / 4 * 3);
        Capacities {
            slots,
            memory: self.memory.unwrap_or_else(share),
            pools: self.pools,
            blocking_threads: self.blocking_threads.unwrap_or(BLOCKING_THREADS).max(1),
        }
    }
}

impl Capacities {
    /// What a node takes, beyond a slot; nothing for most.
    pub(crate) fn needs(&self, graph: &Declared, node: NodeId) -> Option<Needs> {
        let Requirements { slots, memory, pool, is_blocking } = graph.requirements(node)?;
        Some(Needs { slots, memory, pool: pool.and_then(|pool| self.pool(pool)), is_blocking })
    }

    fn pool(&self, name: &str) -> Option<PoolId> {
        self.pools.iter().position(|(pool, _)| pool == name).map(PoolId)
    }

    /// Whether everything that may be executed by this plan can ever have what it takes.
    ///
    /// # Errors
    /// When a node takes more than there is, or is in a pool that nobody declared.
    pub(crate) fn check(&self, graph: &Declared, planned: &Planned) -> Result<()> {
        if !graph.has_requirements() {
            return Ok(());
        }
        for node in planned.classes.ids() {
            if matches!(planned.classes[node], Class::Stale | Class::Deferred)
                && let Some(requirements) = graph.requirements(node)
            {
                self.check_node(requirements).map_err(|(what, hint)| {
                    let node = graph.identity(node);
                    Error::new(ErrorKind::Resources, format!("node `{node}` {what}")).with_node(node).with_hint(hint)
                })?;
            }
        }
        Ok(())
    }

    /// What is wrong, and what to do about it.
    fn check_node(&self, requirements: Requirements<'_>) -> std::result::Result<(), (String, String)> {
        if requirements.slots > self.slots {
            let what = format!("takes {} slots, and the engine has {}", requirements.slots, self.slots);
            let hint = format!("let the node take fewer, or give the engine more: `--slots {}`", requirements.slots);
            return Err((what, hint + ", `EngineBuilder::slots`"));
        }
        if requirements.memory > self.memory {
            let (takes, has) = (readable(requirements.memory), readable(self.memory));
            let what = format!("takes {takes} of memory, and the engine has {has}");
            let hint =
                "let the node take less, or give the engine more: `--memory SIZE`, `EngineBuilder::memory_limit`";
            return Err((what, hint.to_owned()));
        }
        let Some(name) = requirements.pool else { return Ok(()) };
        let declare = format!("`--pool {name}=1`, `EngineBuilder::pool(\"{name}\", 1)`");
        match self.pools.iter().find(|(pool, _)| pool == name) {
            None => {
                let known = self.pools.iter().map(|(pool, _)| format!("`{pool}`")).collect::<Vec<_>>().join(", ");
                let known = if known.is_empty() { String::new() } else { format!("; declared are {known}") };
                Err((
                    format!("is in the pool `{name}`, which the engine has not"),
                    format!("declare it: {declare}{known}"),
                ))
            }
            Some((_, 0)) => {
                Err((format!("is in the pool `{name}`, which has no room"), format!("make room: {declare}")))
            }
            Some(_) => Ok(()),
        }
    }
}

/// A number of bytes for people: `1.5 GiB`.
fn readable(bytes: u64) -> String {
    let units = [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let Some((unit, name)) = units.into_iter().find(|(unit, _)| bytes >= *unit) else { return format!("{bytes} B") };
    // Rounded down: what is asked for and does not fit never looks as if it did.
    let tenths = u128::from(bytes) * 10 / u128::from(unit);
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} {name}"),
        (whole, tenth) => format!("{whole}.{tenth} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn sizes_are_told_in_the_largest_unit() {
        let sizes = [1023, 1024, 1536, (4 << 30) + 5, 3 << 39, u64::MAX];
        let told = ["1023 B", "1 KiB", "1.5 KiB", "4 GiB", "1.5 TiB", "16777215.9 TiB"];
        assert_eq!(sizes.map(readable), told);
    }
}
