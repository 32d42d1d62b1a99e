//! What does exist: records and blobs, kept behind one small trait. Knows nothing of graphs.

mod error;
mod fjall;
mod held;
mod memory;
mod recent;
mod record;
#[cfg(unix)]
mod socket;
mod traits;

pub use error::StoreError;
pub use fjall::{FjallStore, OpenOptions, OpenReport, Repair};
pub(crate) use held::{HeldFolder, remove_tree};
pub use memory::MemoryStore;
pub(crate) use record::{Act, Alias, Deep, Payload, RecordReader, Root, Upstream};
#[cfg(unix)]
pub use socket::SharedStore;
pub use traits::{Adopted, Alone, Batch, Key, RecordKind, Store, Ticket};
