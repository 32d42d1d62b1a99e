//! The code of a function as normalised tokens: what a comment, a line break or rustfmt changes is not in them.

use crate::input::Function;
use mamo_code::WITHOUT_EFFECT;
use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// The function alone: what it calls is not in here, and neither is its visibility.
pub(crate) fn of(function: &Function) -> String {
    let mut tokens = TokenStream::new();
    for attribute in &function.attributes {
        attribute.to_tokens(&mut tokens);
    }
    let signature = &function.signature;
    signature.constness.to_tokens(&mut tokens);
    signature.fn_token.to_tokens(&mut tokens);
    signature.ident.to_tokens(&mut tokens);
    signature.generics.to_tokens(&mut tokens);
    signature.paren_token.surround(&mut tokens, |tokens| signature.inputs.to_tokens(tokens));
    signature.output.to_tokens(&mut tokens);
    signature.generics.where_clause.to_tokens(&mut tokens);
    function.body.to_tokens(&mut tokens);
    normalise(tokens)
}

/// Operators of more than one character. Those that begin with `>` are missing: `Vec<Vec<u8> >` is `Vec<Vec<u8>>`, and
/// no program means something else by `> >` than by `>>`.
const OPERATORS: [&str; 21] = [
    "<<=", "...", "..=", "::", "->", "=>", "==", "!=", "<=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "^=", "&=",
    "|=", "<<", "..",
];

/// One space between two tokens, no comments, no attributes without effect, no commas without meaning.
fn normalise(tokens: TokenStream) -> String {
    let mut words = Vec::new();
    write(tokens, Inside::Code, &mut words);
    words.join(" ")
}

/// Whether attributes stand for themselves, or are a macro's input, which may do anything with them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Code,
    Macro,
}

/// What stands directly before a token; decides what a parenthesis means.
#[derive(PartialEq, Eq)]
enum Before {
    /// An identifier, a closing delimiter or `>`: a parenthesis that follows holds arguments.
    Callable,
    /// `!`: a group that follows is a macro's input.
    Bang,
    /// `=>`: a brace that follows is the body of a match arm.
    Arrow,
    /// The body of a match arm: a comma that follows means nothing.
    ArmBody,
    Other,
}

fn write(tokens: TokenStream, inside: Inside, words: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut before = Before::Other;
    let mut is_where = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                if is_where && group.delimiter() == Delimiter::Brace {
                    is_where = false;
                    drop_comma(words);
                }
                before = write_group(&group, &before, inside, words);
            }
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                if inside == Inside::Code && word == "pub" {
                    if tokens.peek().is_some_and(is_restriction) {
                        tokens.next();
                    }
                    continue;
                }
                is_where |= inside == Inside::Code && word == "where";
                before = if is_keyword(&word) { Before::Other } else { Before::Callable };
                words.push(word);
            }
            TokenTree::Literal(literal) => {
                words.push(literal.to_string());
                before = Before::Other;
            }
            TokenTree::Punct(punct) => {
                if punct.as_char() == '#' && inside == Inside::Code {
                    let is_inner = matches!(tokens.peek(), Some(TokenTree::Punct(bang)) if bang.as_char() == '!');
                    let mut ahead = tokens.clone();
                    if is_inner {
                        ahead.next();
                    }
                    if ahead.next().is_some_and(|attribute| is_without_effect(&attribute)) {
                        tokens = ahead;
                        continue;
                    }
                }
                let operator = operator(&punct, &mut tokens);
                if operator == "," && before == Before::ArmBody {
                    continue;
                }
                let ends_where = is_where && operator == ";";
                if ends_where || (operator == ">" && inside == Inside::Code) {
                    is_where &= !ends_where;
                    drop_comma(words);
                }
                before = match operator.as_str() {
                    "!" if before == Before::Callable => Before::Bang,
                    ">" => Before::Callable,
                    "=>" => Before::Arrow,
                    _ => Before::Other,
                };
                words.push(operator);
            }
        }
    }
}

fn write_group(group: &Group, before: &Before, inside: Inside, words: &mut Vec<String>) -> Before {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        // A fragment of a macro's input that is one expression whatever stands around it.
        Delimiter::None => ("\u{ab}", "\u{bb}"),
    };
    let inside = if *before == Before::Bang { Inside::Macro } else { inside };
    words.push(open.to_owned());
    let start = words.len();
    write(group.stream(), inside, words);
    if words.len() > start && words.last().is_some_and(|word| word == ",") {
        let is_tuple = group.delimiter() == Delimiter::Parenthesis
            && !matches!(before, Before::Callable | Before::Bang)
            && has_one_comma(group.stream());
        if !is_tuple {
            words.pop();
        }
    }
    words.push(close.to_owned());
    match group.delimiter() {
        Delimiter::Brace if *before == Before::Arrow => Before::ArmBody,
        Delimiter::Brace => Before::Other,
        Delimiter::Parenthesis | Delimiter::Bracket | Delimiter::None => Before::Callable,
    }
}

