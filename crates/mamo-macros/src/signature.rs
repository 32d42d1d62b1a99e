//! What a function takes and gives, as its constructors see it.

#![expect(clippy::wildcard_enum_match_arm, reason = "syn's enums grow with the language; the rest has one treatment")]

use crate::arguments::{Arguments, Keep};
use crate::input::Function;
use crate::refuse;
use proc_macro2::{Ident, Span};
use quote::format_ident;
use std::collections::BTreeSet;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, FnArg, GenericArgument, Pat, PatType, Path, PathArguments, PathSegment, Result, ReturnType, Type,
    TypePath, TypeReference, parse_quote, parse_quote_spanned,
};

/// A function that can be a node function.
pub(crate) struct Signature {
    /// The parameters in order.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) returns: Returns,
    /// Names that occur in the signature and cannot be used for type parameters of constructors.
    pub(crate) taken: BTreeSet<String>,
}

/// One parameter.
pub(crate) struct Parameter {
    /// As the constructor calls it.
    pub(crate) name: Ident,
    pub(crate) takes: Takes,
}

/// What is given for a parameter.
#[expect(clippy::large_enum_variant, reason = "a handful of them lives as long as one function is expanded")]
pub(crate) enum Takes {
    /// `ctx: &NodeCtx`: what the engine knows.
    Context,
    /// `g: &Graph`: the sub-graph that the function fills.
    Graph,
    /// `#[key]`: the element's key, of this type.
    Key { key: Type, passing: Passing },
    /// A node.
    Node(Input),
}

/// A parameter that takes a node.
#[expect(clippy::large_enum_variant, reason = "a handful of them lives as long as one function is expanded")]
pub(crate) enum Input {
    /// `&T` or `T`: a node of exactly this type.
    Exact { value: Type, passing: Passing },
    /// `&str` and the like: a node of any type that lends it.
    Lent(Type),
    /// `Option<&T>`: perhaps a node of this type; `lent` when the function takes what that type lends.
    Optional { value: Type, lent: Option<Type> },
}

/// How a value is handed over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    Shared,
    Cloned,
}

/// What a function gives.
pub(crate) struct Returns {
    /// The type as written.
    pub(crate) written: Type,
    /// The value's type, unwrapped from a result; nothing when only the compiler can tell.
    pub(crate) value: Option<Type>,
    pub(crate) failing: Failing,
    /// Types of the named outputs.
    pub(crate) outputs: Vec<Type>,
}

/// Whether a function may fail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failing {
    Never,
    WithResult,
}

impl Signature {
    /// Reads a function's signature.
    ///
    /// # Errors
    /// When it cannot be a node function.
    pub(crate) fn read(function: &Function, arguments: &Arguments) -> Result<Self> {
        refuse::kinds(function)?;
        let mut taken = BTreeSet::new();
        collect_names(quote::ToTokens::to_token_stream(&function.signature), &mut taken);
        let mut parameters = Vec::new();
        let mut errors: Option<Error> = None;
        let mut names = BTreeSet::new();
        for (position, argument) in function.signature.inputs.iter().enumerate() {
            let FnArg::Typed(argument) = argument else { continue };
            // Behind the context, if there is one.
            let is_first = parameters.iter().all(|parameter: &Parameter| matches!(parameter.takes, Takes::Context));
            match Takes::read(argument, position, is_first, arguments) {
                Ok(takes) => parameters.push(Parameter { name: name(argument, position, &mut names), takes }),
                Err(error) => match &mut errors {
                    Some(errors) => errors.combine(error),
                    None => errors = Some(error),
                },
            }
        }
        match errors {
            Some(errors) => return Err(errors),
            None => check_keys(function, &parameters, arguments)?,
        }
        if arguments.expands && !parameters.iter().any(|parameter| matches!(parameter.takes, Takes::Graph)) {
            return Err(Error::new(
                function.signature.ident.span(),
                "a function that expands takes the sub-graph that it fills: `fn f(g: &Graph, ..) -> Result<Node<T>, E>`",
            ));
        }
        let returns = Returns::read(&function.signature.output, arguments)?;
        Ok(Self { parameters, returns, taken })
    }

    /// The parameters that take nodes, in the order of their slots.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = (&Parameter, &Input)> {
        self.parameters.iter().filter_map(|parameter| match &parameter.takes {
            Takes::Node(input) => Some((parameter, input)),
            Takes::Context | Takes::Graph | Takes::Key { .. } => None,
        })
    }

    /// The type of the key that it asks for.
    pub(crate) fn key(&self) -> Option<&Type> {
        self.parameters.iter().find_map(|parameter| match &parameter.takes {
            Takes::Key { key, .. } => Some(key),
            Takes::Context | Takes::Graph | Takes::Node(_) => None,
        })
    }

    /// Whether it can be mapped over the elements of a collection.
    pub(crate) fn is_mappable(&self, arguments: &Arguments) -> bool {
        let is_plain = arguments.outputs.is_none() && !arguments.expands;
        self.inputs().next().is_some() && is_plain && !matches!(arguments.keep, Keep::Transient)
    }
}

