//! The store's folder: names of the files in it, and the small ones that are not the database's.

use crate::store::StoreError;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// The format that this build reads and writes.
pub(super) const FORMAT: u32 = 1;

/// The folder of a store.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`, which is created if need be.
    pub(super) fn create(path: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(path).map_err(io_error("create", path))?;
        Ok(Self(path.to_path_buf()))
    }

    /// A folder that is there.
    pub(super) fn at(path: &Path) -> Self {
        Self(path.to_path_buf())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn db(&self) -> PathBuf {
        self.file("db")
    }

    pub(super) fn objects(&self) -> PathBuf {
        self.file("objects")
    }

    /// A name for a damaged database that is not yet taken.
    pub(super) fn free_quarantine(&self) -> String {
        let names = (1_u64..).map(|n| format!("quarantine-{n}"));
        let mut free = names.skip_while(|name| self.file(name).exists());
        free.next().unwrap_or_else(|| "quarantine".into())
    }

    /// Refuses a store of another format; a format file that is missing or makes no sense is written anew.
    pub(super) fn check_format(&self) -> Result<(), StoreError> {
        let path = self.file("format");
        // Damage to these few bytes must not make a sound store look like one of another version, hence the checksum;
        // the database says its format as well.
        match fs::read_to_string(&path).ok().and_then(|text| parse_format(&text)) {
            Some(FORMAT) => Ok(()),
            Some(found) => Err(StoreError::Format { path: self.0.clone(), found, supported: FORMAT }),
            None => write_whole(&path, format_text(FORMAT).as_bytes()),
        }
    }

    /// What a marker says, if it is there.
    pub(super) fn marker(&self, name: &str) -> Option<String> {
        let bytes = fs::read(self.file(name)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Sets a marker, durably.
    pub(super) fn set_marker(&self, name: &str, text: &str) -> Result<(), StoreError> {
        write_whole(&self.file(name), text.as_bytes())
    }

    /// Takes a marker away, durably.
    pub(super) fn clear_marker(&self, name: &str) -> Result<(), StoreError> {
        remove_file(&self.file(name))?;
        sync_folder(&self.0)
    }
}

/// Where the number of the last durable group is kept, outside of the database.
///
/// Written without a sync, so it may be behind, which does no harm: it is there to notice a database that is behind it.
pub(super) struct Progress {
    file: Option<File>,
}

impl Progress {
    pub(super) fn open(folder: &Folder) -> Self {
        let path = folder.file("progress");
        Self { file: File::options().read(true).write(true).create(true).truncate(false).open(path).ok() }
    }

    /// The number that was written last, if it makes sense.
    pub(super) fn read(folder: &Folder) -> Option<u64> {
        let bytes = fs::read(folder.file("progress")).ok()?;
        let (number, checksum) = bytes.split_first_chunk::<8>()?;
        (xxh3_64(number).to_le_bytes() == *checksum).then(|| u64::from_le_bytes(*number))
    }

    /// Notes a number; failing is no harm, see above.
    pub(super) fn write(&mut self, number: u64) {
        let number = number.to_le_bytes();
        let mut bytes = number.to_vec();
        bytes.extend_from_slice(&xxh3_64(&number).to_le_bytes());
        let Some(file) = &mut self.file else { return };
        let written = io::Seek::rewind(file).and_then(|()| file.write_all(&bytes));
        if written.is_err() {
            self.file = None;
        }
    }
}

/// Replaces a small file, durably: its old bytes or its new ones are there after a crash, never a part.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let temporary = path.with_extension("tmp");
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(io_error("write", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Removes a file; it need not exist.
pub(super) fn remove_file(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a folder with all that is in it; it need not exist.
pub(super) fn remove_folder(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    // Windows has no such thing as a synced folder.
    if cfg!(windows) {
        return Ok(());
    }
    File::open(path).and_then(|folder| folder.sync_all()).map_err(io_error("sync", path))
}

/// Says what was tried when the system refused.
pub(super) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_path_buf();
    move |source| StoreError::Io { action, path, source }
}

fn format_text(format: u32) -> String {
    let text = format!("mamo store format {format}");
    format!("{text} {:016x}\n", xxh3_64(text.as_bytes()))
}

fn parse_format(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("mamo store format ")?;
    let format = rest.split(' ').next()?.parse().ok()?;
    (format_text(format) == text).then_some(format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_format_is_refused_and_a_damaged_one_is_not() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::create(temporary.path()).unwrap();
        folder.check_format().unwrap();
        let sound = fs::read(folder.file("format")).unwrap();
        assert_eq!(parse_format(std::str::from_utf8(&sound).unwrap()), Some(FORMAT));

        fs::write(folder.file("format"), format_text(7)).unwrap();
        let refused = folder.check_format().unwrap_err();
        assert!(matches!(refused, StoreError::Format { found: 7, supported: FORMAT, .. }), "{refused}");

        for byte in 0..sound.len() {
            let mut damaged = sound.clone();
            damaged[byte] ^= 1;
            fs::write(folder.file("format"), damaged).unwrap();
            folder.check_format().unwrap();
            assert_eq!(fs::read(folder.file("format")).unwrap(), sound);
        }
    }

    #[test]
    fn progress_reads_back_and_damage_reads_as_none() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::create(temporary.path()).unwrap();
        assert_eq!(Progress::read(&folder), None);
        let mut progress = Progress::open(&folder);
        progress.write(7);
        progress.write(8);
        assert_eq!(Progress::read(&folder), Some(8));
        fs::write(folder.file("progress"), [8; 16]).unwrap();
        assert_eq!(Progress::read(&folder), None);
    }
}
