//! What happens in runs, told by `tracing` as well: for programs that log what they do.

use crate::exec::event::{Event, Observer, RestartReason};
use crate::exec::sync::Arc;
use tracing::{debug, info, warn};

/// Tells by `tracing`, then whoever else watches.
struct Traced(Option<Arc<dyn Observer>>);

/// An observer that tells by `tracing` too, when somebody listens by now: making up events costs time.
pub(crate) fn traced(observer: Option<Arc<dyn Observer>>) -> Option<Arc<dyn Observer>> {
    if tracing::level_filters::LevelFilter::current() >= tracing::Level::WARN {
        Some(Arc::new(Traced(observer)))
    } else {
        observer
    }
}

impl Observer for Traced {
    fn event(&self, event: &Event<'_>) {
        tell(event);
        if let Some(observer) = &self.0 {
            observer.event(event);
        }
    }
}

fn tell(event: &Event<'_>) {
    match event {
        Event::RunStarted { nodes } => info!(target: "mamo", nodes, "run started"),
        Event::Planned { stale } => debug!(target: "mamo", stale, "planned"),
        Event::NodeExecuted { node, element, took } => debug!(target: "mamo", node, element, ?took, "node executed"),
        Event::NodeCutOff { node } => debug!(target: "mamo", node, "node cut off"),
        Event::NodeFailed { node, element, message, .. } => {
            debug!(target: "mamo", node, element, message, "node failed")
        }
        Event::NodeSkipped { node } => debug!(target: "mamo", node, "node skipped"),
        Event::NodeRetried { node, element, attempt, of, pause, message } => {
            warn!(target: "mamo", node, element, attempt, of, ?pause, message, "node is tried again");
        }
        Event::Published { node, path } => info!(target: "mamo", node, path = %path.display(), "published"),
        Event::Restarted { reason: RestartReason::Diverged { node } } => {
            warn!(target: "mamo", node, "run starts over: the node gave another value than before");
        }
        Event::Restarted { reason: RestartReason::Changed { path } } => {
            warn!(target: "mamo", path = %path.display(), "run starts over: the file changed while it was in use");
        }
        Event::StoreReduced { most, report } => {
            info!(target: "mamo", most, freed = report.freed(), within = report.is_within, "store reduced");
        }
        Event::StoreRepaired { message, .. } => warn!(target: "mamo", message, "store repaired"),
        Event::RunEnded { counts } => info!(
            target: "mamo",
            executed = counts.executed,
            cut_off = counts.cut_off,
            fresh = counts.fresh,
            not_needed = counts.not_needed,
            failed = counts.failed,
            skipped = counts.skipped,
            "run ended"
        ),
        Event::MapStarted { .. } | Event::NodeStarted { .. } | Event::NodeSaved { .. } => {}
    }
}
