//! Values between nodes: erased, encoded, in collections, lent to parameters. Knows fingerprints, not graphs or stores.

mod artifact;
mod check;
mod codec;
mod collection;
mod dict;
mod element;
mod erased;
mod failure;
mod field;
mod flat;
mod interrupt;
mod lend;
mod list;
mod mapped;
mod part;
mod settled;
mod tool;

pub use artifact::Artifact;
pub use check::{ByValue, Fallible, NoResult, NodeError, Probe, Saved, lend_optional};
pub use codec::{Codec, CodecError, NodeResult, Postcard, Transient, ValueType};
pub(crate) use codec::{encode_value, expect_type};
pub(crate) use collection::typed_key;
pub use collection::{Collection, DictKey, Lent};
pub use dict::{Dict, DuplicateKeys};
pub use element::{Element, ElementReader};
pub use erased::Outputs;
pub use erased::Value;
pub use failure::Failure;
pub use field::Field;
pub(crate) use field::Projection;
pub use flat::{Flat, ItemOf};
pub use interrupt::Interrupt;
pub(crate) use interrupt::{Handed, NodeScope, Owner};
pub use lend::Lend;
pub use list::List;
pub use mapped::CollectionType;
pub(crate) use mapped::{ElementKey, Made, Mapped};
pub(crate) use part::{Encoded, collecting_blobs, keeping_sources};
pub use part::{Loader, Part};
pub use settled::SettleEach;
pub(crate) use settled::{SettledOf, settled_failure, settled_value};
pub use tool::Tool;

/// Any error that a node function may return.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;
