//! What it costs to ask, without optimisation, as in a procedural macro.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "these are tests throughout")]

use mamo_code::{Ask, Crate, Options};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

const MODULES: usize = 71;
const TARGETS: usize = 14;
const HELPERS: usize = 48;
const TYPES: usize = 10;

/// 50,000 lines, 1,000 functions to ask for, about 100 items reached by each.
#[test]
fn a_large_crate_is_cheap_to_ask() {
    let folder = std::env::temp_dir().join(format!("mamo-code-cost-{}", std::process::id()));
    let lines = generate(&folder);
    for n_asked in [20, MODULES * TARGETS] {
        let start = Instant::now();
        let mut krate = Crate::open(&folder.join("lib.rs"), &Options::default()).expect("opens");
        let opened = start.elapsed();
        let (mut n_items, mut asked) = (0, 0);
        let step = MODULES * TARGETS / n_asked;
        for place in (0..MODULES * TARGETS).step_by(step) {
            let ask = Ask::path(format!("m{}::target_{}", place / TARGETS, place % TARGETS));
            let reach = krate.reach(&ask).expect("known");
            assert_eq!(reach.fallback(), None);
            n_items += reach.items().len();
            asked += 1;
        }
        let all = start.elapsed();
        println!("{lines} lines: opened in {opened:?}, {asked} functions in {all:?}, {} items each", n_items / asked);
    }
    std::fs::remove_dir_all(&folder).expect("removes");
}

fn generate(folder: &Path) -> usize {
    std::fs::create_dir_all(folder).expect("creates");
    let mut root = String::new();
    let mut lines = MODULES;
    for module in 0..MODULES {
        writeln!(root, "pub mod m{module};").expect("writes");
        let text = module_text(module);
        lines += text.lines().count();
        std::fs::write(folder.join(format!("m{module}.rs")), text).expect("writes");
    }
    std::fs::write(folder.join("lib.rs"), root).expect("writes");
    lines
}

fn module_text(module: usize) -> String {
    let mut text = String::from("use std::fmt;\n\n");
    for place in 0..TYPES {
        write!(
            text,
            "/// A type of module {module}.\n#[derive(Clone, Debug, Default)]\npub struct Type{place} {{\n    first: u64,\n    second: Vec<u32>,\n}}\n\n\
             impl Type{place} {{\n    pub fn new(first: u64) -> Self {{\n        Self {{ first, second: vec![1, 2, 3] }}\n    }}\n\n    \
             pub fn total(&self) -> u64 {{\n        self.second.iter().map(|x| u64::from(*x)).sum::<u64>() + self.first\n    }}\n}}\n\n\
             impl fmt::Display for Type{place} {{\n    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\n        write!(f, \"type {{}} of {{}}\", self.first, self.second.len())\n    }}\n}}\n\n"
        )
        .expect("writes");
    }
    for place in 0..HELPERS {
        let (one, other) = ((place + 1).min(HELPERS - 1), (place + 7).min(HELPERS - 1));
        let owner = place % TYPES;
        let deeper =
            if place + 1 == HELPERS { "n".to_owned() } else { format!("helper_{one}(n / 2) + helper_{other}(n / 3)") };
        write!(
            text,
            "fn helper_{place}(n: u64) -> u64 {{\n    // Halves what it is given.\n    let value = Type{owner}::new(n);\n    if n == 0 {{\n        return value.total();\n    }}\n    {deeper}\n}}\n\n"
        )
        .expect("writes");
    }
    for place in 0..TARGETS {
        let owner = place % TYPES;
        write!(text, "pub fn target_{place}(n: u64) -> String {{\n    format!(\"{{}} {{}}\", helper_{place}(n), Type{owner}::new(n))\n}}\n\n").expect("writes");
    }
    text
}
