//! NFAs of patterns, by Thompson's construction. Each set of characters is compiled once and
//! copied wherever it stands, so that no step is long, however often it is repeated.

use regex_automata::{
    nfa::thompson::{BuildError, Builder, Compiler, Config, NFA, State, Transition, WhichCaptures},
    util::{look::Look, primitives::StateID},
};
use regex_syntax::hir::{self, Hir, HirKind};
use rusqlite::Result;

use super::too_complex;
use crate::functions::values::Meter;

/// The NFA that goes forward, with groups.
pub(super) fn forward(pattern: &Hir, meter: &mut Meter) -> Result<NFA> {
    compile(pattern, false, meter)
}

/// The NFA that goes backward from the end of a match.
pub(super) fn backward(pattern: &Hir, meter: &mut Meter) -> Result<NFA> {
    compile(pattern, true, meter)
}

fn compile(pattern: &Hir, backward: bool, meter: &mut Meter) -> Result<NFA> {
    let mut builder = Builder::new();
    builder.set_utf8(true);
    builder.set_reverse(backward);
    builder.set_size_limit(Some(SIZE)).map_err(complex)?;
    let mut compiler = Construction { builder, backward, known: Vec::new(), meter };
    let anchored = backward || pattern.properties().look_set_prefix().contains(hir::Look::Start);
    let prefix = if anchored { None } else { Some(compiler.anything()?) };
    compiler.builder.start_pattern().map_err(complex)?;
    let whole = compiler.group(0, pattern)?;
    let matched = compiler.builder.add_match().map_err(complex)?;
    compiler.patch(whole.end, matched)?;
    compiler.builder.finish_pattern(whole.start).map_err(complex)?;
    let start = match prefix {
        Some(prefix) => {
            compiler.patch(prefix, whole.start)?;
            prefix
        }
        None => whole.start,
    };
    compiler.meter.check()?;
    let built = compiler.builder.build(whole.start, start);
    // Freeing the construction takes a while, too.
    compiler.meter.check()?;
    built.map_err(complex)
}

struct Construction<'m> {
    builder: Builder,
    backward: bool,
    /// Parts that were compiled before.
    known: Vec<(Hir, NFA)>,
    meter: &'m mut Meter,
}

/// A part of the NFA. What follows it is patched to its end.
#[derive(Clone, Copy)]
struct Part {
    start: StateID,
    end: StateID,
}

