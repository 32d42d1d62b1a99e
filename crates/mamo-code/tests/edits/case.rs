//! One case, and its two sides.

use mamo_code::{Ask, Crate, Options, Reach};
use std::path::Path;
use std::sync::Arc;

/// What the version of `target` has to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expect {
    Change,
    Keep,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) expect: Expect,
    pub(crate) code: &'static str,
}

pub(crate) const fn changes(name: &'static str, code: &'static str) -> Case {
    Case { name, expect: Expect::Change, code }
}

pub(crate) const fn keeps(name: &'static str, code: &'static str) -> Case {
    Case { name, expect: Expect::Keep, code }
}

/// The files of one side; a line `//- name` begins another file than `lib.rs`.
pub(crate) struct Side {
    files: Vec<(String, String)>,
}

impl Case {
    pub(crate) fn sides(&self) -> (Side, Side) {
        assert!(self.code.contains('«'), "{} edits nothing", self.name);
        (Side::new(&self.side(0)), Side::new(&self.side(1)))
    }

    fn side(&self, which: usize) -> String {
        let mut text = String::new();
        let mut rest = self.code;
        while let Some((before, edit)) = rest.split_once('«') {
            let (edit, after) = edit.split_once('»').expect("closes");
            let sides = edit.split_once('|').expect("two sides");
            text.push_str(before);
            text.push_str(if which == 0 { sides.0 } else { sides.1 });
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

impl Side {
    fn new(text: &str) -> Self {
        let mut files = vec![("lib.rs".to_owned(), String::new())];
        for line in text.split_inclusive('\n') {
            match line.trim_start().strip_prefix("//- ") {
                Some(name) => files.push((name.trim().to_owned(), String::new())),
                None => files.last_mut().expect("one").1.push_str(line),
            }
        }
        Self { files }
    }

    pub(crate) fn write(&self, folder: &Path) {
        for (name, text) in &self.files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("folder")).expect("creates");
            std::fs::write(path, text).expect("writes");
        }
    }

    pub(crate) fn reach(&self, folder: &Path) -> Arc<Reach> {
        self.write(folder);
        let mut krate = Crate::open(&folder.join("lib.rs"), &Options::default()).expect("opens");
        let reach = krate.reach(&Ask::path("target")).expect("has a target");
        std::fs::remove_dir_all(folder).expect("removes");
        reach
    }
}
