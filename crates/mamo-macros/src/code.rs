//! What mamo is told of a function's code.

use crate::arguments::{Arguments, CodeScope};
use crate::input::Function;
use crate::{sources, tokens};
use proc_macro2::{Literal, Span, TokenStream};
use quote::quote;
use std::str::FromStr;
use syn::ext::IdentExt;

/// The `mamo::__private::Code` of a function.
///
/// No way through here gives a constant: where the sources do not tell, the whole program counts when it runs.
pub(crate) fn code(function: &Function, arguments: &Arguments, krate: &syn::Path) -> TokenStream {
    let name = &function.signature.ident;
    let tokens = tokens::of(function);
    let found = sources::find(name.span(), &name.unraw().to_string(), arguments.scope);
    let found = found.unwrap_or_else(|reason| sources::Found {
        digest: [0; 32],
        items: String::new(),
        cfgs: Vec::new(),
        env: Vec::new(),
        shape: None,
        fallback: Some(reason),
        is_placed: false,
    });
    let is_deep = arguments.scope == CodeScope::Deep;
    let scope = match arguments.scope {
        CodeScope::Deep => quote!(Deep),
        CodeScope::Crate => quote!(Crate),
        CodeScope::Body => quote!(Body),
        CodeScope::Version(version) => quote!(Version(#version)),
    };
    let digest = bytes(&found.digest);
    let shape = option(found.shape.map(|shape| bytes(&shape)));
    let items = found.items.as_str();
    let fallback = option(found.fallback.filter(|_| is_deep).map(|reason| quote!(#reason)));
    let is_placed = found.is_placed;
    let (conditions, unreadable): (Vec<_>, Vec<_>) =
        found.cfgs.iter().map(|cfg| condition(cfg)).partition(Result::is_ok);
    let conditions = conditions.into_iter().flatten();
    let unreadable = unreadable.into_iter().filter_map(Result::err);
    let env = found.env.iter().map(|name| quote!((#name, ::core::option_env!(#name))));
    let toolchain = match arguments.toolchain.then(sources::toolchain) {
        Some(Ok(toolchain)) => quote!(::core::option::Option::Some(#toolchain)),
        Some(Err(reason)) => syn::Error::new(Span::call_site(), format!("`toolchain`: {reason}")).into_compile_error(),
        None => quote!(::core::option::Option::None),
    };
    quote! {
        #krate::__private::Code {
            scope: #krate::__private::CodeScope::#scope,
            tokens: #tokens,
            digest: #digest,
            shape: #shape,
            items: #items,
            cfgs: {
                #(#unreadable)*
                &[#(#conditions),*]
            },
            env: &[#(#env),*],
            toolchain: #toolchain,
            fallback: #fallback,
            is_placed: #is_placed,
        }
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// The bytes as one token.
fn bytes(bytes: &[u8; 32]) -> TokenStream {
    let literal = Literal::byte_string(bytes);
    quote!(*#literal)
}

/// A condition with what the compiler says of it; an error is the compiler's to tell.
fn condition(text: &str) -> Result<TokenStream, TokenStream> {
    let error = |error: String| syn::Error::new(Span::call_site(), error).into_compile_error();
    let condition = TokenStream::from_str(text).map_err(|lex| error(format!("the condition `{text}`: {lex}")))?;
    Ok(quote!((#text, ::core::cfg!(#condition))))
}
