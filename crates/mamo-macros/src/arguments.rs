//! What stands in the parentheses of `#[node(..)]`.

use crate::resources::Resources;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, LitInt, LitStr, Path, Result, Token, Type, parenthesized, parse_quote};

/// The arguments of one `#[node(..)]`.
pub(crate) struct Arguments {
    pub(crate) scope: CodeScope,
    /// Whether the compiler's version counts as well.
    pub(crate) toolchain: bool,
    pub(crate) keep: Keep,
    pub(crate) outputs: Option<Outputs>,
    /// Whether the function makes a sub-graph when it runs.
    pub(crate) expands: bool,
    /// Name of the generated type; the function's when not given.
    pub(crate) ty: Option<Ident>,
    /// Where `mamo` is found.
    pub(crate) krate: Path,
    /// What the function takes of the machine.
    pub(crate) resources: Resources,
}

/// What of the code counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CodeScope {
    /// All that the function reaches.
    Deep,
    /// The whole crate.
    Crate,
    /// The function alone.
    Body,
    /// This number instead of the code.
    Version(u64),
}

/// How results are kept.
pub(crate) enum Keep {
    Serde,
    Codec(Box<Type>),
    Transient,
}

/// Names of several outputs.
pub(crate) struct Outputs {
    pub(crate) span: Span,
    pub(crate) names: Vec<Ident>,
}

const KNOWN: [&str; 13] = [
    "code",
    "version",
    "toolchain",
    "codec",
    "transient",
    "outputs",
    "expand",
    "slots",
    "memory",
    "pool",
    "blocking",
    "ty",
    "krate",
];

/// Arguments that other designs have or that are still to come, with what to do about them.
const OTHERS: [(&str, &str); 5] = [
    ("name", "a name belongs to the node, not to the function: `f::node(..).name(\"..\")`"),
    ("tag", "a tag belongs to the node, not to the function: `f::node(..).tag(\"..\")`"),
    ("persist", "this belongs to the node, not to the function: `f::node(..).persist(Persist::Never)`"),
    ("crate", "unknown argument `crate`; did you mean `krate = some::path`?"),
    ("type", "unknown argument `type`; did you mean `ty = Name`?"),
];

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments = Self {
            scope: CodeScope::Deep,
            toolchain: false,
            keep: Keep::Serde,
            outputs: None,
            expands: false,
            ty: None,
            krate: parse_quote!(::mamo),
            resources: Resources::default(),
        };
        let mut seen: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let argument = input.call(Ident::parse_any)?;
            if seen.contains(&argument) {
                return Err(Error::new(argument.span(), format!("`{argument}` is given twice")));
            }
            arguments.read(&argument, input)?;
            seen.push(argument);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let both = |name: &str| seen.iter().find(|argument| *argument == name);
        if let (Some(_), Some(transient)) = (both("codec"), both("transient")) {
            return Err(Error::new(transient.span(), "a transient result is never saved, so it has no codec"));
        }
        if let (Some(_), Some(other)) = (both("expand"), both("outputs").or_else(|| both("transient"))) {
            return Err(Error::new(other.span(), "a function that expands gives one node, whose value is saved"));
        }
        if let (Some(_), Some(version)) = (both("code"), both("version")) {
            return Err(Error::new(version.span(), "a version by hand stands in for the code: leave `code` out"));
        }
        Ok(arguments)
    }
}

impl Arguments {
    fn read(&mut self, argument: &Ident, input: ParseStream<'_>) -> Result<()> {
        match argument.to_string().as_str() {
            "version" => self.scope = CodeScope::Version(value::<LitInt>(argument, "3", input)?.base10_parse()?),
            "code" => {
                let word = value::<LitStr>(argument, "\"deep\"", input)?;
                self.scope = match word.value().as_str() {
                    "deep" => CodeScope::Deep,
                    "crate" => CodeScope::Crate,
                    "body" => CodeScope::Body,
                    _ => return Err(Error::new(word.span(), "`code` is \"deep\", \"crate\" or \"body\"")),
                }
            }
            "toolchain" => self.toolchain = true,
            "codec" => self.keep = Keep::Codec(Box::new(value(argument, "MyCodec", input)?)),
            "ty" => self.ty = Some(value(argument, "Name", input)?),
            "krate" => self.krate = value(argument, "some::path", input)?,
            "transient" => self.keep = Keep::Transient,
            "expand" => self.expands = true,
            "slots" => self.resources.read_slots(&value(argument, "2", input)?)?,
            "memory" => self.resources.read_memory(&value(argument, "\"4GiB\"", input)?)?,
            "pool" => self.resources.read_pool(&value(argument, "\"gpu\"", input)?)?,
            "blocking" => self.resources.is_blocking = true,
            "outputs" => {
                let names;
                if !input.peek(syn::token::Paren) {
                    return Err(Error::new(argument.span(), "names of outputs follow: `outputs(train, test)`"));
                }
                parenthesized!(names in input);
                let names: Vec<Ident> = Punctuated::<Ident, Token![,]>::parse_terminated(&names)?.into_iter().collect();
                check_outputs(argument, &names)?;
                self.outputs = Some(Outputs { span: argument.span(), names });
            }
            unknown => return Err(Error::new(argument.span(), explain(unknown))),
        }
        Ok(())
    }
}

