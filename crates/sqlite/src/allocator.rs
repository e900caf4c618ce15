//! SQLite's allocator (`SQLITE_CONFIG_MALLOC`): Rust's global allocator, or a mapping for large
//! blocks, with a header before each allocation that holds its size and its account.
#![expect(unsafe_code, reason = "SQLite's allocator is a table of C functions on raw pointers")]
#![expect(clippy::cast_ptr_alignment, reason = "the layout has the alignment of a header")]

use std::{
    alloc::{self, Layout},
    ffi::{c_int, c_uint, c_void},
    ptr,
};

use rusqlite::ffi;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use crate::memory_account::{Charging, Counters, charging};

/// Precedes each allocation, and keeps it aligned for any type.
#[repr(C, align(16))]
struct Header {
    /// Bytes after the header.
    size: usize,
    counters: Option<&'static Counters>,
}

/// Configures SQLite. False if it was initialised before.
pub(crate) fn install() -> bool {
    let methods = ffi::sqlite3_mem_methods {
        xMalloc: Some(allocate),
        xFree: Some(free),
        xRealloc: Some(reallocate),
        xSize: Some(size),
        xRoundup: Some(round_up),
        xInit: Some(init),
        xShutdown: Some(shutdown),
        pAppData: ptr::null_mut(),
    };
    // SAFETY: SQLite copies the table of methods, and refuses the call if it is initialised already.
    // `sqlite3_initialize` makes the allocations of the process here, uncharged.
    unsafe {
        ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, &raw const methods) == ffi::SQLITE_OK
            && ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0) == ffi::SQLITE_OK
            && ffi::sqlite3_config(ffi::SQLITE_CONFIG_PMASZ, SORTED_PAGES) == ffi::SQLITE_OK
            && ffi::sqlite3_initialize() == ffi::SQLITE_OK
    }
}

/// Fills bytes from SQLite's pseudo-random number generator, which the system seeds.
pub fn random(bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(1 << 20) {
        let length = c_int::try_from(chunk.len()).unwrap_or(0);
        // SAFETY: the pointer and the length are those of one slice.
        unsafe { ffi::sqlite3_randomness(length, chunk.as_mut_ptr().cast()) }
    }
}

unsafe extern "C" fn allocate(bytes: c_int) -> *mut c_void {
    let Some(block) = Block::of(bytes) else { return ptr::null_mut() };
    let Charging { counters, unrefused } = charging();
    obtain(block, counters, unrefused)
}

unsafe extern "C" fn free(memory: *mut c_void) {
    if !memory.is_null() {
        // SAFETY: SQLite passes a pointer that `allocate` or `reallocate` returned.
        unsafe {
            let (start, block, counters) = header(memory);
            block.give_back(start.cast());
            release(counters, block.whole());
        }
    }
}

unsafe extern "C" fn reallocate(memory: *mut c_void, bytes: c_int) -> *mut c_void {
    let Some(after) = Block::of(bytes) else { return ptr::null_mut() };
    // SAFETY: as for `free`. The allocation keeps its account in any scope. Both blocks are valid
    // for the number of bytes copied, which is that of the shorter one.
    unsafe {
        let (start, before, counters) = header(memory);
        let unrefused = charging().unrefused;
        let more = after.whole().saturating_sub(before.whole());
        if before.is_mapped() && after.is_mapped() && admit(counters, more, after.size, unrefused) {
            if let Some(moved) = before.remap(start.cast(), after) {
                let moved = moved.cast::<Header>();
                release(counters, before.whole().saturating_sub(after.whole()));
                (*moved).size = after.size;
                return moved.add(1).cast();
            }
            release(counters, more);
        }
        let copy = obtain(after, counters, unrefused);
        if !copy.is_null() {
            let bytes = before.size.min(after.size);
            ptr::copy_nonoverlapping(memory.cast::<u8>(), copy.cast::<u8>(), bytes);
            free(memory);
        }
        copy
    }
}

/// Charges and allocates a block with its header. Null on failure.
fn obtain(block: Block, counters: Option<&'static Counters>, unrefused: bool) -> *mut c_void {
    if !admit(counters, block.whole(), block.size, unrefused) {
        return ptr::null_mut();
    }
    let start = block.take().cast::<Header>();
    if start.is_null() {
        release(counters, block.whole());
        return ptr::null_mut();
    }
    // SAFETY: the block is aligned for a header and has room for it.
    unsafe {
        start.write(Header { size: block.size, counters });
        start.add(1).cast()
    }
}

/// The start of an allocation, its block and its account.
///
/// # Safety
/// `memory` must have been returned by `obtain`, and not freed.
unsafe fn header(memory: *mut c_void) -> (*mut Header, Block, Option<&'static Counters>) {
    // SAFETY: a header precedes it.
    unsafe {
        let start = memory.cast::<Header>().sub(1);
        let Header { size, counters } = start.read();
        (start, Block { size }, counters)
    }
}

/// The memory of one allocation with its header. Large blocks are separate mappings: freed memory
/// returns to the system at once, and blocks grow without a copy.
#[derive(Clone, Copy)]
struct Block {
    /// Bytes after the header.
    size: usize,
}

impl Block {
    fn of(bytes: c_int) -> Option<Self> {
        usize::try_from(bytes).ok().filter(|size| *size > 0).map(|size| Self { size })
    }

    /// Bytes including the header.
    const fn whole(self) -> usize {
        self.size.saturating_add(HEADER)
    }

    const fn is_mapped(self) -> bool {
        self.whole() >= MAPPED
    }

    fn layout(self) -> Layout {
        // SAFETY: the alignment is a power of two, and SQLite's sizes are below 2 GiB.
        unsafe { Layout::from_size_align_unchecked(self.whole(), ALIGNMENT) }
    }

