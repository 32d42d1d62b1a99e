//! Values between nodes: erased, encoded, in collections, lent to parameters. Knows fingerprints, not graphs or stores.

mod artifact;
mod check;
mod codec;
mod collection;
mod desk;
mod dict;
mod element;
mod erased;
mod failure;
mod field;
mod flat;
mod interrupt;
mod keeper;
mod laid_out;
mod lend;
mod list;
mod log;
#[cfg(feature = "tracing")]
mod log_layer;
mod manifest;
mod mapped;
mod output_dir;
mod output_file;
mod panic;
mod params;
mod part;
mod redact;
mod reference;
mod secret;
mod settled;
mod tool;

pub(crate) use artifact::digest_of;
pub use artifact::{Artifact, Shape};
pub use check::{ByValue, Fallible, NoResult, NodeError, Probe, Saved, lend_optional};
#[cfg(feature = "arrow")]
pub use codec::Arrow;
pub(crate) use codec::{Blob, Encoded, NamedBlob, SpillFile, encode_bytes, encode_value, expect_type};
pub use codec::{Bytes, Codec, CodecError, NodeResult, Postcard, Transient, ValueType};
#[cfg(feature = "ndarray")]
pub use codec::{MappedArray, NdArray, NdElement};
pub(crate) use collection::typed_key;
pub use collection::{Collection, DictKey, Lent};
pub(crate) use desk::{Desk, confined};
pub use dict::{Dict, DuplicateKeys};
pub use element::{Element, ElementReader};
pub use erased::Outputs;
pub use erased::Value;
pub use failure::Failure;
pub use field::Field;
pub(crate) use field::Projection;
pub use flat::{Flat, ItemOf};
pub use interrupt::Interrupt;
pub use interrupt::Owner;
pub(crate) use interrupt::{Handed, NodeScope, hand_out};
pub(crate) use keeper::{Keeper, keeping, keeping_sources};
pub use laid_out::Link;
pub(crate) use laid_out::{Access, copy_file, lay_out, link_target, make_executable, make_link, write_file};
pub use lend::Lend;
pub use list::List;
pub(crate) use log::Log;
pub use log::{LogLevel, LogLine, LogLines};
#[cfg(feature = "tracing")]
pub(crate) use log_layer::entered;
#[cfg(feature = "tracing")]
pub use log_layer::layer;
pub(crate) use manifest::{FileContent, Listed, Manifest};
pub use mapped::CollectionType;
pub(crate) use mapped::{ElementKey, Made, Mapped};
pub use output_dir::OutputDir;
pub use output_file::OutputFile;
pub(crate) use panic::{note_panics, place_of};
pub(crate) use params::read_params;
pub(crate) use part::{LARGE, collecting_blobs, noting_artifacts};
pub use part::{Loader, NotRead, Opened, Part};
pub(crate) use redact::redacted;
pub(crate) use reference::{Reference, References};
pub use secret::Secret;
pub(crate) use secret::is_secret;
pub use settled::SettleEach;
pub(crate) use settled::{SettledOf, settled_failure, settled_value};
pub use tool::Tool;

/// Any error that a node function may return.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;
