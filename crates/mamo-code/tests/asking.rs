//! Asking by place and by path, shapes, reasons to fall back.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests throughout")]

use mamo_code::{Ask, Crate, Options, Problem};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

static FOLDERS: AtomicUsize = AtomicUsize::new(0);

struct Sources {
    folder: PathBuf,
}

impl Sources {
    fn new(text: &str) -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("mamo-code-asking-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("creates");
        std::fs::write(folder.join("lib.rs"), text).expect("writes");
        Self { folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.join("lib.rs")
    }

    fn open(&self) -> Crate {
        Crate::open(&self.root(), &Options::default()).expect("opens")
    }
}

impl Drop for Sources {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_place_finds_the_function() {
    let sources = Sources::new("fn h() -> u32 { 1 }\n\nmod ä { pub fn f() -> u32 { super::h() } }\n");
    let mut krate = sources.open();
    let by_place = krate.reach(&Ask::at(sources.root(), 3, 16, "f")).expect("known");
    let by_path = krate.reach(&Ask::path("f")).expect("known");
    assert_eq!(by_place, by_path);
    assert_eq!(by_place.items().len(), 2);
}

#[test]
fn a_place_without_the_name_falls_back() {
    let sources = Sources::new("pub fn f() -> u32 { 1 }\n");
    let mut krate = sources.open();
    for (line, column, name) in [(1, 9, "f"), (1, 8, "g"), (9, 1, "f")] {
        let reach = krate.reach(&Ask::at(sources.root(), line, column, name)).expect("falls back");
        assert!(reach.fallback().is_some_and(|why| why.contains("does not stand")), "{reach:?}");
    }
    let reach = krate.reach(&Ask::at(Path::new("/nowhere.rs"), 1, 1, "f")).expect("falls back");
    assert!(reach.fallback().is_some_and(|why| why.contains("no source file")));
}

/// What a macro is given as it is, it mostly gives back; the macro counts, too.
#[test]
fn a_function_that_a_macro_is_given_is_found() {
    let sources = Sources::new("macro_rules! m { ($($t:tt)*) => { $($t)* } }\nm! { pub fn f() -> u32 { 1 } }\n");
    let reach = sources.open().reach(&Ask::at(sources.root(), 2, 13, "f")).expect("known");
    assert_eq!(reach.fallback(), None);
    assert!(reach.items().iter().any(|item| item.path == "crate::m!"), "{reach:?}");
}

#[test]
fn conditions_are_told_as_cfg_takes_them() {
    let sources = Sources::new(
        "#[cfg(feature = \"a\")] fn h() {} #[cfg(not(feature = \"a\"))] fn h() {} #[cfg(any(unix, windows))] mod m { pub fn g() {} } \
         macro_rules! on { ($($i:item)*) => { $($i)* } } on! { #[cfg(target_os = \"linux\")] pub fn k() {} } \
         #[cfg_attr(unix, derive(Clone))] struct S; #[cfg(feature = \"unused\")] fn unused() {} \
         pub fn f() { h(); m::g(); k(); let _ = (S, cfg!(debug_assertions), option_env!(\"HOME\")); }",
    );
    let reach = sources.open().reach(&Ask::path("f")).expect("known");
    let expected =
        ["any(unix,windows)", "debug_assertions", "feature=\"a\"", "not(feature=\"a\")", "target_os=\"linux\"", "unix"];
    assert_eq!(reach.cfgs(), expected);
    assert_eq!(reach.env(), ["HOME"]);
}

/// A fallback follows every edit of the crate that is not a comment.
#[test]
fn a_fallback_is_no_constant() {
    let versions: Vec<String> = ["fn other() -> u32 { 1 }", "fn other() -> u32 { 2 }", "fn other() -> u32 { 2 } // x"]
        .iter()
        .map(|other| {
            let sources = Sources::new(&format!("pub fn f() {{}} {other}"));
            let reach = sources.open().reach(&Ask::at(sources.root(), 1, 1, "f")).expect("falls back");
            reach.version().to_string()
        })
        .collect();
    assert_ne!(versions.first(), versions.get(1));
    // The place of the file is no part of it, nor is the comment.
    assert_eq!(versions.get(1), versions.get(2));
}

#[test]
fn a_function_in_a_macro_call_falls_back() {
    let sources = Sources::new("macro_rules! m { ($($t:tt)*) => { $($t)* } }\nm! { = pub fn f() -> u32 { 1 } }\n");
    let reach = sources.open().reach(&Ask::at(sources.root(), 2, 15, "f")).expect("falls back");
    assert!(reach.fallback().is_some_and(|why| why.contains("macro call")), "{reach:?}");
}

#[test]
fn defects_of_the_crate_are_reasons() {
    for (text, why) in [
        ("mod missing; pub fn f() {}", "no file for module `missing`"),
        ("pub fn f() {} include!(\"missing.rs\");", "cannot include"),
        ("pub fn f() {} include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));", "path that is computed"),
        ("pub fn f() { include_str!(concat!(env!(\"OUT_DIR\"), \"/x\")); }", "path is computed"),
        ("pub fn f() {} \"", "string that never ends"),
        ("pub fn f() {} }", "closes nothing"),
        ("pub fn f() { unknown::g(); }", "cannot tell what `unknown::g` is"),
        ("mod m {} pub fn f() { m::g(); }", "cannot tell what `m::g` is"),
    ] {
        let sources = Sources::new(text);
        let reach = sources.open().reach(&Ask::path("f")).expect("falls back");
        assert!(reach.fallback().is_some_and(|reason| reason.contains(why)), "{text}: {:?}", reach.fallback());
    }
}

#[test]
fn a_known_variable_leads_to_an_included_file() {
    let sources = Sources::new("include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\")); pub fn f() -> u32 { made() }");
    std::fs::write(sources.folder.join("x.rs"), "fn made() -> u32 { 1 }").expect("writes");
    let options = Options::default().variable("OUT_DIR", sources.folder.to_str().expect("text"));
    let mut krate = Crate::open(&sources.root(), &options).expect("opens");
    let reach = krate.reach(&Ask::path("f")).expect("known");
    assert_eq!(reach.fallback(), None);
    assert_eq!(reach.items().len(), 2);
}

#[test]
fn unknown_and_ambiguous_functions_are_told() {
    let sources = Sources::new("mod a { pub fn same() {} } mod b { pub fn same() {} } fn helper() {}");
    let mut krate = sources.open();
    let unknown = krate.reach(&Ask::path("helpr")).expect_err("unknown");
    assert_eq!(unknown.to_string(), "no function `helpr`, but there is `crate::helper`");
    let ambiguous = krate.reach(&Ask::path("same")).expect_err("ambiguous");
    assert!(matches!(ambiguous, Problem::Ambiguous { .. }));
    assert_eq!(ambiguous.to_string(), "more than one function `same`: `crate::a::same`, `crate::b::same`");
    assert!(krate.reach(&Ask::path("a::same")).is_ok());
    assert!(matches!(Crate::open(Path::new("/nowhere.rs"), &Options::default()), Err(Problem::Unreadable { .. })));
}

#[test]
fn methods_are_asked_for_by_their_type() {
    let sources = Sources::new(
        "pub struct S; impl S { pub fn m(&self) {} } pub trait T { fn t(&self) {} } impl T for S { fn t(&self) {} }",
    );
    let mut krate = sources.open();
    for path in ["S::m", "m", "crate::S::m", "T::t", "S::t"] {
        assert!(krate.reach(&Ask::path(path)).is_ok(), "{path}");
    }
}

fn shape(text: &str) -> mamo_code::Version {
    let sources = Sources::new(text);
    sources.open().shape(&Ask::path("f")).expect("known")
}

#[test]
fn a_shape_follows_the_definitions_of_the_types() {
    let before = shape("pub struct R { a: Inner, b: u8 } struct Inner { x: u32 } pub fn f() -> R { loop {} }");
    for (other, changes) in [
        ("pub struct R { b: u8, a: Inner } struct Inner { x: u32 } pub fn f() -> R { loop {} }", true),
        ("pub struct R { a: Inner, b: u16 } struct Inner { x: u32 } pub fn f() -> R { loop {} }", true),
        ("pub struct R { a: Inner, b: u8 } struct Inner { x: u64 } pub fn f() -> R { loop {} }", true),
        ("pub struct R { a: Inner, b: u8 } type Inner = u32; pub fn f() -> R { loop {} }", true),
        ("pub struct R { a: Inner, b: u8 } struct Inner { x: u32 } pub fn f() -> R { panic!(\"other\") }", false),
        (
            "#[derive(Clone)] pub struct R { a: Inner, b: u8 } #[derive(Clone)] struct Inner { x: u32 } pub fn f() -> R { loop {} }",
            false,
        ),
        (
            "/// Docs.\npub struct R { a: Inner, b: u8 } struct Inner { pub x: u32 } impl R { fn m() {} } pub fn f() -> R { loop {} }",
            false,
        ),
    ] {
        assert_eq!(before != shape(other), changes, "{other}");
    }
}

#[test]
fn the_command_line_speaks_json() {
    let sources = Sources::new("fn h() {} pub fn f() { h() }");
    let tell = |arguments: &[&str]| {
        let root = sources.root();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mamo-code"));
        command.arg("reach").arg(root).args(arguments).output().expect("runs")
    };
    let told = tell(&["f", "--json"]);
    let text = String::from_utf8(told.stdout).expect("text");
    assert!(text.starts_with("{\"schema\":\"mamo.reach/1\",\"version\":\""), "{text}");
    assert!(text.contains("\"items\":[{\"path\":\"crate::f\",\"hash\":\""), "{text}");
    assert!(text.contains("\"through\":\"crate::f\"}],\"crates\":[],\"fallback\":null}"), "{text}");
    let told = tell(&["g"]);
    assert_eq!(told.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&told.stderr), "no function `g`, but there is `crate::f`, `crate::h`\n");
}

/// A pipeline's functions have an attribute of mamo, whose own code was listed in more than a thousand lines.
#[test]
fn the_command_line_lists_nothing_of_mamo() {
    let sources = Sources::new("fn h() {} #[mamo::node] pub fn f() { h() }");
    let folder = sources.root().parent().expect("a folder").to_owned();
    let manifest = "[package]\nname = \"p\"\n[lib]\npath = \"lib.rs\"\n[dependencies]\nmamo = { path = \"mamo\" }\n";
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("writes");
    std::fs::create_dir_all(folder.join("mamo/src")).expect("creates");
    std::fs::write(folder.join("mamo/Cargo.toml"), "[package]\nname = \"mamo\"\n").expect("writes");
    std::fs::write(folder.join("mamo/src/lib.rs"), "pub use mamo_macros::node; fn own() {}").expect("writes");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mamo-code"));
    let told = command.arg("reach").arg(sources.root()).arg("f").output().expect("runs");
    let text = String::from_utf8(told.stdout).expect("text");
    let lines: Vec<&str> = text.lines().skip(1).map(|line| line.trim().split_at(9).1).collect();
    assert_eq!(lines, ["crate::f", "crate::h  <- crate::f"], "{text}");
}
