//! A folder with files, and a looker whose surroundings the test sets.

use crate::exec::look::clock::ScratchClock;
use crate::exec::look::{Looked, Looker};
use crate::exec::sync::Ordering;
use crate::exec::wave::with_causes;
use crate::fingerprint::{BlobDigest, ValueDigest};
use crate::graph::Source;
use crate::store::{MemoryStore, Store};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) struct World {
    folder: tempfile::TempDir,
    pub(super) looker: Looker,
}

impl World {
    /// Files are looked at long after they were written.
    pub(super) fn settled() -> Self {
        let mut world = Self::racy();
        world.read_clock_ahead(10);
        world
    }

    /// Files are looked at just as they were written.
    pub(super) fn racy() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        Self { looker: Looker::new(store, folder.path().join("scratch")), folder }
    }

    pub(super) fn read_clock_ahead(&mut self, seconds: i64) {
        let clock = ScratchClock::new(self.path("scratch"));
        self.looker.clock = Box::new(move || {
            let mut reading = clock.read()?;
            reading.time.seconds += seconds;
            Some(reading)
        });
    }

    pub(super) fn set_environment(&mut self, variables: &[(&str, &str)]) {
        let variables: BTreeMap<String, OsString> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        self.looker.environment = Box::new(move |name| variables.get(name).cloned());
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(super) fn remove(&self, name: &str) {
        std::fs::remove_file(self.path(name)).unwrap();
    }

    pub(super) fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.path(from), self.path(to)).unwrap();
    }

    #[cfg(unix)]
    pub(super) fn link(&self, target: impl AsRef<Path>, name: &str) {
        std::os::unix::fs::symlink(target, self.path(name)).unwrap();
    }

    pub(super) fn file(&self, name: &str) -> Source {
        Source::File { path: self.path(name) }
    }

    pub(super) fn folder(&self, name: &str) -> Source {
        Source::Folder { path: self.path(name) }
    }

    pub(super) fn glob(&self, pattern: &str) -> Source {
        Source::Glob { pattern: self.path(pattern).to_str().unwrap().to_owned() }
    }

    pub(super) fn look(&self, source: &Source) -> Looked {
        self.looker.look(source).unwrap()
    }

    pub(super) fn digest(&self, source: &Source) -> ValueDigest {
        self.look(source).digest
    }

    /// What a look gives, and how many files were read for it.
    pub(super) fn reads(&self, source: &Source) -> (Looked, u64) {
        let before = self.looker.n_hashed.load(Ordering::Relaxed);
        let looked = self.look(source);
        (looked, self.looker.n_hashed.load(Ordering::Relaxed) - before)
    }

    pub(super) fn check_reads(&self, source: &Source, expected: u64) {
        assert_eq!(self.reads(source).1, expected);
    }

    /// The file's content as the look found it.
    pub(super) fn blob(&self, name: &str) -> BlobDigest {
        let looked = self.look(&self.file(name));
        looked.value.typed::<crate::Artifact>().unwrap().digest()
    }

    pub(super) fn error(&self, source: &Source) -> String {
        let error = self.looker.look(source).err().expect("the look should fail");
        let text = with_causes(&*error);
        text.replace(self.folder.path().to_str().unwrap(), "..")
    }
}
