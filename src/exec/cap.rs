//! The size that a store is kept below, run by run.

use crate::error::{ErrorKind, Result};
use crate::exec::engine::Inner;
use crate::exec::event::Event;
use crate::exec::gc::{Gc, Marks, collect_beside};
use crate::exec::recorded::deep_of;
use crate::exec::store_error::store_error;
use crate::exec::values::Values;
use crate::store::Payload;
use std::time::SystemTime;

impl Inner {
    /// Brings the store below its cap, if there is one; the values of the run's targets stay, since they are about to be
    /// read. While other processes work with the store it may be larger.
    pub(crate) fn keep_below_cap(&self, run: &Values) -> Result<()> {
        let Some(most) = self.max_size else { return Ok(()) };
        let store = &*self.store;
        // A store in memory has no size on disk.
        if store.disk_size().map_err(store_error)?.is_none_or(|size| size <= most) {
            return Ok(());
        }
        let _running = self.alone("garbage was collected")?;
        let _alone = match store.alone().map_err(store_error) {
            Ok(alone) => alone,
            Err(error) if error.kind() == ErrorKind::StoreLocked => return Ok(()),
            Err(error) => return Err(error),
        };
        let mut in_use = Marks::default();
        let graph = &run.session.graph;
        for target in &run.ledger.targets {
            let Some(base) = run.ledger.record_key(graph, graph.producer(*target)) else { continue };
            let Some(deep) = deep_of(store, &base)? else { continue };
            in_use.content(store, &deep.content)?;
            if let Some(Payload::Blob { digest, .. }) = deep.own {
                in_use.blob(store, digest)?;
            }
        }
        let report = collect_beside(store, &Gc::default().max_size(most), SystemTime::now(), in_use)?;
        if let Some(observer) = &self.observer {
            observer.event(&Event::StoreReduced { most, report: &report });
        }
        Ok(())
    }
}
