//! Paths, imports, modules and files.

use crate::case::{Case, changes};

pub(crate) const CASES: &[Case] = &[
    changes("itself", "pub fn target() -> u32 { «1|2» }"),
    changes("helper", "fn h() -> u32 { «1|2» } pub fn target() -> u32 { h() }"),
    changes("helper of a helper", "fn a() -> u32 { «1|2» } fn h() -> u32 { a() } pub fn target() -> u32 { h() }"),
    changes("const", "const N: u32 = «1|2»; pub fn target() -> u32 { N }"),
    changes("static", "static N: u32 = «1|2»; pub fn target() -> u32 { N }"),
    changes(
        "const in a pattern",
        "const N: u32 = «1|2»; pub fn target(x: u32) -> bool { match x { N => true, _ => false } }",
    ),
    changes("const in a format string", "const N: u32 = «1|2»; pub fn target() -> String { format!(\"{N}\") }"),
    changes("width in a format string", "const W: usize = «1|2»; pub fn target() -> String { format!(\"{:>W$}\", 1) }"),
    changes("array length", "const N: usize = «1|2»; pub fn target() -> usize { [0u8; N].len() }"),
    changes("import", "mod a { pub fn h() -> u32 { «1|2» } } use a::h; pub fn target() -> u32 { h() }"),
    changes(
        "renamed import",
        "mod a { pub fn h() -> u32 { «1|2» } } use a::h as other; pub fn target() -> u32 { other() }",
    ),
    changes(
        "swapped imports",
        "mod a { pub fn x() -> u32 { 1 } pub fn y() -> u32 { 2 } } use a::{«x as p, y as q|y as p, x as q»}; pub fn target() -> u32 { p() * 10 + q() }",
    ),
    changes(
        "import of another",
        "mod a { pub fn h() -> u32 { 1 } } mod b { pub fn h() -> u32 { 2 } } use «a|b»::h; pub fn target() -> u32 { h() }",
    ),
    changes("glob", "mod a { pub fn h() -> u32 { «1|2» } } use a::*; pub fn target() -> u32 { h() }"),
    changes(
        "re-exported glob",
        "mod a { mod b { pub fn h() -> u32 { «1|2» } } pub use b::*; } use a::*; pub fn target() -> u32 { h() }",
    ),
    changes("renamed module", "mod a { pub fn h() -> u32 { «1|2» } } use a as z; pub fn target() -> u32 { z::h() }"),
    changes("super", "fn h() -> u32 { «1|2» } pub mod m { pub fn target() -> u32 { super::h() } }"),
    changes(
        "crate",
        "pub mod a { pub mod b { pub fn h() -> u32 { «1|2» } } } pub mod m { pub fn target() -> u32 { crate::a::b::h() } }",
    ),
    changes("glob of super", "fn h() -> u32 { «1|2» } pub mod m { use super::*; pub fn target() -> u32 { h() } }"),
    changes(
        "import of a module itself",
        "mod a { pub mod b { pub fn h() -> u32 { «1|2» } } } use a::b::{self}; pub fn target() -> u32 { b::h() }",
    ),
    changes(
        "glob that a private item is not in",
        "fn h() -> u32 { 1 } mod a { «|pub »fn h() -> u32 { 2 } pub fn k() -> u32 { h() } } pub fn target() -> u32 { use a::*; k() + h() }",
    ),
    changes(
        "private item behind a glob",
        "fn h() -> u32 { «1|2» } mod a { fn h() -> u32 { 3 } pub fn k() -> u32 { h() } } pub fn target() -> u32 { use a::*; k() + h() }",
    ),
    changes(
        "enum glob",
        "#[derive(Clone, Copy)] enum E { A = «1|2», B = 5 } use E::*; pub fn target() -> u32 { let _ = B; A as u32 }",
    ),
    changes("file", "mod a; pub fn target() -> u32 { a::h() }\n//- a.rs\npub fn h() -> u32 { «1|2» }"),
    changes(
        "file in a folder",
        "mod a; pub fn target() -> u32 { a::b::h() }\n//- a/mod.rs\npub mod b;\n//- a/b.rs\npub fn h() -> u32 { «1|2» }",
    ),
    changes(
        "file beside a folder",
        "mod a; pub fn target() -> u32 { a::b::h() }\n//- a.rs\npub mod b;\n//- a/b.rs\npub fn h() -> u32 { «1|2» }",
    ),
    changes(
        "path attribute",
        "#[path = \"other/x.rs\"] mod a; pub fn target() -> u32 { a::h() }\n//- other/x.rs\npub fn h() -> u32 { «1|2» }",
    ),
    changes(
        "path attribute in an inline module",
        "mod i { #[path = \"x.rs\"] pub mod a; } pub fn target() -> u32 { i::a::h() }\n//- i/x.rs\npub fn h() -> u32 { «1|2» }",
    ),
    changes(
        "include of items",
        "include!(\"inc.rs\"); pub fn target() -> u32 { h() }\n//- inc.rs\nfn h() -> u32 { «1|2» }",
    ),
    changes("include of an expression", "pub fn target() -> u32 { include!(\"inc.rs\") }\n//- inc.rs\n«1|2»"),
    changes(
        "include in which a name stands",
        "fn h() -> u32 { «1|2» } pub fn target() -> u32 { include!(\"inc.rs\") }\n//- inc.rs\nh()",
    ),
    changes(
        "include str",
        "const T: &str = include_str!(\"t.txt\"); pub fn target() -> &'static str { T }\n//- t.txt\n«a|b»",
    ),
    changes("include bytes", "pub fn target() -> &'static [u8] { include_bytes!(\"t.txt\") }\n//- t.txt\n«a|b»"),
    changes("raw identifier", "fn r#match() -> u32 { «1|2» } pub fn target() -> u32 { r#match() }"),
    changes("raw identifier that needs not be", "fn helper() -> u32 { «1|2» } pub fn target() -> u32 { r#helper() }"),
    changes(
        "extern crate self",
        "extern crate self as me; pub fn h() -> u32 { «1|2» } pub fn target() -> u32 { me::h() }",
    ),
    changes(
        "recursion",
        "fn a(n: u32) -> u32 { if n == 0 { «1|2» } else { b(n - 1) } } fn b(n: u32) -> u32 { if n == 0 { 5 } else { a(n - 1) } } pub fn target() -> u32 { b(3) }",
    ),
    changes(
        "glob chain in a circle",
        "mod a { pub use super::b::*; pub fn x() -> u32 { 1 } } mod b { pub use super::a::*; pub fn h() -> u32 { «1|2» } } pub fn target() -> u32 { a::h() + b::x() }",
    ),
];
