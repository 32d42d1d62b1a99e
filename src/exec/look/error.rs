//! Why a source could not be looked at.

use std::io;
use std::path::{Path, PathBuf};

/// Why a source could not be looked at, with what to do about it where that is known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    #[error("cannot read `{}`: no such file or folder{hint}", path.display())]
    Missing { path: PathBuf, hint: String },
    #[error("cannot read `{}`: permission denied; let this user read it", path.display())]
    Denied { path: PathBuf },
    #[error("cannot read `{}`: it is a folder; use `source::folder`", path.display())]
    Folder { path: PathBuf },
    #[error("cannot read the folder `{}`: it is a file; use `source::file`", path.display())]
    NoFolder { path: PathBuf },
    #[error("cannot read `{}`: it is neither a file nor a folder", path.display())]
    Special { path: PathBuf },
    #[error("cannot read `{}`: it keeps changing; wait until whoever writes it has finished", path.display())]
    Restless { path: PathBuf },
    #[error("cannot read `{}`", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("`{}` is a link that leads out of its folder `{}`", path.display(), folder.display())]
    Leaves { path: PathBuf, folder: PathBuf },
    #[error("the pattern `{pattern}` is wrong: {message}")]
    Pattern { pattern: String, message: String },
    #[error("`{}` matches `{pattern}`, but its name is not Unicode; rename it or use `source::folder`", path.display())]
    NoUnicode { pattern: String, path: PathBuf },
    #[error("the environment variable `{name}` is not set; set it or use `source::env_or`")]
    Unset { name: String },
    #[error("the environment variable `{name}`, which is a secret, is not set; set it")]
    UnsetSecret { name: String },
    #[error("cannot keep the key for secrets in `{}`", path.display())]
    SecretKey {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the system gives no random key for secrets")]
    NoRandom {
        #[source]
        source: io::Error,
    },
    #[error("the environment variable `{name}` is not Unicode")]
    VariableNoUnicode { name: String },
    #[error("cannot read `{}`: it is a folder; parameters stand in a file", path.display())]
    FolderOfParams { path: PathBuf },
    #[error("cannot read `{}`: it is no text in UTF-8", path.display())]
    NoText { path: PathBuf },
    #[error("cannot find the program `{name}`: {message}")]
    NoTool { name: String, message: String },
}

impl LookError {
    /// What `error` says about `path`.
    pub(crate) fn reading(path: &Path, error: io::Error) -> Self {
        let path = path.to_path_buf();
        let kind = error.kind();
        if matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
            let hint = missing_hint(&path);
            Self::Missing { path, hint }
        } else if kind == io::ErrorKind::PermissionDenied {
            Self::Denied { path }
        } else {
            Self::Io { path, source: error }
        }
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }
}

fn missing_hint(path: &Path) -> String {
    if let Ok(target) = std::fs::read_link(path) {
        return format!("; it is a link to `{}`, which is not there", target.display());
    }
    match std::env::current_dir() {
        Ok(current) if path.is_relative() => format!("; the current folder is `{}`", current.display()),
        Ok(_) | Err(_) => String::new(),
    }
}
