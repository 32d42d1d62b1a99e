//! The constructors that go over the elements of collections.

use crate::arguments::Keep;
use crate::generate::{Generator, located};
use crate::signature::Input;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Type;

/// A constructor that goes over collections.
#[derive(Clone, Copy)]
enum Mapping {
    Map,
    ZipMap,
    FilterMap,
    FlatMap,
}

impl Generator<'_> {
    /// All constructors that the function can have by what it takes and gives.
    pub(crate) fn maps(&self) -> TokenStream {
        let taken_apart = match (&self.arguments.keep, self.flat_result()) {
            (Keep::Serde, Some(mapping)) => Some(self.mapping(mapping)),
            _ => None,
        };
        let zipped = (self.signature.inputs().count() > 1).then(|| self.mapping(Mapping::ZipMap));
        let mapped = self.mapping(Mapping::Map);
        quote!(#mapped #zipped #taken_apart)
    }

    /// Something at which the compiler says why a function that expands has no `map`.
    pub(crate) fn no_map(&self) -> TokenStream {
        let krate = self.krate;
        let [collection, _] = &self.collections;
        let visibility = &self.function.visibility;
        let name = Ident::new("map", self.function.signature.ident.span());
        let further = self.signature.inputs().skip(1).map(|_| quote!(_: impl Sized));
        let value = self.value();
        quote! {
            #[doc(hidden)]
            #visibility fn #name<#collection: #krate::__private::ExpandedWith<Self>>(
                list: #collection, #(#further),*
            ) -> #krate::Spec<#value> {
                list.never()
            }
        }
    }

    /// How to take the function's result apart, when it consists of values by its looks.
    fn flat_result(&self) -> Option<Mapping> {
        let Some(Type::Path(path)) = &self.signature.returns.value else { return None };
        match path.path.segments.last()?.ident.to_string().as_str() {
            "Option" => Some(Mapping::FilterMap),
            "Vec" | "List" => Some(Mapping::FlatMap),
            _ => None,
        }
    }

    fn mapping(&self, mapping: Mapping) -> TokenStream {
        let krate = self.krate;
        let (name, made, n_collections) = match mapping {
            Mapping::Map => ("map", quote!(__mapped), 1),
            Mapping::ZipMap => ("zip_map", quote!(__zip_mapped), 2),
            Mapping::FilterMap => ("filter_map", quote!(__filter_mapped), 1),
            Mapping::FlatMap => ("flat_map", quote!(__flat_mapped), 1),
        };
        let [first, _] = &self.collections;
        let collections = self.collections.get(..n_collections).unwrap_or_default();
        let parameters = self.constructor_parameters(collections);
        let mut bounds = Vec::new();
        let mut elements = Vec::new();
        for (number, (collection, (parameter, input))) in collections.iter().zip(self.signature.inputs()).enumerate() {
            let span = parameter.name.span();
            let mut associated = Vec::new();
            match input {
                Input::Exact { value, .. } | Input::Optional { value, .. } => {
                    associated.push((quote!(Item =), quote!(#value)))
                }
                Input::Lent(target) => elements.push(self.lend_bound(&quote!(#collection::Item), target)),
            }
            match self.signature.key() {
                _ if number > 0 => associated.push((quote!(Key =), quote!(#first::Key))),
                Some(key) => associated.push((quote!(Key =), quote!(#key))),
                None => {}
            }
            bounds.push(self.collection_bound(collection, &associated, span));
        }
        let is_collection = |lender: &Ident| {
            self.lenders.iter().take(n_collections).flatten().any(|of_collection| of_collection == lender)
        };
        let rest = self.lending().filter(|(lender, _)| !is_collection(lender));
        bounds.extend(rest.map(|(lender, target)| self.lend_bound(&quote!(#lender), target)));
        let elements = (!elements.is_empty()).then(|| quote!(where #(#elements),*));
        let lenders = self.lenders.iter().enumerate().filter_map(|(slot, lender)| {
            let lender = lender.as_ref()?;
            Some(match collections.get(slot) {
                Some(collection) => quote!(#collection::Item),
                None => quote!(#lender),
            })
        });
        let value = self.value();
        let spec = match mapping {
            Mapping::Map | Mapping::ZipMap => quote!(#krate::Spec<#first::Of<#value>>),
            Mapping::FilterMap => quote!(#krate::Spec<#first::Of<<#value as #krate::__private::Flat>::Item>>),
            Mapping::FlatMap => quote!(#krate::Spec<#krate::List<<#value as #krate::__private::Flat>::Item>>),
        };
        let made = quote!(#made::<Self, (#(#lenders,)*), #(#collections),*>);
        self.constructor(name, n_collections, &quote!(<#(#bounds),*>), &parameters, &quote!(#spec #elements), &made)
    }

    /// `C: Collection<Item = T>`, at which the compiler points where the parameter stands.
    fn collection_bound(
        &self,
        collection: &Ident,
        associated: &[(TokenStream, TokenStream)],
        span: Span,
    ) -> TokenStream {
        let krate = self.krate;
        let bound = located(quote!(#collection: #krate::Collection), span);
        if associated.is_empty() {
            return bound;
        }
        let (open, close) = (located(quote!(<), span), located(quote!(>), span));
        let associated = associated.iter().map(|(name, ty)| {
            let name = located(name.clone(), span);
            quote!(#name #ty)
        });
        quote!(#bound #open #(#associated),* #close)
    }
}
