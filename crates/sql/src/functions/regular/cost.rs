//! What it costs to resolve the classes of a pattern, which happens in one step. Without case they
//! are costly: each character is looked up.

use std::convert::Infallible;

use regex_syntax::ast::{
    self, Ast, ClassPerlKind, ClassSetBinaryOp, ClassSetItem, Flag, FlagsItemKind, Visitor,
};

/// An upper limit of the instructions, as they were measured.
pub(super) fn instructions(tree: &Ast) -> u64 {
    let Ok(cost) = ast::visit(tree, Cost::default());
    cost
}

#[derive(Default)]
struct Cost {
    without_case: bool,
    /// Sets in sets, at the moment.
    depth: u64,
    /// Of sets as they stand.
    sets: u64,
    /// Characters in sets, once for each set around them.
    characters: u64,
}

impl Cost {
    fn set(&mut self, instructions: u64, characters: u64) {
        let times = self.depth.saturating_add(1);
        self.sets = self.sets.saturating_add(instructions.saturating_mul(times));
        self.characters = self.characters.saturating_add(characters.saturating_mul(times));
    }
}

impl Visitor for Cost {
    type Output = u64;
    type Err = Infallible;

    fn finish(self) -> Result<u64, Infallible> {
        let folded = if self.without_case { self.characters } else { 0 };
        Ok(self.sets.saturating_add(folded.saturating_mul(PER_CHARACTER)))
    }

    fn visit_pre(&mut self, tree: &Ast) -> Result<(), Infallible> {
        let flags = match tree {
            Ast::Flags(flags) => Some(&flags.flags),
            Ast::Group(group) => group.flags(),
            _ => None,
        };
        let without_case =
            |item: &ast::FlagsItem| item.kind == FlagsItemKind::Flag(Flag::CaseInsensitive);
        self.without_case |= flags.is_some_and(|flags| flags.items.iter().any(without_case));
        if matches!(tree, Ast::ClassPerl(_)) {
            self.set(PER_NAMED_SET, 0);
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Infallible> {
        match item {
            ClassSetItem::Bracketed(_) => self.depth = self.depth.saturating_add(1),
            ClassSetItem::Range(range) => {
                let last = u64::from(u32::from(range.end.c));
                self.set(PER_RANGE, last.saturating_sub(u32::from(range.start.c).into()));
            }
            ClassSetItem::Perl(class) => {
                let words = class.kind == ClassPerlKind::Word && !class.negated;
                self.set(PER_NAMED_SET, if words { WORD_CHARACTERS } else { ALL_CHARACTERS });
            }
            ClassSetItem::Unicode(_) => self.set(PER_NAMED_SET, ALL_CHARACTERS),
            ClassSetItem::Literal(_) | ClassSetItem::Ascii(_) => self.set(PER_RANGE, 128),
            ClassSetItem::Empty(_) | ClassSetItem::Union(_) => {}
        }
        Ok(())
    }

    fn visit_class_set_item_post(&mut self, item: &ClassSetItem) -> Result<(), Infallible> {
        if matches!(item, ClassSetItem::Bracketed(_)) {
            self.depth = self.depth.saturating_sub(1);
        }
        Ok(())
    }

    /// Both operands and the result are sets of their own.
    fn visit_class_set_binary_op_pre(&mut self, _: &ClassSetBinaryOp) -> Result<(), Infallible> {
        self.depth = self.depth.saturating_add(2);
        Ok(())
    }

    fn visit_class_set_binary_op_post(&mut self, _: &ClassSetBinaryOp) -> Result<(), Infallible> {
        self.depth = self.depth.saturating_sub(2);
        Ok(())
    }
}

/// Instructions for a character whose case does not matter.
const PER_CHARACTER: u64 = 65;
/// Instructions for a set such as `\w`.
const PER_NAMED_SET: u64 = 40_000;
/// Instructions for a range or a character in a set.
const PER_RANGE: u64 = 500;
const WORD_CHARACTERS: u64 = 40_000;
const ALL_CHARACTERS: u64 = 1_114_112;
