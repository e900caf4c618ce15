//! In-memory connections that run users' statements.
#![expect(unsafe_code, reason = "functions of SQLite's C API that no safe interface offers")]

use std::{
    ffi::{CString, c_char, c_int, c_void},
    ptr, slice,
};

use rusqlite::{Connection, Error, ffi};

/// An in-memory database with only these of SQLite's virtual table modules.
///
/// Temporary files are in memory, within SQLite's allocator: a sort works on small runs and can be
/// interrupted between them.
pub fn open_in_memory(modules: &[&str]) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags_and_vfs(
        ":memory:",
        rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE
            | rusqlite::OpenFlags::SQLITE_OPEN_CREATE
            | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX
            | rusqlite::OpenFlags::SQLITE_OPEN_URI,
        "memdb",
    )?;
    let names: Vec<CString> =
        modules.iter().map(|name| CString::new(*name)).collect::<Result<_, _>>()?;
    let mut pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
    pointers.push(ptr::null());
    // SAFETY: the connection is open, and the list of names ends with null.
    let code = unsafe { ffi::sqlite3_drop_modules(connection.handle(), pointers.as_mut_ptr()) };
    if code == ffi::SQLITE_OK {
        Ok(connection)
    } else {
        Err(Error::SqliteFailure(ffi::Error::new(code), None))
    }
}

/// Adds a collation that compares bytes. rusqlite's own interface would decode both texts first.
pub fn add_byte_collation(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    let name = CString::new(name)?;
    // SAFETY: the connection is open, SQLite copies the name, and the function uses no data.
    let code = unsafe {
        ffi::sqlite3_create_collation_v2(
            connection.handle(),
            name.as_ptr(),
            ffi::SQLITE_UTF8,
            ptr::null_mut(),
            Some(compare),
            None,
        )
    };
    if code == ffi::SQLITE_OK {
        Ok(())
    } else {
        Err(Error::SqliteFailure(ffi::Error::new(code), None))
    }
}

unsafe extern "C" fn compare(
    _: *mut c_void,
    one_length: c_int,
    one: *const c_void,
    other_length: c_int,
    other: *const c_void,
) -> c_int {
    // SAFETY: SQLite passes the bytes of two values and their lengths.
    let (one, other) = unsafe { (bytes(one, one_length), bytes(other, other_length)) };
    match one.cmp(other) {
        std::cmp::Ordering::Less => -1,
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => 1,
    }
}

/// # Safety
/// `start` must point to `length` bytes that are valid for `'b`.
unsafe fn bytes<'b>(start: *const c_void, length: c_int) -> &'b [u8] {
    match usize::try_from(length) {
        // SAFETY: as above.
        Ok(length) if length > 0 => unsafe { slice::from_raw_parts(start.cast(), length) },
        _ => &[],
    }
}
