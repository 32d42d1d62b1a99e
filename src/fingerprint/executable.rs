//! Digest of the running program: the version of all code, where nothing finer is known.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::sync::OnceLock;

/// blake3 of the running executable's bytes, computed once.
///
/// Every rebuild that changes anything gives another digest, so whatever contains it is missed rather than wrongly hit.
/// It does not see shared libraries. Where the executable cannot be read, the digest is random and holds for this
/// process alone.
pub(crate) fn executable_digest() -> &'static [u8; 32] {
    static DIGEST: OnceLock<[u8; 32]> = OnceLock::new();
    DIGEST.get_or_init(|| hash_executable().unwrap_or_else(|_| random()))
}

fn hash_executable() -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(open_executable()?)?;
    Ok(*hasher.finalize().as_bytes())
}

/// A rebuild replaces the file while the old program still runs; its path then leads to the new one, this link to the
/// old one.
#[cfg(target_os = "linux")]
fn open_executable() -> io::Result<File> {
    File::open("/proc/self/exe").or_else(|_| File::open(std::env::current_exe()?))
}

#[cfg(not(target_os = "linux"))]
fn open_executable() -> io::Result<File> {
    File::open(std::env::current_exe()?)
}

fn random() -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for _ in 0..4 {
        // The operating system's random numbers, as `std` hands them out.
        hasher.update(&RandomState::new().build_hasher().finish().to_le_bytes());
    }
    hasher.update(&std::process::id().to_le_bytes());
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_running_file() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(executable_digest(), blake3::hash(&bytes).as_bytes());
    }

    #[test]
    fn random_digests_differ() {
        assert_ne!(random(), random());
    }
}
