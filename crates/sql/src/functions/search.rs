//! `instr` and `replace`, byte for byte as SQLite's, in time that is linear in their arguments.

use memchr::memmem;
use rusqlite::{Connection, Result, types::ValueRef};

use super::{
    characters::is_continuation,
    values::{Arguments, LONGEST_VALUE, Meter, Output, add, check, too_big},
};

/// Adds the functions.
pub(super) fn register(connection: &Connection) -> Result<()> {
    add(connection, "instr", 2, instr)?;
    add(connection, "replace", 3, replace)
}

/// Finds a needle in haystacks.
pub(crate) struct Finder<'n> {
    needle: &'n [u8],
    way: Way<'n>,
}

enum Way<'n> {
    Byte(u8),
    /// A short needle is found in windows.
    Windows(Box<memmem::Finder<'n>>),
    /// A long one by its hash.
    Hash(Hash),
}

impl<'n> Finder<'n> {
    /// The needle is not empty.
    pub(crate) fn new(needle: &'n [u8], meter: &mut Meter) -> Result<Self> {
        let way = match needle {
            [byte] => Way::Byte(*byte),
            needle if needle.len() <= SHORT => Way::Windows(Box::new(memmem::Finder::new(needle))),
            needle => Way::Hash(Hash::of(needle, meter)?),
        };
        Ok(Self { needle, way })
    }

    /// Where it is found first, at `from` or later.
    pub(crate) fn find(
        &self,
        haystack: &[u8],
        from: usize,
        meter: &mut Meter,
    ) -> Result<Option<usize>> {
        // Some hundreds of instructions, besides those for each byte.
        meter.spend(8)?;
        match &self.way {
            Way::Byte(byte) => {
                let rest = haystack.get(from..).unwrap_or_default();
                Ok(memchr::memchr(*byte, rest).map(|at| from.saturating_add(at)))
            }
            Way::Windows(finder) => windows(finder, haystack, from),
            Way::Hash(hash) => hash.find(self.needle, haystack, from, meter),
        }
    }
}

fn windows(finder: &memmem::Finder<'_>, haystack: &[u8], from: usize) -> Result<Option<usize>> {
    let overlap = finder.needle().len().saturating_sub(1);
    let mut start = from;
    loop {
        let end = start.saturating_add(WINDOW).saturating_add(overlap).min(haystack.len());
        let found = haystack.get(start..end).and_then(|window| finder.find(window));
        if let Some(at) = found {
            return Ok(Some(start.saturating_add(at)));
        }
        if end == haystack.len() {
            return Ok(None);
        }
        start = start.saturating_add(WINDOW);
        check()?;
    }
}

/// The hash of a needle: a polynomial over its bytes, modulo a prime, at a random point, so that
/// no haystack can be made for which it collides often.
struct Hash {
    point: u64,
    /// The point to the power of the needle's length less one.
    power: u64,
    needle: u64,
}

impl Hash {
    fn of(needle: &[u8], meter: &mut Meter) -> Result<Self> {
        let mut seed = [0; 8];
        vmfa_sqlite::random(&mut seed);
        let point = u64::from_le_bytes(seed) % (PRIME - 1_000) + 500;
        let mut power = 1;
        for _ in 1..needle.len() {
            meter.spend(1)?;
            power = multiply(power, point);
        }
        let hash = hash(needle, point, meter)?;
        Ok(Self { point, power, needle: hash })
    }

    fn find(
        &self,
        needle: &[u8],
        haystack: &[u8],
        from: usize,
        meter: &mut Meter,
    ) -> Result<Option<usize>> {
        let rest = haystack.get(from..).unwrap_or_default();
        let Some((first, after)) = rest.split_at_checked(needle.len()) else { return Ok(None) };
        let mut rolling = hash(first, self.point, meter)?;
        let mut leaving = rest.iter();
        let mut entering = after.iter();
        let mut at = from;
        loop {
            if rolling == self.needle {
                meter.spend(needle.len() / 16)?;
                if haystack.get(at..).is_some_and(|rest| rest.starts_with(needle)) {
                    return Ok(Some(at));
                }
            }
            let (Some(out), Some(next)) = (leaving.next(), entering.next()) else {
                return Ok(None);
            };
            meter.spend(1)?;
            let kept = rolling + PRIME - multiply(self.power, u64::from(*out) + 1);
            rolling = append(kept % PRIME, *next, self.point);
            at = at.saturating_add(1);
        }
    }
}

