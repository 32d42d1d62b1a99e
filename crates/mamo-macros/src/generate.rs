//! The code beside a node function: its type, with the constructors of its nodes.

use crate::arguments::{Arguments, Keep};
use crate::code::code;
use crate::input::Function;
use crate::signature::{Failing, Input, Parameter, Passing, Signature, Takes};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use std::collections::BTreeSet;
use syn::Type;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// What the generated type holds. When the function's name is a module's, the compiler says that the module has no such
/// value, and this is the only way to tell the user what to do.
const OWN_NAME: &str = "A_NODE_FUNCTION_HAS_THIS_NAME__WRITE_node_ty_OtherName";

/// Writes the type and the constructors of a function.
pub(crate) fn constructors(function: &Function, signature: &Signature, arguments: &Arguments) -> TokenStream {
    Generator::new(function, signature, arguments).items()
}

pub(crate) struct Generator<'a> {
    pub(crate) function: &'a Function,
    pub(crate) signature: &'a Signature,
    pub(crate) arguments: &'a Arguments,
    /// Where mamo is found.
    pub(crate) krate: &'a syn::Path,
    /// Name of the generated type.
    ty: Ident,
    /// For each parameter that is lent from a node of any type: the type parameter for that type.
    pub(crate) lenders: Vec<Option<Ident>>,
    /// The type parameters for the collections that are mapped: one, or two in step.
    pub(crate) collections: [Ident; 2],
}

/// Tokens that mean what they mean, but stand where `span` is when the compiler points at them.
pub(crate) fn located(tokens: TokenStream, span: Span) -> TokenStream {
    let locate = |mut token: TokenTree| {
        let place = token.span().located_at(span);
        if let TokenTree::Group(group) = &mut token {
            *group = Group::new(group.delimiter(), located(group.stream(), span));
        }
        token.set_span(place);
        token
    };
    tokens.into_iter().map(locate).collect()
}

/// Local names of the generated code, which user code cannot see.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

impl<'a> Generator<'a> {
    fn new(function: &'a Function, signature: &'a Signature, arguments: &'a Arguments) -> Self {
        let mut taken = signature.taken.clone();
        let lenders = signature.inputs().map(|(parameter, input)| match input {
            Input::Lent(_) => Some(free_name(&upper_camel(&parameter.name), &mut taken)),
            Input::Exact { .. } | Input::Optional { .. } => None,
        });
        let lenders = lenders.collect();
        let collections = ["C", "D"].map(|name| free_name(name, &mut taken));
        let mut ty = arguments.ty.clone().unwrap_or_else(|| function.signature.ident.clone());
        if arguments.ty.is_none() {
            ty.set_span(function.signature.ident.span());
        }
        Self { function, signature, arguments, krate: &arguments.krate, ty, lenders, collections }
    }

