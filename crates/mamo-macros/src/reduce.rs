//! The constructors that combine the elements of a collection, two at a time.

use crate::generate::{Generator, located};
use crate::signature::Input;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{GenericArgument, PathArguments, Type};

impl Generator<'_> {
    /// `f::reduce(..)` and `f::reduce_or(..)`, where the function gives what it takes twice. Otherwise something of that
    /// name at which the compiler says why there is none: it looks at that only when somebody calls it.
    pub(crate) fn reduces(&self) -> TokenStream {
        match self.combined() {
            Some(value) => {
                let (plain, or) = (self.reduce(value, false), self.reduce(value, true));
                quote!(#plain #or)
            }
            None => self.no_reduce(),
        }
    }

    /// What the function combines, when it does: by the looks of the types.
    fn combined(&self) -> Option<&Type> {
        let value = self.signature.returns.value.as_ref()?;
        let mut inputs = self.signature.inputs().map(|(_, input)| input);
        let is_taken = |input: &Input| match input {
            Input::Exact { value: taken, .. } => is_alike(taken, value),
            Input::Lent(target) => is_owned_by(target, value),
            Input::Optional { .. } => false,
        };
        let is_combined = inputs.next().is_some_and(is_taken) && inputs.next().is_some_and(is_taken);
        let is_possible = self.signature.key().is_none() && self.signature.is_mappable(self.arguments);
        (is_combined && is_possible).then_some(value)
    }

    fn reduce(&self, value: &Type, has_initial: bool) -> TokenStream {
        let krate = self.krate;
        let [collection, _] = &self.collections;
        // The user's parameters may have these names.
        let (initial, list) = (Ident::new("initial", Span::mixed_site()), Ident::new("list", Span::mixed_site()));
        let own = if has_initial { vec![quote!(#initial: #krate::Node<#value>)] } else { Vec::new() };
        let list_parameter = quote!(#list: #krate::Node<#collection>);
        let further = self.constructor_parameters(&[]).into_iter().skip(2);
        let parameters: Vec<TokenStream> = own.into_iter().chain([list_parameter]).chain(further).collect();
        let span = self.signature.inputs().next().map_or(Span::call_site(), |(parameter, _)| parameter.name.span());
        let bound = located(quote!(#collection: #krate::Collection<Item =), span);
        let close = located(quote!(>), span);
        let combined = self.lenders.iter().take(2).flatten().collect::<Vec<_>>();
        let lent = self.lending().filter(|(lender, _)| !combined.contains(lender));
        let lent = lent.map(|(lender, target)| self.lend_bound(&quote!(#lender), target));
        let lenders = self.lenders.iter().enumerate().filter_map(|(slot, lender)| {
            let lender = lender.as_ref()?;
            Some(if slot < 2 { quote!(#value) } else { quote!(#lender) })
        });
        let made = if has_initial { quote!(__reduced_or) } else { quote!(__reduced) };
        let raw = |name: &Ident| quote!(#krate::__private::given(#name));
        let own = if has_initial { vec![raw(&initial)] } else { Vec::new() };
        let inputs = own.into_iter().chain([raw(&list)]).chain(self.constructor_inputs(0).into_iter().skip(2));
        self.written_constructor(
            if has_initial { "reduce_or" } else { "reduce" },
            &quote!(<#bound #value #close, #(#lent),*>),
            &parameters,
            &quote!(#krate::Spec<#value>),
            &quote!(#made::<Self, (#(#lenders,)*), #collection>),
            &inputs.collect::<Vec<_>>(),
        )
    }

    fn no_reduce(&self) -> TokenStream {
        let krate = self.krate;
        let [collection, _] = &self.collections;
        let visibility = &self.function.visibility;
        let name = Ident::new("reduce", self.function.signature.ident.span());
        let further = self.signature.inputs().skip(2).map(|_| quote!(_: impl Sized));
        let value = match self.arguments.outputs {
            Some(_) => quote!(()),
            None => self.value(),
        };
        quote! {
            #[doc(hidden)]
            #visibility fn #name<#collection: #krate::__private::ReducedWith<Self>>(
                list: #collection, #(#further),*
            ) -> #krate::Spec<#value> {
                list.never()
            }
        }
    }
}

fn is_alike(one: &Type, other: &Type) -> bool {
    one.to_token_stream().to_string() == other.to_token_stream().to_string()
}

/// Whether a `value` lends what is borrowed: `String` lends `str`, `Vec<T>` and `List<T>` lend `[T]`.
fn is_owned_by(borrowed: &Type, value: &Type) -> bool {
    let Type::Path(path) = value else { return false };
    let Some(last) = path.path.segments.last() else { return false };
    let name = last.ident.to_string();
    let Type::Slice(slice) = borrowed else {
        return name == "String" && is_alike(borrowed, &syn::parse_quote!(str));
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
    let is_item =
        |argument: &GenericArgument| matches!(argument, GenericArgument::Type(item) if is_alike(item, &slice.elem));
    ["Vec", "List"].contains(&name.as_str()) && arguments.args.iter().all(is_item)
}