impl Takes {
    fn read(argument: &PatType, position: usize, is_first: bool, arguments: &Arguments) -> Result<Self> {
        let krate = &arguments.krate;
        if let Some(cfg) = argument.attrs.iter().find(|a| a.path().is_ident("cfg") || a.path().is_ident("cfg_attr")) {
            return Err(Error::new_spanned(
                cfg,
                "a parameter of a node function is there or not whatever is compiled: put `#[cfg]` on the function",
            ));
        }
        let ty = strip(&argument.ty);
        if let Some(attribute) = argument.attrs.iter().find(|attribute| attribute.path().is_ident("key")) {
            return Self::key(attribute, ty, krate);
        }
        if is_context(ty) {
            return match position {
                0 => Ok(Self::Context),
                _ => Err(Error::new_spanned(ty, "`&NodeCtx` is the first parameter")),
            };
        }
        if arguments.expands && is_first && names_reference(ty, "Graph") {
            return Ok(Self::Graph);
        }
        Input::read(ty, krate).map(Self::Node)
    }

    fn key(attribute: &Attribute, ty: &Type, krate: &Path) -> Result<Self> {
        attribute.meta.require_path_only()?;
        let (key, passing) = match reference(ty)? {
            Some(target) => match unsized_as_owned(target, krate) {
                Some(key) => (key, Passing::Shared),
                None => (target.clone(), Passing::Shared),
            },
            None => (ty.clone(), Passing::Cloned),
        };
        refuse::parameter_type(&key)?;
        Ok(Self::Key { key, passing })
    }
}

impl Input {
    fn read(ty: &Type, krate: &Path) -> Result<Self> {
        if let Some(target) = reference(ty)? {
            refuse::parameter_type(target)?;
            return Ok(match unsized_as_owned(target, krate) {
                Some(_) => Self::Lent(target.clone()),
                None => Self::Exact { value: target.clone(), passing: Passing::Shared },
            });
        }
        if let Some(inner) = generic_argument(ty, "Option")
            && let Some(target) = reference(inner)?
        {
            refuse::parameter_type(target)?;
            return Ok(match unsized_as_owned(target, krate) {
                Some(value) => Self::Optional { value, lent: Some(target.clone()) },
                None => Self::Optional { value: target.clone(), lent: None },
            });
        }
        refuse::parameter_type(ty)?;
        Ok(Self::Exact { value: ty.clone(), passing: Passing::Cloned })
    }
}

impl Returns {
    fn read(output: &ReturnType, arguments: &Arguments) -> Result<Self> {
        let written = match output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => strip(ty).clone(),
        };
        refuse::result_type(&written)?;
        let (value, failing) = match &written {
            Type::Path(path) => match path.path.segments.last() {
                Some(last) if last.ident.unraw().to_string().ends_with("Result") => {
                    (first_generic_argument(last).cloned(), Failing::WithResult)
                }
                _ => (Some(written.clone()), Failing::Never),
            },
            _ => (Some(written.clone()), Failing::Never),
        };
        let mut returns = Self { written, value, failing, outputs: Vec::new() };
        if arguments.expands {
            returns.value = Some(returns.of_node()?);
        }
        if let Some(outputs) = &arguments.outputs {
            returns.outputs = returns.members(outputs.names.len(), outputs.span)?;
        }
        Ok(returns)
    }

    /// `T` of the `Node<T>` that a function returns which expands.
    fn of_node(&self) -> Result<Type> {
        let node = self.value.as_ref().and_then(|value| generic_argument(strip(value), "Node"));
        node.cloned().ok_or_else(|| {
            let written = self.value.as_ref().unwrap_or(&self.written);
            Error::new_spanned(
                written,
                "a function that expands returns a node of its sub-graph, written out: `Result<Node<T>, E>`",
            )
        })
    }

    /// The types of the tuple's members, one for each output.
    fn members(&self, outputs: usize, span: Span) -> Result<Vec<Type>> {
        let values = |count: usize| if count == 1 { "1 value".to_owned() } else { format!("{count} values") };
        match self.value.as_ref().map(strip) {
            Some(Type::Tuple(tuple)) if tuple.elems.len() == outputs => Ok(tuple.elems.iter().cloned().collect()),
            Some(Type::Tuple(tuple)) => Err(Error::new_spanned(
                tuple,
                format!(
                    "`outputs(..)` names {}, but this is a tuple of {}",
                    values(outputs),
                    values(tuple.elems.len())
                ),
            )),
            Some(other) => Err(Error::new_spanned(
                other,
                format!("`outputs(..)` names {}, so a tuple is expected here, written out", values(outputs)),
            )),
            None => Err(Error::new(
                span,
                "with several outputs the returned tuple is written out: `Result<(A, B), E>` instead of an alias",
            )),
        }
    }
}

