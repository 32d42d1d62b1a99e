//! One execution of a node function: what it says is kept, and what fails is tried again after a pause.

use crate::exec::event::Event;
use crate::exec::kept::FailedOn;
use crate::exec::process::Process;
use crate::exec::report::{Failing, Keep};
use crate::exec::spans::Doing;
use crate::exec::sync::Arc;
use crate::exec::wave::claims::Asker;
use crate::exec::wave::perform::Trouble;
use crate::exec::wave::walk::Wave;
use crate::exec::wave::watchdog::{Ended, Watch};
use crate::fingerprint::ContentKey;
use crate::graph::{NodeCtx, NodeId};
use crate::value::LogLevel;
#[cfg(feature = "tracing")]
use crate::value::entered;
use std::time::{Duration, Instant};

/// Who is executed.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'a> {
    pub(crate) node: NodeId,
    /// The label of the element or combination; made when there is something to tell.
    pub(crate) element: Option<&'a dyn Fn() -> String>,
    /// Who has failed, and by what others know it, when it takes too long.
    pub(crate) asker: &'a dyn Fn() -> (Asker, ContentKey),
    /// Where it runs, when that is not here.
    pub(crate) process: Option<&'a Process<'a>>,
}

/// So often a pause is broken off when the run is stopped.
const SLICE: Duration = Duration::from_millis(20);

impl Wave {
    /// Runs `body`, and again when it fails, as often as the node may be tried. Writes down what it said, and what it
    /// failed on.
    pub(crate) fn attempt<R>(
        &self,
        execution: Execution<'_>,
        ctx: &mut NodeCtx,
        body: impl FnMut(&NodeCtx) -> Result<R, Trouble>,
        failed_on: impl Fn(&mut Keep) -> Option<FailedOn>,
    ) -> Result<R, Trouble> {
        #[cfg(feature = "tracing")]
        let entered = entered(&ctx.log);
        let start = self.session.spans.is_some().then(|| self.session.ticker.now());
        let result = self.retried(execution, ctx, body);
        #[cfg(feature = "tracing")]
        drop(entered);
        // Also when it failed or panicked.
        ctx.desk.leave(None);
        if let (Some(start), Err(Trouble::Failed(_) | Trouble::Told)) = (start, &result) {
            self.session.note_since(Doing::Failing, execution.node, execution.label().as_deref(), start);
        }
        let lines = ctx.log.take();
        match &result {
            Ok(_) if lines.is_empty() => {}
            Ok(_) => self.session.report(execution.node, execution.label(), lines, None),
            Err(Trouble::Failed(message)) => {
                let failing = Failing { message, failed_on: &failed_on };
                self.session.report(execution.node, execution.label(), lines, Some(failing));
            }
            Err(Trouble::Told) => {
                let message = &Watch::message(self.timeout(execution.node).unwrap_or_default());
                let failing = Failing { message, failed_on: &failed_on };
                self.session.report(execution.node, execution.label(), lines, Some(failing));
            }
            // It will run again, and say the same.
            Err(Trouble::Interrupted(_)) => {}
        }
        result
    }

    fn retried<R>(
        &self,
        execution: Execution<'_>,
        ctx: &mut NodeCtx,
        mut body: impl FnMut(&NodeCtx) -> Result<R, Trouble>,
    ) -> Result<R, Trouble> {
        let node = execution.node;
        let Some(retry) = self.session.graph.retries.get(&node) else {
            return self.timed(execution, ctx, || true, &mut body);
        };
        let mut attempt = 0;
        loop {
            let limit = self.timeout(node).unwrap_or_default();
            let is_last = || retry.pause_after(attempt, &Watch::message(limit)).is_none();
            let message = match self.timed(execution, ctx, is_last, &mut body) {
                Err(Trouble::Failed(message)) => message,
                other => return other,
            };
            let pause = retry.pause_after(attempt, &message).filter(|_| !self.session.signals.is_stopped());
            let Some(pause) = pause else { return Err(Trouble::Failed(message)) };
            attempt += 1;
            // Each try begins in an empty folder.
            ctx.desk.leave(Some(self.session.owner(node)));
            let of = retry.times;
            ctx.log.add(LogLevel::Warn, &format!("tried again ({attempt} of {of}), since it failed: {message}"));
            self.session.tell(|observer| {
                let (node, element, message) =
                    (&self.session.graph.identity(node), execution.label(), message.as_str());
                let element = element.as_deref();
                observer.event(&Event::NodeRetried { node, element, attempt, of, pause, message });
            });
            if !self.pause(pause) {
                return Err(Trouble::Failed(message));
            }
        }
    }

    /// Runs `body` once, for as long as the node may take.
    fn timed<R>(
        &self,
        execution: Execution<'_>,
        ctx: &mut NodeCtx,
        is_last: impl FnOnce() -> bool,
        mut body: impl FnMut(&NodeCtx) -> Result<R, Trouble>,
    ) -> Result<R, Trouble> {
        if let Some(process) = execution.process {
            process.prepare(ctx)?;
        }
        let Some(limit) = self.timeout(execution.node) else {
            return body(ctx).map_err(|trouble| trouble.explained(ctx));
        };
        let failing = is_last().then(|| (execution.asker)());
        let watch = self.watchdog.watch(limit, &self.session.signals, &ctx.log, failing);
        ctx.signals = Arc::clone(&watch.signals);
        let result = body(ctx).map_err(|trouble| trouble.explained(ctx));
        ctx.signals = Arc::clone(&self.session.signals);
        match watch.returned() {
            Ended::InTime => result,
            Ended::Late => Err(Trouble::Failed(Watch::message(limit))),
            Ended::Told => Err(Trouble::Told),
        }
    }

    fn timeout(&self, node: NodeId) -> Option<Duration> {
        // Most graphs have none.
        let timeouts = &self.session.graph.timeouts;
        if timeouts.is_empty() { None } else { timeouts.get(&node).copied() }
    }

    /// Waits; not to the end when the run is stopped.
    fn pause(&self, pause: Duration) -> bool {
        let start = Instant::now();
        while let Some(left) = pause.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            if self.session.signals.is_stopped() {
                return false;
            }
            std::thread::sleep(left.min(SLICE));
        }
        true
    }
}

impl Execution<'_> {
    fn label(&self) -> Option<String> {
        self.element.map(|label| label())
    }
}
