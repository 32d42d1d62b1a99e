//! Maps whose elements' failures are values.

use crate::exec::sync::{Arc, lock};
use crate::exec::table::Table;
use crate::exec::wave::map::{ComputationId, MapRun};
use crate::exec::wave::perform::{Trouble, guarded};
use crate::exec::wave::walk::{Local, Wave};
use crate::graph::NodeId;
use crate::value::{Blob, Interrupt, Made, Part, References, keeping, settled_failure, settled_value};
use std::collections::BTreeMap;

/// Results are handed over when they have so many bytes.
const MUCH: usize = 1 << 20;

impl Wave {
    /// Makes a `Result` of what each computation gave.
    pub(crate) fn settle_elements(
        &self,
        map: &MapRun,
        node: NodeId,
        made: &mut Table<ComputationId, Option<Made>>,
        local: &mut Local,
    ) -> Result<(), Trouble> {
        let failures: BTreeMap<ComputationId, _> =
            lock(&map.failures).iter().map(|(computation, failure)| (*computation, Arc::clone(failure))).collect();
        let settled =
            |bytes: &[u8]| guarded(&self.session, || keeping(&self.session.keeper, || Ok(settled_value(bytes)?)));
        for computation in made.ids() {
            let mut references = References::default();
            let bytes = match (&made[computation], failures.get(&computation)) {
                (Some(Made { part: Part::Inline(bytes), .. }), _) => settled(bytes)?,
                (Some(Made { part, .. }), _) => match self.session.blob(&part.digest(), part.len()) {
                    Some(bytes) => {
                        references = self.session.references(&part.digest());
                        settled(&bytes)?
                    }
                    None => return Err(Trouble::Interrupted(Interrupt::Lost { owner: self.session.owner(node) })),
                },
                (None, Some(failure)) => Blob::Memory(guarded(&self.session, || Ok(settled_failure(failure)?))?),
                (None, None) => continue,
            };
            let mut blobs = Vec::new();
            made[computation] = Some(Made { value: None, part: Part::of(bytes, references, &mut blobs) });
            self.session.recorder.keep(blobs, &mut local.records);
            if local.records.size() >= MUCH {
                self.hand_over(local);
            }
        }
        Ok(())
    }
}
