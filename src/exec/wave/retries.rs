//! Trying a node or an element that failed again, after a pause.

use crate::exec::event::Event;
use crate::exec::wave::perform::Trouble;
use crate::exec::wave::walk::Wave;
use crate::graph::NodeId;
use std::time::{Duration, Instant};

/// So often a pause is broken off when the run is stopped.
const SLICE: Duration = Duration::from_millis(20);

impl Wave {
    /// Runs `body`, and again when it fails, as often as the node may be tried.
    pub(crate) fn retried<R>(
        &self,
        node: NodeId,
        element: Option<&str>,
        mut body: impl FnMut() -> Result<R, Trouble>,
    ) -> Result<R, Trouble> {
        let Some(retry) = self.session.graph.retries.get(&node) else { return body() };
        let mut attempt = 0;
        loop {
            let message = match body() {
                Err(Trouble::Failed(message)) => message,
                other => return other,
            };
            let pause = retry.pause_after(attempt, &message).filter(|_| !self.session.signals.is_stopped());
            let Some(pause) = pause else { return Err(Trouble::Failed(message)) };
            attempt += 1;
            self.session.tell(|observer| {
                let node = &self.session.graph.identity(node);
                let (of, message) = (retry.times, message.as_str());
                observer.event(&Event::NodeRetried { node, element, attempt, of, pause, message });
            });
            let start = Instant::now();
            while let Some(left) = pause.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
                if self.session.signals.is_stopped() {
                    return Err(Trouble::Failed(message));
                }
                std::thread::sleep(left.min(SLICE));
            }
        }
    }
}
