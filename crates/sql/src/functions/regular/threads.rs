//! Matching by simulation of an NFA: each thread stands at a state, and those before others are
//! preferred.

use regex_automata::{
    nfa::thompson::{NFA, State},
    util::primitives::StateID,
};
use rusqlite::Result;

use crate::functions::values::Meter;

/// Where groups start and end.
type Slots<const N: usize> = [Option<usize>; N];

pub(super) struct Threads<'n, const N: usize> {
    nfa: &'n NFA,
    now: Set<N>,
    next: Set<N>,
    /// What is left to follow of the states that need no byte.
    stack: Vec<(StateID, Slots<N>)>,
}

/// Threads in order, at most one at each state.
struct Set<const N: usize> {
    threads: Vec<(StateID, Slots<N>)>,
    /// By state, the last round in which it was entered.
    entered: Vec<usize>,
    round: usize,
}

impl<'n, const N: usize> Threads<'n, N> {
    pub(super) fn new(nfa: &'n NFA) -> Self {
        let set = || Set { threads: Vec::new(), entered: vec![0; nfa.states().len()], round: 1 };
        Self { nfa, now: set(), next: set(), stack: Vec::new() }
    }

    /// The slots of the leftmost match that starts at `from` or later.
    pub(super) fn find(
        mut self,
        text: &str,
        from: usize,
        meter: &mut Meter,
    ) -> Result<Option<Slots<N>>> {
        let mut matched = None;
        let anchored = self.nfa.is_always_start_anchored();
        for at in from..=text.len() {
            meter.spend(1)?;
            let may_start = matched.is_none() && (at == from || !anchored);
            if self.now.threads.is_empty() && !may_start {
                break;
            }
            if may_start && text.is_char_boundary(at) {
                let start = (self.nfa.start_anchored(), [None; N]);
                follow(self.nfa, &mut self.now, &mut self.stack, start, text, at, meter)?;
            }
            self.next.clear();
            let byte = text.as_bytes().get(at).copied();
            for (id, slots) in &self.now.threads {
                meter.spend(1)?;
                let next = match (self.nfa.state(*id), byte) {
                    (State::Match { .. }, _) => {
                        matched = Some(*slots);
                        break;
                    }
                    (State::ByteRange { trans }, Some(byte)) => {
                        trans.matches_byte(byte).then_some(trans.next)
                    }
                    (State::Sparse(sparse), Some(byte)) => sparse.matches_byte(byte),
                    (State::Dense(dense), Some(byte)) => dense.matches_byte(byte),
                    _ => None,
                };
                if let Some(next) = next {
                    let (stack, after) = (&mut self.stack, at.saturating_add(1));
                    follow(self.nfa, &mut self.next, stack, (next, *slots), text, after, meter)?;
                }
            }
            std::mem::swap(&mut self.now, &mut self.next);
        }
        Ok(matched)
    }
}

impl<const N: usize> Set<N> {
    fn clear(&mut self) {
        self.threads.clear();
        self.round = self.round.saturating_add(1);
    }

    /// False where a thread was there in this round.
    fn enter(&mut self, id: StateID) -> bool {
        let round = self.round;
        self.entered
            .get_mut(id.as_usize())
            .is_some_and(|entered| std::mem::replace(entered, round) != round)
    }
}

/// Adds the threads that stand where a thread comes to without a byte.
fn follow<const N: usize>(
    nfa: &NFA,
    set: &mut Set<N>,
    stack: &mut Vec<(StateID, Slots<N>)>,
    thread: (StateID, Slots<N>),
    text: &str,
    at: usize,
    meter: &mut Meter,
) -> Result<()> {
    stack.push(thread);
    while let Some((id, mut slots)) = stack.pop() {
        meter.spend(1)?;
        if !set.enter(id) {
            continue;
        }
        match nfa.state(id) {
            State::Look { look, next } => {
                if nfa.look_matcher().matches(*look, text.as_bytes(), at) {
                    stack.push((*next, slots));
                }
            }
            State::Union { alternates } => {
                meter.spend(alternates.len())?;
                stack.extend(alternates.iter().rev().map(|id| (*id, slots)));
            }
            State::BinaryUnion { alt1, alt2 } => {
                stack.extend([(*alt2, slots), (*alt1, slots)]);
            }
            State::Capture { next, slot, .. } => {
                if let Some(slot) = slots.get_mut(slot.as_usize()) {
                    *slot = Some(at);
                }
                stack.push((*next, slots));
            }
            State::Fail => {}
            State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) | State::Match { .. } => {
                set.threads.push((id, slots));
            }
        }
    }
    Ok(())
}
