//! Edits after which nothing may run again.

use crate::case::{Case, keeps};

pub(crate) const CASES: &[Case] = &[
    keeps("line comment", "pub fn target() -> u32 { 1 «|// one» \n }"),
    keeps("block comment", "pub fn target() -> u32 { 1 «/* a */|/* b /* c */ */» }"),
    keeps("documentation", "/// «One|Two».\npub fn target() -> u32 { h() }\n/** «x|y» */ fn h() -> u32 { 1 }"),
    keeps("documentation attribute", "«|#[doc = \"x\"]» pub fn target() -> u32 { 1 }"),
    keeps("inner documentation", "«|//! The crate.\n»pub fn target() -> u32 { 1 }"),
    keeps("spaces", "pub fn target«|  »(«|\n») -> u32 { 1«| »+«|\n   »2 }"),
    keeps(
        "trailing commas",
        "fn g(a: u32, b: u32«|,») -> u32 { a + b } struct S { x: u32«|,» } pub fn target() -> u32 { let s = S { x: 1«|,» }; g(s.x, 2«|,») }",
    ),
    keeps("comma behind an arm", "pub fn target(x: u32) -> u32 { match x { 1 => { 2 }«|,» _ => 3«|,» } }"),
    keeps("trailing comma in vec", "pub fn target() -> usize { vec![1, 2«|,»].len() }"),
    keeps("trailing comma in a where clause", "pub fn target<T>(x: T) -> u32 where T: Into<u32>«|,» { x.into() }"),
    keeps("spaces in generics", "pub fn target() -> Vec<Vec<u8>«| »> { vec![] }"),
    keeps("unrelated function", "fn other() -> u32 { «1|2» } pub fn target() -> u32 { 1 }"),
    keeps("new function", "«|fn other() -> u32 { 3 }» pub fn target() -> u32 { 1 }"),
    keeps(
        "unrelated function of the same name",
        "mod a { pub fn h() -> u32 { «1|2» } } fn h() -> u32 { 3 } pub fn target() -> u32 { h() }",
    ),
    keeps("unrelated type", "struct S { a: «u32|u64» } pub fn target() -> u32 { 1 }"),
    keeps(
        "unrelated impl",
        "struct S; impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } } pub fn target() -> u32 { 1 }",
    ),
    keeps(
        "method that is not called",
        "struct S; impl S { fn a(&self) -> u32 { 1 } fn b(&self) -> u32 { «1|2» } } pub fn target() -> u32 { S.a() }",
    ),
    keeps(
        "method of another type",
        "struct S; struct R; impl S { fn a(&self) -> u32 { 1 } } impl R { fn a(&self) -> u32 { «1|2» } } pub fn target() -> u32 { S.a() }",
    ),
    keeps(
        "constructor of another type",
        "struct S; struct R; impl S { fn new() -> S { S } } impl R { fn new() -> R { println!(\"«a|b»\"); R } } pub fn target() -> u32 { let _ = S::new(); 1 }",
    ),
    keeps(
        "trait impl of a type that is not reached",
        "trait T { fn m(&self) -> u32; } struct S; struct R; impl T for S { fn m(&self) -> u32 { 1 } } impl T for R { fn m(&self) -> u32 { «1|2» } } pub fn target() -> u32 { S.m() }",
    ),
    keeps("order of functions", "«fn a() -> u32 { 1 }|» pub fn target() -> u32 { a() } «|fn a() -> u32 { 1 }»"),
    keeps(
        "order of impls",
        "struct S; «impl Drop for S { fn drop(&mut self) {} }|» impl S { fn m(&self) -> u32 { 1 } } «|impl Drop for S { fn drop(&mut self) {} }» pub fn target() -> u32 { S.m() }",
    ),
    keeps("unused import", "«|use std::collections::HashMap;» pub fn target() -> u32 { 1 }"),
    keeps(
        "order of imports",
        "mod a { pub fn x() -> u32 { 1 } pub fn y() -> u32 { 2 } } use a::{«x, y|y, x»}; pub fn target() -> u32 { x() + y() }",
    ),
    keeps("lint attributes", "«|#[allow(unused)] #[must_use] #[inline]» pub fn target() -> u32 { 1 }"),
    keeps("crate lint", "«|#![allow(unused)]» pub fn target() -> u32 { 1 }"),
    keeps(
        "visibility",
        "«|pub »fn h() -> u32 { 1 } struct S { «|pub(crate) »a: u32 } pub fn target() -> u32 { h() + S { a: 1 }.a }",
    ),
    keeps(
        "tests",
        "fn h() -> u32 { 1 } pub fn target() -> u32 { h() } #[cfg(test)] mod tests { use super::*; #[test] fn t() { assert_eq!(h(), «1|2»); } }",
    ),
    keeps(
        "impl under cfg test",
        "struct S; pub fn target() -> u32 { let _s = S; 1 } #[cfg(test)] impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } }",
    ),
    keeps("macro that is not used", "macro_rules! m { () => { «1|2» } } pub fn target() -> u32 { 1 }"),
    keeps("const that is not used", "const A: u32 = «1|2»; const B: u32 = 1; pub fn target() -> u32 { B }"),
    keeps("file that is not used", "mod a; pub fn target() -> u32 { 1 }\n//- a.rs\npub fn h() -> u32 { «1|2» }"),
    keeps(
        "module file in a folder",
        "mod a; pub fn target() -> u32 { a::h() }\n//- «a.rs|a/mod.rs»\npub fn h() -> u32 { 1 }",
    ),
    keeps("unrelated item macro", "thread_local! { static A: u32 = const { «1|2» }; } pub fn target() -> u32 { 1 }"),
    keeps(
        "field that has the name of a function",
        "fn count() -> u32 { «1|2» } struct S { count: u32 } pub fn target() -> u32 { S { count: 1 }.count }",
    ),
    keeps(
        "own braces in an import",
        "mod a { pub fn h() -> u32 { 1 } } use a::«h|{h}»; pub fn target() -> u32 { h() }",
    ),
];
