//! What items are and where they stand: bodies, consts, statics, generics, symbols, conditions.

use crate::case::{Case, changes, keeps};

pub(crate) const CASES: &[Case] = &[
    changes("method", "struct S; impl S { fn a(&self) -> u32 { «1|2» } } pub fn target() -> u32 { S.a() }"),
    changes(
        "method in a sibling module",
        "mod a { pub struct S; } mod b { impl crate::a::S { pub fn m(&self) -> u32 { «1|2» } } } pub fn target() -> u32 { a::S.m() }",
    ),
    changes(
        "impl in the body of another function",
        "pub struct S; pub trait T { fn m(&self) -> u32; } pub fn other() { impl T for S { fn m(&self) -> u32 { «1|2» } } } pub fn target() -> u32 { S.m() }",
    ),
    changes(
        "drop in the body of another function",
        "pub struct S; pub fn other() { { impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } } } } pub fn target() { let _s = S; }",
    ),
    changes(
        "impl in a const block",
        "pub struct S; const _: () = { impl Drop for S { fn drop(&mut self) { println!(\"«a|b»\") } } }; pub fn target() { let _s = S; }",
    ),
    changes("nested function", "pub fn target() -> u32 { fn h() -> u32 { «1|2» } h() }"),
    changes("const in a body", "pub fn target() -> u32 { const N: u32 = «1|2»; N }"),
    changes(
        "import in a body",
        "mod a { pub fn h() -> u32 { 1 } } mod b { pub fn h() -> u32 { 2 } } pub fn target() -> u32 { use «a|b»::h; h() }",
    ),
    changes(
        "import in a block",
        "mod a { pub fn h() -> u32 { «1|2» } } pub fn target(x: bool) -> u32 { if x { use a::h; h() } else { 0 } }",
    ),
    changes(
        "function pointer in a static",
        "fn h() -> u32 { «1|2» } static F: fn() -> u32 = h; pub fn target() -> u32 { F() }",
    ),
    changes("closure in a static", "static F: fn(u32) -> u32 = |x| x + «1|2»; pub fn target() -> u32 { F(1) }"),
    changes(
        "table of functions",
        "fn a() -> u32 { 1 } fn b() -> u32 { «1|2» } const T: [fn() -> u32; 2] = [a, b]; pub fn target() -> u32 { T[1]() }",
    ),
    changes(
        "returned closure",
        "fn h() -> u32 { «1|2» } fn make() -> impl Fn() -> u32 { || h() } pub fn target() -> u32 { make()() }",
    ),
    changes(
        "function passed by name",
        "fn h(x: u32) -> u32 { x + «1|2» } pub fn target() -> u32 { Some(1).map(h).unwrap() }",
    ),
    changes(
        "method passed by name",
        "struct S(u32); impl S { fn get(self) -> u32 { self.0 + «1|2» } } pub fn target() -> u32 { Some(S(1)).map(S::get).unwrap() }",
    ),
    changes(
        "const generic with a default",
        "struct S<const N: usize = «1|2»>; impl<const N: usize> S<N> { fn n(&self) -> usize { N } } pub fn target() -> usize { let s: S = S; s.n() }",
    ),
    changes("alias", "type A = «u8|u16»; pub fn target() -> usize { std::mem::size_of::<A>() }"),
    changes(
        "method through an alias",
        "struct S; impl S { fn new() -> u32 { «1|2» } } type A = S; pub fn target() -> u32 { A::new() }",
    ),
    changes(
        "impl on an alias",
        "struct S; type A = S; impl A { fn new() -> u32 { «1|2» } } pub fn target() -> u32 { S::new() }",
    ),
    changes(
        "Self",
        "struct S; impl S { fn a() -> u32 { Self::b() } fn b() -> u32 { «1|2» } } pub fn target() -> u32 { S::a() }",
    ),
    changes("const of a type", "struct S; impl S { const N: u32 = «1|2»; } pub fn target() -> u32 { S::N }"),
    changes("discriminant", "enum E { A = «1|2» } pub fn target() -> u32 { E::A as u32 }"),
    changes(
        "representation",
        "#[repr(«u8|u16»)] #[allow(dead_code)] enum E { A, B } pub fn target() -> usize { std::mem::size_of::<E>() }",
    ),
    changes("derive", "#[derive(Clone«|, Copy»)] struct S(u32); pub fn target() -> u32 { S(1).clone().0 }"),
    changes(
        "field that is added",
        "struct S { a: u32«|, b: u32» } fn size() -> usize { std::mem::size_of::<S>() } pub fn target() -> usize { size() }",
    ),
    changes(
        "union",
        "union U { a: u32, b: f32 } impl U { fn get(&self) -> u32 { unsafe { self.a + «1|2» } } } pub fn target() -> u32 { let _ = U { b: 1.0 }; U { a: 1 }.get() }",
    ),
    changes(
        "condition",
        "#[cfg(«unix|windows»)] fn h() -> u32 { 1 } #[cfg(not(«unix|windows»))] fn h() -> u32 { 2 } pub fn target() -> u32 { h() }",
    ),
    changes(
        "twin under a condition",
        "#[cfg(unix)] fn h() -> u32 { «1|2» } #[cfg(not(unix))] fn h() -> u32 { «3|4» } pub fn target() -> u32 { h() }",
    ),
    changes(
        "import under a condition",
        "mod a { pub fn h() -> u32 { 1 } } mod b { pub fn h() -> u32 { 2 } } #[cfg(«unix|windows»)] use a::h; #[cfg(not(«unix|windows»))] use b::h; pub fn target() -> u32 { h() }",
    ),
    changes(
        "module under a condition",
        "#[cfg(«unix|windows»)] mod a { pub fn h() -> u32 { 1 } } #[cfg(not(«unix|windows»))] mod a { pub fn h() -> u32 { 2 } } pub fn target() -> u32 { a::h() }",
    ),
    changes("cfg macro", "pub fn target() -> bool { cfg!(«unix|windows») }"),
    changes("environment", "pub fn target() -> Option<&'static str> { option_env!(\"«A|B»\") }"),
    changes(
        "foreign function that is ours",
        "mod a { #[unsafe(no_mangle)] pub extern \"C\" fn my_symbol_x() -> u32 { «1|2» } } unsafe extern \"C\" { fn my_symbol_x() -> u32; } pub fn target() -> u32 { unsafe { my_symbol_x() } }",
    ),
    changes(
        "foreign function under another name",
        "mod a { #[unsafe(export_name = \"other_symbol\")] pub extern \"C\" fn h() -> u32 { «1|2» } } unsafe extern \"C\" { #[link_name = \"other_symbol\"] fn k() -> u32; } pub fn target() -> u32 { unsafe { k() } }",
    ),
    changes(
        "shadowed by a nested function",
        "fn h() -> u32 { 1 } pub fn target() -> u32 { «|fn h() -> u32 { 2 }» h() }",
    ),
    changes("local variable and function", "fn h() -> u32 { «1|2» } pub fn target() -> u32 { let h = h(); h }"),
    changes("number", "pub fn target() -> f64 { 1.0e-«5|6» + f64::from(0x1e) + 1.}"),
    changes("operator precedence", "pub fn target() -> u32 { «1 + 2 * 3|(1 + 2) * 3» }"),
    changes("reference of a reference", "pub fn target() -> bool { let (a, b) = (true, true); a «&|&&» b }"),
    changes("shift", "pub fn target() -> u32 { 8 «<<|>>» 1 }"),
    changes("string", "pub fn target() -> &'static str { \"a«| »b\" }"),
    changes("raw string", "pub fn target() -> &'static str { r#\"a\"«a|b»\"#  }"),
    changes("character", "pub fn target() -> char { let _: &'static str = \"\"; '«\"|\\'»' }"),
    changes(
        "tuple of one",
        "pub fn target() -> usize { std::mem::size_of_val(&(1u8«|,»)) + std::mem::size_of::<(u8,)>() }",
    ),
    changes(
        "generic parameter that has the name of a type",
        "struct T; struct W<X>(X); trait M { fn m(&self) -> u32; } impl<T> M for W<T> { fn m(&self) -> u32 { «1|2» } } pub fn other() -> T { T } pub fn target() -> u32 { W(1u8).m() }",
    ),
    changes(
        "specialised inherent impls",
        "struct W<X>(X); impl W<u8> { fn n() -> u32 { 1 } } impl W<u16> { fn n() -> u32 { «1|2» } } pub fn target() -> u32 { W::<u16>::n() + W::<u8>::n() }",
    ),
    changes(
        "let else and labels",
        "fn h() -> Option<u32> { «None|Some(1)» } pub fn target() -> u32 { let Some(x) = h() else { return 0 }; 'a: loop { break 'a x; } }",
    ),
    changes(
        "attribute that names a function",
        "#[derive(Debug)] #[allow(dead_code)] struct S { #[cfg_attr(any(), serde(with = \"codec\"))] x: u32 } mod codec { pub fn serialize() -> u32 { «1|2» } } pub fn target() -> String { let _ = codec::serialize; format!(\"{:?}\", S { x: 1 }) }",
    ),
    changes(
        "type named only in a closure",
        "struct S; impl S { fn m(&self) -> u32 { «1|2» } } fn make() -> Box<dyn Fn() -> S> { Box::new(|| S) } pub fn target() -> u32 { make()().m() }",
    ),
    changes(
        "method behind two calls",
        "mod a { pub struct A; impl A { pub fn b(&self) -> super::b::B { super::b::B } } } mod b { pub struct B; impl B { pub fn c(&self) -> u32 { «1|2» } } } pub fn target() -> u32 { a::A.b().c() }",
    ),
    keeps(
        "nested function elsewhere",
        "pub fn other() -> u32 { fn h() -> u32 { «1|2» } h() } fn h() -> u32 { 1 } pub fn target() -> u32 { h() }",
    ),
    keeps(
        "foreign function that is not called",
        "#[unsafe(no_mangle)] pub extern \"C\" fn symbol_y() -> u32 { «1|2» } pub fn target() -> u32 { 1 }",
    ),
    keeps(
        "enum variant that has the name of a function",
        "fn a() -> u32 { «1|2» } #[allow(non_camel_case_types)] enum E { a } pub fn target() -> u32 { E::a as u32 }",
    ),
    keeps(
        "parameter that has the name of a function",
        "pub fn count() -> u32 { «1|2» } pub fn target(count: u32) -> u32 { count + 1 }",
    ),
    keeps(
        "variable that has the name of a function",
        "pub fn count() -> u32 { «1|2» } pub fn target() -> u32 { let count = 1; count + 1 }",
    ),
];
