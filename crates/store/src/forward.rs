//! Wrappers of views and transactions: a wrapper says where calls go, and has every method of
//! [`Read`] and [`Write`]. So a new entity changes no wrapper.

use crate::{Error, Read, Write};

/// A view that passes each query on.
pub trait ForwardRead {
    /// Called before each query; an error fails the query.
    fn reader(&self) -> Result<&dyn Read, Error>;
}

/// A transaction that passes each change on.
pub trait ForwardWrite {
    /// Called before each change; an error fails the change.
    fn writer(&mut self) -> Result<&mut dyn Write, Error>;
}

/// Declares the queries of an entity, and implements them for every [`ForwardRead`].
macro_rules! queries {
    (
        $(#[$doc:meta])*
        pub trait $trait:ident {
            $(
                $(#[$method_doc:meta])*
                fn $method:ident(&self $(, $argument:ident: $type:ty)* $(,)?) -> $output:ty;
            )+
        }
    ) => {
        $(#[$doc])*
        pub trait $trait {
            $(
                $(#[$method_doc])*
                fn $method(&self $(, $argument: $type)*) -> $output;
            )+
        }

        impl<T: $crate::ForwardRead> $trait for T {
            $(fn $method(&self $(, $argument: $type)*) -> $output {
                self.reader()?.$method($($argument),*)
            })+
        }
    };
}
pub(crate) use queries;

/// Declares the changes of an entity, and implements them for every [`ForwardWrite`].
macro_rules! changes {
    (
        $(#[$doc:meta])*
        pub trait $trait:ident {
            $(
                $(#[$method_doc:meta])*
                fn $method:ident(&mut self $(, $argument:ident: $type:ty)* $(,)?) -> $output:ty;
            )+
        }
    ) => {
        $(#[$doc])*
        pub trait $trait {
            $(
                $(#[$method_doc])*
                fn $method(&mut self $(, $argument: $type)*) -> $output;
            )+
        }

        impl<T: $crate::ForwardWrite> $trait for T {
            $(fn $method(&mut self $(, $argument: $type)*) -> $output {
                self.writer()?.$method($($argument),*)
            })+
        }
    };
}
pub(crate) use changes;
