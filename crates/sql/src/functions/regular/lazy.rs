//! Matching by lazy DFAs: forward to the end of the match, and backward from there to its start.

use std::ops::Range;

use regex_automata::{
    Anchored, Input, MatchKind,
    hybrid::{
        LazyStateID,
        dfa::{Builder, Cache, Config, DFA},
    },
    nfa::thompson::NFA,
};
use rusqlite::Result;

use crate::functions::values::Meter;

pub(super) struct Lazy {
    forward: Machine,
    backward: Machine,
}

/// What a search has come to.
pub(super) enum Searched<T> {
    Found(T),
    Nothing,
    /// It stands before a character at which a DFA cannot decide.
    Undecided,
}

struct Machine {
    dfa: DFA,
    cache: Cache,
    /// Units of work for a byte, at which a new state may have to be made.
    weight: usize,
}

impl Lazy {
    /// `None` where the NFAs are too large.
    pub(super) fn new(forward: NFA, backward: NFA) -> Option<Self> {
        Some(Self {
            forward: Machine::new(forward, MatchKind::LeftmostFirst)?,
            backward: Machine::new(backward, MatchKind::All)?,
        })
    }

    /// Bytes in memory, at the most.
    pub(super) fn size(&self) -> usize {
        let size = |machine: &Machine| {
            let nfa = machine.dfa.get_nfa().memory_usage();
            nfa.saturating_add(machine.cache.memory_usage().max(CACHE))
        };
        size(&self.forward).saturating_add(size(&self.backward))
    }

    pub(super) fn is_match(&mut self, text: &str, meter: &mut Meter) -> Result<Searched<usize>> {
        self.end(text, 0, true, meter)
    }

    pub(super) fn find(
        &mut self,
        text: &str,
        from: usize,
        meter: &mut Meter,
    ) -> Result<Searched<Range<usize>>> {
        Ok(match self.end(text, from, false, meter)? {
            Searched::Found(end) => match self.backward.start(text, from..end, meter)? {
                Searched::Found(start) => Searched::Found(start..end),
                Searched::Nothing | Searched::Undecided => Searched::Undecided,
            },
            Searched::Nothing => Searched::Nothing,
            Searched::Undecided => Searched::Undecided,
        })
    }

    /// The end of the leftmost match, or of the first that ends where any will do.
    fn end(
        &mut self,
        text: &str,
        from: usize,
        any: bool,
        meter: &mut Meter,
    ) -> Result<Searched<usize>> {
        let mut from = from;
        while from <= text.len() {
            match self.forward.end(text, from, any, meter)? {
                // An empty match inside a character is none.
                Searched::Found(end) if !text.is_char_boundary(end) => {
                    from = end.saturating_add(1);
                }
                searched => return Ok(searched),
            }
        }
        Ok(Searched::Nothing)
    }
}

impl Machine {
    fn new(nfa: NFA, kind: MatchKind) -> Option<Self> {
        let weight = nfa.states().len() / 2 + 1;
        let config = Config::new()
            .match_kind(kind)
            .unicode_word_boundary(true)
            .cache_capacity(CACHE)
            .skip_cache_capacity_check(true);
        let dfa = Builder::new().configure(config).build_from_nfa(nfa).ok()?;
        let cache = dfa.create_cache();
        Some(Self { dfa, cache, weight })
    }

    fn end(
        &mut self,
        text: &str,
        from: usize,
        any: bool,
        meter: &mut Meter,
    ) -> Result<Searched<usize>> {
        let anchored = self.dfa.get_nfa().is_always_start_anchored();
        let anchored = if anchored { Anchored::Yes } else { Anchored::No };
        let input = Input::new(text).range(from..).anchored(anchored);
        meter.spend(self.weight)?;
        let Ok(mut state) = self.dfa.start_state_forward(&mut self.cache, &input) else {
            return Ok(Searched::Undecided);
        };
        let mut end = Searched::Nothing;
        for (at, byte) in text.bytes().enumerate().skip(from) {
            meter.spend(self.weight)?;
            let Ok(next) = self.dfa.next_state(&mut self.cache, state, byte) else {
                return Ok(Searched::Undecided);
            };
            state = next;
            if state.is_tagged() {
                // A match is known one byte after its end.
                if state.is_match() {
                    end = Searched::Found(at);
                    if any {
                        return Ok(end);
                    }
                } else if state.is_dead() {
                    return Ok(end);
                } else if state.is_quit() {
                    return Ok(Searched::Undecided);
                }
            }
        }
        let Ok(state) = self.dfa.next_eoi_state(&mut self.cache, state) else {
            return Ok(Searched::Undecided);
        };
        Ok(if state.is_match() { Searched::Found(text.len()) } else { end })
    }

    /// The start of the match that ends where the range does.
    fn start(
        &mut self,
        text: &str,
        range: Range<usize>,
        meter: &mut Meter,
    ) -> Result<Searched<usize>> {
        let input = Input::new(text).range(range.clone()).anchored(Anchored::Yes);
        meter.spend(self.weight)?;
        let Ok(mut state) = self.dfa.start_state_reverse(&mut self.cache, &input) else {
            return Ok(Searched::Undecided);
        };
        let mut start = Searched::Nothing;
        let bytes = text.as_bytes().get(range.clone()).unwrap_or_default();
        for (at, byte) in bytes.iter().enumerate().rev() {
            meter.spend(self.weight)?;
            let Ok(next) = self.dfa.next_state(&mut self.cache, state, *byte) else {
                return Ok(Searched::Undecided);
            };
            state = next;
            if state.is_tagged() {
                if state.is_match() {
                    start = Searched::Found(range.start.saturating_add(at).saturating_add(1));
                } else if state.is_dead() {
                    return Ok(start);
                } else if state.is_quit() {
                    return Ok(Searched::Undecided);
                }
            }
        }
        let state = self.before(text, range.start, state);
        Ok(match state {
            Some(state) if state.is_match() => Searched::Found(range.start),
            Some(state) if !state.is_quit() => start,
            _ => Searched::Undecided,
        })
    }

    /// The state after the byte before the range, or the start of the text.
    fn before(&mut self, text: &str, start: usize, state: LazyStateID) -> Option<LazyStateID> {
        let byte = start.checked_sub(1).and_then(|at| text.as_bytes().get(at));
        match byte {
            Some(byte) => self.dfa.next_state(&mut self.cache, state, *byte).ok(),
            None => self.dfa.next_eoi_state(&mut self.cache, state).ok(),
        }
    }
}

/// Bytes of the states of a DFA that are kept.
const CACHE: usize = 256 << 10;
