//! The protocol of the data directory's socket: how its path is opened, and the request targets and
//! headers that it has beside the API.
//!
//! The process that holds a data directory listens on a Unix socket in it. It speaks HTTP/1.1; the
//! socket's file mode (0600) stands in for a signature.

mod path;

pub use path::with_short_path;

/// `POST` creates an access key for the root user. Response, one item a line: the key's id, its
/// secret, and the id of the key that was deleted for it, if one was.
pub const ROOT_KEY_PATH: &str = "/vmfa/root-key";

/// `POST` reads the SCRAM verifier of the key that [`PROVEN_KEY_HEADER`] names. Response, one item
/// a line: salt, iterations, stored key, server key (base64 but for the iterations), and the id of
/// the user that owns the key; the last line is empty for the root user.
pub const VERIFIER_PATH: &str = "/vmfa/verifier";

/// `POST` takes up to [`MAX_KEY_IDS_PER_REQUEST`] key ids in [`PROVEN_KEY_HEADER`], separated by
/// commas. Response: those that were deleted or deactivated, one a line. It does not count as a use
/// of a key.
pub const REVOKED_KEYS_PATH: &str = "/vmfa/revoked-keys";

/// Header: the id of the access key to act as. Needs [`SECRET_KEY_HEADER`].
pub const ACCESS_KEY_HEADER: &str = "x-vmfa-access-key";

/// Header: the secret of [`ACCESS_KEY_HEADER`].
pub const SECRET_KEY_HEADER: &str = "x-vmfa-secret-key";

/// Header: the id of an access key whose secret the client has verified itself, as `vmfa srv` does
/// for its users. The request acts as the owner of that key, never as the root user.
pub const PROVEN_KEY_HEADER: &str = "x-vmfa-proven-key";

/// Key ids in one request for [`REVOKED_KEYS_PATH`]: an id has at most 128 characters, and a header
/// at most 8 KiB.
pub const MAX_KEY_IDS_PER_REQUEST: usize = 50;
