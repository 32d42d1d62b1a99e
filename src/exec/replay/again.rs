//! Running one node again alone, in the thread that asks; nothing is recorded.

use crate::error::Result;
use crate::exec::drive::make_plan;
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::Ledger;
use crate::exec::named::Element;
use crate::exec::recorded::act_of;
use crate::exec::replay::inputs::{Operand, Ready};
use crate::exec::replay::refuse::Refuse;
use crate::exec::report::{NodeLog, newest_report};
use crate::exec::session::Session;
use crate::exec::sync::Arc;
use crate::exec::wave::{Trouble, call, encode_result, guarded};
use crate::fingerprint::{ValueDigest, value_digest};
use crate::graph::{Inputs, NodeCtx, NodeId};
#[cfg(feature = "tracing")]
use crate::value::entered;
use crate::value::{Desk, Encoded, Lent, Log, LogLines, Value, keeping_sources, note_panics};
use smallvec::SmallVec;
use std::time::{Duration, Instant, SystemTime};

/// How a node came out that was run again alone.
#[derive(Debug)]
#[non_exhaustive]
pub struct Replay {
    /// When the run failed whose inputs these are; nothing when they are the present ones.
    pub of: Option<SystemTime>,
    /// Whether the node's code or parameters have changed since that run.
    pub is_changed: bool,
    /// How long it took.
    pub took: Duration,
    /// What it gave.
    pub ended: ReplayEnd,
    /// What it said, and what it failed with.
    pub log: NodeLog,
    value: Option<Value>,
}

/// How a replay ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayEnd {
    /// With a value, which is not kept.
    Value {
        /// Bytes of its encoded form; nothing for a transient value, and for a sub-graph.
        len: Option<u64>,
        /// Whether the value on record is the same; nothing when there is none.
        is_as_recorded: Option<bool>,
    },
    /// With a failure.
    Failed {
        /// What it said.
        message: String,
    },
}

impl Replay {
    /// The value that it gave, if that is a `T`.
    pub fn value<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.value.as_ref()?.downcast()
    }
}

/// Runs a node, an element or a combination again.
///
/// # Errors
/// When what it read is not there any more, and when the graph has changed so that the node reads something else.
pub(crate) fn replay(session: &Session, mut ledger: Ledger, pool: &rayon::ThreadPool, of: &Element) -> Result<Replay> {
    let name = of.identity(&session.graph);
    let refuse = Refuse { node: &name };
    look_at_sources(session, &mut ledger, pool)?;
    let report = newest_report(&*session.store, &name)?;
    let failed = report.as_ref().and_then(|report| Some((report.failed_on.as_ref()?, report.at())));
    let ready = match failed {
        Some((failed, _)) => Ready::of_failure(session, &ledger, of, failed, &refuse)?,
        None => {
            make_plan(session, &mut ledger)?;
            Ready::at_present(session, &ledger, of, &refuse)?
        }
    };
    let is_changed = failed.is_some_and(|(failed, _)| failed.spec != *ready.spec.hashers.digest.as_bytes());
    ready.run(session, of.node, &refuse).map(|(value, took, ended, lines)| {
        let failure = match &ended {
            ReplayEnd::Failed { message } => Some(message.clone()),
            ReplayEnd::Value { .. } => None,
        };
        let log = NodeLog::new(name.clone(), session.looker.now(), failure, lines);
        Replay { of: failed.map(|(_, at)| at), is_changed, took, ended, log, value }
    })
}

impl Ready<'_> {
    fn run(
        &self,
        session: &Session,
        node: NodeId,
        refuse: &Refuse<'_>,
    ) -> Result<(Option<Value>, Duration, ReplayEnd, LogLines)> {
        note_panics();
        let mut items: SmallVec<[Lent<'_>; 2]> = SmallVec::new();
        match &self.operand {
            Operand::None => {}
            Operand::Element(number) => items.extend(self.lists.iter().filter_map(|list| list.item(*number))),
            Operand::Values(values) => items.extend(values.iter().map(|value| Lent::Borrowed(value.as_any()))),
        }
        let mut values: SmallVec<[_; 4]> = items.iter().map(Lent::as_any).collect();
        values.extend(self.shared.iter().map(Value::as_any));
        let key = self.key.as_ref().filter(|_| self.function.function.has_key).map(|key| &key.value);
        let inputs = Inputs { values: &values, present: self.present, key };
        let start = Instant::now();
        let ctx = NodeCtx {
            function: self.function.function.path,
            draw: self.spec.draw,
            upstream: self.upstream.iter().copied().collect(),
            signals: Arc::clone(&session.signals),
            desk: Desk::new(Arc::clone(&session.keeper), session.owner(node)),
            log: Arc::new(Log::new(start)),
        };
        #[cfg(feature = "tracing")]
        let _entered = entered(&ctx.log);
        let called = call(session, self.function, &ctx, &inputs).map_err(|trouble| trouble.explained(&ctx));
        let encoded = called.and_then(|value| Ok((self.encode(session, &value)?, value)));
        let took = start.elapsed();
        let lines = ctx.log.take();
        match encoded {
            Ok((encoded, value)) => {
                let len = encoded.as_ref().map(|encoded| encoded.bytes.len());
                let digest = encoded.map(|encoded| self.digest(&encoded));
                let is_as_recorded = match digest {
                    Some(digest) => self.recorded(session)?.map(|recorded| recorded == digest),
                    None => None,
                };
                Ok((Some(value), took, ReplayEnd::Value { len, is_as_recorded }, lines))
            }
            Err(Trouble::Failed(message)) => Ok((None, took, ReplayEnd::Failed { message }, lines)),
            Err(trouble @ (Trouble::Interrupted(_) | Trouble::Told)) => Err(refuse.trouble(session, trouble)),
        }
    }

    fn encode(&self, session: &Session, value: &Value) -> std::result::Result<Option<Encoded>, Trouble> {
        let element = match (self.function.mapping, self.function.reducing) {
            (Some(mapping), _) => mapping.element,
            (None, Some(reducing)) => reducing.element,
            // A function that expands gives a sub-graph, which is not run here.
            (None, None) if self.spec.is_transient() || self.function.function.expands => return Ok(None),
            (None, None) => return encode_result(session, self.spec, value).map(Some),
        };
        guarded(session, || keeping_sources(&session.keeper, || Ok(Some(element.encode(value.as_any())?))))
    }

    fn digest(&self, encoded: &Encoded) -> ValueDigest {
        let schema = self.spec.element_schemas.as_ref().map_or_else(|| self.spec.schema(), |schemas| schemas.result);
        value_digest(&schema, &encoded.bytes.digest(), encoded.bytes.len())
    }

    /// The value that this computation is known to have.
    fn recorded(&self, session: &Session) -> Result<Option<ValueDigest>> {
        let hashers = self.spec.element.as_ref().unwrap_or(&self.spec.hashers);
        Ok(act_of(&*session.store, &hashers.content_key(&self.upstream))?.map(|act| act.value))
    }
}
