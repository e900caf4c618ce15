//! Macros that make a type and its shape from one definition.

/// Declares a structure: its members in the order of the model, each with its name on the wire, and
/// after `wire` the order in which the service sends them, if it differs.
///
/// A member takes the attributes of [`CliHints`](crate::shape::CliHints) after its documentation.
///
/// ```
/// vmfa_model::structure! {
///     /// A key and a value.
///     pub struct Pair {
///         /// The key.
///         "Key" key: String,
///         /// The value; may be empty.
///         "Value" value: Option<String>,
///     }
/// }
/// use vmfa_model::{Structure, Record, Value};
/// let record = Record::from_iter([("Key", Value::Text("a".into()))]);
/// assert_eq!(Pair::from_record(record).unwrap().key, "a");
/// assert!(Pair::from_record(Record::new()).is_err());
/// ```
#[macro_export]
macro_rules! structure {
    (
        $(#[doc = $sdoc:literal])*
        $vis:vis struct $name:ident {
            $(
                $(#[doc = $doc:literal])*
                $(#[aws = $sentence:literal])?
                $(#[sample = $sample:literal])?
                $(#[min = $min:literal])?
                $(#[element = $element:literal])?
                $wire:literal $field:ident : $type:ty
            ),* $(,)?
        }
        $( wire $($order:literal),+ $(,)? )?
    ) => {
        $(#[doc = $sdoc])*
        #[derive(Clone, Debug)]
        $vis struct $name { $( $(#[doc = $doc])* pub $field: $type, )* }

        impl $crate::Structure for $name {
            const SHAPE: $crate::StructureShape = $crate::StructureShape {
                name: stringify!($name),
                members: &[$( $crate::Member {
                    name: $wire,
                    doc: concat!($($doc, "\n"),*),
                    shape: <$type as $crate::Field>::SHAPE,
                    required: <$type as $crate::Field>::REQUIRED,
                    cli: $crate::shape::CliHints {
                        sentence: concat!("" $(, $sentence)?),
                        sample: concat!("" $(, $sample)?),
                        min: $crate::text!(@option $($min)?),
                        element: concat!("" $(, $element)?),
                    }
                    .with_defaults(<$type as $crate::Field>::HINTS),
                } ),*],
                wire: &[$($($order),+)?],
            };

            fn from_record(mut record: $crate::Record) -> Result<Self, $crate::ShapeMismatch> {
                // Borrowed at once, since a structure may have no members to take.
                let _members = &mut record;
                Ok(Self { $( $field: $crate::Field::from_option(_members.take($wire))?, )* })
            }

            fn into_record(self) -> $crate::Record {
                let given: [bool; _] = [$( $crate::Field::is_present(&self.$field) ),*];
                let given = given.into_iter().filter(|given| *given).count();
                let mut _record = $crate::Record::with_capacity(given);
                $( if let Some(value) = $crate::Field::into_option(self.$field) {
                    _record.push($wire, value);
                } )*
                _record
            }
        }

        impl $crate::TypedValue for $name {
            const SHAPE: $crate::Shape =
                $crate::Shape::Structure(&<$name as $crate::Structure>::SHAPE);
            fn from_value(value: $crate::Value) -> Result<Self, $crate::ShapeMismatch> {
                match value {
                    $crate::Value::Structure(record) => $crate::Structure::from_record(record),
                    _ => Err($crate::ShapeMismatch(stringify!($name))),
                }
            }
            fn into_value(self) -> $crate::Value {
                $crate::Value::Structure($crate::Structure::into_record(self))
            }
        }
    };
}

/// Declares a text type: `Name(min..=max, pattern)`, with an optional pattern, or `secret Name(…)`.
/// A value of the type proves that the text satisfies the constraints.
#[macro_export]
macro_rules! text {
    (
        $(#[doc = $doc:literal])* $(#[aws = $aws:literal])? $(#[sample = $sample:literal])?
        secret $name:ident ($min:literal ..= $max:literal, $pattern:expr)
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub struct $name($crate::Secret);
        $crate::text!(
            @both $name, $min, Some($max), Some(&$pattern), true, $crate::Secret::new,
            [$($aws)?] [$($sample)?]
        );
        impl $name {
            /// The text. It must not reach logs, messages or other outputs.
            pub fn expose(&self) -> &str { self.0.expose() }
            fn into_variant(self) -> $crate::Value { $crate::Value::Secret(self.0) }
        }
    };
    (
        $(#[doc = $doc:literal])* $(#[aws = $aws:literal])? $(#[sample = $sample:literal])?
        $name:ident ($min:literal $(..= $max:literal)? $(.., $open:expr)? $(, $pattern:expr)?)
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);
        $crate::text!(
            @both $name, $min, $crate::text!(@option $($max)?), $crate::text!(@option $(&$open)? $(&$pattern)?),
            false, std::convert::identity, [$($aws)?] [$($sample)?]
        );
        impl $name {
            /// The text, which satisfies the constraints.
            pub fn as_str(&self) -> &str { &self.0 }
            fn into_variant(self) -> $crate::Value { $crate::Value::Text(self.0) }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
    (@option) => { None };
    (@option $value:expr) => { Some($value) };
    (
        @both $name:ident, $min:expr, $max:expr, $pattern:expr, $secret:literal, $wrap:expr,
        [$($aws:literal)?] [$($sample:literal)?]
    ) => {
        impl $name {
            /// The constraints.
            pub const TEXT: $crate::shape::TextShape = $crate::shape::TextShape {
                min: $min, max: $max, pattern: $pattern, values: &[], secret: $secret,
            };
        }
        impl TryFrom<String> for $name {
            type Error = $crate::ShapeMismatch;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                if Self::TEXT.admits(&text) {
                    Ok(Self($wrap(text)))
                } else {
                    Err($crate::ShapeMismatch(stringify!($name)))
                }
            }
        }
        impl $crate::TypedValue for $name {
            const SHAPE: $crate::Shape = $crate::Shape::Text(&Self::TEXT);
            const HINTS: $crate::shape::CliHints = $crate::shape::CliHints {
                sentence: concat!("" $(, $aws)?),
                sample: concat!("" $(, $sample)?),
                ..$crate::shape::CliHints::NONE
            };
            fn from_value(value: $crate::Value) -> Result<Self, $crate::ShapeMismatch> {
                match value {
                    $crate::Value::Text(text) => Self::try_from(text),
                    $crate::Value::Secret(secret) => Self::try_from(secret.expose().to_owned()),
                    _ => Err($crate::ShapeMismatch(stringify!($name))),
                }
            }
            fn into_value(self) -> $crate::Value { self.into_variant() }
        }
    };
}

/// Declares an enumeration.
#[macro_export]
macro_rules! choice {
    (
        $(#[doc = $doc:literal])* $(#[sample = $sample:literal])?
        $name:ident { $($(#[doc = $vdoc:literal])* $variant:ident),+ $(,)? }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $vdoc])* $variant),+ }
        impl $name {
            /// The value as the API writes it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }
            /// Parses a value of the API.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $(stringify!($variant) => Some(Self::$variant),)+ _ => None }
            }
        }
        impl $crate::TypedValue for $name {
            const SHAPE: $crate::Shape = $crate::Shape::Text(&$crate::shape::TextShape {
                values: &[$(stringify!($variant)),+],
                ..$crate::shape::ANY_TEXT
            });
            const HINTS: $crate::shape::CliHints = $crate::shape::CliHints {
                sample: concat!("" $(, $sample)?),
                ..$crate::shape::CliHints::NONE
            };
            fn from_value(value: $crate::Value) -> Result<Self, $crate::ShapeMismatch> {
                let text = value.as_text().and_then(Self::parse);
                text.ok_or($crate::ShapeMismatch(stringify!($name)))
            }
            fn into_value(self) -> $crate::Value {
                $crate::Value::Text(self.as_str().to_owned())
            }
        }
    };
}

/// Declares an integer type with an inclusive range.
#[macro_export]
macro_rules! integer {
    (
        $(#[doc = $doc:literal])* $(#[aws = $aws:literal])?
        $name:ident ($min:literal ..= $max:literal)
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(i64);
        impl $name {
            /// The number, which is in the range of the type.
            pub const fn get(self) -> i64 { self.0 }
        }
        impl $crate::TypedValue for $name {
            const SHAPE: $crate::Shape =
                $crate::Shape::Integer($crate::shape::IntegerShape { min: $min, max: $max });
            const HINTS: $crate::shape::CliHints = $crate::shape::CliHints {
                sentence: concat!("" $(, $aws)?),
                ..$crate::shape::CliHints::NONE
            };
            fn from_value(value: $crate::Value) -> Result<Self, $crate::ShapeMismatch> {
                match value {
                    $crate::Value::Integer(n) if ($min..=$max).contains(&n) => Ok(Self(n)),
                    _ => Err($crate::ShapeMismatch(stringify!($name))),
                }
            }
            fn into_value(self) -> $crate::Value { $crate::Value::Integer(self.0) }
        }
    };
}
