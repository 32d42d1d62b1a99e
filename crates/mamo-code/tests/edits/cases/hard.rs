//! Cases made to be hard: several features at once, and rules of the language that are easily forgotten.

use crate::case::{Case, changes, keeps};

pub(crate) const CASES: &[Case] = &[
    changes(
        "blanket through a bound that is not named",
        "mod a { pub trait Low { fn low(&self) -> u32; } impl Low for u8 { fn low(&self) -> u32 { «1|2» } } pub trait High { fn high(&self) -> u32; } impl<T: Low> High for T { fn high(&self) -> u32 { self.low() } } } use a::High as _; pub fn target() -> u32 { 1u8.high() }",
    ),
    changes(
        "method on a tuple",
        "trait T { fn m(&self) -> u32; } impl T for (u8, u8) { fn m(&self) -> u32 { «1|2» } } pub fn target() -> u32 { (1u8, 2u8).m() }",
    ),
    changes(
        "method on a closure",
        "trait T { fn m(&self) -> u32; } impl<F: Fn() -> u32> T for F { fn m(&self) -> u32 { self() + «1|2» } } pub fn target() -> u32 { (|| 1).m() }",
    ),
    changes(
        "display in an error by box",
        "use std::fmt; #[derive(Debug)] struct E; impl fmt::Display for E { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(\"«a|b»\") } } impl std::error::Error for E {} fn fail() -> Result<(), Box<dyn std::error::Error>> { Err(E)? } pub fn target() -> String { fail().unwrap_err().to_string() }",
    ),
    changes(
        "iterator over a local trait's type",
        "trait Src { type It: Iterator<Item = u32>; fn it(&self) -> Self::It; } struct I(u32); impl Iterator for I { type Item = u32; fn next(&mut self) -> Option<u32> { self.0 += 1; (self.0 < «3|4»).then_some(self.0) } } struct S; impl Src for S { type It = I; fn it(&self) -> I { I(0) } } fn run<X: Src>(x: X) -> u32 { x.it().sum() } pub fn target() -> u32 { run(S) }",
    ),
    changes(
        "default type parameter",
        "trait P { fn p() -> u32; } struct A; impl P for A { fn p() -> u32 { «1|2» } } struct W<T = A>(std::marker::PhantomData<T>); impl<T: P> W<T> { fn go(&self) -> u32 { T::p() } } pub fn target() -> u32 { let w: W = W(std::marker::PhantomData); w.go() }",
    ),
    changes(
        "type through a static",
        "struct S; impl S { fn m(&self) -> u32 { «1|2» } } static X: S = S; fn get() -> &'static S { &X } pub fn target() -> u32 { get().m() }",
    ),
    changes(
        "once lock",
        "use std::sync::OnceLock; fn make() -> u32 { «1|2» } static X: OnceLock<u32> = OnceLock::new(); pub fn target() -> u32 { *X.get_or_init(make) }",
    ),
    changes(
        "lazy lock",
        "use std::sync::LazyLock; static X: LazyLock<u32> = LazyLock::new(|| make()); fn make() -> u32 { «1|2» } pub fn target() -> u32 { *X }",
    ),
    changes(
        "const function in an array length",
        "const fn n() -> usize { «1|2» } struct S([u8; n()]); pub fn target() -> usize { std::mem::size_of::<S>() }",
    ),
    changes("const in a pattern range", "const A: u32 = «1|2»; pub fn target(x: u32) -> bool { matches!(x, A..=9) }"),
    changes(
        "const block",
        "fn unused() {} const fn h() -> u32 { «1|2» } pub fn target() -> u32 { unused(); const { h() } }",
    ),
    changes("const in a repeat expression", "const N: usize = «1|2»; pub fn target() -> usize { vec![0u8; N].len() }"),
    changes(
        "struct update",
        "struct S { a: u32, b: u32 } impl Default for S { fn default() -> S { S { a: 1, b: «1|2» } } } pub fn target() -> u32 { let s = S { a: 5, ..Default::default() }; s.a + s.b }",
    ),
    changes(
        "turbofish",
        "trait T { fn v() -> u32; } struct A; struct B; impl T for A { fn v() -> u32 { «1|2» } } impl T for B { fn v() -> u32 { 3 } } fn g<X: T>() -> u32 { X::v() } pub fn target() -> u32 { g::<A>() + g::<B>() }",
    ),
    changes(
        "qualified call",
        "trait A { fn m(&self) -> u32; } trait B { fn m(&self) -> u32; } struct S; impl A for S { fn m(&self) -> u32 { 1 } } impl B for S { fn m(&self) -> u32 { 2 } } pub fn target() -> u32 { <S as «A|B»>::m(&S) }",
    ),
    changes(
        "trait path call",
        "trait A { fn m(&self) -> u32; } impl A for u8 { fn m(&self) -> u32 { «1|2» } } pub fn target() -> u32 { A::m(&1u8) }",
    ),
    changes(
        "generic trait",
        "trait Conv<T> { fn conv(&self) -> T; } impl Conv<u8> for u32 { fn conv(&self) -> u8 { «1|2» } } impl Conv<u16> for u32 { fn conv(&self) -> u16 { 3 } } pub fn target() -> u8 { 1u32.conv() }",
    ),
    changes(
        "as ref and borrow",
        "struct S(String); impl AsRef<str> for S { fn as_ref(&self) -> &str { «&self.0|\"x\"» } } fn len(s: impl AsRef<str>) -> usize { s.as_ref().len() } pub fn target() -> usize { len(S(\"abc\".into())) }",
    ),
    changes(
        "extend",
        "struct S(u32); impl Extend<u32> for S { fn extend<I: IntoIterator<Item = u32>>(&mut self, i: I) { for x in i { self.0 += x * «1|2»; } } } pub fn target() -> u32 { let mut s = S(0); s.extend([1, 2]); s.0 }",
    ),
    changes(
        "sum of own type",
        "struct S(u32); impl std::iter::Sum for S { fn sum<I: Iterator<Item = S>>(i: I) -> S { S(i.map(|s| s.0).sum::<u32>() + «1|2») } } pub fn target() -> u32 { [1, 2].into_iter().map(S).sum::<S>().0 }",
    ),
    changes(
        "write through a writer",
        "use std::io::Write; struct W(u32); impl Write for W { fn write(&mut self, b: &[u8]) -> std::io::Result<usize> { self.0 += «1|2»; Ok(b.len()) } fn flush(&mut self) -> std::io::Result<()> { Ok(()) } } pub fn target() -> u32 { let mut w = W(0); write!(w, \"x\").unwrap(); w.0 }",
    ),
    changes(
        "which write",
        "struct W(u32); impl std::fmt::Write for W { fn write_str(&mut self, _: &str) -> std::fmt::Result { self.0 += 1; Ok(()) } } impl std::io::Write for W { fn write(&mut self, b: &[u8]) -> std::io::Result<usize> { self.0 += 5; Ok(b.len()) } fn flush(&mut self) -> std::io::Result<()> { Ok(()) } } use std::«fmt|io»::Write; pub fn target() -> u32 { let mut w = W(0); let _ = write!(w, \"x\"); w.0 }",
    ),
    changes(
        "std import",
        "use std::collections::«HashMap|BTreeMap» as M; pub fn target() -> usize { let m: M<u8, u8> = M::new(); std::mem::size_of_val(&m) }",
    ),
    changes("std function import", "use std::cmp::«min|max» as pick; pub fn target() -> u32 { pick(1, 2) }"),
    changes(
        "module that is re-exported",
        "pub mod a { pub mod inner { pub fn h() -> u32 { 1 } } pub mod other { pub fn h() -> u32 { 2 } } pub use «inner|other» as chosen; } pub fn target() -> u32 { a::chosen::h() }",
    ),
    changes(
        "glob against a prelude name",
        "mod a { pub fn drop<T>(_: T) -> u32 { «1|2» } } use a::*; pub fn target() -> u32 { drop(1) }",
    ),
    changes(
        "own type of a prelude name",
        "mod a { pub struct Vec; impl Vec { pub fn new() -> u32 { «1|2» } } } use a::Vec; pub fn target() -> u32 { Vec::new() }",
    ),
    changes(
        "own macro of a standard name",
        "macro_rules! vec { ($e:expr) => { «1|2» } } pub fn target() -> u32 { vec!(1) }",
    ),
    changes(
        "local import shadows",
        "fn h() -> u32 { 1 } mod a { pub fn h() -> u32 { 2 } } pub fn target() -> u32 { «|use a::h;» h() }",
    ),
    changes("item behind the use", "pub fn target() -> u32 { return h(); fn h() -> u32 { «1|2» } }"),
    changes("struct in a body", "pub fn target() -> u32 { struct S; impl S { fn m(&self) -> u32 { «1|2» } } S.m() }"),
    changes("module in a body", "pub fn target() -> u32 { mod a { pub fn h() -> u32 { «1|2» } } a::h() }"),
    changes(
        "module in a body that looks outside",
        "fn g() -> u32 { «1|2» } pub fn target() -> u32 { mod a { pub fn h() -> u32 { super::g() } } a::h() }",
    ),
    changes("nested twice", "pub fn target() -> u32 { fn a() -> u32 { fn b() -> u32 { «1|2» } b() } a() }"),
    changes(
        "body of a default method",
        "fn h() -> u32 { «1|2» } trait T { fn m(&self) -> u32 { h() } } impl T for u8 {} pub fn target() -> u32 { 1u8.m() }",
    ),
    changes(
        "override that appears",
        "trait T { fn m(&self) -> u32 { 1 } } struct S; impl T for S { «|fn m(&self) -> u32 { 2 }» } pub fn target() -> u32 { S.m() }",
    ),
    changes(
        "inherent method that appears",
        "trait T { fn m(&self) -> u32 { 1 } } struct S; impl T for S {} impl S { «|fn m(&self) -> u32 { 2 }» } pub fn target() -> u32 { S.m() }",
    ),
    changes(
        "impl that appears",
        "struct S; «|impl Drop for S { fn drop(&mut self) { println!(\"x\") } }» pub fn target() { let _s = S; }",
    ),
    changes(
        "glob item that appears",
        "mod a { pub fn k() -> u32 { 3 } «|pub fn h() -> u32 { 2 }» } fn h() -> u32 { 1 } pub fn target() -> u32 { use a::*; h() + k() }",
    ),
    changes(
        "explicit item over a glob",
        "mod a { pub fn h() -> u32 { 1 } } use a::*; «|fn h() -> u32 { 2 }» pub fn target() -> u32 { h() }",
    ),
    changes(
        "trait object in a field",
        "trait T { fn m(&self) -> u32; } struct A; impl T for A { fn m(&self) -> u32 { «1|2» } } struct H { t: Box<dyn T> } fn make() -> H { H { t: Box::new(A) } } pub fn target() -> u32 { make().t.m() }",
    ),
    changes(
        "function pointer in a field",
        "struct H { f: fn(u32) -> u32 } fn h(x: u32) -> u32 { x + «1|2» } fn make() -> H { H { f: h } } pub fn target() -> u32 { (make().f)(1) }",
    ),
    changes(
        "method pointer of a trait",
        "trait T { fn m(self) -> u32; } impl T for u8 { fn m(self) -> u32 { «1|2» } } pub fn target() -> u32 { [1u8].into_iter().map(T::m).sum() }",
    ),
    changes(
        "method pointer of a primitive",
        "trait T { fn m(self) -> u32; } impl T for u8 { fn m(self) -> u32 { «1|2» } } pub fn target() -> u32 { [1u8].into_iter().map(u8::m).sum() }",
    ),
    changes(
        "variant as a function",
        "enum E { A(u32), B(u32) } fn v(e: E) -> u32 { match e { E::A(n) => n + «1|2», E::B(n) => n } } pub fn target() -> u32 { Some(1).map(E::A).map(v).unwrap() }",
    ),
    changes(
        "derive behind an alias",
        "#[derive(Clone)] struct S(D); struct D(u32); impl Clone for D { fn clone(&self) -> D { D(self.0 + «1|2») } } pub fn target() -> u32 { S(D(1)).clone().0.0 }",
    ),
    changes(
        "debug of a nested field",
        "#[derive(Debug)] struct S(D); struct D; impl std::fmt::Debug for D { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(\"«a|b»\") } } pub fn target() -> String { format!(\"{:?}\", S(D)) }",
    ),
    changes(
        "name of a field under debug",
        "#[derive(Debug)] struct S { «a|b»: u32 } pub fn target() -> String { format!(\"{:?}\", S { «a|b»: 1 }) }",
    ),
    changes(
        "drop of a vector's elements",
        "struct S; impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } } fn v() -> Vec<S> { vec![S] } pub fn target() { v(); }",
    ),
    changes(
        "closure that captures",
        "fn h(x: u32) -> u32 { x * «2|3» } pub fn target() -> u32 { let f = |x| h(x); f(1) }",
    ),
    changes(
        "shadowed then called",
        "fn h() -> u32 { «1|2» } pub fn target() -> u32 { let x = { let h = 5; h }; x + h() }",
    ),
    changes(
        "variable before its let",
        "fn h() -> u32 { «1|2» } pub fn target() -> u32 { let a = h(); let h = 3; a + h }",
    ),
    changes(
        "let in a condition",
        "fn h() -> u32 { «1|2» } pub fn target(o: Option<u32>) -> u32 { if let Some(h) = o { return h; } h() }",
    ),
    changes(
        "raw pointer method",
        "struct S(u32); impl S { fn m(&self) -> u32 { self.0 + «1|2» } } pub fn target() -> u32 { let s = S(1); let p = &raw const s; unsafe { (*p).m() } }",
    ),
    changes(
        "unsafe and extern functions",
        "unsafe extern \"C\" fn h() -> u32 { «1|2» } pub fn target() -> u32 { unsafe { h() } }",
    ),
    changes("const unsafe function", "const unsafe fn h() -> u32 { «1|2» } pub fn target() -> u32 { unsafe { h() } }"),
    changes(
        "async block and stream",
        "async fn a() -> u32 { b().await } fn b() -> impl Future<Output = u32> { async { «1|2» } } pub async fn target() -> u32 { a().await }",
    ),
    changes(
        "future by hand",
        "use std::{pin::Pin, task::{Context, Poll}}; struct F; impl Future for F { type Output = u32; fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> { Poll::Ready(«1|2») } } pub async fn target() -> u32 { F.await }",
    ),
    changes(
        "or pattern and binding",
        "const A: u32 = «1|2»; const B: u32 = 9; pub fn target(x: u32) -> bool { if let n @ (A | B) = x { n > 0 } else { false } }",
    ),
    changes(
        "const generic argument",
        "const N: usize = «1|2»; struct S<const M: usize>; impl<const M: usize> S<M> { fn m(&self) -> usize { M } } pub fn target() -> usize { S::<N>.m() }",
    ),
    changes(
        "const generic argument in braces",
        "const N: usize = «1|2»; struct S<const M: usize>; impl<const M: usize> S<M> { fn m(&self) -> usize { M } } pub fn target() -> usize { S::<{ N + 1 }>.m() }",
    ),
    changes(
        "where clause with a trait's const",
        "trait T { const N: usize; } struct A; impl T for A { const N: usize = «1|2»; } fn g<X>() -> usize where X: T { X::N } pub fn target() -> usize { g::<A>() }",
    ),
    changes(
        "negated impl condition",
        "#[cfg(not(any(windows, test)))] fn h() -> u32 { «1|2» } #[cfg(any(windows, test))] fn h() -> u32 { 3 } pub fn target() -> u32 { h() }",
    ),
    changes(
        "cfg on a statement",
        "pub fn target() -> u32 { #[cfg(«unix|windows»)] { return 1; } #[allow(unreachable_code)] 2 }",
    ),
    changes("cfg on a field value", "pub fn target() -> usize { [#[cfg(«unix|windows»)] 1, 2].len() }"),
    changes(
        "cfg attribute",
        "#[cfg_attr(«unix|windows», derive(Default))] struct S(u32); #[cfg(windows)] impl Default for S { fn default() -> S { S(2) } } pub fn target() -> u32 { let s = S(1); s.0 }",
    ),
    changes("crate attribute", "«|#![no_implicit_prelude]» pub fn target() -> ::core::primitive::u32 { 1 }"),
    changes(
        "macro by path",
        "pub mod a { #[macro_export] macro_rules! my { () => { «1|2» } } } pub fn target() -> u32 { crate::my!() }",
    ),
    changes(
        "macro that takes a block",
        "macro_rules! m { ($b:block) => { $b } } fn h() -> u32 { «1|2» } pub fn target() -> u32 { m!({ h() }) }",
    ),
    changes(
        "macro that makes a trait impl with an operator",
        "struct P(u32); macro_rules! op { ($t:ident, $f:ident, $o:tt) => { impl std::ops::$t for P { type Output = P; fn $f(self, r: P) -> P { P(self.0 $o r.0) } } } } op!(Add, add, «+|-»); pub fn target() -> u32 { (P(3) + P(2)).0 }",
    ),
    changes(
        "macro that makes a const used by path",
        "mod a { macro_rules! c { ($($n:ident = $v:expr;)*) => { $(pub const $n: u32 = $v;)* } } c! { A = 1; B = «2|3»; } } pub fn target() -> u32 { a::B }",
    ),
    changes(
        "macro that makes an enum",
        "macro_rules! e { ($n:ident { $($v:ident = $x:expr),* }) => { #[derive(Clone, Copy)] enum $n { $($v = $x),* } } } e!(E { A = «1|2», B = 7 }); pub fn target() -> u32 { let _ = E::B; E::A as u32 }",
    ),
    changes(
        "macro-made type in another impl",
        "macro_rules! s { ($n:ident) => { pub struct $n; } } s!(S); impl S { fn m(&self) -> u32 { «1|2» } } pub fn target() -> u32 { S.m() }",
    ),
    changes(
        "macro-made type with a drop elsewhere",
        "macro_rules! s { ($n:ident) => { pub struct $n; } } s!(S); impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } } pub fn target() { let _s = S; }",
    ),
    changes(
        "macro in a macro-made module",
        "macro_rules! h { () => { «1|2» } } macro_rules! m { ($n:ident) => { mod $n { pub fn f() -> u32 { h!() } } } } m!(a); pub fn target() -> u32 { a::f() }",
    ),
    changes(
        "macro that defines a macro",
        "macro_rules! def { ($n:ident, $v:expr) => { macro_rules! $n { () => { $v } } } } def!(made, «1|2»); pub fn target() -> u32 { made!() }",
    ),
    changes(
        "import made by a macro",
        "mod a { pub fn h() -> u32 { «1|2» } } macro_rules! i { ($p:path) => { use $p; } } i!(a::h); pub fn target() -> u32 { h() }",
    ),
    changes(
        "glob import made by a macro",
        "mod a { pub fn h() -> u32 { «1|2» } } macro_rules! i { ($m:ident) => { use $m::*; } } i!(a); pub fn target() -> u32 { h() }",
    ),
    changes(
        "include in a module folder",
        "mod a; pub fn target() -> u32 { a::V }\n//- a/mod.rs\npub const V: u32 = include!(\"v.in\");\n//- a/v.in\n«1|2»",
    ),
    changes(
        "include str through concat",
        "pub fn target() -> &'static str { concat!(\"x\", include_str!(\"t.txt\")) }\n//- t.txt\n«a|b»",
    ),
    changes(
        "include bytes through a macro",
        "macro_rules! load { ($p:literal) => { include_bytes!($p) } } pub fn target() -> usize { load!(\"t.txt\").len() }\n//- t.txt\n«a|bb»",
    ),
    changes(
        "nested modules with paths",
        "#[path = \"x\"] mod m { pub mod a; } pub fn target() -> u32 { m::a::h() }\n//- x/a.rs\npub fn h() -> u32 { «1|2» }",
    ),
    changes(
        "module under cfg attribute path",
        "#[cfg_attr(unix, path = \"u.rs\")] #[cfg_attr(not(unix), path = \"w.rs\")] mod a; pub fn target() -> u32 { a::h() }\n//- u.rs\npub fn h() -> u32 { «1|2» }\n//- w.rs\npub fn h() -> u32 { 5 }",
    ),
    changes(
        "the same file twice",
        "#[path = \"x.rs\"] mod a; #[path = \"x.rs\"] mod b; pub fn target() -> u32 { a::h() + b::h() }\n//- x.rs\npub fn h() -> u32 { «1|2» }",
    ),
    changes(
        "byte and c strings",
        "pub fn target() -> usize { b\"a«|b»\".len() + c\"x\".count_bytes() + br#\"\"\"#.len() }",
    ),
    changes("lifetime and label", "pub fn target<'a>(x: &'a str) -> usize { 'l: loop { break 'l x.len() + «1|2»; } }"),
    // Found by the fuzzer: items in the input of a macro have no scope of their own.
    changes(
        "glob import in a macro's input",
        "mod a { pub fn h() -> u32 { «1|2» } } pub fn target() -> usize { vec![{ use crate::a::*; h() }].len() }",
    ),
    changes(
        "import in a macro's input",
        "mod a { pub fn h() -> u32 { «1|2» } } fn h() -> u32 { 3 } pub fn target() -> u32 { h() + vec![{ use crate::a::h; h() }].len() as u32 }",
    ),
    changes(
        "import of several in a macro's input",
        "mod a { pub fn h() -> u32 { «1|2» } pub fn g() -> u32 { 1 } } pub fn target() -> u32 { dbg!({ use crate::a::{g, h}; h() + g() }) }",
    ),
    changes(
        "module file in a macro's input",
        "macro_rules! on { ($($i:item)*) => { $($i)* } } on! { mod a; pub use a::h; } pub fn target() -> u32 { h() }\n//- a.rs\npub fn h() -> u32 { «1|2» }",
    ),
    changes(
        "module file under cfg if",
        "macro_rules! cfg_if { (if #[$m:meta] { $($a:item)* } else { $($b:item)* }) => { $(#[$m] $a)* $(#[cfg(not(unix))] $b)* } } cfg_if! { if #[cfg(unix)] { mod a; use a::h; } else { mod b; use b::h; } } pub fn target() -> u32 { h() }\n//- a.rs\npub fn h() -> u32 { «1|2» }\n//- b.rs\npub fn h() -> u32 { 3 }",
    ),
    changes(
        "module file that a macro names",
        "macro_rules! m { ($n:ident) => { mod $n; } } m!(a); pub fn target() -> u32 { a::h() }\n//- a.rs\npub fn h() -> u32 { «1|2» }",
    ),
    changes(
        "drop in a macro's input",
        "macro_rules! on { ($($i:item)*) => { $($i)* } } pub struct S; on! { impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } } } pub fn target() { let _s = S; }",
    ),
    changes(
        "function in a macro's input that imports",
        "macro_rules! on { ($($i:item)*) => { $($i)* } } mod a { pub fn h() -> u32 { «1|2» } } on! { pub fn k() -> u32 { use a::*; h() } } pub fn target() -> u32 { k() }",
    ),
    changes(
        "own write fmt",
        "struct W(u32); impl W { fn write_fmt(&mut self, _: std::fmt::Arguments<'_>) { self.0 += «1|2»; } } pub fn target() -> u32 { let mut w = W(0); write!(w, \"x\"); w.0 }",
    ),
    changes(
        "method that is no longer seen",
        "mod a { pub struct S; impl S { «pub |»fn m(&self) -> u32 { 1 } pub fn n(&self) -> u32 { self.m() } } } trait T { fn m(&self) -> u32 { 2 } } impl T for a::S {} pub fn target() -> u32 { a::S.m() + a::S.n() }",
    ),
    changes(
        "variant by import",
        "#[derive(Clone, Copy)] enum E { A = «1|2» } use E::A; pub fn target() -> u32 { A as u32 }",
    ),
    changes(
        "renamed variant",
        "enum E { A(u32), B(u32) } use E::{«A as X, B as Y|B as X, A as Y»}; pub fn target() -> u32 { let n = match X(1) { E::A(n) => n, E::B(n) => n + 5 }; n + match Y(1) { E::A(n) => n, E::B(n) => n } }",
    ),
    changes(
        "discriminant by a function",
        "const fn h() -> isize { «1|2» } enum E { A = h() } pub fn target() -> isize { E::A as isize }",
    ),
    changes(
        "qualified associated type",
        "trait T { type O: U; } trait U { fn u() -> u32; } struct A; struct B; impl U for B { fn u() -> u32 { «1|2» } } impl T for A { type O = B; } pub fn target() -> u32 { <A as T>::O::u() }",
    ),
    changes(
        "operator on references",
        "struct P(u32); impl<'a> std::ops::Mul<&'a P> for &P { type Output = u32; fn mul(self, o: &'a P) -> u32 { self.0 * o.0 + «1|2» } } pub fn target() -> u32 { &P(2) * &P(3) }",
    ),
    changes(
        "impl for a function pointer",
        "trait T { fn m(&self) -> u32; } impl T for fn() -> u32 { fn m(&self) -> u32 { self() + «1|2» } } fn h() -> u32 { 1 } pub fn target() -> u32 { (h as fn() -> u32).m() }",
    ),
    changes(
        "foreign trait for a vector of ours",
        "struct S(u32); trait Total { fn total(&self) -> u32; } impl Total for Vec<S> { fn total(&self) -> u32 { self.iter().map(|s| s.0).sum::<u32>() + «1|2» } } pub fn target() -> u32 { vec![S(1)].total() }",
    ),
    changes(
        "closure stored in a struct",
        "struct H<F: Fn(u32) -> u32> { f: F } fn make() -> H<impl Fn(u32) -> u32> { H { f: |x| h(x) } } fn h(x: u32) -> u32 { x + «1|2» } pub fn target() -> u32 { (make().f)(1) }",
    ),
    changes(
        "method of a private trait in a module",
        "mod a { trait Hidden { fn go(&self) -> u32 { «1|2» } } impl Hidden for u8 {} pub fn run() -> u32 { 1u8.go() } } pub fn target() -> u32 { a::run() }",
    ),
    changes(
        "default generic method",
        "trait V { fn visit<X: Into<u32>>(&self, x: X) -> u32 { x.into() + «1|2» } } struct S; impl V for S {} pub fn target() -> u32 { S.visit(1u8) }",
    ),
    changes(
        "clone on write",
        "use std::borrow::Cow; fn pick(x: bool) -> Cow<'static, str> { if x { Cow::Borrowed(\"«a|b»\") } else { Cow::Owned(String::new()) } } pub fn target() -> String { pick(true).into_owned() }",
    ),
    changes(
        "const through two globs and a rename",
        "mod a { pub mod b { pub const N: u32 = «1|2»; } pub use b::*; } mod c { pub use super::a::*; pub use super::a::N as M; } use c::*; pub fn target() -> u32 { M }",
    ),
    changes(
        "type in a generic argument only",
        "use std::marker::PhantomData; trait Cfg { const N: u32; } struct On; impl Cfg for On { const N: u32 = «1|2»; } struct W<C>(PhantomData<C>); impl<C: Cfg> W<C> { fn n(&self) -> u32 { C::N } } fn make() -> W<On> { W(PhantomData) } pub fn target() -> u32 { make().n() }",
    ),
    keeps(
        "comment in an included expression",
        "pub fn target() -> u32 { include!(\"inc.rs\") }\n//- inc.rs\n«|// one\n»1",
    ),
    keeps(
        "impl of a local trait that nobody uses",
        "struct S; trait T { fn t(&self) -> u32; } «|impl T for S { fn t(&self) -> u32 { 1 } }» pub fn target() -> u32 { let _ = S; 1 }",
    ),
    keeps(
        "imports in other groups",
        "mod a { pub fn x() -> u32 { 1 } pub fn y() -> u32 { 2 } } «use a::{x, y};|use a::x; use a::y;» pub fn target() -> u32 { x() + y() }",
    ),
    keeps(
        "inline module to file",
        "«mod a { pub fn h() -> u32 { 1 } }|mod a;» pub fn target() -> u32 { a::h() }\n//- a.rs\npub fn h() -> u32 { 1 }",
    ),
    keeps(
        "documentation of fields and variants",
        "struct S { «|/// A number.\n» a: u32 } enum E { «|#[doc(hidden)]» A } pub fn target() -> u32 { let _ = E::A; S { a: 1 }.a }",
    ),
    changes("number suffix", "pub fn target() -> usize { std::mem::size_of_val(&1«u8|u16») }"),
    changes("comment in a string", "pub fn target() -> &'static str { \"// «a|b»\" }"),
    changes("quote characters", r#"pub fn target() -> (char, char, u8) { ('\'', '"', b'«a|\\»') }"#),
    changes("nested comment before code", "/* /* */ */ pub fn target() -> u32 { /* \" */ «1|2» /* \" */ }"),
    keeps(
        "generic trait for a type that is not reached",
        "trait T<X> { fn m(&self) -> u32; } struct A; struct B; impl T<A> for u8 { fn m(&self) -> u32 { 1 } } impl T<B> for u8 { fn m(&self) -> u32 { «1|2» } } pub fn target() -> u32 { T::<A>::m(&1u8) }",
    ),
    keeps(
        "a module's inner comment",
        "mod a { //! «x|y»\n pub fn h() -> u32 { 1 } } pub fn target() -> u32 { a::h() }",
    ),
    keeps(
        "formatting of a whole file",
        "pub mod a {«|\n    »pub fn h(x: u32) -> u32 {«|\n        »x + 1«|\n    »}«|\n»} pub fn target() -> u32 { a::h(«|\n    »1«|,\n») }",
    ),
    keeps(
        "method of the same name on a type that is not reached",
        "struct A; struct B; impl A { fn run(&self) -> u32 { 1 } } impl B { fn run(&self) -> u32 { «1|2» } } pub fn other() -> u32 { B.run() } pub fn target() -> u32 { A.run() }",
    ),
    keeps(
        "variant of an enum that is not used elsewhere",
        "struct Circle(u32); impl Circle { fn new() -> Circle { println!(\"«a|b»\"); Circle(1) } } enum Shape { Circle(u32) } pub fn other() -> u32 { Circle::new().0 } pub fn target() -> u32 { match Shape::Circle(1) { Shape::Circle(n) => n } }",
    ),
    keeps(
        "static of another module",
        "mod a { pub static N: u32 = «1|2»; } mod b { pub static N: u32 = 3; } pub fn other() -> u32 { a::N } pub fn target() -> u32 { b::N }",
    ),
    keeps(
        "private helper of a trait that is not used",
        "trait T { fn m(&self) -> u32 { 1 } fn n(&self) -> u32 { «1|2» } } impl T for u8 {} pub fn target() -> u32 { 1u8.m() }",
    ),
    keeps(
        "test function",
        "pub fn target() -> u32 { 1 } #[cfg(test)] fn helper() -> u32 { «1|2» } #[cfg(all(test, unix))] mod more { pub fn x() -> u32 { «1|2» } }",
    ),
    keeps(
        "renumbered but equal module order",
        "«mod a { pub fn h() -> u32 { 1 } }|» mod b { pub fn h() -> u32 { 2 } } «|mod a { pub fn h() -> u32 { 1 } }» pub fn target() -> u32 { a::h() + b::h() }",
    ),
    keeps("lint attribute on a statement", "pub fn target() -> u32 { «|#[allow(unused_variables)]» let x = 1; x }"),
    keeps("windows line ends", "pub fn target() -> u32 {«\n|\r\n» 1 }"),
];
