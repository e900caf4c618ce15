//! SQLite's allocator (`SQLITE_CONFIG_MALLOC`): Rust's global allocator, with a header in front of
//! each allocation that says how long it is and which account it is charged to.
//!
//! SQLite reaches an allocator through C functions on raw pointers, hence the unsafe code.
#![expect(unsafe_code, reason = "SQLite's allocator is a table of C functions on raw pointers")]
#![expect(clippy::cast_ptr_alignment, reason = "the layout has the alignment of a header")]

use std::{
    alloc::{self, Layout},
    ffi::{c_int, c_uint, c_void},
    ptr,
};

use rusqlite::ffi;

use crate::account::{Charging, Counters, charging};

/// Stands in front of each allocation. Its size keeps what follows aligned for any type.
#[repr(C, align(16))]
struct Header {
    /// Bytes after the header.
    size: usize,
    counters: Option<&'static Counters>,
}

/// Configures SQLite. Whether that was in time.
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
    // SAFETY: SQLite copies the table of methods. It refuses the call where it is
    // initialised already. What is allocated for the process is allocated here, uncharged.
    unsafe {
        ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, &raw const methods) == ffi::SQLITE_OK
            && ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0) == ffi::SQLITE_OK
            && ffi::sqlite3_config(ffi::SQLITE_CONFIG_PMASZ, SORTED_PAGES) == ffi::SQLITE_OK
            && ffi::sqlite3_initialize() == ffi::SQLITE_OK
    }
}

/// Fills bytes from SQLite's generator of pseudo-random numbers, which the system seeds.
pub fn random(bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(1 << 20) {
        let length = c_int::try_from(chunk.len()).unwrap_or(0);
        // SAFETY: the pointer and the length are those of one slice.
        unsafe { ffi::sqlite3_randomness(length, chunk.as_mut_ptr().cast()) }
    }
}

unsafe extern "C" fn allocate(bytes: c_int) -> *mut c_void {
    let Some((size, layout)) = sized(bytes) else { return ptr::null_mut() };
    let Charging { counters, unrefused } = charging();
    if !admit(counters, layout.size(), size, unrefused) {
        return ptr::null_mut();
    }
    // SAFETY: the layout is larger than a header, so it is not empty.
    let start = unsafe { alloc::alloc(layout) }.cast::<Header>();
    if start.is_null() {
        release(counters, layout.size());
        return ptr::null_mut();
    }
    // SAFETY: the allocation is aligned for a header and has room for it.
    unsafe {
        start.write(Header { size, counters });
        start.add(1).cast()
    }
}

unsafe extern "C" fn free(memory: *mut c_void) {
    if memory.is_null() {
        return;
    }
    // SAFETY: SQLite gives back what `allocate` or `reallocate` returned, so a header stands in
    // front of it, and the layout is the one it was allocated with.
    unsafe {
        let start = memory.cast::<Header>().sub(1);
        let Header { size, counters } = start.read();
        let layout = Layout::from_size_align_unchecked(size + HEADER, ALIGNMENT);
        alloc::dealloc(start.cast(), layout);
        release(counters, layout.size());
    }
}

unsafe extern "C" fn reallocate(memory: *mut c_void, bytes: c_int) -> *mut c_void {
    let Some((size, layout)) = sized(bytes) else { return ptr::null_mut() };
    // SAFETY: as for `free`. The allocation keeps its account, whoever grows it.
    unsafe {
        let start = memory.cast::<Header>().sub(1);
        let Header { size: before, counters } = start.read();
        let old = Layout::from_size_align_unchecked(before + HEADER, ALIGNMENT);
        // While it grows, both may be there.
        let grows = size > before;
        if grows && !admit(counters, layout.size(), size, charging().unrefused) {
            return ptr::null_mut();
        }
        let moved = alloc::realloc(start.cast(), old, layout.size()).cast::<Header>();
        let released = match (moved.is_null(), grows) {
            (true, true) => layout.size(),
            (true, false) => 0,
            (false, true) => old.size(),
            (false, false) => old.size() - layout.size(),
        };
        release(counters, released);
        if moved.is_null() {
            return ptr::null_mut();
        }
        (*moved).size = size;
        moved.add(1).cast()
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

fn sized(bytes: c_int) -> Option<(usize, Layout)> {
    let size = usize::try_from(bytes).ok().filter(|size| *size > 0)?;
    let layout = Layout::from_size_align(size.checked_add(HEADER)?, ALIGNMENT).ok()?;
    Some((size, layout))
}

/// Charges bytes of an allocation that will have `size` in all. A large one is refused while the
/// account is interrupted: SQLite looks at its own interruption only where a program jumps back,
/// and large values can be computed without a jump.
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

/// Pages of a run that is sorted at once. An interruption is noticed between two runs.
const SORTED_PAGES: c_uint = 16;
const HEADER: usize = size_of::<Header>();
const ALIGNMENT: usize = align_of::<Header>();
/// Bytes from which an allocation is large.
const LARGE: usize = 8 << 10;

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, ErrorCode};

    use crate::{Account, install, uncharged};

    fn open() -> Connection {
        install().unwrap();
        uncharged(|| Connection::open_in_memory().unwrap())
    }

    #[test]
    fn a_statement_is_refused_beyond_its_account_and_others_go_on() {
        let (connection, other) = (open(), open());
        let account = Account::new(1 << 20);
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
        assert_eq!(run(&connection, 1_000).unwrap(), 2_000, "the connection goes on");
    }

    #[test]
    fn what_is_freed_outside_the_scope_is_released() {
        let account = Account::new(16 << 20);
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
        let account = Account::new(64 << 20);
        let _scope = account.enter();
        account.interrupt();
        let run = || connection.query_row("SELECT hex(zeroblob(100000))", [], |_| Ok(()));
        assert!(run().is_err());
        account.resume();
        run().unwrap();
    }
}
