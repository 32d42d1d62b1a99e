//! A crate of 50,000 lines with a thousand functions, each of which reaches about a hundred items.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

const MODULES: usize = 50;
const TYPES: usize = 10;
const HELPERS: usize = 48;
const UNRELATED: usize = 25;
const FUNCTIONS: usize = 20;

const ROOT: &str = "//! A large crate.

pub fn graph() -> mamo::Result<(mamo::Graph, mamo::Node<u64>)> {
    mamo::Graph::build(|g| Ok(g.add(mamo::source::param(\"n\", 1_u64))))
}
";

/// How many functions could be nodes.
pub(crate) const ALL: usize = MODULES * FUNCTIONS;

/// Writes the crate as a member of a workspace, and gives the number of its lines. The attribute stands on so many of
/// the functions, spread over all modules.
pub(crate) fn write(folder: &Path, mamo: &Path, attribute: &str, n_nodes: usize) -> io::Result<usize> {
    std::fs::create_dir_all(folder.join("src"))?;
    let name = folder.file_name().unwrap_or_default().display();
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         mamo = {{ path = {:?}, default-features = false }}\n",
        mamo.display().to_string()
    );
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    // Also the crate without nodes has a pipeline, since to load mamo at all takes the compiler some time.
    let mut root = String::from(ROOT);
    let mut n_lines = MODULES + root.lines().count();
    for module in 0..MODULES {
        let text = module_text(module, attribute, ALL / n_nodes);
        n_lines += text.lines().count();
        std::fs::write(folder.join(format!("src/m{module}.rs")), text)?;
        root.push_str(&format!("pub mod m{module};\n"));
    }
    std::fs::write(folder.join("src/lib.rs"), root)?;
    Ok(n_lines)
}

/// Makes an edit in a function that the functions of one module reach.
pub(crate) fn edit(folder: &Path, number: usize) -> io::Result<()> {
    let path = folder.join("src/m0.rs");
    let text = std::fs::read_to_string(&path)?;
    let (before, after) = text.split_once("let edited = ").unwrap_or((&text, ""));
    let after = after.split_once(';').map_or("", |(_, after)| after);
    std::fs::write(path, format!("{before}let edited = {number};{after}"))
}

fn module_text(module: usize, attribute: &str, step: usize) -> String {
    let mut text = format!("//! Module {module}.\n\nuse std::fmt;\n\n");
    for place in 0..TYPES {
        type_text(&mut text, module, place);
    }
    for place in 0..HELPERS {
        helper_text(&mut text, place);
    }
    for place in 0..UNRELATED {
        let _ = write!(
            text,
            "/// Reached by none of the nodes.\npub fn unrelated_{place}(n: u64) -> u64 {{\n    let mut sum = 0;\n    \
             for step in 0..n {{\n        if step % 3 == {place} % 3 {{\n            sum += Type0::new(step).total();\n        \
             }} else {{\n            sum += step;\n        }}\n    }}\n    sum\n}}\n\n"
        );
    }
    for place in 0..FUNCTIONS {
        let attribute = if (module * FUNCTIONS + place).is_multiple_of(step) { attribute } else { "" };
        let owner = place % TYPES;
        let _ = write!(
            text,
            "{attribute}\npub fn function_{place}(n: u64) -> String {{\n    let first = helper_{}(n);\n    \
             let second = Type{owner}::new(n);\n    format!(\"{{first}} {{second}}\")\n}}\n\n",
            place % 4
        );
    }
    text
}

fn type_text(text: &mut String, module: usize, place: usize) {
    let _ = write!(
        text,
        "/// A type of module {module}.\n#[derive(Clone, Debug, Default)]\npub struct Type{place} {{\n    first: u64,\n    \
         second: Vec<u32>,\n}}\n\nimpl Type{place} {{\n    pub fn new(first: u64) -> Self {{\n        \
         Self {{ first, second: vec![1, 2, 3] }}\n    }}\n\n    pub fn total(&self) -> u64 {{\n        \
         self.second.iter().map(|x| u64::from(*x)).sum::<u64>() + self.first\n    }}\n}}\n\n\
         impl fmt::Display for Type{place} {{\n    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\n        \
         write!(f, \"type {{}} of {{}}\", self.first, self.second.len())\n    }}\n}}\n\n"
    );
}

/// Each calls two further on, so that the first few reach all of them.
fn helper_text(text: &mut String, place: usize) {
    let last = HELPERS - 1;
    let deeper = if place == last {
        "n".to_owned()
    } else {
        format!("helper_{}(n / 2) + helper_{}(n / 3)", (place + 1).min(last), (place + 7).min(last))
    };
    let edited = if place == 2 { "    let edited = 0;\n    let n = n + edited;\n" } else { "" };
    let _ = write!(
        text,
        "fn helper_{place}(n: u64) -> u64 {{\n    // Halves what it is given.\n{edited}    \
         let value = Type{}::new(n);\n    if n == 0 {{\n        return value.total();\n    }}\n    {deeper}\n}}\n\n",
        place % TYPES
    );
}