/// A comma behind the last of several means nothing.
fn drop_comma(words: &mut Vec<String>) {
    if words.last().is_some_and(|word| word == ",") {
        words.pop();
    }
}

/// Whether it is what stands behind `pub`: `(crate)`, `(in path)`, and not a type.
fn is_restriction(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let mut tokens = group.stream().into_iter();
    let first = tokens.next().map(|token| token.to_string());
    let is_alone = tokens.next().is_none();
    group.delimiter() == Delimiter::Parenthesis
        && match first.as_deref() {
            Some("crate" | "super" | "self") => is_alone,
            Some("in") => true,
            _ => false,
        }
}

/// Takes the rest of an operator from `tokens`.
fn operator(first: &Punct, tokens: &mut std::iter::Peekable<proc_macro2::token_stream::IntoIter>) -> String {
    let mut operator = String::from(first.as_char());
    let mut spacing = first.spacing();
    while spacing == Spacing::Joint {
        let Some(TokenTree::Punct(next)) = tokens.peek() else { break };
        operator.push(next.as_char());
        if !OPERATORS.iter().any(|known| known.starts_with(&operator)) {
            operator.pop();
            break;
        }
        spacing = next.spacing();
        tokens.next();
    }
    operator
}

/// Whether `[..]` behind `#` is an attribute without effect.
fn is_without_effect(attribute: &TokenTree) -> bool {
    let TokenTree::Group(attribute) = attribute else { return false };
    let name = attribute.stream().into_iter().next().map(|name| name.to_string());
    attribute.delimiter() == Delimiter::Bracket && name.is_some_and(|name| WITHOUT_EFFECT.contains(&name.as_str()))
}

/// Whether the last comma is the only one outside angle brackets; when in doubt, yes: then the comma stays.
fn has_one_comma(tokens: TokenStream) -> bool {
    let (mut depth, mut commas, mut arrow) = (0u32, 0u32, false);
    for token in tokens {
        let TokenTree::Punct(punct) = token else {
            arrow = false;
            continue;
        };
        match punct.as_char() {
            ',' if depth == 0 => commas += 1,
            '<' => depth += 1,
            '>' if !arrow => depth = depth.saturating_sub(1),
            _ => {}
        }
        arrow = matches!(punct.as_char(), '-' | '=') && punct.spacing() == Spacing::Joint;
    }
    commas <= 1
}

/// Words behind which a parenthesis is no list of arguments.
fn is_keyword(word: &str) -> bool {
    const KEYWORDS: [&str; 24] = [
        "as", "async", "box", "break", "const", "dyn", "else", "fn", "for", "if", "impl", "in", "let", "loop", "match",
        "move", "mut", "ref", "return", "static", "unsafe", "where", "while", "yield",
    ];
    KEYWORDS.contains(&word)
}

#[cfg(test)]
mod tests {

    #[track_caller]
    fn of(code: &str) -> String {
        super::of(&syn::parse_str(code).expect(code))
    }

    #[track_caller]
    fn equal(a: &str, b: &str) {
        assert_eq!(of(&format!("fn f(x: &T) -> U {{ {a} }}")), of(&format!("fn f(x: &T) -> U {{ {b} }}")));
    }

    #[track_caller]
    fn differ(a: &str, b: &str) {
        assert_ne!(of(&format!("fn f(x: &T) -> U {{ {a} }}")), of(&format!("fn f(x: &T) -> U {{ {b} }}")));
    }

    #[test]
    fn comments_and_documentation_do_not_count() {
        equal("1 + 2", "1 /* one */ + // two\n 2");
        equal("fn g() {}", "/// what it does\n fn g() {}");
        equal("fn g() {}", "#[doc(hidden)] #[allow(dead_code)] #[inline(always)] fn g() {}");
        equal("fn g() {}", "fn g() { //! inside\n }");
        equal("let a = 1;", "#[expect(unused, reason = \"..\")] let a = 1;");
        assert_eq!(of("/// docs\n fn f() {}"), of("#[must_use] pub(crate) fn f() {}"));
    }

    #[test]
    fn attributes_with_an_effect_count() {
        differ("fn g() {}", "#[cfg(windows)] fn g() {}");
        differ("let a = 1;", "#[cfg(windows)] let a = 1;");
        assert_ne!(of("fn f() {}"), of("#[instrument] fn f() {}"));
    }

