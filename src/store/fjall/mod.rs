//! The store on disk: fjall for records and small blobs, files for large blobs.
//!
//! What lies in the folder of a store:
//!
//! | name | what |
//! | --- | --- |
//! | `format` | the version of all this |
//! | `lock`, `holder` | locked by the process that has the store open; says which one that is |
//! | `db/` | fjall: one keyspace with records, blobs below 1 MiB, and the number of the last group |
//! | `objects/ab/ab12..` | blobs of 1 MiB and more, each named by its bytes |
//! | `scratch/`, `out/` | not the store's: where nodes work on files, and results that were written out to be read |
//! | `progress` | the last group that was durable, by which lost ones are noticed |
//! | `rooted` | says that records were replaced or removed at some time, which makes salvage more careful |
//! | `damaged`, `salvaging` | what the next opening has to repair, or to finish repairing |
//! | `quarantine-1/`, .. | databases that were damaged; nothing reads them any more |
//!
//! Writes go through one thread. [`queue`] holds what was put and is not yet durable, and answers reads for it;
//! [`writer`] takes all of it at once as a *group*, which becomes durable as a whole. So batches become durable in the
//! order in which they were put.
//!
//! A database that fjall cannot read is never an error: [`salvage`] moves it aside, reads its files one by one, past
//! what is broken, and starts a new one with what was found.

mod archive;
mod db;
mod files;
mod folder;
mod frame;
mod holder;
mod journal;
mod manifest;
mod open;
mod options;
mod orphans;
mod queue;
mod remains;
#[cfg(test)]
mod repair_tests;
mod salvage;
mod shared;
mod store;
mod writer;

pub(in crate::store) use holder::{Door, Holder, this_process};
pub use options::{OpenOptions, OpenReport, Repair};
pub use store::FjallStore;
