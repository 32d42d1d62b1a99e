//! What does exist: records and blobs, kept behind one small trait. Knows nothing of graphs.

mod error;
mod memory;
mod record;
mod traits;

pub use error::StoreError;
pub use memory::MemoryStore;
pub(crate) use record::{Act, Deep, Payload, Root};
pub use traits::{Batch, Key, Kind, Store, Ticket};