    #[test]
    fn a_macro_sees_its_attributes_so_they_count_there() {
        differ("emit! { struct A; }", "emit! { /// docs\n struct A; }");
        differ("emit!(#[inline] a)", "emit!(a)");
        equal("emit! { a // comment\n }", "emit! { a }");
    }

    #[test]
    fn spaces_do_not_count() {
        equal("a+=-b", "a += -b");
        equal("let x:Vec<Vec<u8>>=y;", "let x: Vec<Vec<u8> > = y;");
        equal("a=-b", "a = -b");
        equal("if a<-1 {}", "if a < -1 {}");
        equal("&'a x", "& 'a x");
        equal("Vec::<u8>::new( )", "Vec :: < u8 > :: new()");
        equal("a..=b", "a ..= b");
        equal("|x|-x", "|x| -x");
    }

    #[test]
    fn operators_do_count() {
        differ("a & &b", "a && b");
        differ("a | |b| b", "a || b | b");
        differ("a - b", "a + b");
        differ("a << b", "a >> b");
        differ("a .. b", "a ..= b");
        differ("x", "!x");
    }

    #[test]
    fn the_last_comma_does_not_count() {
        equal("g(a, b,)", "g(a, b)");
        equal("g(a,)", "g(a)");
        equal("g(a,)(b,)", "g(a)(b)");
        equal("[a, b,]", "[a, b]");
        equal("a[i](b,)", "a[i](b)");
        equal("g::<A>(a,)", "g::<A>(a)");
        equal("vec![a, b,]", "vec![a, b]");
        equal("println!(\"{}\", a,)", "println!(\"{}\", a)");
        equal("S { a, b, }", "S { a, b }");
        equal("match x { A => {} B => c, }", "match x { A => {}, B => c }");
        equal("match x { A => 1, B => 2, }", "match x { A => 1, B => 2 }");
        equal("(a, b,)", "(a, b)");
        equal("let (a, b,) = c;", "let (a, b) = c;");
        equal("Self(a,)", "Self(a)");
        equal("let x: HashMap<A, B,> = y;", "let x: HashMap<A, B> = y;");
        equal("fn g<T>(t: T) where T: A, U: B, {}", "fn g<T>(t: T) where T: A, U: B {}");
        equal("struct S<T>(T) where T: A,;", "struct S<T>(T) where T: A;");
        assert_eq!(of("fn f<T>(t: T) where T: A, {}"), of("fn f<T>(t: T) where T: A {}"));
        assert_eq!(of("fn f(a: A, b: B,) {}"), of("fn f(a: A, b: B) {}"));
        assert_eq!(of("fn f(a: A,) {}"), of("fn f(a: A) {}"));
    }

    #[test]
    fn visibility_within_a_body_does_not_count() {
        equal("struct A { pub b: u8, pub(crate) c: u8 }", "struct A { b: u8, c: u8 }");
        equal("struct A(pub (u8, u8));", "struct A((u8, u8));");
        equal("pub(in super::a) fn g() {}", "fn g() {}");
        differ("emit!(pub a)", "emit!(a)");
        differ("struct A(pub (u8, u8));", "struct A(u8, u8);");
    }

    #[test]
    fn what_tools_are_told_does_not_count() {
        equal("let a = [1,   2];", "#[rustfmt::skip] let a = [1, 2];");
        equal("g()", "#[clippy::cognitive_complexity = \"10\"] g()");
    }

    #[test]
    fn a_tuple_of_one_keeps_its_comma() {
        differ("(a,)", "(a)");
        differ("return (a,)", "return (a)");
        differ("let (a,) = b;", "let (a) = b;");
        differ("g((a,))", "g((a))");
        differ("let x: (Vec<A, B>,) = y;", "let x: (Vec<A, B>) = y;");
        differ("let x: (Box<dyn Fn(A) -> B>,) = y;", "let x: (Box<dyn Fn(A) -> B>) = y;");
        assert_ne!(of("fn f() -> (A,) {}"), of("fn f() -> (A) {}"));
    }

    #[test]
    fn commas_between_count() {
        differ("f(S {}, -a)", "f(S {} - a)");
        differ("[a, -b]", "[a - b]");
    }

    #[test]
    fn the_signature_counts() {
        assert_ne!(of("fn f(a: u8) {}"), of("fn f(a: u16) {}"));
        assert_ne!(of("fn f() -> u8 {}"), of("fn f() -> u16 {}"));
        assert_ne!(of("fn f(#[key] a: u8) {}"), of("fn f(a: u8) {}"));
        assert_eq!(of("fn f() {}"), of("pub fn f() {}"));
    }

    #[test]
    fn literals_count_as_written() {
        differ("1_000", "1000");
        differ("\"a b\"", "\"a  b\"");
        differ("\"a\" \"b\"", "\"a b\"");
    }
}
