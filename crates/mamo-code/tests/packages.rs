//! Crates beside the crate: path dependencies are read, others count by the lock file.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests throughout")]

use mamo_code::{Ask, Crate, Options, Reach};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

static FOLDERS: AtomicUsize = AtomicUsize::new(0);

/// Both sides of a package in which `«before|after»` is edited; `//- name` begins a file.
fn sides(code: &str, root: &str) -> (Arc<Reach>, Arc<Reach>) {
    let folder = std::env::temp_dir().join(format!(
        "mamo-code-packages-{}-{}",
        std::process::id(),
        FOLDERS.fetch_add(1, Ordering::Relaxed)
    ));
    let reach = |which: usize| {
        write(&folder, &side(code, which));
        let mut krate = Crate::open(&folder.join(root), &Options::default()).expect("opens");
        let reach = krate.reach(&Ask::path("target")).expect("has a target");
        std::fs::remove_dir_all(&folder).expect("removes");
        reach
    };
    (reach(0), reach(1))
}

fn side(code: &str, which: usize) -> String {
    let mut text = String::new();
    for (place, piece) in code.split(['«', '»']).enumerate() {
        match place % 2 {
            0 => text.push_str(piece),
            _ => text.push_str(piece.split('|').nth(which).expect("two sides")),
        }
    }
    text
}

fn write(folder: &Path, text: &str) {
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.trim_start().strip_prefix("//- ") {
            files.push((folder.join(name.trim()), String::new()));
        } else if let Some((_, text)) = files.last_mut() {
            text.push_str(line);
        }
    }
    for (path, text) in files {
        std::fs::create_dir_all(path.parent().expect("folder")).expect("creates");
        std::fs::write(path, text).expect("writes");
    }
}

#[track_caller]
fn changes(root: &str, code: &str) {
    let (before, after) = sides(code, root);
    assert_eq!(before.fallback(), None);
    assert_ne!(before.version(), after.version(), "{:#?}", before.items());
}

#[track_caller]
fn keeps(root: &str, code: &str) {
    let (before, after) = sides(code, root);
    assert_eq!(before.fallback(), None);
    assert_eq!(before.version(), after.version(), "{:#?}", before.items());
}

