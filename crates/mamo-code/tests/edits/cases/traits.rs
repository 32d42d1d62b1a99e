//! Code that is reached through traits, most of it without being named.

use crate::case::{Case, changes};

pub(crate) const CASES: &[Case] = &[
    changes("operator", "use std::ops::Add; struct P(u32); impl Add for P { type Output = P; fn add(self, o: P) -> P { P(self.0 + o.0 + «1|2») } }
        pub fn target() -> u32 { (P(1) + P(2)).0 }"),
    changes("operator assign", "use std::ops::AddAssign; struct P(u32); impl AddAssign<u32> for P { fn add_assign(&mut self, o: u32) { self.0 += o * «1|2»; } }
        pub fn target() -> u32 { let mut p = P(1); p += 3; p.0 }"),
    changes("negation", "use std::ops::Neg; struct P(i32); impl Neg for P { type Output = i32; fn neg(self) -> i32 { «-|»self.0 } }
        pub fn target() -> i32 { -P(1) }"),
    changes("comparison", "struct P(u32); impl PartialEq for P { fn eq(&self, o: &P) -> bool { self.0 «==|!=» o.0 } }
        pub fn target() -> bool { P(1) == P(2) }"),
    changes("index", "use std::ops::Index; struct P(u32); impl Index<usize> for P { type Output = u32; fn index(&self, _: usize) -> &u32 { &«1|2» } }
        pub fn target() -> u32 { P(1)[0] }"),
    changes("drop", "use std::sync::atomic::{AtomicU32, Ordering}; static N: AtomicU32 = AtomicU32::new(0); struct G; impl Drop for G { fn drop(&mut self) { N.fetch_add(«1|2», Ordering::SeqCst); } }
        pub fn target() -> u32 { { let _g = G; } N.load(Ordering::SeqCst) }"),
    changes("drop of a field", "use std::sync::atomic::{AtomicU32, Ordering}; static N: AtomicU32 = AtomicU32::new(0); struct G; impl Drop for G { fn drop(&mut self) { N.fetch_add(«1|2», Ordering::SeqCst); } }
        struct Outer { _g: G } fn make() -> Outer { Outer { _g: G } }
        pub fn target() -> u32 { { let _g = make(); } N.load(Ordering::SeqCst) }"),
    changes("deref", "use std::ops::Deref; struct W(Inner); struct Inner; impl Inner { fn get(&self) -> u32 { «1|2» } } impl Deref for W { type Target = Inner; fn deref(&self) -> &Inner { &self.0 } }
        pub fn target() -> u32 { W(Inner).get() }"),
    changes("deref itself", "use std::ops::Deref; struct W(u32, u32); impl Deref for W { type Target = u32; fn deref(&self) -> &u32 { &self.«0|1» } }
        pub fn target() -> u32 { *W(1, 2) }"),
    changes("from by question mark", "struct E(u32); impl From<std::num::ParseIntError> for E { fn from(_: std::num::ParseIntError) -> E { E(«1|2») } }
        fn parse(s: &str) -> Result<u32, E> { Ok(s.parse::<u32>()?) } pub fn target() -> u32 { match parse(\"x\") { Ok(n) => n, Err(e) => e.0 } }"),
    changes("from by into", "struct A(u32); struct B(u32); impl From<A> for B { fn from(a: A) -> B { B(a.0 + «1|2») } }
        pub fn target() -> u32 { let b: B = A(1).into(); b.0 }"),
    changes("default", "struct D(u32); impl Default for D { fn default() -> D { D(«1|2») } } pub fn target() -> u32 { let d: D = Default::default(); d.0 }"),
    changes("derived default of a field", "#[derive(Default)] struct O { d: D } struct D(u32); impl Default for D { fn default() -> D { D(«1|2») } } pub fn target() -> u32 { O::default().d.0 }"),
    changes("from str", "struct F(u32); impl std::str::FromStr for F { type Err = (); fn from_str(s: &str) -> Result<F, ()> { Ok(F(s.len() as u32 + «1|2»)) } }
        pub fn target() -> u32 { \"ab\".parse::<F>().unwrap().0 }"),
    changes("from iterator", "struct S(u32); impl FromIterator<u32> for S { fn from_iter<I: IntoIterator<Item = u32>>(i: I) -> S { S(i.into_iter().sum::<u32>() + «1|2») } }
        pub fn target() -> u32 { let s: S = [1, 2].into_iter().collect(); s.0 }"),
    changes("into iterator in for", "struct B; impl IntoIterator for B { type Item = u32; type IntoIter = std::vec::IntoIter<u32>; fn into_iter(self) -> Self::IntoIter { vec![«1|2»].into_iter() } }
        pub fn target() -> u32 { let mut n = 0; for i in B { n += i; } n }"),
    changes("iterator with adapters", "struct C(u32); impl Iterator for C { type Item = u32; fn next(&mut self) -> Option<u32> { self.0 += 1; (self.0 < «5|6»).then_some(self.0) } }
        pub fn target() -> u32 { C(0).map(|x| x * 2).sum() }"),
    changes("display", "use std::fmt; struct D; impl fmt::Display for D { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, \"«a|b»\") } }
        pub fn target() -> String { format!(\"{}\", D) }"),
    changes("display by to string", "use std::fmt; struct D; impl fmt::Display for D { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(helper()) } } fn helper() -> &'static str { \"«a|b»\" }
        pub fn target() -> String { D.to_string() }"),
    changes("hash through a map", "use std::hash::{Hash, Hasher}; #[derive(PartialEq, Eq)] struct K(u32); impl Hash for K { fn hash<H: Hasher>(&self, h: &mut H) { h.write_u32(self.0 % «2|3») } }
        pub fn target() -> usize { std::collections::HashSet::from([K(1), K(2)]).len() }"),
    changes("ord through sort", "use std::cmp::Ordering; #[derive(PartialEq, Eq)] struct K(u32); impl PartialOrd for K { fn partial_cmp(&self, o: &K) -> Option<Ordering> { Some(self.cmp(o)) } } impl Ord for K { fn cmp(&self, o: &K) -> Ordering { «self.0.cmp(&o.0)|o.0.cmp(&self.0)» } }
        pub fn target() -> u32 { let mut v = vec![K(2), K(1)]; v.sort(); v[0].0 }"),
    changes("order of fields under a derive", "#[derive(PartialEq, Eq, PartialOrd, Ord)] struct K { «a: u32, b: u32|b: u32, a: u32» } pub fn target() -> bool { K { a: 1, b: 2 } < K { a: 2, b: 1 } }"),
    changes("default method", "trait T { fn m(&self) -> u32 { «1|2» } } struct S; impl T for S {} pub fn target() -> u32 { S.m() }"),
    changes("default method through another", "trait T { fn m(&self) -> u32 { self.n() } fn n(&self) -> u32 { «1|2» } } struct S; impl T for S {} pub fn target() -> u32 { S.m() }"),
    changes("supertrait", "trait A { fn a(&self) -> u32; } trait B: A { fn b(&self) -> u32 { self.a() } } struct S; impl A for S { fn a(&self) -> u32 { «1|2» } } impl B for S {} pub fn target() -> u32 { S.b() }"),
    changes("blanket", "trait A { fn a(&self) -> u32; } trait B { fn b(&self) -> u32; } impl<T: A> B for T { fn b(&self) -> u32 { self.a() + «1|2» } } struct S; impl A for S { fn a(&self) -> u32 { 3 } } pub fn target() -> u32 { S.b() }"),
    changes("extension of a foreign type", "mod ext { pub trait E { fn twice(&self) -> u32; } impl E for u32 { fn twice(&self) -> u32 { self * «2|3» } } } use ext::E as _; pub fn target() -> u32 { 5u32.twice() }"),
    changes("which extension is in scope", "mod a { pub trait E { fn go(&self) -> u32; } impl E for u32 { fn go(&self) -> u32 { 1 } } } mod b { pub trait E { fn go(&self) -> u32; } impl E for u32 { fn go(&self) -> u32 { 2 } } } use «a|b»::E as _; pub fn target() -> u32 { 5u32.go() }"),
    changes("generic function", "trait T { fn m(&self) -> u32; } struct S; impl T for S { fn m(&self) -> u32 { «1|2» } } fn g<X: T>(x: X) -> u32 { x.m() } pub fn target() -> u32 { g(S) }"),
    changes("static method of a parameter", "trait T { fn m() -> u32; } struct S; impl T for S { fn m() -> u32 { «1|2» } } fn g<X: T>() -> u32 { X::m() } pub fn target() -> u32 { g::<S>() }"),
    changes("trait object", "trait T { fn m(&self) -> u32; } struct S; impl T for S { fn m(&self) -> u32 { «1|2» } } pub fn target() -> u32 { let b: Box<dyn T> = Box::new(S); b.m() }"),
    changes("trait object from outside", "pub trait T { fn m(&self) -> u32; } pub struct S; impl T for S { fn m(&self) -> u32 { «1|2» } } pub fn target(t: &dyn T) -> u32 { t.m() }"),
    changes("impl trait", "trait T { fn m(&self) -> u32; } struct S; impl T for S { fn m(&self) -> u32 { «1|2» } } fn make() -> impl T { S } pub fn target() -> u32 { make().m() }"),
    changes("associated const", "trait T { const C: u32; } struct S; impl T for S { const C: u32 = «1|2»; } fn g<X: T>() -> u32 { X::C } pub fn target() -> u32 { g::<S>() }"),
    changes("default of an associated const", "trait T { const C: u32 = «1|2»; } struct S; impl T for S {} pub fn target() -> u32 { <S as T>::C }"),
    changes("associated type", "trait T { type O: Default + Into<u32>; } struct A; impl Default for A { fn default() -> A { A } } impl From<A> for u32 { fn from(_: A) -> u32 { 1 } } struct B; impl Default for B { fn default() -> B { B } } impl From<B> for u32 { fn from(_: B) -> u32 { 2 } }
        struct S; impl T for S { type O = «A|B»; } fn g<X: T>() -> u32 { X::O::default().into() } pub fn target() -> u32 { g::<S>() }"),
    changes("async", "async fn inner() -> u32 { «1|2» } pub async fn target() -> u32 { inner().await }"),
];
