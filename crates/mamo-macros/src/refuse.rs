//! What cannot be a node function, and what to do instead.

use crate::input::Function;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Error, GenericParam, Lifetime, ParenthesizedGenericArguments, Result, Type};

/// Refuses kinds of functions that have no place in a graph.
pub(crate) fn kinds(function: &Function) -> Result<()> {
    let signature = &function.signature;
    if let Some(asyncness) = &signature.asyncness {
        return Err(Error::new_spanned(
            asyncness,
            "a node function is not `async`: nodes run on threads of their own; block inside, or make the future's \
             result an input",
        ));
    }
    if let Some(unsafety) = &signature.unsafety {
        return Err(Error::new_spanned(
            unsafety,
            "a node function is not `unsafe`: nobody is there to keep its promises when the engine calls it",
        ));
    }
    if let Some(abi) = &signature.abi {
        return Err(Error::new_spanned(abi, "a node function is an ordinary Rust function: take the ABI away"));
    }
    if let Some(receiver) = signature.receiver() {
        return Err(Error::new_spanned(
            receiver,
            "a node function is no method: write a function next to the type that takes `&Self` by its name",
        ));
    }
    if let Some(variadic) = &signature.variadic {
        return Err(Error::new_spanned(variadic, "a node function has a fixed number of parameters"));
    }
    if let Some(own) = find_ident(function.signature.to_token_stream(), "Self") {
        return Err(Error::new(
            own,
            "a node function stands in a module or a function, not in an `impl`: move it out and write the type's name",
        ));
    }
    generics(function)
}

/// Where a name occurs.
fn find_ident(tokens: TokenStream, name: &str) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => (ident == name).then(|| ident.span()),
        TokenTree::Group(group) => find_ident(group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}

fn generics(function: &Function) -> Result<()> {
    for parameter in &function.signature.generics.params {
        let what = match parameter {
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(parameter) => &parameter.ident,
            GenericParam::Const(parameter) => &parameter.ident,
        };
        let name = &function.signature.ident;
        return Err(Error::new_spanned(
            what,
            format!(
                "a node function is not generic, since its key names one function: write a node function for each \
                 `{what}` that calls a generic one, such as `#[node] fn {name}_u8(..) {{ {name}(..) }}`"
            ),
        ));
    }
    Ok(())
}

/// Refuses a parameter's type that no node can have.
pub(crate) fn parameter_type(ty: &Type) -> Result<()> {
    unnamed(ty, "a parameter has a type with a name, since its node has that type: write it instead of `impl ..`")?;
    match Borrowed::find(ty) {
        Some(borrowed) => Err(Error::new_spanned(
            borrowed,
            "a node's value owns its data, so only the parameter as a whole is a reference: `&T`, `&str`, `&[T]`, \
             `&Path` or `Option<&T>`",
        )),
        None => Ok(()),
    }
}

/// Refuses a result that borrows from a parameter or has no name.
pub(crate) fn result_type(ty: &Type) -> Result<()> {
    unnamed(ty, "a result has a type with a name, since it is saved and read back: write it instead of `impl ..`")?;
    if let Type::Never(never) = ty {
        return Err(Error::new_spanned(never, "a function that never returns gives its node no value"));
    }
    match Borrowed::find(ty) {
        Some(borrowed) => Err(Error::new_spanned(
            borrowed,
            "a result cannot borrow from a parameter: it outlives the run, so return an owned value (`String` for \
             `&str`, `Vec<T>` for `&[T]`)",
        )),
        None => Ok(()),
    }
}

fn unnamed(ty: &Type, message: &str) -> Result<()> {
    struct Unnamed(Option<Span>);
    impl<'ast> Visit<'ast> for Unnamed {
        fn visit_type_impl_trait(&mut self, ty: &'ast syn::TypeImplTrait) {
            self.0.get_or_insert(ty.impl_token.span);
        }

        fn visit_type_infer(&mut self, ty: &'ast syn::TypeInfer) {
            self.0.get_or_insert(ty.underscore_token.span);
        }
    }
    let mut found = Unnamed(None);
    found.visit_type(ty);
    match found.0 {
        Some(span) => Err(Error::new(span, message)),
        None => Ok(()),
    }
}

/// Looks for references and lifetimes in a type; those inside `fn(&T)` and `Fn(&T)` borrow nothing.
struct Borrowed(Option<TokenStream>);

impl Borrowed {
    fn find(ty: &Type) -> Option<TokenStream> {
        let mut borrowed = Self(None);
        borrowed.visit_type(ty);
        borrowed.0
    }
}

impl<'ast> Visit<'ast> for Borrowed {
    fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
        match &reference.lifetime {
            None => {
                self.0.get_or_insert_with(|| reference.to_token_stream());
            }
            Some(_) => visit::visit_type_reference(self, reference),
        }
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            self.0.get_or_insert_with(|| lifetime.to_token_stream());
        }
    }

    fn visit_type_bare_fn(&mut self, _: &'ast syn::TypeBareFn) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &'ast ParenthesizedGenericArguments) {}
}