const PATH: &str = "
    //- Cargo.toml
    [package]
    name = \"app\"
    edition = \"2024\"
    [dependencies]
    help-er = { path = \"helper\" }
    //- helper/Cargo.toml
    [package]
    name = \"help-er\"
";

#[test]
fn a_path_dependency_is_read() {
    changes(
        "src/lib.rs",
        &format!(
            "{PATH}//- src/lib.rs\npub fn target() -> u32 {{ help_er::h() }}\n//- helper/src/lib.rs\npub fn h() -> u32 {{ «1|2» }}\n"
        ),
    );
    keeps(
        "src/lib.rs",
        &format!(
            "{PATH}//- src/lib.rs\npub fn target() -> u32 {{ help_er::h() }}\n//- helper/src/lib.rs\npub fn h() -> u32 {{ 1 }} pub fn other() -> u32 {{ «1|2» }}\n"
        ),
    );
}

#[test]
fn an_imported_path_dependency_is_read() {
    changes(
        "src/lib.rs",
        &format!(
            "{PATH}//- src/lib.rs\nuse help_er::{{inner::h as g, T as _}}; pub fn target() -> u32 {{ g() + 1u8.m() }}\n//- helper/src/lib.rs\npub mod inner;\npub trait T {{ fn m(&self) -> u32; }} impl T for u8 {{ fn m(&self) -> u32 {{ «1|2» }} }}\n//- helper/src/inner.rs\npub fn h() -> u32 {{ 1 }}\n"
        ),
    );
}

#[test]
fn a_macro_of_a_path_dependency_is_read() {
    changes(
        "src/lib.rs",
        &format!(
            "{PATH}//- src/lib.rs\nuse help_er::m; pub fn target() -> u32 {{ m!() }}\n//- helper/src/lib.rs\n#[macro_export] macro_rules! m {{ () => {{ $crate::h() }} }} pub fn h() -> u32 {{ «1|2» }}\n"
        ),
    );
}

#[test]
fn a_trait_of_a_path_dependency_has_impls_on_both_sides() {
    changes(
        "src/lib.rs",
        &format!(
            "{PATH}//- src/lib.rs\nstruct S; impl help_er::T for S {{ fn m(&self) -> u32 {{ «1|2» }} }} pub fn target() -> u32 {{ help_er::run(S) }}\n//- helper/src/lib.rs\npub trait T {{ fn m(&self) -> u32; }} pub fn run(t: impl T) -> u32 {{ t.m() }}\n"
        ),
    );
}

#[test]
fn a_dependency_of_a_dependency_is_read() {
    changes(
        "src/lib.rs",
        &format!(
            "{PATH}[dependencies.deep]\npath = \"../deep\"\n//- deep/Cargo.toml\n[package]\nname = \"deep\"\n//- deep/src/lib.rs\npub fn d() -> u32 {{ «1|2» }}\n//- src/lib.rs\npub fn target() -> u32 {{ help_er::h() }}\n//- helper/src/lib.rs\npub use deep::d as h;\n"
        ),
    );
}

#[test]
fn a_renamed_and_inherited_dependency_is_read() {
    changes(
        "app/src/lib.rs",
        "//- Cargo.toml
        [workspace]
        members = [\"app\", \"other\"]
        [workspace.dependencies]
        short = { package = \"long-name\", path = \"other\" }
        //- app/Cargo.toml
        [package]
        name = \"app\"
        [dependencies]
        short.workspace = true
        //- other/Cargo.toml
        [package]
        name = \"long-name\"
        //- app/src/lib.rs
        pub fn target() -> u32 { short::h() }
        //- other/src/lib.rs
        pub fn h() -> u32 { «1|2» }
        ",
    );
}

#[test]
fn a_binary_uses_the_library_of_its_package() {
    let manifest = "//- Cargo.toml\n[package]\nname = \"app\"\n";
    changes(
        "src/main.rs",
        &format!(
            "{manifest}//- src/main.rs\npub fn target() -> u32 {{ app::h() }} fn main() {{}}\n//- src/lib.rs\npub fn h() -> u32 {{ «1|2» }}\n"
        ),
    );
    changes(
        "examples/e.rs",
        &format!(
            "{manifest}//- examples/e.rs\nuse app::h; pub fn target() -> u32 {{ h() }} fn main() {{}}\n//- src/lib.rs\npub fn h() -> u32 {{ «1|2» }}\n"
        ),
    );
}

const LOCK: &str = "
    //- Cargo.toml
    [package]
    name = \"app\"
    [dependencies]
    rand = \"0.8\"
    serde = { version = \"1\", features = [\"derive\"] }
    //- Cargo.lock
    version = 4
    [[package]]
    name = \"app\"
    version = \"0.1.0\"
    dependencies = [\"rand\", \"serde\"]
    [[package]]
    name = \"rand\"
    version = \"0.8.«5|6»\"
    source = \"registry\"
    checksum = \"abc\"
    dependencies = [
     \"rand_core\",
    ]
    [[package]]
    name = \"rand_core\"
    version = \"0.6.0\"
    source = \"registry\"
    checksum = \"def\"
    [[package]]
    name = \"serde\"
    version = \"1.0.0\"
    source = \"registry\"
    checksum = \"123\"
    //- src/lib.rs
";

#[test]
fn a_used_registry_crate_counts_by_its_lock_entry() {
    changes("src/lib.rs", &format!("{LOCK}pub fn target() -> u32 {{ rand::random() }}\n"));
    changes("src/lib.rs", &format!("{LOCK}use rand::prelude::*; pub fn target() -> u32 {{ x.gen() }}\n"));
    changes("src/lib.rs", &format!("{LOCK}use rand::Rng; pub fn target() -> u32 {{ x.gen() }}\n"));
    changes("src/lib.rs", &format!("{LOCK}#[derive(rand::Thing)] struct S; pub fn target() -> S {{ S }}\n"));
    changes("src/lib.rs", &format!("{LOCK}fn h() -> u32 {{ rand::random() }} pub fn target() -> u32 {{ h() }}\n"));
    keeps("src/lib.rs", &format!("{LOCK}fn h() -> u32 {{ rand::random() }} pub fn target() -> u32 {{ 1 }}\n"));
    keeps(
        "src/lib.rs",
        &format!("{LOCK}use serde::Serialize; #[derive(Serialize)] struct S; pub fn target() -> S {{ S }}\n"),
    );
}

#[test]
fn what_a_used_crate_depends_on_counts() {
    let lock = LOCK.replace("«5|6»", "5").replace("0.6.0", "0.6.«0|1»");
    changes("src/lib.rs", &format!("{lock}pub fn target() -> u32 {{ rand::random() }}\n"));
}

#[test]
fn a_crate_that_nobody_knows_is_a_reason_to_fall_back() {
    let (before, after) =
        sides("//- lib.rs\nuse nowhere::f; pub fn target() -> u32 { f() } fn other() { «1|2»; }\n", "lib.rs");
    assert_eq!(before.fallback(), Some("nothing is known about crate `nowhere`"));
    assert_ne!(before.version(), after.version());
}

#[test]
fn a_derive_of_a_path_crate_brings_all_of_it() {
    let code = "
        //- Cargo.toml
        [package]
        name = \"app\"
        [dependencies]
        my-derive = { path = \"derive\" }
        //- derive/Cargo.toml
        [package]
        name = \"my-derive\"
        [lib]
        proc-macro = true
        //- derive/src/lib.rs
        mod quote;
        #[proc_macro_derive(Describe)] pub fn describe(i: TokenStream) -> TokenStream { quote::make(i) }
        //- derive/src/quote.rs
        pub fn make(i: TokenStream) -> TokenStream { \"«1|2»\".parse().unwrap() }
        //- src/lib.rs
        #[derive(my_derive::Describe)] struct S; pub fn target() -> u32 { S.describe() }
        ";
    let (before, after) = sides(code, "src/lib.rs");
    assert_ne!(before.version(), after.version());
    let code = code.replace("«1|2»", "1").replace("pub fn target() -> u32 { S.describe() }", "pub fn target() -> u32 { S.describe() } trait Inner { fn inner(&self) -> u32; } impl Inner for S { fn inner(&self) -> u32 { «1|2» } }");
    let code = code.replace("\"1\"", "quote! { self.inner() }");
    let (before, after) = sides(&code, "src/lib.rs");
    assert_ne!(before.version(), after.version(), "{:#?}", before.items());
}

#[test]
fn features_of_a_path_dependency_count_by_the_manifests() {
    let code = |cfg: &str| {
        format!(
            "{}//- src/lib.rs\npub fn target() -> u32 {{ help_er::h() }}\n//- helper/src/lib.rs\npub fn h() -> u32 {{ {cfg} 1 }}\n",
            PATH.replace("{ path = \"helper\" }", "{ path = \"helper\", features = [\"«a|b»\"] }")
        )
    };
    changes("src/lib.rs", &code("#[cfg(feature = \"a\")] return 2;"));
    keeps("src/lib.rs", &code(""));
}
