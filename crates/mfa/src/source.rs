//! Where a key is read from: a file, standard input, or an argument that is a URI.
//!
//! Nothing that was read is repeated in a message.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use vmfa_otp::{Authenticator, base32, uri};
use zeroize::Zeroizing;

use crate::{Surroundings, Trouble};

/// The key that is named: a file, `-`, an `otpauth` URI; without a name, what is piped in.
pub(crate) fn read(
    named: Option<&str>,
    around: &mut Surroundings<'_>,
) -> Result<Authenticator, Trouble> {
    match named {
        None if around.typed => {
            Err(Trouble::failed("name a file with the key, or pipe it in: `vmfa mfa code FILE`"))
        }
        None | Some("-") => {
            if around.typed && around.terminal.is_live() {
                around.terminal.say("type the key or its otpauth URI, then Enter and Ctrl-D:\n")?;
            }
            let text = read_all(&mut *around.input);
            parse(&text.map_err(|error| Trouble::failed(format!("standard input: {error}")))?)
                .map_err(|problem| Trouble::failed(format!("standard input: {problem}")))
        }
        Some(text) if is_uri(text) => {
            if around.terminal.is_live() {
                around.terminal.say(
                    "others on this machine can read arguments, and so this key: better keep it in \
                     a file, or pipe it in\n",
                )?;
            }
            parse(text).map_err(Trouble::Failed)
        }
        Some(path) => from_file(path),
    }
}

/// The key in a file.
pub(crate) fn from_file(path: &str) -> Result<Authenticator, Trouble> {
    let text = File::open(path).and_then(|mut file| read_all(&mut file));
    let text = text.map_err(|error| match error.kind() {
        // A message with it would end in a log.
        io::ErrorKind::NotFound if is_key(path) || uri::is_key_uri(path) => Trouble::failed(
            "there is no such file; if that was a key, others can read it among the arguments: put \
             it into a file, or pipe it in",
        ),
        _ => Trouble::failed(format!("cannot read `{path}`: {error}")),
    })?;
    parse(&text).map_err(|problem| Trouble::failed(format!("`{path}`: {problem}")))
}

fn parse(text: &str) -> Result<Authenticator, String> {
    if uri::is_key_uri(text) {
        return uri::authenticator(text).map_err(|refused| refused.to_string());
    }
    if text.trim().is_empty() {
        return Err("there is no key in it".to_owned());
    }
    let key = base32::decode(text).map_err(|refused| refused.to_string())?;
    Ok(Authenticator::new(&key))
}

/// Whether an argument is a URI, and no file whose name begins like one.
fn is_uri(argument: &str) -> bool {
    uri::is_key_uri(argument) && argument.contains("://") && !Path::new(argument).exists()
}

/// Whether an argument is long enough to be a key, and reads as one.
fn is_key(argument: &str) -> bool {
    argument.len() >= SHORTEST_KEY && base32::decode(argument).is_ok()
}

fn read_all(input: &mut dyn Read) -> io::Result<Zeroizing<String>> {
    // All the room that it may need: a buffer that grew would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::from(LARGEST) + 1));
    input.take(u64::from(LARGEST) + 1).read_to_end(&mut bytes)?;
    if bytes.len() > usize::from(LARGEST) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "too large for a key"));
    }
    let text = str::from_utf8(&bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// In bytes: many times the longest URI that fits into a QR code.
const LARGEST: u16 = 16 << 10;
/// Characters of the shortest keys that services give.
const SHORTEST_KEY: usize = 16;
