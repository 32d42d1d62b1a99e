//! The attribute behind mamo's nodes; use it as `mamo::node`.
use proc_macro::TokenStream;
use quote::{format_ident, quote};
use syn::parse::Parse;
use syn::*;

/// Makes a function a node function.
#[proc_macro_attribute]
pub fn node(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut f: ItemFn = parse_macro_input!(item);
    let mut version = quote!(None);
    let mut transient = false;
    let mut outputs: Vec<Ident> = vec![];
    let parser = meta::parser(|m| {
        if m.path.is_ident("version") {
            let l: LitInt = m.value()?.parse()?;
            version = quote!(Some(#l));
        } else if m.path.is_ident("transient") {
            transient = true;
        } else if m.path.is_ident("outputs") {
            let c;
            parenthesized!(c in m.input);
            outputs = c.parse_terminated(Ident::parse, Token![,])?.into_iter().collect();
        }
        Ok(())
    });
    parse_macro_input!(args with parser);
    let tokens = f.to_token_string();
    let name = f.sig.ident.clone();
    let vis = f.vis.clone();
    let mut gens = vec![];
    let mut node_args = vec![];
    let mut map_args = vec![];
    let mut map_gens = vec![];
    let mut raws = vec![];
    let mut calls = vec![];
    let mut lets = vec![];
    let mut names = vec![];
    let mut has_key = false;
    let mut map_lets = vec![];
    let mut slot = 0u32;
    let mut first_bound = None;
    for (i, a) in f.sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(a) = a else { panic!() };
        let var = format_ident!("a{i}");
        let ty = (*a.ty).clone();
        let is_key = a.attrs.iter().any(|x| x.path().is_ident("key"));
        a.attrs.retain(|x| !x.path().is_ident("key"));
        let ts = quote!(#ty).to_string();
        if ts.contains("NodeCtx") {
            calls.push(quote!(__ctx));
            continue;
        }
        if is_key {
            has_key = true;
            if ts.ends_with("str") {
                lets.push(quote!(let #var = __in.key::<String>()?;));
            } else {
                let t = match &ty {
                    Type::Reference(r) => (*r.elem).clone(),
                    t => t.clone(),
                };
                lets.push(quote!(let #var = __in.key::<#t>()?;));
            }
            calls.push(if matches!(ty, Type::Reference(_)) { quote!(#var) } else { quote!(#var.clone()) });
            continue;
        }
        names.push(match &*a.pat {
            Pat::Ident(p) => p.ident.to_string(),
            _ => format!("p{i}"),
        });
        let g = format_ident!("L{i}");
        let s = slot;
        slot += 1;
        let (nt, bound): (Type, Option<Type>) = match &ty {
            Type::Reference(r) => match &*r.elem {
                Type::Slice(_) => (parse_quote!(#g), Some((*r.elem).clone())),
                Type::Path(p) if p.path.segments.last().is_some_and(|x| x.ident == "str" || x.ident == "Path") => {
                    (parse_quote!(#g), Some((*r.elem).clone()))
                }
                t => (t.clone(), None),
            },
            t => (t.clone(), None),
        };
        if let Type::Path(p) = &ty {
            if p.path.segments.last().unwrap().ident == "Option" {
                let PathArguments::AngleBracketed(x) = &p.path.segments.last().unwrap().arguments else { panic!() };
                let GenericArgument::Type(Type::Reference(r)) = x.args.first().unwrap() else { panic!() };
                let t = &r.elem;
                node_args.push(quote!(#var: Option<::mamo::Node<#t>>));
                map_args.push(quote!(#var: Option<::mamo::Node<#t>>));
                raws.push(quote!(#var.map(|n| n.raw())));
                lets.push(quote!(let #var = __in.optional::<#t>(#s)?;));
                map_lets.push(());
                calls.push(quote!(#var));
                continue;
            }
        }
        if let Some(b) = &bound {
            gens.push(quote!(#g: ::mamo::Lend<#b>));
            lets.push(quote!(let #var = ::mamo::Lend::<#b>::lend(__in.get::<#nt>(#s)?)?;));
            calls.push(quote!(&#var));
            if s > 0 {
                map_gens.push(quote!(#g: ::mamo::Lend<#b>));
            }
        } else {
            lets.push(quote!(let #var = __in.get::<#nt>(#s)?;));
            calls.push(if matches!(ty, Type::Reference(_)) {
                quote!(#var)
            } else {
                quote!(::core::clone::Clone::clone(#var))
            });
        }
        node_args.push(quote!(#var: ::mamo::Node<#nt>));
        if s == 0 {
            first_bound = Some((g.clone(), bound.clone(), nt.clone()));
            map_args.push(quote!(#var: ::mamo::Node<__C>));
        } else {
            map_args.push(quote!(#var: ::mamo::Node<#nt>));
        }
        raws.push(quote!(Some(#var.raw())));
    }
    let (out, fallible): (Type, bool) = match &f.sig.output {
        ReturnType::Default => (parse_quote!(()), false),
        ReturnType::Type(_, t) => match &**t {
            Type::Path(p) if p.path.segments.last().unwrap().ident.to_string().ends_with("Result") => {
                let PathArguments::AngleBracketed(x) = &p.path.segments.last().unwrap().arguments else { panic!() };
                let GenericArgument::Type(t) = x.args.first().unwrap() else { panic!() };
                (t.clone(), true)
            }
            t => (t.clone(), false),
        },
    };
    let call = quote!(#name(#(#calls),*));
    let call = if fallible { quote!(#call.map_err(|e| -> ::mamo::BoxError { e.into() })?) } else { call };
    let vt = if transient {
        quote!(::mamo::__private::ValueType::transient::<#out>())
    } else {
        quote!(::mamo::__private::ValueType::serde::<#out>())
    };
    let (results, wrap, handle) = if outputs.is_empty() {
        (
            quote!(::mamo::__private::Results::One(#vt)),
            quote!(::mamo::__private::Value::new(#call)),
            quote!(::mamo::Spec<#out>),
        )
    } else {
        let Type::Tuple(t) = &out else { panic!() };
        let ts: Vec<_> = t.elems.iter().collect();
        let vs: Vec<_> = (0..ts.len()).map(|i| format_ident!("o{i}")).collect();
        (
            quote!(::mamo::__private::Results::Many(const { &[#(::mamo::__private::ValueType::serde::<#ts>()),*] })),
            quote!({ let (#(#vs),*) = #call; ::mamo::__private::Value::new(::mamo::__private::Outputs(vec![#(::mamo::__private::Value::new(#vs)),*])) }),
            quote!(::mamo::Spec<#out, (#(::mamo::Node<#ts>),*)>),
        )
    };
    let outs: Vec<String> = outputs.iter().map(|o| o.to_string()).collect();
    let nm = name.to_string();
    let gnames: Vec<_> = gens.iter().map(|g| g.clone().into_iter().next().unwrap()).collect();
    let function = quote!(const FUNCTION: ::mamo::__private::Function = ::mamo::__private::Function { path: concat!(module_path!(), "::", #nm), name: #nm, tokens: #tokens, version: #version, parameters: &[#(#names),*], has_key: #has_key, outputs: &[#(#outs),*], file: file!(), line: line!() };);
    let body = quote!(fn __call<#(#gens),*>(__ctx: &::mamo::NodeCtx, __in: &::mamo::__private::Inputs<'_>) -> ::core::result::Result<::mamo::__private::Value, ::mamo::BoxError> { let _ = (__ctx, __in); #(#lets)* Ok(#wrap) });
    let node_fn = if has_key {
        quote!()
    } else {
        quote!(
        #vis fn node<#(#gens),*>(#(#node_args),*) -> #handle {
            #function #body
            ::mamo::Spec::__function(const { &::mamo::__private::NodeFunction { function: &FUNCTION, results: #results, call: __call::<#(#gnames),*>, mapped: None, element: None } }, [#(#raws),*])
        })
    };
    let map_fn = match first_bound {
        Some((g, bound, nt)) if !transient && outputs.is_empty() => {
            let (cb, turbo) = match &bound {
                Some(b) => {
                    (quote!(__C: ::mamo::Collection<Item: ::mamo::Lend<#b>>), quote!(<__C as ::mamo::Collection>::Item))
                }
                None => (quote!(__C: ::mamo::Collection<Item = #nt>), quote!()),
            };
            let mut tnames = vec![];
            if bound.is_some() {
                tnames.push(turbo);
            }
            let _ = g;
            for x in &map_gens {
                let n = x.clone().into_iter().next().unwrap();
                tnames.push(quote!(#n));
            }
            quote!(#vis fn map<__C, #(#map_gens),*>(#(#map_args),*) -> ::mamo::Spec<<__C as ::mamo::Collection>::Of<#out>> where #cb {
                #function #body
                struct __R; impl ::mamo::__private::NodeResult for __R { type Value = #out; const TYPE: &'static ::mamo::__private::ValueType = #vt; }
                ::mamo::Spec::__function(const { &::mamo::__private::NodeFunction { function: &FUNCTION, results: ::mamo::__private::Results::One(::mamo::__private::ValueType::map::<__C, __R>()), call: __call::<#(#tnames),*>, mapped: Some(::mamo::__private::CollectionType::of::<__C, __R>()), element: Some(#vt) } }, [#(#raws),*])
            })
        }
        _ => quote!(),
    };
    quote!(#f #[cfg(not(doc))] #[allow(non_camel_case_types, missing_docs, dead_code, unused_qualifications, unreachable_pub, clippy::all)] #vis enum #name {} #[cfg(not(doc))] #[allow(missing_docs, dead_code, unused_qualifications, unreachable_pub, clippy::all)] impl #name { #node_fn #map_fn }).into()
}
trait ToTokenString {
    fn to_token_string(&self) -> String;
}
impl ToTokenString for ItemFn {
    fn to_token_string(&self) -> String {
        let mut f = self.clone();
        f.attrs.retain(|a| !a.path().is_ident("doc"));
        quote!(#f).to_string()
    }
}