impl Construction<'_> {
    fn part(&mut self, hir: &Hir) -> Result<Part> {
        self.meter.spend(PER_STATE)?;
        match hir.kind() {
            HirKind::Empty => self.empty().map(whole),
            HirKind::Literal(literal) => {
                let bytes: Vec<u8> = self.ordered(literal.0.to_vec());
                self.concat(bytes, Self::byte)
            }
            HirKind::Class(_) => self.copy(hir),
            HirKind::Look(look) => self.look(*look).map(whole),
            HirKind::Repetition(repetition) => self.repetition(repetition),
            HirKind::Capture(capture) => self.group(capture.index, &capture.sub),
            HirKind::Concat(parts) => {
                let parts = self.ordered(parts.iter().collect());
                self.concat(parts, Self::part)
            }
            HirKind::Alternation(parts) => {
                let literal = |part: &Hir| matches!(part.kind(), HirKind::Literal(_));
                if parts.iter().all(literal) { self.copy(hir) } else { self.alternation(parts) }
            }
        }
    }

    /// The parts in the order in which they are matched.
    fn ordered<T>(&self, mut parts: Vec<T>) -> Vec<T> {
        if self.backward {
            parts.reverse();
        }
        parts
    }

    fn concat<T>(
        &mut self,
        parts: impl IntoIterator<Item = T>,
        mut compile: impl FnMut(&mut Self, T) -> Result<Part>,
    ) -> Result<Part> {
        let mut done: Option<Part> = None;
        for part in parts {
            let next = compile(self, part)?;
            done = Some(match done {
                None => next,
                Some(Part { start, end }) => {
                    self.patch(end, next.start)?;
                    Part { start, end: next.end }
                }
            });
        }
        done.map_or_else(|| self.empty().map(whole), Ok)
    }

    fn alternation(&mut self, parts: &[Hir]) -> Result<Part> {
        let (start, end) = (self.union(true)?, self.empty()?);
        for part in parts {
            let part = self.part(part)?;
            self.patch(start, part.start)?;
            self.patch(part.end, end)?;
        }
        Ok(Part { start, end })
    }

    fn repetition(&mut self, repetition: &hir::Repetition) -> Result<Part> {
        let hir::Repetition { min, max, greedy, sub } = repetition;
        match (*min, *max) {
            (0, None) => self.any_number(sub, *greedy),
            (min, None) => {
                let before = self.exactly(sub, min.saturating_sub(1))?;
                let last = self.part(sub)?;
                let again = self.union(*greedy)?;
                self.patch(last.end, again)?;
                self.patch(again, last.start)?;
                self.patch(before.end, last.start)?;
                Ok(Part { start: before.start, end: again })
            }
            (min, Some(max)) => {
                let before = self.exactly(sub, min)?;
                let end = self.empty()?;
                let mut last = before.end;
                for _ in min..max {
                    let optional = self.union(*greedy)?;
                    let part = self.part(sub)?;
                    self.patch(last, optional)?;
                    self.patch(optional, part.start)?;
                    self.patch(optional, end)?;
                    last = part.end;
                }
                self.patch(last, end)?;
                Ok(Part { start: before.start, end })
            }
        }
    }

    fn exactly(&mut self, hir: &Hir, times: u32) -> Result<Part> {
        self.concat(0..times, |this, _| this.part(hir))
    }

    fn any_number(&mut self, hir: &Hir, greedy: bool) -> Result<Part> {
        if hir.properties().minimum_len().is_some_and(|length| length > 0) {
            let again = self.union(greedy)?;
            let part = self.part(hir)?;
            self.patch(again, part.start)?;
            self.patch(part.end, again)?;
            return Ok(whole(again));
        }
        // What may be empty is repeated once or more, optionally: a loop over nothing would change
        // which alternative is preferred.
        let part = self.part(hir)?;
        let (again, optional, end) = (self.union(greedy)?, self.union(greedy)?, self.empty()?);
        self.patch(part.end, again)?;
        self.patch(again, part.start)?;
        self.patch(again, end)?;
        self.patch(optional, part.start)?;
        self.patch(optional, end)?;
        Ok(Part { start: optional, end })
    }

    /// Skips as few bytes as possible. What follows it is patched to it.
    fn anything(&mut self) -> Result<StateID> {
        let again = self.union(false)?;
        let any = Transition { start: 0, end: u8::MAX, next: again };
        let byte = self.builder.add_range(any).map_err(complex)?;
        self.patch(again, byte)?;
        Ok(again)
    }

    fn group(&mut self, index: u32, hir: &Hir) -> Result<Part> {
        if self.backward || usize::try_from(index).is_ok_and(|index| index >= super::GROUPS) {
            return self.part(hir);
        }
        let start = self.builder.add_capture_start(StateID::ZERO, index, None).map_err(complex)?;
        let part = self.part(hir)?;
        let end = self.builder.add_capture_end(StateID::ZERO, index).map_err(complex)?;
        self.patch(start, part.start)?;
        self.patch(part.end, end)?;
        Ok(Part { start, end })
    }

    fn byte(&mut self, byte: u8) -> Result<Part> {
        self.meter.spend(PER_STATE)?;
        let range = Transition { start: byte, end: byte, next: StateID::ZERO };
        self.builder.add_range(range).map(whole).map_err(complex)
    }

    fn look(&mut self, look: hir::Look) -> Result<StateID> {
        // Both have the same numbers.
        let look = Look::from_repr(look.as_repr()).ok_or_else(too_complex)?;
        let look = if self.backward { look.reversed() } else { look };
        self.builder.add_look(StateID::ZERO, look).map_err(complex)
    }

    fn empty(&mut self) -> Result<StateID> {
        self.builder.add_empty().map_err(complex)
    }

    /// A choice, in the order in which its alternatives are patched, or else in reverse.
    fn union(&mut self, in_order: bool) -> Result<StateID> {
        let added = if in_order {
            self.builder.add_union(Vec::new())
        } else {
            self.builder.add_union_reverse(Vec::new())
        };
        added.map_err(complex)
    }

    fn patch(&mut self, from: StateID, to: StateID) -> Result<()> {
        self.builder.patch(from, to).map_err(complex)
    }

    /// Compiles a set of characters or of literals, or copies it where it is known.
    fn copy(&mut self, hir: &Hir) -> Result<Part> {
        self.meter.spend(PER_STATE + self.known.len())?;
        let known = self.known.iter().position(|(known, _)| known == hir);
        let at = known.unwrap_or(self.known.len());
        if known.is_none() {
            self.meter.check()?;
            let config = Config::new()
                .reverse(self.backward)
                .which_captures(WhichCaptures::None)
                .nfa_size_limit(Some(SIZE));
            let compiled = Compiler::new().configure(config).build_from_hir(hir);
            self.known.push((hir.clone(), compiled.map_err(complex)?));
        }
        let Some((_, part)) = self.known.get(at) else { return Err(too_complex()) };
        // An empty state of the builder's tells how many it has.
        let end = self.builder.add_empty().map_err(complex)?;
        let base = end.as_usize().saturating_add(1);
        let moved = |id: StateID| {
            StateID::new(base.saturating_add(id.as_usize())).map_err(|_| too_complex())
        };
        let shifted = |transition: &Transition| {
            Ok(Transition { next: moved(transition.next)?, ..*transition })
        };
        for state in part.states() {
            self.meter.spend(PER_STATE)?;
            let added = match state {
                State::ByteRange { trans } => self.builder.add_range(shifted(trans)?),
                State::Sparse(sparse) => {
                    let all: Result<Vec<Transition>> =
                        sparse.transitions.iter().map(shifted).collect();
                    self.builder.add_sparse(all?)
                }
                State::Union { alternates } => {
                    let all: Result<Vec<StateID>> =
                        alternates.iter().map(|id| moved(*id)).collect();
                    self.builder.add_union(all?)
                }
                State::BinaryUnion { alt1, alt2 } => {
                    self.builder.add_union(vec![moved(*alt1)?, moved(*alt2)?])
                }
                State::Match { .. } => {
                    let added = self.builder.add_empty();
                    let id = added.map_err(complex)?;
                    self.builder.patch(id, end).map(|()| id)
                }
                State::Fail => self.builder.add_fail(),
                State::Dense(_) | State::Look { .. } | State::Capture { .. } => {
                    return Err(too_complex());
                }
            };
            added.map_err(complex)?;
        }
        Ok(Part { start: moved(part.start_anchored())?, end })
    }
}

const fn whole(state: StateID) -> Part {
    Part { start: state, end: state }
}

fn complex(_: BuildError) -> rusqlite::Error {
    too_complex()
}

/// Bytes of an NFA.
const SIZE: usize = 2 << 20;

/// Units of work for a state.
const PER_STATE: usize = 8;