/// What the constructor calls a parameter: as the function does, without underscores in front, which would say that
/// the constructor does not use it.
fn name(argument: &PatType, position: usize, names: &mut BTreeSet<String>) -> Ident {
    let mut name = match &*argument.pat {
        Pat::Ident(pattern) if pattern.subpat.is_none() => {
            let written = pattern.ident.to_string();
            match written.strip_prefix('_') {
                Some(rest) => syn::parse_str::<Ident>(rest.trim_start_matches('_'))
                    .unwrap_or_else(|_| format_ident!("arg{position}")),
                None => pattern.ident.clone(),
            }
        }
        _ => format_ident!("arg{position}"),
    };
    while !names.insert(name.to_string()) {
        name = format_ident!("{name}_");
    }
    name.set_span(match &*argument.pat {
        Pat::Ident(pattern) => pattern.ident.span(),
        pattern => pattern.span(),
    });
    name
}

fn check_keys(function: &Function, parameters: &[Parameter], arguments: &Arguments) -> Result<()> {
    let mut keys = parameters.iter().filter(|parameter| matches!(parameter.takes, Takes::Key { .. }));
    let Some(key) = keys.next() else {
        return check_count(function, parameters);
    };
    if let Some(second) = keys.next() {
        return Err(Error::new(second.name.span(), "an element has one key: there is a `#[key]` parameter already"));
    }
    let no_map = if arguments.expands {
        "a function that expands cannot be mapped"
    } else if arguments.outputs.is_some() {
        "a function with several outputs cannot be mapped"
    } else if matches!(arguments.keep, Keep::Transient) {
        "a function with a transient result cannot be mapped"
    } else if !parameters.iter().any(|parameter| matches!(parameter.takes, Takes::Node(_))) {
        "there is no other parameter that the elements could go to"
    } else {
        return check_count(function, parameters);
    };
    Err(Error::new(key.name.span(), format!("`#[key]` is the key of an element of a map, but {no_map}")))
}

fn check_count(function: &Function, parameters: &[Parameter]) -> Result<()> {
    let inputs = parameters.iter().filter(|parameter| matches!(parameter.takes, Takes::Node(_))).count();
    match inputs {
        0..=64 => Ok(()),
        _ => Err(Error::new_spanned(
            &function.signature.inputs,
            "a node function takes up to 64 nodes; put some of them into a struct or `g.gather(..)` them",
        )),
    }
}

/// The target of a shared reference.
fn reference(ty: &Type) -> Result<Option<&Type>> {
    let Type::Reference(TypeReference { lifetime, mutability, elem, .. }) = ty else { return Ok(None) };
    if mutability.is_some() {
        return Err(Error::new_spanned(ty, "inputs are shared between nodes: take `&T`, or `T` to get a clone"));
    }
    if let Some(lifetime) = lifetime.as_ref().filter(|lifetime| lifetime.ident == "static") {
        return Err(Error::new_spanned(lifetime, "an input lives as long as its node runs, not for `'static`"));
    }
    let target = strip(elem);
    if let Type::TraitObject(object) = target {
        return Err(Error::new_spanned(object, "an input has a type of known size, since it is read from the store"));
    }
    Ok(Some(target))
}

/// For a type that nodes lend without having it: the type that owns such a value.
fn unsized_as_owned(ty: &Type, krate: &Path) -> Option<Type> {
    match ty {
        Type::Slice(slice) => {
            let item = &slice.elem;
            Some(parse_quote_spanned!(ty.span()=> ::std::vec::Vec<#item>))
        }
        Type::Path(TypePath { qself: None, path }) => {
            let last = path.segments.last().filter(|last| last.arguments.is_none())?;
            if last.ident == "str" {
                Some(parse_quote_spanned!(ty.span()=> ::std::string::String))
            } else if last.ident == "Path" {
                Some(parse_quote_spanned!(ty.span()=> #krate::Artifact))
            } else {
                None
            }
        }
        _ => None,
    }
}

fn is_context(ty: &Type) -> bool {
    names_reference(ty, "NodeCtx")
}

/// Whether it is a reference to a type of that name.
fn names_reference(ty: &Type, name: &str) -> bool {
    let Type::Reference(reference) = ty else { return false };
    let Type::Path(path) = strip(&reference.elem) else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == name)
}

/// The type inside parentheses and the invisible groups of macros.
fn strip(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => strip(&inner.elem),
        Type::Group(inner) => strip(&inner.elem),
        _ => ty,
    }
}

/// `T` of `name<T>`.
fn generic_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    first_generic_argument(last).map(strip)
}

fn first_generic_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn collect_names(tokens: proc_macro2::TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Group(group) => collect_names(group.stream(), names),
            proc_macro2::TokenTree::Ident(ident) => {
                names.insert(ident.to_string());
            }
            proc_macro2::TokenTree::Punct(_) | proc_macro2::TokenTree::Literal(_) => {}
        }
    }
}
