//! Macros: what they name, what they make, and what they are given.

use crate::case::{Case, changes, keeps};

pub(crate) const CASES: &[Case] = &[
    changes("rules", "macro_rules! m { () => { «1|2» } } pub fn target() -> u32 { m!() }"),
    changes(
        "macro that calls a macro",
        "macro_rules! a { () => { «1|2» } } macro_rules! b { () => { a!() } } pub fn target() -> u32 { b!() }",
    ),
    changes(
        "function that a macro calls",
        "fn h() -> u32 { «1|2» } macro_rules! m { () => { h() } } pub fn target() -> u32 { m!() }",
    ),
    changes(
        "argument of a macro",
        "fn h() -> u32 { «1|2» } macro_rules! m { ($e:expr) => { $e } } pub fn target() -> u32 { m!(h()) }",
    ),
    changes(
        "dollar crate",
        "pub mod a { pub fn h() -> u32 { «1|2» } } #[macro_export] macro_rules! m { () => { $crate::a::h() } } pub fn target() -> u32 { m!() }",
    ),
    changes(
        "dollar crate from another module",
        "pub fn h() -> u32 { «1|2» } #[macro_export] macro_rules! m { () => { $crate::h() } } pub mod b { pub fn target() -> u32 { crate::m!() } }",
    ),
    changes(
        "name looked up where the macro is used",
        "macro_rules! m { () => { h() } } mod a { fn h() -> u32 { «1|2» } pub fn k() -> u32 { m!() } } pub fn target() -> u32 { a::k() }",
    ),
    changes(
        "function made by a macro",
        "macro_rules! m { ($n:ident, $v:expr) => { fn $n() -> u32 { $v } } } m!(h, «1|2»); pub fn target() -> u32 { h() }",
    ),
    changes(
        "function named in the rules",
        "macro_rules! m { ($v:expr) => { fn h() -> u32 { $v } } } m!(«1|2»); pub fn target() -> u32 { h() }",
    ),
    changes(
        "module made by a macro",
        "macro_rules! m { ($n:ident) => { mod $n { pub fn h() -> u32 { «1|2» } } } } m!(a); pub fn target() -> u32 { a::h() }",
    ),
    changes(
        "function outside that a made module uses",
        "fn g() -> u32 { «1|2» } macro_rules! m { ($n:ident) => { mod $n { pub fn h() -> u32 { super::g() } } } } m!(a); pub fn target() -> u32 { a::h() }",
    ),
    changes(
        "struct made by a macro",
        "macro_rules! m { ($n:ident) => { #[derive(Default)] struct $n { x: u32 } impl $n { fn get(&self) -> u32 { self.x + «1|2» } } } } m!(S); pub fn target() -> u32 { S::default().get() }",
    ),
    changes(
        "impl made by a macro",
        "struct S; trait T { fn m(&self) -> u32; } macro_rules! m { ($t:ty) => { impl T for $t { fn m(&self) -> u32 { «1|2» } } } } m!(S); pub fn target() -> u32 { S.m() }",
    ),
    changes(
        "impl made for a foreign type",
        "trait T { fn m(&self) -> u32; } macro_rules! m { ($($t:ty => $v:expr),*) => { $(impl T for $t { fn m(&self) -> u32 { $v } })* } } m!(u8 => 1, u16 => «1|2»); pub fn target() -> u32 { 1u16.m() }",
    ),
    changes(
        "drop made by a macro",
        "use std::sync::atomic::*; static N: AtomicU32 = AtomicU32::new(0); struct S; macro_rules! m { ($t:ident) => { impl Drop for $t { fn drop(&mut self) { N.store(«1|2», Ordering::SeqCst) } } } } m!(S); pub fn target() -> u32 { { let _s = S; } N.load(Ordering::SeqCst) }",
    ),
    changes(
        "impl for a type that the rules name",
        "pub struct S; macro_rules! m { () => { impl Drop for $crate::S { fn drop(&mut self) { println!(\"«a|b»\") } } } } m!(); pub fn target() { let _s = S; }",
    ),
    changes(
        "glob of a module with macro-made names",
        "mod a { macro_rules! m { ($n:ident) => { pub fn $n() -> u32 { «1|2» } } } m!(h); } use a::*; pub fn target() -> u32 { h() }",
    ),
    changes(
        "macro in another module by use",
        "mod a { macro_rules! m { () => { «1|2» } } pub(crate) use m; } use a::m; pub fn target() -> u32 { m!() }",
    ),
    changes(
        "renamed macro",
        "mod a { macro_rules! m { () => { «1|2» } } pub(crate) use m; } use a::m as n; pub fn target() -> u32 { n!() }",
    ),
    changes("macro use", "#[macro_use] mod a { macro_rules! m { () => { «1|2» } } } pub fn target() -> u32 { m!() }"),
    changes(
        "order of two definitions",
        "macro_rules! m { () => { «1|2» } } macro_rules! m { () => { «2|1» } } pub fn target() -> u32 { m!() }",
    ),
    changes("definition in a body", "pub fn target() -> u32 { macro_rules! m { () => { «1|2» } } m!() }"),
    changes(
        "method name given to a macro",
        "struct S; impl S { fn a(&self) -> u32 { «1|2» } fn b(&self) -> u32 { 5 } } macro_rules! m { ($s:expr, $n:ident) => { $s.$n() } } pub fn target() -> u32 { m!(S, a) + S.b() }",
    ),
    changes(
        "function of a fragment type",
        "struct S; impl S { fn new() -> u32 { «1|2» } } macro_rules! m { ($t:ident) => { $t::new() } } pub fn target() -> u32 { m!(S) }",
    ),
    changes(
        "member of a module by a fragment",
        "mod a { pub fn x() -> u32 { «1|2» } } macro_rules! m { ($n:ident) => { a::$n() } } pub fn target() -> u32 { m!(x) }",
    ),
    changes(
        "path made of fragments",
        "mod a { pub mod b { pub fn x() -> u32 { «1|2» } } } macro_rules! m { ($($p:ident)*) => { $($p)::*() } } pub fn target() -> u32 { m!(a b x) }",
    ),
    changes(
        "callback",
        "macro_rules! one { ($cb:ident) => { $cb!(«1|2») } } macro_rules! two { ($e:expr) => { $e } } pub fn target() -> u32 { one!(two) }",
    ),
    changes(
        "callback's rules",
        "macro_rules! one { ($cb:ident) => { $cb!(1) } } macro_rules! two { ($e:expr) => { $e + «1|2» } } pub fn target() -> u32 { one!(two) }",
    ),
    changes(
        "recursive macro",
        "macro_rules! m { () => { 0 }; ($h:expr $(, $t:expr)*) => { $h * «1|2» + m!($($t),*) } } pub fn target() -> u32 { m!(1, 2, 3) }",
    ),
    changes(
        "const made by a macro and shown",
        "macro_rules! c { ($n:ident = $v:expr) => { const $n: u32 = $v; } } c!(N = «1|2»); pub fn target() -> String { format!(\"{N}\") }",
    ),
    changes(
        "thread local",
        "thread_local! { static A: std::cell::Cell<u32> = const { std::cell::Cell::new(«1|2») }; } pub fn target() -> u32 { A.get() }",
    ),
    changes(
        "documentation that a macro sees",
        "macro_rules! m { ($(#[doc = $d:literal])* $n:ident) => { concat!($($d),*) } } pub fn target() -> &'static str { m!(#[doc = \"«a|b»\"] x) }",
    ),
    changes(
        "documentation comment that a macro sees",
        "macro_rules! m { ($(#[doc = $d:literal])* fn) => { concat!($($d),*) } } pub fn target() -> &'static str { m!(\n/// «a|b»\nfn) }",
    ),
    changes("text that a macro shows", "pub fn target() -> &'static str { stringify!(a«|  »+ b) }"),
    changes("line", "«|\n»pub fn target() -> u32 { line!() }"),
    changes(
        "vec and matches",
        "fn h() -> u32 { «1|2» } pub fn target() -> bool { matches!(vec![h()].first(), Some(1)) }",
    ),
    changes("assertion", "fn h() -> u32 { «1|2» } pub fn target() { assert_eq!(h(), 1, \"{}\", 1); }"),
    changes("macro in a const", "macro_rules! m { () => { «1|2» } } const N: u32 = m!(); pub fn target() -> u32 { N }"),
    changes(
        "macro in a type",
        "macro_rules! m { () => { [u8; «1|2»] } } pub fn target() -> usize { std::mem::size_of::<m!()>() }",
    ),
    changes(
        "impl made in a body elsewhere",
        "struct S; macro_rules! m { ($t:ident) => { impl Drop for $t { fn drop(&mut self) { println!(\"«a|b»\") } } } } pub fn other() { m!(S); } pub fn target() { let _s = S; }",
    ),
    changes(
        "members made by a macro",
        "struct S; macro_rules! m { ($n:ident) => { fn $n(&self) -> u32 { «1|2» } } } impl S { m!(get); } pub fn target() -> u32 { S.get() }",
    ),
    changes(
        "trait made by a macro",
        "macro_rules! m { ($t:ident) => { trait $t { fn go(&self) -> u32 { «1|2» } } impl $t for u8 {} } } m!(T); pub fn target() -> u32 { 1u8.go() }",
    ),
    keeps(
        "comment in a macro's input",
        "macro_rules! m { ($e:expr) => { $e } } pub fn target() -> u32 { m!(1 /* «a|b» */ + 2) }",
    ),
    keeps("comment in rules", "macro_rules! m { () => { /* «a|b» */ 1 } } pub fn target() -> u32 { m!() }"),
    keeps(
        "unrelated impl made by a macro",
        "struct S; struct R; macro_rules! m { ($t:ident, $e:expr) => { impl Drop for $t { fn drop(&mut self) { println!($e) } } } } m!(R, \"«a|b»\"); pub fn target() -> u32 { let _ = S; 1 }",
    ),
    keeps(
        "unrelated function made by a macro",
        "macro_rules! m { ($n:ident, $v:expr) => { pub fn $n() -> u32 { $v } } } m!(a, 1); m!(b, «1|2»); pub fn target() -> u32 { a() }",
    ),
];
