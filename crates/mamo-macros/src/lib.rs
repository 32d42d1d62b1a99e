//! The attribute behind mamo's nodes; use it as `mamo::node`.

use proc_macro::TokenStream;

/// Makes a function a node function.
#[proc_macro_attribute]
pub fn node(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
