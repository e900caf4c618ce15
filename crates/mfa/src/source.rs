//! Reads a key from a file, from standard input, or from an argument that is a URI.
//!
//! Messages never contain what was read.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use vmfa_otp::{Authenticator, base32, uri};
use zeroize::Zeroizing;

use crate::{Error, MfaContext};

/// Reads the key that the argument names: a file, `-`, or an `otpauth` URI; without an argument,
/// standard input unless it is a terminal.
pub(crate) fn read(
    named: Option<&str>,
    context: &mut MfaContext<'_>,
) -> Result<Authenticator, Error> {
    match named {
        None if context.input_is_terminal => {
            Err(Error::failed("no key: name its file (`vmfa mfa code FILE`), or pipe the key in"))
        }
        None | Some("-") => {
            if context.input_is_terminal && context.terminal.is_interactive() {
                context
                    .terminal
                    .print("type the key or its otpauth URI, then Enter and Ctrl-D:\n")?;
            }
            let text = read_all(&mut *context.input);
            parse(&text.map_err(|error| Error::failed(format!("standard input: {error}")))?)
                .map_err(|problem| Error::failed(format!("standard input: {problem}")))
        }
        Some(text) if is_uri(text) => {
            if context.terminal.is_interactive() {
                context.terminal.print(
                    "warning: other users of this machine can read the key in the arguments; name a \
                     file, or pipe the key in\n",
                )?;
            }
            parse(text).map_err(Error::Failed)
        }
        Some(path) => from_file(path),
    }
}

/// Reads the key in a file.
pub(crate) fn from_file(path: &str) -> Result<Authenticator, Error> {
    let text = File::open(path).and_then(|mut file| read_all(&mut file));
    let text = text.map_err(|error| match error.kind() {
        // A key must not get into a log.
        io::ErrorKind::NotFound if is_key(path) || uri::is_key_uri(path) => Error::failed(
            "no such file; if the argument is a key, other users of this machine can read it: name \
             a file, or pipe the key in",
        ),
        _ => Error::failed(format!("cannot read `{path}`: {error}")),
    })?;
    parse(&text).map_err(|problem| Error::failed(format!("`{path}`: {problem}")))
}

fn parse(text: &str) -> Result<Authenticator, String> {
    if uri::is_key_uri(text) {
        return uri::authenticator(text).map_err(|refused| refused.to_string());
    }
    if text.trim().is_empty() {
        return Err("the file is empty".to_owned());
    }
    let key = base32::decode(text).map_err(|refused| refused.to_string())?;
    Ok(Authenticator::new(&key))
}

/// Whether an argument is a URI, and not a file whose name begins like one.
fn is_uri(argument: &str) -> bool {
    uri::is_key_uri(argument) && argument.contains("://") && !Path::new(argument).exists()
}

/// Whether an argument is long enough for a key, and valid Base32.
fn is_key(argument: &str) -> bool {
    argument.len() >= SHORTEST_KEY && base32::decode(argument).is_ok()
}

fn read_all(input: &mut dyn Read) -> io::Result<Zeroizing<String>> {
    // Allocated at full length: growing would leave copies of the key in freed memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::from(MAX_INPUT) + 1));
    input.take(u64::from(MAX_INPUT) + 1).read_to_end(&mut bytes)?;
    if bytes.len() > usize::from(MAX_INPUT) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "longer than a key can be"));
    }
    let text = str::from_utf8(&bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// In bytes; a QR code holds under 3 KiB.
const MAX_INPUT: u16 = 16 << 10;
/// Characters of the shortest keys that services create (80 bits).
const SHORTEST_KEY: usize = 16;
