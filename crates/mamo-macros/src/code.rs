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
        CodeScope::Deep => None,
        CodeScope::Crate => Some(quote!(Crate)),
        CodeScope::Body => Some(quote!(Body)),
        CodeScope::Version(version) => Some(quote!(Version(#version))),
    };
    let scope = scope.map(|scope| quote!(scope: #krate::__private::CodeScope::#scope,));
    let digest = bytes(&found.digest);
    let shape = found.shape.map(|shape| {
        let shape = bytes(&shape);
        quote!(shape: ::core::option::Option::Some(#shape),)
    });
    let items = (!found.items.is_empty()).then(|| {
        let items = found.items.as_str();
        quote!(items: #items,)
    });
    let fallback = found.fallback.filter(|_| is_deep);
    let fallback = fallback.map(|reason| quote!(fallback: ::core::option::Option::Some(#reason),));
    let is_placed = (!found.is_placed).then(|| quote!(is_placed: false,));
    let (conditions, unreadable): (Vec<_>, Vec<_>) =
        found.cfgs.iter().map(|cfg| condition(cfg)).partition(Result::is_ok);
    let conditions = conditions.into_iter().flatten();
    let unreadable = unreadable.into_iter().filter_map(Result::err);
    let cfgs = (!found.cfgs.is_empty()).then(|| {
        quote! {
            cfgs: {
                #(#unreadable)*
                &[#(#conditions),*]
            },
        }
    });
    let env = (!found.env.is_empty()).then(|| {
        let env = found.env.iter().map(|name| quote!((#name, ::core::option_env!(#name))));
        quote!(env: &[#(#env),*],)
    });
    let toolchain = arguments.toolchain.then(|| {
        let toolchain = match sources::toolchain() {
            Ok(toolchain) => quote!(::core::option::Option::Some(#toolchain)),
            Err(reason) => syn::Error::new(Span::call_site(), format!("`toolchain`: {reason}")).into_compile_error(),
        };
        quote!(toolchain: #toolchain,)
    });
    quote! {
        #krate::__private::Code {
            tokens: #tokens,
            digest: #digest,
            #scope
            #shape
            #items
            #cfgs
            #env
            #toolchain
            #fallback
            #is_placed
            ..#krate::__private::Code::DEEP
        }
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