fn hash(bytes: &[u8], point: u64, meter: &mut Meter) -> Result<u64> {
    let mut hash = 0;
    for byte in bytes {
        meter.spend(1)?;
        hash = append(hash, *byte, point);
    }
    Ok(hash)
}

const fn append(hash: u64, byte: u8, point: u64) -> u64 {
    let next = multiply(hash, point) + widened(byte) + 1;
    if next >= PRIME { next - PRIME } else { next }
}

#[expect(clippy::as_conversions, reason = "widening is not yet possible otherwise in a constant")]
const fn widened(byte: u8) -> u64 {
    byte as u64
}

/// The product modulo the prime, by whose form the upper bits are added to the lower ones.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "both parts have less than 64 bits"
)]
const fn multiply(one: u64, other: u64) -> u64 {
    let product = (one as u128) * (other as u128);
    let sum = (product as u64 & PRIME) + (product >> 61) as u64;
    if sum >= PRIME { sum - PRIME } else { sum }
}

/// Positions are counted in bytes where both are blobs, and else in characters, at whose starts
/// alone the needle is found.
fn instr(arguments: &Arguments<'_, '_>, meter: &mut Meter) -> Result<Output> {
    let (Some(haystack), Some(needle)) = (arguments.bytes(0), arguments.bytes(1)) else {
        return Ok(Output::Null);
    };
    let Some(first) = needle.first().copied() else { return Ok(Output::Integer(1)) };
    let is_blob = |at| matches!(arguments.get(at), ValueRef::Blob(_));
    let blobs = is_blob(0) && is_blob(1);
    if !blobs && is_continuation(first) {
        return Ok(Output::Integer(haystack.starts_with(&needle).into()));
    }
    let Some(at) = Finder::new(&needle, meter)?.find(&haystack, 0, meter)? else {
        return Ok(Output::Integer(0));
    };
    let mut before = at;
    if !blobs && at > 0 {
        before = 0;
        for chunk in haystack.get(1..=at).unwrap_or_default().chunks(WINDOW) {
            check()?;
            let starts = chunk.iter().filter(|byte| !is_continuation(**byte)).count();
            before = before.saturating_add(starts);
        }
    }
    Ok(Output::Integer(i64::try_from(before).unwrap_or(i64::MAX).saturating_add(1)))
}

fn replace(arguments: &Arguments<'_, '_>, meter: &mut Meter) -> Result<Output> {
    let (Some(text), Some(part)) = (arguments.bytes(0), arguments.bytes(1)) else {
        return Ok(Output::Null);
    };
    if part.first().is_none_or(|first| *first == 0) {
        return Ok(Output::Text(text.into_owned()));
    }
    let Some(by) = arguments.bytes(2) else { return Ok(Output::Null) };
    replaced(&text, &part, &by, meter).map(Output::Text)
}

/// A text in which `by` takes the place of each `part`, which is not empty.
pub(crate) fn replaced(text: &[u8], part: &[u8], by: &[u8], meter: &mut Meter) -> Result<Vec<u8>> {
    let finder = Finder::new(part, meter)?;
    let (mut done, mut from) = (Vec::new(), 0);
    while let Some(at) = finder.find(text, from, meter)? {
        done.extend_from_slice(text.get(from..at).unwrap_or_default());
        if done.len().saturating_add(by.len()) > LONGEST_VALUE {
            return Err(too_big());
        }
        meter.spend(by.len() / 16)?;
        done.extend_from_slice(by);
        from = at.saturating_add(part.len());
    }
    done.extend_from_slice(text.get(from..).unwrap_or_default());
    if done.len() > LONGEST_VALUE {
        return Err(too_big());
    }
    Ok(done)
}

/// Bytes of the longest needle that is found in windows.
const SHORT: usize = 1 << 10;
/// Bytes of a window.
const WINDOW: usize = 64 << 10;
/// A Mersenne prime.
const PRIME: u64 = (1 << 61) - 1;