    fn take(self) -> *mut u8 {
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
        // SAFETY: the size is not zero, and a new mapping overlaps nothing.
        unsafe {
            if self.is_mapped() {
                let mapped = mmap_anonymous(ptr::null_mut(), self.whole(), protection, flags);
                mapped.map_or(ptr::null_mut(), <*mut c_void>::cast)
            } else {
                alloc::alloc(self.layout())
            }
        }
    }

    /// Resizes a mapping without a copy. `None` if the system cannot.
    ///
    /// # Safety
    /// `start` must be what `take` or `remap` returned for a block of this size, and both blocks
    /// must be mapped.
    #[cfg(target_os = "linux")]
    unsafe fn remap(self, start: *mut u8, after: Self) -> Option<*mut u8> {
        use rustix::mm::{MremapFlags, mremap};
        let flags = MremapFlags::MAYMOVE;
        // SAFETY: the mapping is of that size, and nothing else refers to it.
        let moved = unsafe { mremap(start.cast(), self.whole(), after.whole(), flags) };
        moved.ok().map(<*mut c_void>::cast)
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "used on Linux")]
    const unsafe fn remap(self, _: *mut u8, _: Self) -> Option<*mut u8> {
        None
    }

    /// # Safety
    /// `start` must be what `take` or `remap` returned for a block of this size.
    unsafe fn give_back(self, start: *mut u8) {
        // SAFETY: the memory was taken in the same way, with the same size.
        unsafe {
            if self.is_mapped() {
                // Unmapping a whole mapping does not fail.
                let _ = munmap(start.cast(), self.whole());
            } else {
                alloc::dealloc(start, self.layout());
            }
        }
    }
}

unsafe extern "C" fn size(memory: *mut c_void) -> c_int {
    if memory.is_null() {
        return 0;
    }
    // SAFETY: as for `free`.
    let size = unsafe { (*memory.cast::<Header>().sub(1)).size };
    c_int::try_from(size).unwrap_or(c_int::MAX)
}

const unsafe extern "C" fn round_up(bytes: c_int) -> c_int {
    bytes.saturating_add(7) & !7
}

const unsafe extern "C" fn init(_: *mut c_void) -> c_int {
    ffi::SQLITE_OK
}

const unsafe extern "C" fn shutdown(_: *mut c_void) {}

/// Charges bytes for an allocation of `size` bytes in all. A large one is refused while the account
/// is interrupted: SQLite checks its own interrupt flag only at backward jumps of a program, and
/// large values can be computed without one.
fn admit(counters: Option<&Counters>, bytes: usize, size: usize, unrefused: bool) -> bool {
    let Some(counters) = counters else { return true };
    if size >= LARGE && !unrefused && counters.is_interrupted() {
        return false;
    }
    counters.charge(bytes, unrefused)
}

fn release(counters: Option<&Counters>, bytes: usize) {
    if let Some(counters) = counters {
        counters.release(bytes);
    }
}

/// Pages per run of the sorter. Interrupts are checked between runs.
const SORTED_PAGES: c_uint = 16;
const HEADER: usize = size_of::<Header>();
const ALIGNMENT: usize = align_of::<Header>();
/// Minimum bytes of an allocation that is refused while its account is interrupted.
const LARGE: usize = 8 << 10;
/// Minimum bytes of a block that is a mapping.
const MAPPED: usize = 128 << 10;

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, ErrorCode};

    use crate::{MemoryAccount, install, uncharged};

    fn open() -> Connection {
        install().unwrap();
        uncharged(|| Connection::open_in_memory().unwrap())
    }

    #[test]
    fn a_statement_fails_beyond_its_accounts_limit_and_others_are_not_affected() {
        let (connection, other) = (open(), open());
        let account = MemoryAccount::new(1 << 20);
        let scope = account.enter();
        let sql = "SELECT count(*), max(length(x)) FROM (SELECT hex(zeroblob(?1)) AS x)";
        let run = |connection: &Connection, bytes: u32| {
            connection.query_row(sql, [bytes], |row| row.get::<_, i64>(1))
        };
        assert_eq!(run(&connection, 1_000).unwrap(), 2_000);
        let refused = run(&connection, 1_000_000).unwrap_err();
        assert_eq!(refused.sqlite_error_code(), Some(ErrorCode::OutOfMemory));
        drop(scope);
        assert_eq!(run(&other, 1_000_000).unwrap(), 2_000_000);
        let _scope = account.enter();
        assert_eq!(run(&connection, 1_000).unwrap(), 2_000, "the connection stays usable");
    }

    #[test]
    fn memory_freed_outside_the_scope_is_released() {
        let account = MemoryAccount::new(16 << 20);
        let connection = {
            let _scope = account.enter();
            install().unwrap();
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch("CREATE TABLE t AS SELECT zeroblob(1000000) AS x").unwrap();
            connection
        };
        assert!(account.used() > 1_000_000, "{}", account.used());
        std::thread::spawn(move || drop(connection)).join().unwrap();
        assert_eq!(account.used(), 0);
    }

    #[test]
    fn large_values_are_refused_while_the_account_is_interrupted() {
        let connection = open();
        let account = MemoryAccount::new(64 << 20);
        let _scope = account.enter();
        account.interrupt();
        let run = || connection.query_row("SELECT hex(zeroblob(100000))", [], |_| Ok(()));
        let refused = run().unwrap_err();
        assert_eq!(refused.sqlite_error_code(), Some(rusqlite::ErrorCode::OutOfMemory));
        account.clear_interrupt();
        run().unwrap();
    }
}
