//! Random programs: items of many kinds in a few modules, each of which uses some that came before.

use crate::random::Random;
use std::fmt::Write as _;
use std::path::Path;

const MODULES: usize = 4;
const ITEMS: usize = 24;
pub(crate) const TARGETS: usize = 6;

/// How an item is used: an expression of `u64` in which `$p` is a path to its module and `$x` an argument.
#[derive(Clone, Debug)]
struct Item {
    module: usize,
    usage: String,
    /// A single name that can be imported, if the usage is a call of it.
    function: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// `main.rs`, then the modules; literals are `§number§`.
    texts: Vec<String>,
    literals: Vec<u64>,
}

struct Generator<'a> {
    random: &'a mut Random,
    program: Program,
    items: Vec<Item>,
}

impl Program {
    pub(crate) fn random(random: &mut Random) -> Self {
        let program = Self { texts: vec![String::new(); MODULES + 1], literals: Vec::new() };
        let mut generator = Generator { random, program, items: Vec::new() };
        generator.begin();
        for number in 0..ITEMS {
            generator.item(number);
        }
        generator.end();
        generator.program
    }

    /// Changes one literal; says which.
    pub(crate) fn mutate(&mut self, random: &mut Random) -> String {
        let place = random.below(self.literals.len());
        let literal = self.literals.get_mut(place).expect("in range");
        let before = *literal;
        *literal = (before + 1 + random.next() % 50) % 97;
        format!("literal {place}: {before} to {literal}")
    }

    pub(crate) fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).expect("creates");
        for (place, text) in self.texts.iter().enumerate() {
            let mut filled = String::new();
            for (part, piece) in text.split('§').enumerate() {
                match part % 2 {
                    0 => filled.push_str(piece),
                    _ => {
                        let number: usize = piece.parse().expect("a number");
                        write!(filled, "{}", self.literals.get(number).expect("in range")).expect("writes");
                    }
                }
            }
            let name = if place == 0 { "main.rs".to_owned() } else { format!("m{}.rs", place - 1) };
            std::fs::write(folder.join(name), filled).expect("writes");
        }
    }
}

