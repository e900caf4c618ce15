//! Shapes, names and refusals: what every crate may speak of.
