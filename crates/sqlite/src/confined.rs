//! Connections for statements of users.
#![expect(unsafe_code, reason = "virtual tables are taken away by a function of the C API alone")]

use std::{
    ffi::{CString, c_char},
    ptr,
};

use rusqlite::{Connection, Error, ffi};

/// A database in memory that has none of SQLite's virtual tables but these, and sorts in memory.
///
/// Its temporary files are in memory too, within SQLite's allocator, in place of one large
/// allocation: so a sort works on small runs and can be interrupted between them.
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
    // SAFETY: the handle is that of an open connection, and the list of names ends with null.
    let code = unsafe { ffi::sqlite3_drop_modules(connection.handle(), pointers.as_mut_ptr()) };
    if code == ffi::SQLITE_OK {
        Ok(connection)
    } else {
        Err(Error::SqliteFailure(ffi::Error::new(code), None))
    }
}