impl Generator<'_> {
    fn begin(&mut self) {
        let modules: String = (0..MODULES).map(|module| format!("mod m{module};\n")).collect();
        self.root(&format!(
            "use std::sync::atomic::{{AtomicU64, Ordering}};\nstatic SUM: AtomicU64 = AtomicU64::new(0);\n\
             fn note(n: u64) {{ SUM.fetch_add(n, Ordering::SeqCst); }}\nfn take() -> u64 {{ SUM.swap(0, Ordering::SeqCst) }}\n\
             macro_rules! make_function {{ ($n:ident, $v:expr) => {{ pub fn $n(x: u64) -> u64 {{ x.wrapping_mul(3) ^ $v }} }} }}\n\
             macro_rules! make_impl {{ ($t:ty, $v:expr) => {{ impl Drop for $t {{ fn drop(&mut self) {{ crate::note($v) }} }} }} }}\n\
             {modules}"
        ));
    }

    fn end(&mut self) {
        let mut main = String::from("fn main() {\n");
        for target in 0..TARGETS {
            let body = self.expression(MODULES, "7");
            self.root(&format!("pub fn t{target}() -> u64 {{ let _ = take(); ({body}) ^ take() }}\n"));
            writeln!(main, "    println!(\"{{}}\", t{target}());").expect("writes");
        }
        self.root(&format!("{main}}}\n"));
    }

    fn root(&mut self, text: &str) {
        self.program.texts.first_mut().expect("root").push_str(text);
    }

    fn literal(&mut self) -> String {
        let value = self.random.next() % 97;
        self.program.literals.push(value);
        format!("§{}§", self.program.literals.len() - 1)
    }

    /// An expression in a module (`MODULES` is the root) that uses up to two items and the argument.
    fn expression(&mut self, module: usize, argument: &str) -> String {
        let literal = self.literal();
        let mut text = format!("({argument} ^ {literal})");
        let n_used = if module == MODULES { 4 } else { self.random.below(4).min(2) };
        for _ in 0..n_used {
            if self.items.is_empty() {
                break;
            }
            // Mostly what came last, so that chains become long.
            let back = self.random.below(self.items.len()).min(self.random.below(self.items.len()));
            let item = self.items.get(self.items.len() - 1 - back).expect("in range").clone();
            text = self.usage(&item, module, &text);
        }
        text
    }

    fn usage(&mut self, item: &Item, module: usize, argument: &str) -> String {
        let path = match self.random.below(3) {
            0 if module < MODULES => format!("super::m{}", item.module),
            1 if module == item.module => "self".to_owned(),
            _ => format!("crate::m{}", item.module),
        };
        let way = self.random.below(4);
        if let Some(function) = &item.function {
            match way {
                0 => return format!("({{ use {path}::{function} as other; other({argument}) }})"),
                1 => return format!("({{ use {path}::*; {function}({argument}) }})"),
                2 => return format!("(Some({argument}).map({path}::{function}).unwrap_or(0))"),
                _ => {}
            }
        }
        format!("({})", item.usage.replace("$p", &path).replace("$x", argument))
    }

    fn item(&mut self, number: usize) {
        let module = self.random.below(MODULES);
        let (n, a, b) = (number, self.literal(), self.literal());
        let x = self.expression(module, "x");
        let own = self.expression(module, "self.0");
        let go = self.random.below(3);
        let (text, usage, function) = match self.random.below(20) {
            0 => (format!("pub fn f{n}(x: u64) -> u64 {{ {x} }}"), format!("$p::f{n}($x)"), Some(format!("f{n}"))),
            1 => (format!("pub const C{n}: u64 = {a};"), format!("$x ^ $p::C{n}"), None),
            2 => (
                format!(
                    "pub struct S{n}(pub u64); impl S{n} {{ pub fn new(x: u64) -> Self {{ Self(x ^ {a}) }} pub fn go{go}(&self) -> u64 {{ {own} }} pub fn not(&self) -> u64 {{ {b} }} }}"
                ),
                format!("$p::S{n}::new($x).go{go}()"),
                None,
            ),
            3 => (
                format!(
                    "pub struct S{n}(pub u64); impl std::ops::Add for S{n} {{ type Output = u64; fn add(self, o: S{n}) -> u64 {{ o.0 ^ {own} }} }}"
                ),
                format!("$p::S{n}($x) + $p::S{n}({a})"),
                None,
            ),
            4 => (
                format!(
                    "pub struct S{n}(pub u64); impl Drop for S{n} {{ fn drop(&mut self) {{ crate::note({own}) }} }}"
                ),
                format!("{{ let d = $p::S{n}($x); d.0 ^ {a} }}"),
                None,
            ),
            5 => (
                format!(
                    "pub struct S{n}(pub u64); impl std::fmt::Display for S{n} {{ fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{ write!(f, \"{{}}\", {own}) }} }}"
                ),
                format!("$p::S{n}($x).to_string().parse::<u64>().unwrap_or({a})"),
                None,
            ),
            6 => (
                format!(
                    "pub trait T{n} {{ fn go{go}(&self) -> u64; fn twice{n}(&self) -> u64 {{ self.go{go}() ^ {a} }} }} impl T{n} for u64 {{ fn go{go}(&self) -> u64 {{ *self ^ {b} }} }}"
                ),
                format!("{{ use $p::T{n} as _; ($x).twice{n}() }}"),
                None,
            ),
            7 => {
                self.root(&format!(
                    "#[macro_export] macro_rules! macro{n} {{ ($e:expr) => {{ {{ let x: u64 = $e; {} }} }} }}\n",
                    x.replace("crate::", "$crate::")
                        .replace("super::", "$crate::")
                        .replace("self::", &format!("$crate::m{module}::"))
                ));
                (String::new(), format!("crate::macro{n}!($x)"), None)
            }
            8 => (format!("make_function!(f{n}, {a});"), format!("$p::f{n}($x)"), Some(format!("f{n}"))),
            9 => (
                format!(
                    "#[derive(Default)] pub struct S{n} {{ pub inner: I{n} }} pub struct I{n}(pub u64); impl Default for I{n} {{ fn default() -> Self {{ let x = {a}; Self({x}) }} }}"
                ),
                format!("$x ^ $p::S{n}::default().inner.0"),
                None,
            ),
            10 => (
                format!(
                    "pub struct S{n}(pub u64); impl From<u64> for S{n} {{ fn from(x: u64) -> Self {{ Self({x}) }} }}"
                ),
                format!("{{ let s: $p::S{n} = ($x).into(); s.0 }}"),
                None,
            ),
            11 => (
                format!(
                    "pub struct S{n}(pub u64); impl Iterator for S{n} {{ type Item = u64; fn next(&mut self) -> Option<u64> {{ self.0 = (self.0 % 5) / 2; (self.0 > 0).then_some({a}) }} }}"
                ),
                format!("$p::S{n}($x).fold({b}, |one: u64, other| one.wrapping_mul(3) ^ other)"),
                None,
            ),
            12 => (
                format!(
                    "#[derive(PartialEq, Eq)] pub struct S{n}(pub u64); impl PartialOrd for S{n} {{ fn partial_cmp(&self, o: &Self) -> Option<std::cmp::Ordering> {{ Some(self.cmp(o)) }} }} impl Ord for S{n} {{ fn cmp(&self, o: &Self) -> std::cmp::Ordering {{ (self.0 % {a}.max(1)).cmp(&(o.0 % {a}.max(1))) }} }}"
                ),
                format!(
                    "{{ let mut v = vec![$p::S{n}($x), $p::S{n}({b}), $p::S{n}(50)]; v.sort(); v[0].0.wrapping_mul(7) ^ v[1].0 }}"
                ),
                None,
            ),
            13 => (
                format!("fn f{n}(x: u64) -> u64 {{ {x} }} pub static P{n}: fn(u64) -> u64 = f{n};"),
                format!("$p::P{n}($x)"),
                None,
            ),
            14 => (
                format!(
                    "pub trait T{n} {{ fn go{go}(&self) -> u64; }} pub struct S{n}(pub u64); impl T{n} for S{n} {{ fn go{go}(&self) -> u64 {{ {own} }} }} pub fn b{n}(x: u64) -> Box<dyn T{n}> {{ Box::new(S{n}(x ^ {a})) }}"
                ),
                format!("$p::b{n}($x).go{go}()"),
                None,
            ),
            15 => (
                format!(
                    "pub trait T{n} {{ const N: u64; const M: u64 = {a}; }} pub struct S{n}; impl T{n} for S{n} {{ const N: u64 = {b}; }} pub fn g{n}<X: T{n}>(x: u64) -> u64 {{ x ^ X::N ^ (X::M << 7) }}"
                ),
                format!("$p::g{n}::<$p::S{n}>($x)"),
                None,
            ),
            16 => (
                format!("#[derive(Clone, Copy)] pub enum E{n} {{ One = {a}, Two = 100 }}"),
                format!("{{ use $p::E{n}::*; ($x) ^ (if ($x) % 2 == 0 {{ One }} else {{ Two }}) as u64 }}"),
                None,
            ),
            17 => (
                format!(
                    "pub struct S{n}(pub u64); pub fn elsewhere{n}() {{ impl std::ops::Neg for S{n} {{ type Output = u64; fn neg(self) -> u64 {{ {own} }} }} }}"
                ),
                format!("-$p::S{n}($x)"),
                None,
            ),
            18 => (
                format!("pub struct S{n}(pub u64); make_impl!(S{n}, {a});"),
                format!("{{ let s = $p::S{n}($x); s.0 ^ {b} }}"),
                None,
            ),
            _ => (
                format!(
                    "pub struct W{n}<const N: u64 = {a}>(pub u64); impl<const N: u64> W{n}<N> {{ pub fn go{go}(self) -> impl Fn(u64) -> u64 {{ move |x| {x} ^ self.0 ^ N }} }} pub fn f{n}(x: u64) -> u64 {{ let w: W{n} = W{n}(x); w.go{go}()({b}) }}"
                ),
                format!("$p::f{n}($x)"),
                Some(format!("f{n}")),
            ),
        };
        let place = module + 1;
        let into = self.program.texts.get_mut(place).expect("in range");
        into.push_str(&text);
        into.push('\n');
        self.items.push(Item { module, usage, function });
    }
}
