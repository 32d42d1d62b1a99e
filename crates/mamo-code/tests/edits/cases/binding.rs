//! What a name means, when the text that uses it stays as it is; impls in unlikely places.

use crate::case::{Case, changes, keeps};

pub(crate) const CASES: &[Case] = &[
    changes(
        "method called by a derive of the standard library",
        "use std::hash::Hash; #[derive(Hash)] struct O(I); struct I; impl Hash for I { fn hash<H: std::hash::Hasher>(&self, h: &mut H) { h.write_u8(«1|2»); } } fn run<T: Hash>(t: T) -> u64 { use std::hash::{DefaultHasher, Hasher}; let mut h = DefaultHasher::new(); t.hash(&mut h); h.finish() } pub fn target() -> u64 { run(O(I)) }",
    ),
    changes(
        "type that only a macro's rules name",
        "mod a { pub struct S; impl S { pub fn m(&self) -> u32 { «1|2» } } } macro_rules! s { () => { $crate::a::S } } pub fn target() -> u32 { s!().m() }",
    ),
    changes(
        "trait in scope by a glob of a prelude",
        "pub mod prelude { pub use crate::ext::*; } pub mod ext { pub trait E { fn e(&self) -> u32; } impl<T: Into<u64> + Copy> E for T { fn e(&self) -> u32 { «1|2» } } } pub mod m { use crate::prelude::*; pub fn target() -> u32 { 1u8.e() } }",
    ),
    changes(
        "which prelude",
        "pub mod p1 { pub use crate::a::*; } pub mod p2 { pub use crate::b::*; } pub mod a { pub trait E { fn e(&self) -> u32; } impl E for u8 { fn e(&self) -> u32 { 1 } } } pub mod b { pub trait E { fn e(&self) -> u32; } impl E for u8 { fn e(&self) -> u32 { 2 } } } use crate::«p1|p2»::*; pub fn target() -> u32 { 1u8.e() }",
    ),
    changes(
        "which glob",
        "mod a { pub fn h() -> u32 { 1 } } mod b { pub fn h() -> u32 { 2 } } use «a|b»::*; pub fn target() -> u32 { h() }",
    ),
    changes(
        "which module a path goes through",
        "mod a { pub mod x { pub fn h() -> u32 { 1 } } } mod b { pub mod x { pub fn h() -> u32 { 2 } } } use «a|b»::x; pub fn target() -> u32 { x::h() }",
    ),
    changes(
        "which type an alias means",
        "struct A; struct B; impl A { fn n() -> u32 { 1 } } impl B { fn n() -> u32 { 2 } } mod t { pub type X = super::«A|B»; } pub fn target() -> u32 { t::X::n() }",
    ),
    changes(
        "alias in an import in a body",
        "pub struct A; pub struct B; impl A { fn n() -> u32 { 1 } } impl B { fn n() -> u32 { 2 } } mod t { pub use super::«A|B» as X; } pub fn target() -> u32 { use t::X; X::n() }",
    ),
    changes(
        "which trait an impl implements",
        "trait P { fn v(&self) -> u32 { 1 } } trait Q { fn v(&self) -> u32 { 2 } } struct S; mod i { use super::{«P as T|Q as T»}; impl T for super::S {} } pub fn target() -> u32 { S.v() }",
    ),
    changes(
        "name inside a macro that a macro is given",
        "macro_rules! id { ($($t:tt)*) => { $($t)* } } fn h() -> u32 { «1|2» } pub fn target() -> u32 { id!(id!(h())) }",
    ),
    changes(
        "macro in a pattern",
        "macro_rules! p { () => { «1|2» } } pub fn target(x: u32) -> bool { matches!(x, p!()) }",
    ),
    changes(
        "default for a type with a generic default",
        "#[derive(Default)] struct W<T = D>(T); struct D(u32); impl Default for D { fn default() -> D { D(«1|2») } } pub fn target() -> u32 { W::<D>::default().0.0 }",
    ),
    changes(
        "two levels of deref",
        "use std::ops::Deref; struct A(B); struct B(C); struct C; impl Deref for A { type Target = B; fn deref(&self) -> &B { &self.0 } } impl Deref for B { type Target = C; fn deref(&self) -> &C { &self.0 } } impl C { fn go(&self) -> u32 { «1|2» } } pub fn target() -> u32 { A(B(C)).go() }",
    ),
    changes(
        "const of a trait on a primitive",
        "trait W { const B: u32; } impl W for u8 { const B: u32 = «1|2»; } pub fn target() -> u32 { u8::B + <u8 as W>::B }",
    ),
    changes(
        "generic impl for all arrays",
        "trait L { fn l(&self) -> usize; } impl<T, const N: usize> L for [T; N] { fn l(&self) -> usize { N + «1|2» } } pub fn target() -> usize { [1u8; 3].l() }",
    ),
    changes(
        "rotate through a trait with a generic parameter",
        "trait Step<const N: u32> { fn step(&self) -> u32; } struct S; impl Step<1> for S { fn step(&self) -> u32 { «1|2» } } impl Step<2> for S { fn step(&self) -> u32 { 9 } } pub fn target() -> u32 { Step::<1>::step(&S) }",
    ),
    changes(
        "static that holds a table of structs",
        "struct Row { f: fn() -> u32 } fn one() -> u32 { «1|2» } static T: &[Row] = &[Row { f: one }]; pub fn target() -> u32 { (T[0].f)() }",
    ),
    changes(
        "method on what a macro makes",
        "macro_rules! wrap { ($t:ident) => { mod inner { pub struct $t; } pub use inner::$t; } } wrap!(W); impl W { fn go(&self) -> u32 { «1|2» } } pub fn target() -> u32 { W.go() }",
    ),
    changes(
        "impl in a macro-made block elsewhere",
        "pub struct S; macro_rules! t { ($b:block) => { fn elsewhere() $b } } t!({ impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } } }); pub fn target() { let _s = S; elsewhere() }",
    ),
    changes(
        "impl in a closure elsewhere",
        "pub struct S; pub fn other() { let f = || { impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } } }; f() } pub fn target() { let _s = S; }",
    ),
    changes(
        "impl in the length of an array",
        "pub struct S; pub type A = [u8; { impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } } 1 }]; pub fn target() { let _s = S; }",
    ),
    changes(
        "impl in a method elsewhere",
        "pub struct S; pub struct R; impl R { pub fn m(&self) { impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } } } } pub fn target() { let _s = S; }",
    ),
    changes(
        "impl in a default method elsewhere",
        "pub struct S; pub trait R { fn m(&self) { impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } } } } pub fn target() { let _s = S; }",
    ),
    changes(
        "impl in an enum's discriminant",
        "pub struct S; pub enum E { A = { impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } } 1 } } pub fn target() { let _s = S; }",
    ),
    keeps(
        "unrelated arm's helper behind a type",
        "struct A; struct B; trait T { fn t(&self) -> u32; } impl T for A { fn t(&self) -> u32 { 1 } } impl T for B { fn t(&self) -> u32 { helper() } } fn helper() -> u32 { «1|2» } pub fn other() -> u32 { B.t() } pub fn target() -> u32 { A.t() }",
    ),
    keeps(
        "loop variable and shadowing let",
        "pub fn total() -> u32 { «1|2» } pub fn target(xs: &[u32]) -> u32 { let mut total = 0; for x in xs { total += x; } total }",
    ),
];
