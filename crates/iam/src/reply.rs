//! The form of an action's output, which decides how it is printed, paged and selected from.

use vmfa_model::{MemberName, StructureShape};

/// What an action returns.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    /// Nothing: success has no output.
    Nothing,
    /// A structure whose members are the output.
    Whole(&'static StructureShape),
    /// A structure with one member that holds the output.
    One(WrappedReply),
    /// A page of one or more lists.
    Page(PagedReply),
}

/// A structure with one member that holds the output, such as `User`.
#[derive(Clone, Copy, Debug)]
pub struct WrappedReply {
    /// The wrapping structure.
    pub shape: &'static StructureShape,
    /// Its one member.
    pub member: MemberName,
    /// Members of the wrapped structure that a command line writes to a file instead of printing
    /// them.
    pub files: &'static [&'static str],
}

/// A page of one or more lists, with the position of the next page.
#[derive(Clone, Copy, Debug)]
pub struct PagedReply {
    /// The lists and the members that page.
    pub shape: &'static StructureShape,
    /// The members that are lists, in the order of botocore's `result_key`. The first is the one
    /// whose elements are counted.
    pub lists: &'static [&'static str],
    /// The members of the first list's elements that [`Detail::Bare`] omits, since they take the
    /// most time to find.
    pub spared: &'static [&'static str],
}

/// How much of a list's elements is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// All members.
    #[default]
    Whole,
    /// All but [`PagedReply::spared`].
    Bare,
}

impl Reply {
    /// An output with that one member.
    ///
    /// # Panics
    /// Where the structure has no such member.
    pub const fn one(shape: &'static StructureShape, member: &str) -> Self {
        Self::One(WrappedReply { shape, member: shape.named(member), files: &[] })
    }

    /// Names the members of the wrapped structure that go to a file.
    #[expect(clippy::panic, reason = "in a const context it fails the build")]
    pub(crate) const fn with_files(self, files: &'static [&'static str]) -> Self {
        match self {
            Self::One(reply) => Self::One(WrappedReply { files, ..reply }),
            _ => panic!("only a wrapped reply has file members"),
        }
    }

    /// The output that has those lists, and the members that page.
    pub const fn page(shape: &'static StructureShape, lists: &'static [&'static str]) -> Self {
        Self::Page(PagedReply { shape, lists, spared: &[] })
    }

    /// Names the members that [`Detail::Bare`] omits from the first list's elements.
    #[expect(clippy::panic, reason = "in a const context it fails the build")]
    pub(crate) const fn sparing(self, spared: &'static [&'static str]) -> Self {
        match self {
            Self::Page(reply) => Self::Page(PagedReply { spared, ..reply }),
            _ => panic!("only a paged reply has spared members"),
        }
    }
}

impl PagedReply {
    /// The input member for where a page begins, and the output member for where the next does.
    pub const MARKER: &'static str = "Marker";
    /// The input member for the most elements of a page.
    pub const LIMIT: &'static str = "MaxItems";
    /// The output member that says whether there is another page.
    pub const MORE: &'static str = "IsTruncated";

    /// The list, where it is the only one.
    pub const fn only_list(&self) -> Option<&'static str> {
        match self.lists {
            [list] => Some(list),
            _ => None,
        }
    }
}
