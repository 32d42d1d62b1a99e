//! The function as written; its body stays a group of tokens that nobody parses.

use proc_macro2::{Group, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Signature, Visibility};

/// A function with the attributes below `#[node]`.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature = input.parse().map_err(|error: syn::Error| {
            syn::Error::new(error.span(), format!("`#[node]` needs a function: {error}"))
        })?;
        if !input.peek(syn::token::Brace) {
            return Err(input.error("`#[node]` needs a function with a body"));
        }
        Ok(Self { attributes, visibility, signature, body: input.parse()? })
    }
}

impl Function {
    /// The function as the compiler shall see it: without `#[key]`, which means something to us alone.
    pub(crate) fn without_keys(&self) -> TokenStream {
        let Self { attributes, visibility, signature, body } = self;
        let mut signature = signature.clone();
        for parameter in &mut signature.inputs {
            if let FnArg::Typed(parameter) = parameter {
                parameter.attrs.retain(|attribute| !attribute.path().is_ident("key"));
            }
        }
        quote!(#(#attributes)* #visibility #signature #body)
    }

    /// Attributes of the given names.
    pub(crate) fn attributes<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a Attribute> {
        self.attributes.iter().filter(|attribute| names.iter().any(|name| attribute.path().is_ident(name)))
    }
}