    /// Everything that stands beside the function.
    ///
    /// The type is hidden from the documentation, which is also what keeps links to the function unambiguous there.
    fn items(&self) -> TokenStream {
        let Self { function, ty, .. } = self;
        let visibility = &function.visibility;
        let cfg: TokenStream = function.attributes(&["cfg"]).map(ToTokens::to_token_stream).collect();
        let lints = self.lints();
        let declared = self.declared();
        let check = self.check().map(|item| quote!(#cfg #item));
        let node = self.signature.key().is_none().then(|| self.node());
        let maps = match (self.arguments.expands, self.signature.is_mappable(self.arguments)) {
            (true, _) => self.no_map(),
            (false, true) => self.maps(),
            (false, false) => TokenStream::new(),
        };
        let reduces = self.reduces();
        let own = Ident::new(OWN_NAME, Span::call_site());
        quote! {
            #cfg
            #[doc(hidden)]
            #[allow(non_camel_case_types, dead_code, unreachable_pub, missing_debug_implementations)]
            #visibility enum #ty { #own }
            #cfg
            #lints
            #declared
            #check
            #cfg
            #lints
            impl #ty {
                #node
                #maps
                #reduces
            }
        }
    }

    /// The lint levels that the user set for the function hold for what repeats its types.
    fn lints(&self) -> TokenStream {
        let levels = self.function.attributes(&["allow", "expect"]).filter_map(|attribute| {
            let list = attribute.meta.require_list().ok()?;
            let lints = list.parse_args_with(|input: syn::parse::ParseStream<'_>| {
                let mut lints = Vec::new();
                while !input.is_empty() {
                    if input.peek(syn::Ident) && input.peek2(syn::Token![=]) {
                        // A reason, which belongs to the user's attribute.
                        input.parse::<TokenStream>()?;
                        break;
                    }
                    lints.push(input.call(syn::Path::parse_mod_style)?);
                    input.parse::<Option<syn::Token![,]>>()?;
                }
                Ok(lints)
            });
            let lints = lints.ok()?;
            Some(quote!(#[allow(#(#lints),*)]))
        });
        let levels: TokenStream = levels.collect();
        quote!(#[allow(dead_code, deprecated, unexpected_cfgs, unreachable_pub, clippy::too_many_arguments)] #levels)
    }

    /// What mamo knows of the function, and how it is run. The constructors cannot run it: a parameter may have the
    /// function's name.
    ///
    /// Two functions of one name nested in different functions of one module have the same path; their code tells
    /// them apart. If that is the same as well, their answers may still differ by what stands around them, and a graph
    /// that has both is refused. Their place is no part of the path: a comment would change it.
    fn declared(&self) -> TokenStream {
        let Self { function, signature, arguments, krate, ty, .. } = self;
        let name = function.signature.ident.unraw().to_string();
        let own = Ident::new(OWN_NAME, ty.span());
        let code = code(function, arguments, krate);
        let parameters = signature.inputs().map(|(parameter, _)| parameter.name.unraw().to_string());
        let outputs = arguments.outputs.iter().flat_map(|outputs| &outputs.names).map(|name| name.unraw().to_string());
        let expands = arguments.expands.then(|| quote!(expands: true,));
        let has_key = signature.key().map(|_| quote!(has_key: true,));
        let outputs = arguments.outputs.as_ref().map(|_| quote!(outputs: &[#(#outputs),*],));
        let takes = arguments.resources.field(krate);
        let lenders = self.lenders.iter().flatten();
        let bounds = self.lending().map(|(lender, target)| quote!(#lender: #krate::Lend<#target>));
        let (value, results) = self.results();
        let run = self.run();
        quote! {
            impl<#(#bounds),*> #krate::__private::DeclaredFunction<(#(#lenders,)*)> for #ty {
                type Value = #value;
                const FUNCTION: &'static #krate::__private::Function = &#krate::__private::Function {
                    path: ::core::concat!(::core::module_path!(), "::", #name),
                    name: {
                        let _ = #ty::#own;
                        #name
                    },
                    code: #code,
                    parameters: &[#(#parameters),*],
                    #has_key
                    #expands
                    #outputs
                    #takes
                    results: #krate::__private::Results::#results,
                    file: ::core::file!(),
                    line: ::core::line!(),
                    ..#krate::__private::Function::PLAIN
                };
                #run
            }
        }
    }

    /// The value's type, for a function with a single output.
    pub(crate) fn value(&self) -> TokenStream {
        let krate = self.krate;
        match &self.signature.returns.value {
            Some(value) => value.to_token_stream(),
            None => {
                let written = &self.signature.returns.written;
                let first = located(quote!(<), written.span());
                let rest = located(quote!(as #krate::__private::Fallible>::Value), written.span());
                quote!(#first #written #rest)
            }
        }
    }

    /// How values of a type are kept. Written as a path, so that the compiler points at the type when it cannot be.
    fn value_type(&self, value: &TokenStream) -> TokenStream {
        let krate = self.krate;
        match &self.arguments.keep {
            Keep::Serde => quote!(<#value as #krate::__private::Saved>::TYPE),
            Keep::Codec(codec) => quote!(#krate::__private::ValueType::codec::<#value, #codec>()),
            Keep::Transient => quote!(#krate::__private::ValueType::transient::<#value>()),
        }
    }

    /// The type of the value that the function returns, and how it or the values of several outputs are kept.
    fn results(&self) -> (TokenStream, TokenStream) {
        if self.arguments.outputs.is_none() {
            let value = self.value();
            let value_type = self.value_type(&value);
            return (value, quote!(One(#value_type)));
        }
        let types = self.signature.returns.outputs.iter().map(|ty| self.value_type(&ty.to_token_stream()));
        (quote!(()), quote!(Many(&[#(#types),*])))
    }

    /// What the compiler is to refuse although it would compile.
    fn check(&self) -> Option<TokenStream> {
        let Self { krate, .. } = self;
        let returns = &self.signature.returns;
        if returns.failing != Failing::Never || !may_be_alias(&returns.written) {
            return None;
        }
        let written = &returns.written;
        let span = written.span();
        let message = "this type is a `Result` by another name, so errors would be saved as values: \
                       write `Result<..>`, or give the alias a name that ends in `Result`";
        let is_result = quote!(#krate::__private::Probe::<#written>::IS_RESULT);
        Some(quote::quote_spanned! {span=>
            const _: () = {
                #[allow(unused_imports, reason = "for a `Result`, its own constant is found first")]
                use #krate::__private::NoResult as _;
                ::core::assert!(!#is_result, #message);
            };
        })
    }

    /// `f::node(..)`.
    fn node(&self) -> TokenStream {
        let Self { krate, .. } = self;
        let generics = self.lenders.iter().flatten().collect::<Vec<_>>();
        let bounds = self.lending().map(|(lender, target)| self.lend_bound(&quote!(#lender), target));
        let parameters = self.constructor_parameters(&[]);
        let lenders = quote!((#(#generics,)*));
        let spec = match &self.arguments.outputs {
            None => {
                let value = self.value();
                quote!(#krate::Spec<#value>)
            }
            Some(_) => {
                let types = &self.signature.returns.outputs;
                quote!(#krate::Spec<(#(#types,)*), (#(#krate::Node<#types>,)*)>)
            }
        };
        self.constructor("node", 0, &quote!(<#(#bounds),*>), &parameters, &spec, &quote!(__plain::<Self, #lenders>))
    }

    /// One constructor. It has the documentation of the function, and its name stands where the function's does.
    ///
    /// Its first `n_collections` parameters take collections.
    pub(crate) fn constructor(
        &self,
        constructor: &str,
        n_collections: usize,
        generics: &TokenStream,
        parameters: &[TokenStream],
        spec: &TokenStream,
        made: &TokenStream,
    ) -> TokenStream {
        let inputs = self.constructor_inputs(n_collections);
        self.written_constructor(constructor, generics, parameters, spec, made, &inputs)
    }

    /// One constructor, of a spec that has these `inputs`.
    pub(crate) fn written_constructor(
        &self,
        constructor: &str,
        generics: &TokenStream,
        parameters: &[TokenStream],
        spec: &TokenStream,
        made: &TokenStream,
        inputs: &[TokenStream],
    ) -> TokenStream {
        let Self { function, krate, .. } = self;
        let name = Ident::new(constructor, function.signature.ident.span());
        // Examples in the documentation are tests of the function, once.
        let documentation = function.attributes(&["doc"]).map(|doc| {
            let meta = &doc.meta;
            quote!(#[cfg_attr(not(doctest), #meta)])
        });
        let deprecated = function.attributes(&["deprecated"]);
        let visibility = &function.visibility;
        quote! {
            #(#documentation)*
            #(#deprecated)*
            #visibility fn #name #generics (#(#parameters),*) -> #spec {
                #krate::Spec::#made(&[#(#inputs),*])
            }
        }
    }

    /// What is given for the parameters of a constructor, of which the first ones take collections.
    pub(crate) fn constructor_inputs(&self, n_collections: usize) -> Vec<TokenStream> {
        let krate = self.krate;
        let inputs = self.signature.inputs().enumerate().map(|(slot, (parameter, input))| {
            let name = &parameter.name;
            match input {
                Input::Optional { .. } if slot >= n_collections => {
                    quote!(#krate::__private::perhaps(#name))
                }
                Input::Exact { .. } | Input::Lent(_) | Input::Optional { .. } => {
                    quote!(#krate::__private::given(#name))
                }
            }
        });
        inputs.collect()
    }

    /// Parameters of a constructor; the first ones take collections of these types.
    pub(crate) fn constructor_parameters(&self, collections: &[Ident]) -> Vec<TokenStream> {
        let krate = self.krate;
        let parameters = self.signature.inputs().zip(&self.lenders).enumerate();
        let parameters = parameters.map(|(slot, ((parameter, input), lender))| {
            let name = &parameter.name;
            match (collections.get(slot), input) {
                (Some(collection), _) => quote!(#name: #krate::Node<#collection>),
                (None, Input::Exact { value, .. }) => quote!(#name: #krate::Node<#value>),
                (None, Input::Lent(_)) => quote!(#name: #krate::Node<#lender>),
                (None, Input::Optional { value, .. }) => {
                    quote!(#name: ::core::option::Option<#krate::Node<#value>>)
                }
            }
        });
        parameters.collect()
    }

    /// The type parameters of lent parameters, with what they lend.
    pub(crate) fn lending(&self) -> impl Iterator<Item = (&Ident, &Type)> {
        self.signature.inputs().zip(&self.lenders).filter_map(|((_, input), lender)| match (input, lender) {
            (Input::Lent(target), Some(lender)) => Some((lender, target)),
            _ => None,
        })
    }

    pub(crate) fn lend_bound(&self, lender: &TokenStream, target: &Type) -> TokenStream {
        let krate = self.krate;
        let bound = located(quote!(#lender: #krate::Lend<), target.span());
        let close = located(quote!(>), target.span());
        quote!(#bound #target #close)
    }

    /// Runs the function on a node's inputs.
    fn run(&self) -> TokenStream {
        let Self { function, krate, .. } = self;
        let (ctx, inputs, graph) = (local("ctx"), local("inputs"), local("graph"));
        let mut slots = self.lenders.iter().zip(0u32..);
        let arguments = self.signature.parameters.iter().map(|parameter| match &parameter.takes {
            Takes::Context => quote!(#ctx),
            Takes::Graph => quote!(#graph),
            Takes::Key { key, passing } => self.passed(quote!(#inputs.key::<#key>()), key, *passing),
            Takes::Node(input) => match (input, slots.next()) {
                (Input::Exact { value, passing }, Some((_, slot))) => {
                    self.passed(quote!(#inputs.get::<#value>(#slot)), value, *passing)
                }
                (Input::Lent(target), Some((lender, slot))) => {
                    quote!(&*<#lender as #krate::Lend<#target>>::lend(#inputs.get::<#lender>(#slot))?)
                }
                (Input::Optional { value, lent: None }, Some((_, slot))) => {
                    quote!(#inputs.optional::<#value>(#slot))
                }
                (Input::Optional { value, lent: Some(target) }, Some((_, slot))) => {
                    let lend = quote!(#krate::__private::lend_optional::<#value, #target>);
                    quote!(::core::option::Option::as_deref(&#lend(#inputs.optional::<#value>(#slot))?))
                }
                (_, None) => TokenStream::new(),
            },
        });
        let arguments: Vec<TokenStream> = arguments.collect();
        let mut name = function.signature.ident.clone();
        name.set_span(Span::call_site());
        let call = quote!(#name(#(#arguments),*));
        let value = if self.arguments.expands { self.expanded(&call, &graph) } else { self.finished(&call) };
        let is_used = |parameter: &Parameter| !matches!(parameter.takes, Takes::Context);
        let is_read = |parameter: &Parameter| matches!(parameter.takes, Takes::Node(_) | Takes::Key { .. });
        let inputs = if self.signature.parameters.iter().any(is_read) { inputs } else { format_ident!("_") };
        let ctx = if self.signature.parameters.iter().all(is_used) { format_ident!("_") } else { ctx };
        quote! {
            fn run(#ctx: &#krate::NodeCtx, #inputs: &#krate::__private::Inputs<'_>) -> #krate::__private::Ran {
                #value
            }
        }
    }

    fn passed(&self, shared: TokenStream, value: &Type, passing: Passing) -> TokenStream {
        let krate = self.krate;
        match passing {
            Passing::Shared => shared,
            Passing::Cloned => quote!(<#value as #krate::__private::ByValue>::by_value(#shared)),
        }
    }

    /// Turns what a function that expands returned into what the engine keeps.
    fn expanded(&self, call: &TokenStream, graph: &Ident) -> TokenStream {
        let krate = self.krate;
        let written = &self.signature.returns.written;
        let value = self.value();
        let node = match self.signature.returns.failing {
            Failing::Never => quote!(::core::result::Result::Ok(#call)),
            Failing::WithResult => quote!(<#written as #krate::__private::Fallible>::outcome(#call)),
        };
        quote!(#krate::__private::expanded::<#value>(|#graph: &#krate::Graph| #node))
    }

    /// Turns what the function returned into what the engine keeps.
    fn finished(&self, call: &TokenStream) -> TokenStream {
        let krate = self.krate;
        let returns = &self.signature.returns;
        let written = &returns.written;
        let output = local("output");
        let outcome = match returns.failing {
            Failing::Never => quote!(#output),
            Failing::WithResult => {
                // The compiler points from the first to the last of these tokens when the type is no result.
                let first = located(quote!(<), written.span());
                let last = written.to_token_stream().into_iter().last().map_or(written.span(), |token| token.span());
                let rest = located(quote!(as #krate::__private::Fallible>::outcome(#output)), last);
                quote!(#first #written #rest)
            }
        };
        if self.arguments.outputs.is_none() {
            return match returns.failing {
                Failing::Never => quote!(#krate::__private::ran(#call)),
                Failing::WithResult => quote! {
                    let #output = #call;
                    #krate::__private::ran_or(#outcome)
                },
            };
        }
        let question = (returns.failing == Failing::WithResult).then(|| quote!(?));
        let members = (0..returns.outputs.len()).map(|index| local(&format!("output{index}"))).collect::<Vec<_>>();
        let types = &returns.outputs;
        quote! {
            let #output = #call;
            let (#(#members,)*): (#(#types,)*) = #outcome #question;
            ::core::result::Result::Ok(#krate::__private::Value::outputs([#(#krate::__private::Value::new(#members)),*]))
        }
    }
}

/// Names that nobody gives to a result: checking them would cost every function of every crate a constant.
const NO_ALIASES: [&str; 29] = [
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
    "usize", "Arc", "Artifact", "BTreeMap", "BTreeSet", "Box", "Dict", "HashMap", "HashSet", "List", "Option",
    "PathBuf", "String", "Vec",
];

/// Whether a type could be a `Result` under another name.
fn may_be_alias(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let name = path.path.segments.last().map(|segment| segment.ident.to_string());
    name.is_some_and(|name| !NO_ALIASES.contains(&name.as_str()))
}

/// A name for a type parameter that nothing in the signature has.
fn free_name(wanted: &str, taken: &mut BTreeSet<String>) -> Ident {
    let mut name = wanted.to_owned();
    while !taken.insert(name.clone()) {
        name.push_str("Node");
    }
    Ident::new(&name, Span::call_site())
}

/// `csv_file` as `CsvFile`.
fn upper_camel(name: &Ident) -> String {
    let name = name.unraw().to_string();
    let parts = name.split('_').filter_map(|part| {
        let mut chars = part.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>())
    });
    let name: String = parts.collect();
    // What does not begin with a letter is no name by itself.
    if name.starts_with(char::is_alphabetic) && name != "Self" { name } else { format!("Of{name}") }
}
