//! The attribute behind mamo's nodes; use it as `mamo::node`.
