//! Which files a database consists of, by its own lists.

use crate::store::fjall::archive;
use std::fs;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

/// The trees of the database at `path`, apart from fjall's own list of them, which is number 0.
pub(super) fn trees(path: &Path) -> Vec<PathBuf> {
    let mut numbers = numbers(&path.join("keyspaces"));
    numbers.retain(|number| *number != 0);
    numbers.into_iter().map(|number| path.join("keyspaces").join(number.to_string())).collect()
}

/// Which files a tree consists of.
pub(super) struct Manifest {
    /// Number and sequence number; the latter is added to those in the table.
    pub(super) tables: Vec<(u64, u64)>,
    /// Numbers of the files of values.
    values: Vec<u64>,
}

impl Manifest {
    /// Says what is wrong with the manifest of a tree, whose checksum fjall does not verify, or with a file in it.
    ///
    /// Files that are not in it were being written when the process ended, and do not matter.
    pub(super) fn check(tree: &Path) -> Result<(), String> {
        let current = tree.join("current");
        // fjall takes a tree without a manifest for one that was being created, and removes it.
        if !current.exists() && numbers(&tree.join("tables")).is_empty() {
            return Ok(());
        }
        let name = tree.file_name().unwrap_or_default().to_string_lossy();
        let Some(manifest) = Self::read(tree) else {
            return Err(format!("the list of tables of tree {name} is broken"));
        };
        let tables = manifest.tables.iter().map(|(number, _)| ("tables", *number));
        let values = manifest.values.iter().map(|number| ("blobs", *number));
        match tables.chain(values).find(|(folder, file)| !archive::is_sound(&tree.join(folder).join(file.to_string())))
        {
            Some((folder, file)) => Err(format!("the file {folder}/{file} of tree {name} is missing or broken")),
            None => Ok(()),
        }
    }

    pub(super) fn read(tree: &Path) -> Option<Self> {
        let current = fs::read(tree.join("current")).ok()?;
        let (version, rest) = current.split_first_chunk::<8>()?;
        let (checksum, _) = rest.split_first_chunk::<16>()?;
        let bytes = fs::read(tree.join(format!("v{}", u64::from_le_bytes(*version)))).ok()?;
        if xxh3_128(&bytes).to_le_bytes() != *checksum {
            return None;
        }
        let archive = sfa::Reader::from_reader(&mut Cursor::new(&bytes)).ok()?;
        let section = |name: &[u8]| {
            let section = archive.toc().section(name)?;
            let start = usize::try_from(section.pos()).ok()?;
            bytes.get(start..start.checked_add(usize::try_from(section.len()).ok()?)?)
        };
        let tables = Self::parse_tables(&mut section(b"tables")?)?;
        let values = Self::parse_values(&mut section(b"blob_files")?)?;
        Some(Self { tables, values })
    }

    /// Levels of runs of tables; only the tables matter here.
    fn parse_tables(section: &mut &[u8]) -> Option<Vec<(u64, u64)>> {
        let mut tables = Vec::new();
        let [n_levels] = array(section)?;
        for _ in 0..n_levels {
            let [n_runs] = array(section)?;
            for _ in 0..n_runs {
                for _ in 0..u32::from_le_bytes(array(section)?) {
                    let number = u64::from_le_bytes(array(section)?);
                    let _checksum = array::<17>(section)?;
                    tables.push((number, u64::from_le_bytes(array(section)?)));
                }
            }
        }
        Some(tables)
    }

    fn parse_values(section: &mut &[u8]) -> Option<Vec<u64>> {
        let n_values = u32::from_le_bytes(array(section)?);
        let number = |_| {
            let number = u64::from_le_bytes(array(section)?);
            array::<17>(section).map(|_checksum| number)
        };
        (0..n_values).map(number).collect()
    }
}

/// The numbers that are names in a folder, in order.
pub(super) fn numbers(folder: &Path) -> Vec<u64> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let number = |entry: io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse().ok();
    let mut numbers: Vec<_> = entries.filter_map(number).collect();
    numbers.sort_unstable();
    numbers
}

pub(super) fn array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*head)
}
