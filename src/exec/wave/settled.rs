//! Maps whose elements' failures are values.

use crate::exec::sync::{Arc, lock};
use crate::exec::table::Table;
use crate::exec::wave::map::{ComputationId, MapRun};
use crate::exec::wave::perform::{Trouble, guarded};
use crate::exec::wave::walk::{Local, Wave};
use crate::graph::NodeId;
use crate::value::{Interrupt, Made, Part, settled_failure, settled_value};
use std::collections::BTreeMap;

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
        let mut blobs = Vec::new();
        for computation in made.ids() {
            let bytes = match (&made[computation], failures.get(&computation)) {
                (Some(Made { part: Part::Inline(bytes), .. }), _) => settled_value(bytes),
                (Some(Made { part, .. }), _) => match self.session.recorder.blob(&part.digest()) {
                    Some(bytes) => settled_value(&bytes),
                    None => return Err(Trouble::Interrupted(Interrupt::Lost { owner: self.session.owner(node) })),
                },
                (None, Some(failure)) => guarded(&self.session, || Ok(settled_failure(failure)?))?,
                (None, None) => continue,
            };
            made[computation] = Some(Made { value: None, part: Part::new(bytes, &mut blobs) });
        }
        for (name, bytes) in blobs {
            local.records.put_blob(name, bytes);
        }
        Ok(())
    }
}