fn value<T: Parse>(argument: &Ident, example: &str, input: ParseStream<'_>) -> Result<T> {
    let wrong = |what| Error::new(argument.span(), format!("{what}: write `{argument} = {example}`"));
    input.parse::<Token![=]>().map_err(|_| wrong("a value is missing"))?;
    input.parse().map_err(|_| wrong("this is not a value for this argument"))
}

fn check_outputs(argument: &Ident, names: &[Ident]) -> Result<()> {
    if names.is_empty() || names.len() > 8 {
        return Err(Error::new(argument.span(), "a function has one to eight named outputs"));
    }
    for (index, name) in names.iter().enumerate() {
        if names.iter().take(index).any(|earlier| earlier == name) {
            return Err(Error::new(name.span(), format!("two outputs are called `{name}`")));
        }
    }
    Ok(())
}

/// Says what is wrong with an argument that does not exist.
fn explain(unknown: &str) -> String {
    if let Some((_, message)) = OTHERS.iter().find(|(name, _)| *name == unknown) {
        return (*message).to_owned();
    }
    let known = KNOWN.map(|name| format!("`{name}`")).join(", ");
    match KNOWN.iter().find(|name| is_similar(name, unknown)) {
        Some(similar) => format!("unknown argument `{unknown}`; did you mean `{similar}`? (known are {known})"),
        None => format!("unknown argument `{unknown}`; known are {known}"),
    }
}

/// Whether one name is the beginning of the other, or at most two edits away from it.
fn is_similar(known: &str, unknown: &str) -> bool {
    let is_beginning = |long: &str, short: &str| short.len() > 2 && long.starts_with(short);
    is_beginning(known, unknown) || is_beginning(unknown, known) || (unknown.len() > 2 && edits(known, unknown) <= 2)
}

/// Levenshtein's distance.
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((y, diagonal), above) in b.chars().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(x != y)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arguments: &str) -> String {
        match syn::parse_str::<Arguments>(arguments) {
            Ok(_) => "fine".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn arguments_are_read_in_any_order_with_or_without_a_last_comma() {
        let all = [
            "",
            "version = 3",
            "transient,",
            "ty = Other, codec = a::B<C>",
            "outputs(a, b,), krate = x::mamo",
            "toolchain, code = \"body\"",
            "slots = 2, memory = \"4GiB\", pool = \"gpu\", blocking",
        ];
        for fine in all {
            assert_eq!(check(fine), "fine", "{fine}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let known = "`code`, `version`, `toolchain`, `codec`, `transient`, `outputs`, `expand`, `slots`, `memory`, `pool`, \
                     `blocking`, `ty`, `krate`";
        let cases = [
            ("verison = 3", format!("unknown argument `verison`; did you mean `version`? (known are {known})")),
            ("output(a)", format!("unknown argument `output`; did you mean `outputs`? (known are {known})")),
            ("banana", format!("unknown argument `banana`; known are {known}")),
            ("version", "a value is missing: write `version = 3`".into()),
            ("transient, transient", "`transient` is given twice".into()),
            ("codec = A, transient", "a transient result is never saved, so it has no codec".into()),
            ("code = \"deeper\"", "`code` is \"deep\", \"crate\" or \"body\"".into()),
            ("code = \"crate\", version = 1", "a version by hand stands in for the code: leave `code` out".into()),
            ("outputs(a, a)", "two outputs are called `a`".into()),
            ("expand, outputs(a, b)", "a function that expands gives one node, whose value is saved".into()),
            ("outputs", "names of outputs follow: `outputs(train, test)`".into()),
            ("pool", "a value is missing: write `pool = \"gpu\"`".into()),
            ("memory = 4", "this is not a value for this argument: write `memory = \"4GiB\"`".into()),
            ("slots = 0", "a node takes one slot at least: leave `slots` out".into()),
            ("pool = \"g,u\"", "`g,u` is no name of a pool: letters, digits, `_`, `-` and `.` make one".into()),
        ];
        for (arguments, message) in cases {
            assert_eq!(check(arguments), message, "{arguments}");
        }
    }
}
