//! What the tests of stores share: a small source of random numbers, and a store to open.

use mamo::store::{FjallStore, OpenOptions, OpenReport};
use std::path::Path;

/// Random numbers that are the same in every run (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(crate) fn bytes(&mut self, n: usize) -> Vec<u8> {
        let words = std::iter::repeat_with(|| self.next().to_le_bytes());
        words.flatten().take(n).collect()
    }

    pub(crate) fn digest(&mut self) -> [u8; 32] {
        self.bytes(32).try_into().unwrap()
    }
}

pub(crate) fn open(folder: &Path) -> (FjallStore, OpenReport) {
    FjallStore::open(folder, OpenOptions::default()).unwrap()
}

/// Opens a store that must be sound.
pub(crate) fn open_sound(folder: &Path) -> FjallStore {
    let (store, report) = open(folder);
    assert!(report.repair().is_none(), "{}", report.repair().unwrap());
    store
}
