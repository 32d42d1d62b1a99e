//! The attribute behind mamo's nodes; use it as `mamo::node`.

mod arguments;
mod code;
mod generate;
mod input;
mod maps;
mod reduce;
mod refuse;
mod resources;
mod signature;
mod sources;
mod tokens;

use proc_macro2::TokenStream;
use quote::quote;

/// Makes a function a node function.
///
/// The function stays as it is and may be called as before. Beside it stands a type of the same name with its
/// constructors: `f::node(..)` takes a node for each parameter, `f::map(..)` goes over the elements of the first one,
/// and `f::reduce(..)` combines the elements of a collection, two at a time, by an associative `fn(&T, &T) -> T`.
/// `f::zip_map(..)` goes over the first two in step, `f::filter_map(..)` and `f::flat_map(..)` take apart what a function
/// gives that returns an `Option`, a `Vec` or a `List`.
///
/// With `expand` the function makes a graph of its own when it runs, from what it reads: `fn f(g: &Graph, x: &X) ->
/// Result<Node<T>, E>`. `f::node(..)` is a `Node<T>` with the value of the node that it returns. What stands in the sub-graph
/// is recorded like everything else, under the node's name: an input that changed in part runs what reads that part. It may
/// add itself, to go on until something is small, as deep as `mamo::EngineBuilder::expansion_depth` allows. A sub-graph
/// has no sources, targets and published results of its own; retries are tries to make it, and a timeout is for making
/// it: its nodes have their own.
///
/// A node function that calls another one calls a plain function: it runs within the caller's node, nothing of it is
/// kept, and its code is part of the caller's. To keep its result, make it a node of its own and pass it as an input.
///
/// A function is known by its module, its name and its code. Two functions that are nested in different ones and agree
/// in all three cannot be in one graph.
///
/// | parameter | takes |
/// | --- | --- |
/// | `&T`, `T` (cloned) | `Node<T>` |
/// | `&str`, `&[T]`, `&Path` | a node whose value can be lent as that, see `mamo::Lend` |
/// | `Option<&T>` | `Option<Node<T>>` |
/// | `ctx: &NodeCtx`, first | nothing |
/// | `g: &Graph`, with `expand`, behind `ctx` | nothing: the sub-graph to be filled |
/// | `#[key] k: &str`, `&K`, `K` | nothing: the key or index of the element that is mapped |
///
/// | argument | effect |
/// | --- | --- |
/// | `code = "deep"` | what is not said otherwise: all that the function reaches counts |
/// | `code = "crate"` | the whole crate counts |
/// | `code = "body"` | the function alone counts, with the types in its signature |
/// | `version = 3` | stands in for the code: the code may change without a run, a change of the number or of the types runs |
/// | `toolchain` | the compiler's version counts as well |
/// | `codec = C` | keeps results by `C`, a `mamo::Codec`, instead of serde |
/// | `transient` | never keeps results: for connections and handles |
/// | `outputs(train, test)` | gives one node for each member of the tuple that the function returns |
/// | `expand` | the function makes a sub-graph when it runs |
/// | `slots = 2` | takes so many of the engine's slots while it runs; one when not said |
/// | `memory = "4GiB"` | takes so much memory while it runs |
/// | `pool = "gpu"` | at most so many at once as the engine's pool of that name says |
/// | `blocking` | waits more than it computes, so it runs on a thread of its own |
/// | `ty = Name` | names the generated type, where a module or a type has the function's name |
/// | `krate = path` | where `mamo` is found, when it is re-exported |
///
/// `slots`, `memory`, `pool` and `blocking` are part of no key: changing them runs nothing. A node may say otherwise:
/// `f::node(..).slots(4)`.
#[proc_macro_attribute]
pub fn node(arguments: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(arguments.into(), item.into()).into()
}

/// The function as it is, with its constructors or with what is wrong.
fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let function = match syn::parse2::<input::Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#item #error);
        }
    };
    let generated = syn::parse2(arguments)
        .and_then(|arguments| Ok((signature::Signature::read(&function, &arguments)?, arguments)))
        .map_or_else(
            |error| error.into_compile_error(),
            |(signature, arguments)| generate::constructors(&function, &signature, &arguments),
        );
    let untouched = function.without_keys();
    quote!(#untouched #generated)
}
