//! Secrets: known by a keyed hash, so that nobody who reads the store can try texts without the store's key.

use crate::exec::look::error::LookError;
use crate::exec::look::{Looked, Looker};
use crate::exec::sync::{Mutex, lock};
use crate::fingerprint::ValueDigest;
use crate::graph::{InKey, SecretOrigin};
use crate::value::{BoxError, Secret, Value};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const BY_NAME: &[u8; 32] = b"mamo 1: secret known by its name";

/// The key with which an engine hashes secrets: in the store's folder, or of this engine alone.
#[derive(Default)]
pub(crate) struct SecretKey {
    folder: Option<PathBuf>,
    key: Mutex<Option<[u8; 32]>>,
}

/// Its name in the folder.
const FILE: &str = "secret.key";

impl SecretKey {
    /// The key of the store in this folder, made when it is asked for first; without a folder, one that is never saved.
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        Self { folder: folder.map(Path::to_path_buf), key: Mutex::default() }
    }

    fn get(&self) -> Result<[u8; 32], LookError> {
        let mut known = lock(&self.key);
        if let Some(key) = *known {
            return Ok(key);
        }
        let key = match &self.folder {
            Some(folder) => kept(folder).map_err(|source| LookError::SecretKey { path: folder.join(FILE), source })?,
            None => random().map_err(|source| LookError::NoRandom { source })?,
        };
        *known = Some(key);
        Ok(key)
    }
}

impl Looker {
    pub(super) fn secret(&self, name: &str, origin: &SecretOrigin, in_key: InKey) -> Result<Looked, BoxError> {
        let text = match origin {
            SecretOrigin::Environment => match self.variable(name, None) {
                Err(LookError::Unset { name }) => return Err(LookError::UnsetSecret { name }.into()),
                text => text?,
            },
            SecretOrigin::Given(secret) => secret.expose().clone(),
        };
        // From here on its text is replaced wherever it is told.
        let secret = Secret::new(text);
        let digest: ValueDigest = match in_key {
            InKey::Hashed => blake3::keyed_hash(&self.secret_key.get()?, secret.expose().as_bytes()).into(),
            InKey::NameAlone => blake3::keyed_hash(BY_NAME, name.as_bytes()).into(),
        };
        Ok(Looked { value: Value::new(secret), digest })
    }
}

/// The key in this folder. One that is cut is made anew: what depends on secrets runs again.
fn kept(folder: &Path) -> io::Result<[u8; 32]> {
    let path = folder.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => {
            if let Ok(key) = bytes.try_into() {
                owner_only(&path)?;
                return Ok(key);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let key = random()?;
    // Such files are their owner's alone from the beginning.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(key)
}

/// Takes the key away from others, who may have it because somebody copied the store.
#[cfg(unix)]
fn owner_only(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = fs::metadata(path)?.permissions();
    if permissions.mode() & 0o077 == 0 { Ok(()) } else { fs::set_permissions(path, fs::Permissions::from_mode(0o600)) }
}

#[cfg(not(unix))]
fn owner_only(_: &Path) -> io::Result<()> {
    Ok(())
}

fn random() -> io::Result<[u8; 32]> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    Ok(key)
}
