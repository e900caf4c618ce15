//! Patterns that were read before: a function is called with the same one for every row.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Result;
use vmfa_sqlite::Charge;

use super::{regular::Regular, values::Meter};

/// The last patterns of a connection.
#[derive(Clone, Default)]
pub(crate) struct Patterns(Arc<Mutex<Vec<Known>>>);

struct Known {
    text: String,
    dot_matches_new_line: bool,
    pattern: Regular,
    /// The memory of the pattern.
    charge: Charge,
}

impl Patterns {
    /// Does something with the pattern that a text is. See [`Regular::read`].
    pub(crate) fn with<T>(
        &self,
        text: &str,
        dot_matches_new_line: bool,
        meter: &mut Meter,
        work: impl FnOnce(&mut Regular, &mut Meter) -> Result<T>,
    ) -> Result<T> {
        let mut all = self.lock();
        let same = |known: &Known| {
            known.dot_matches_new_line == dot_matches_new_line && known.text == text
        };
        let at = all.iter().position(same);
        let mut known = if let Some(at) = at {
            all.remove(at)
        } else {
            let charge = vmfa_sqlite::charge_here();
            let pattern = Regular::read(text, dot_matches_new_line, meter)?;
            Known { text: text.to_owned(), dot_matches_new_line, pattern, charge }
        };
        let done = work(&mut known.pattern, meter);
        // A pattern grows as it is used. One that finds no room is read again the next time.
        if known.charge.resize(known.pattern.size()).is_ok() {
            all.push(known);
        }
        // The last one stays, whatever its size.
        let size = |all: &[Known]| all.iter().map(|known| known.pattern.size()).sum::<usize>();
        while all.len() > 1 && size(&all) > SIZE {
            all.remove(0);
        }
        done
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of all patterns.
const SIZE: usize = 8 << 20;
