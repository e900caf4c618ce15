//! The AWS Query wire format, both directions, driven by the shapes.
