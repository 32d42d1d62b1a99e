//! Programs: found on the search path or by their paths, known by their bytes.

use crate::exec::look::Looker;
use crate::exec::look::error::LookError;
use crate::exec::look::file::absolute;
use crate::exec::look::stat::Stat;
use crate::value::Tool;
use std::path::{Path, PathBuf};

impl Looker {
    pub(super) fn tool(&self, name: &str) -> Result<Tool, LookError> {
        let path = if name.contains(std::path::is_separator) { by_path(name)? } else { self.on_search_path(name)? };
        let path = absolute(&path)?;
        let content = self.content(&path)?;
        Ok(Tool::new(name.to_owned(), *content.digest.as_bytes(), path))
    }

    fn on_search_path(&self, name: &str) -> Result<PathBuf, LookError> {
        let missing = |message| Err(LookError::NoTool { name: name.to_owned(), message });
        if name.is_empty() {
            return missing("its name is empty".into());
        }
        let Some(search_path) = (self.environment)("PATH") else {
            return missing("the environment variable `PATH` is not set; set it or give the program's path".into());
        };
        // An empty folder on the search path is the current one.
        let candidates = std::env::split_paths(&search_path).flat_map(|folder| spellings(&folder.join(name)));
        match candidates.into_iter().find(|path| is_program(path)) {
            Some(path) => Ok(path),
            None => missing(format!(
                "it is in no folder of `PATH`, which is `{}`; install it or give its path",
                search_path.display()
            )),
        }
    }
}

fn by_path(name: &str) -> Result<PathBuf, LookError> {
    let missing = |message: &str| LookError::NoTool { name: name.to_owned(), message: message.to_owned() };
    let path = spellings(Path::new(name)).into_iter().find(|path| path.exists());
    let path =
        path.ok_or_else(|| missing("there is no such file; correct the path or give just the program's name"))?;
    if is_program(&path) { Ok(path) } else { Err(missing("it is no file that may be executed; try `chmod +x`")) }
}

/// The path, also with the ending that programs have on this system.
fn spellings(path: &Path) -> Vec<PathBuf> {
    let mut paths = vec![path.to_path_buf()];
    if !std::env::consts::EXE_EXTENSION.is_empty() && path.extension().is_none() {
        paths.push(path.with_extension(std::env::consts::EXE_EXTENSION));
    }
    paths
}

fn is_program(path: &Path) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && (cfg!(not(unix)) || Stat::of(&metadata).is_executable()))
}
