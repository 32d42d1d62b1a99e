//! Files and folders written into the file system: by reflink where that is possible, else by copying.

use crate::value::manifest::{FileContent, Listed, Manifest};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Who may write to a file that was laid out, and who may execute it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) is_executable: bool,
    pub(crate) is_read_only: bool,
}

/// Whether a file of the store may be laid out as another name of the store's own.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Yes: nobody writes to it without breaking a rule, and when somebody does, the store notices.
    Allowed,
    /// No: it is the user's to edit.
    Forbidden,
}

/// Copies the bytes of a file into a new one, which shares them where the file system can.
pub(crate) fn copy_file(from: &Path, to: &Path, access: Access) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut target = File::create_new(to)?;
    if !share(&source, &target) {
        io::copy(&mut source, &mut target)?;
    }
    permit(&target, access)
}

/// Writes bytes into a new file.
pub(crate) fn write_file(bytes: &[u8], to: &Path, access: Access) -> io::Result<()> {
    let mut target = File::create_new(to)?;
    target.write_all(bytes)?;
    permit(&target, access)
}

/// Lays a folder out in `root`, an empty folder; `write` gives each file its bytes, and may say that they are not there.
/// Whether all were there.
pub(crate) fn lay_out<E: From<io::Error>>(
    manifest: &[u8],
    root: &Path,
    mut write: impl FnMut(&Path, &FileContent, &Path) -> Result<bool, E>,
) -> Result<bool, E> {
    let listing = Manifest::read(manifest).ok_or_else(|| io::Error::other("the folder's manifest makes no sense"))?;
    let mut made = PathBuf::new();
    for (relative, listed) in &listing {
        let path = root.join(relative);
        // Files of one folder mostly come one after the other.
        if let Some(parent) = path.parent().filter(|parent| *parent != made) {
            fs::create_dir_all(parent)?;
            made = parent.to_path_buf();
        }
        if let Listed::File(content) = listed
            && !write(relative, content, &path)?
        {
            return Ok(false);
        }
    }
    // Last, so that nothing is written through one.
    for (relative, listed) in &listing {
        if let Listed::Alias(_) | Listed::Link(_) = listed {
            make_link(&link_target(relative, listed), &root.join(relative))?;
        }
    }
    Ok(true)
}

/// The text of the link that stands for something listed which is no file.
pub(crate) fn link_target(relative: &Path, listed: &Listed) -> PathBuf {
    match listed {
        Listed::Alias(folder) => {
            // The names that both paths begin with need not be left and entered again.
            let from = relative.parent().unwrap_or(Path::new(""));
            let n_shared = from.iter().zip(folder).take_while(|(one, other)| one == other).count();
            let up = from.iter().skip(n_shared).map(|_| Path::new(".."));
            let target: PathBuf = up.chain(folder.iter().skip(n_shared).map(Path::new)).collect();
            if target.as_os_str().is_empty() { ".".into() } else { target }
        }
        Listed::Link(target) => target.clone(),
        Listed::File(_) => PathBuf::new(),
    }
}

/// Lets those execute a file who may read it.
pub(crate) fn make_executable(path: &Path) -> io::Result<()> {
    permit(&File::open(path)?, Access { is_executable: true, is_read_only: false })
}

/// Whether the new file now has the bytes of the other without a copy.
#[cfg(target_os = "linux")]
fn share(source: &File, target: &File) -> bool {
    rustix::fs::ioctl_ficlone(target, source).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn share(_: &File, _: &File) -> bool {
    false
}

#[cfg(unix)]
fn permit(file: &File, access: Access) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if !access.is_executable && !access.is_read_only {
        return Ok(());
    }
    let mut mode = file.metadata()?.permissions().mode();
    if access.is_executable {
        // For those who may read it: so users' umask counts.
        mode |= (mode & 0o444) >> 2;
    }
    if access.is_read_only {
        mode &= !0o222;
    }
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn permit(_: &File, _: Access) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(crate) fn make_link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(not(unix))]
pub(crate) fn make_link(_: &Path, at: &Path) -> io::Result<()> {
    Err(io::Error::other(format!("`{}` would be a link, which mamo does not make on this system", at.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_listed_folders_lead_there_from_where_they_are() {
        let target = |relative: &str, folder: &str| {
            link_target(Path::new(relative), &Listed::Alias(folder.into())).to_str().unwrap().to_owned()
        };
        assert_eq!(target("b", "a"), "a");
        assert_eq!(target("x/y/b", "x/a"), "../a");
        assert_eq!(target("x/b", ""), "..");
        assert_eq!(target("b", ""), ".");
        assert_eq!(target("x/y/b", "x/y/a/c"), "a/c");
    }
}
