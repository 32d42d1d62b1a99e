//! How much memory this process may use: the machine's, or less where its group of processes has a limit.

use std::fs;
use std::path::Path;

/// Bytes; nothing where the system does not tell.
pub(crate) fn memory() -> Option<u64> {
    memory_below(Path::new("/"))
}

/// As the files of Linux below `root` tell: `/proc/meminfo`, and the limits of control groups of both versions.
fn memory_below(root: &Path) -> Option<u64> {
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let total = total(&read("proc/meminfo")?)?;
    let groups = read("proc/self/cgroup").unwrap_or_default();
    let limits = groups.lines().filter_map(|line| {
        // `0::/path` is a group of version 2; `4:memory:/path` is one of version 1.
        let (_, rest) = line.split_once(':')?;
        let (controllers, group) = rest.split_once(':')?;
        match controllers {
            "" => limit(&root.join("sys/fs/cgroup"), group, "memory.max"),
            _ if controllers.split(',').any(|controller| controller == "memory") => {
                limit(&root.join("sys/fs/cgroup/memory"), group, "memory.limit_in_bytes")
            }
            _ => None,
        }
    });
    Some(limits.fold(total, u64::min))
}

fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// The lowest limit of a group and those around it. In a container the group's own path may not be there: its files are at
/// the top then.
fn limit(mount: &Path, group: &str, file: &str) -> Option<u64> {
    let mut folder = mount.join(group.trim_start_matches('/'));
    let mut lowest = None;
    loop {
        let text = fs::read_to_string(folder.join(file)).ok();
        // `max` is no limit.
        let limit = text.and_then(|text| text.trim().parse::<u64>().ok());
        lowest = lowest.into_iter().chain(limit).min();
        if folder == *mount || !folder.pop() {
            return lowest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::memory_below;
    use std::fs;

    /// What is told where the files are these.
    fn check(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        memory_below(root.path())
    }

    const MACHINE: (&str, &str) = ("proc/meminfo", "MemTotal:       16000000 kB\nMemFree:  5 kB\n");

    #[test]
    fn the_machine_has_what_it_has() {
        assert_eq!(check(&[MACHINE]), Some(16_384_000_000));
        assert_eq!(check(&[]), None);
    }

    #[test]
    fn a_group_of_either_version_and_those_around_it_limit_it() {
        let group = ("proc/self/cgroup", "0::/a/b\n");
        let (max, outer) = (("sys/fs/cgroup/a/b/memory.max", "max\n"), ("sys/fs/cgroup/a/memory.max", "4096\n"));
        assert_eq!(check(&[MACHINE, group, max, outer]), Some(4096));
        assert_eq!(check(&[MACHINE, group, max]), Some(16_384_000_000));
        // In a container.
        assert_eq!(check(&[MACHINE, group, ("sys/fs/cgroup/memory.max", "8192\n")]), Some(8192));
        let first = ("proc/self/cgroup", "5:cpu:/x\n4:hugetlb,memory:/c\n0::/\n");
        let limit = ("sys/fs/cgroup/memory/c/memory.limit_in_bytes", "12345\n");
        assert_eq!(check(&[MACHINE, first, limit]), Some(12345));
        let none = ("sys/fs/cgroup/memory/c/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(check(&[MACHINE, first, none]), Some(16_384_000_000));
    }
}
