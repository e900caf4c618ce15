//! A value as `COPY` writes it, in text and in CSV.

use bytes::{BufMut as _, BytesMut};

use super::options::{Options, Style};

/// Writes a value; `None` is NULL. `forced` quotes it in CSV whatever it is, and `alone` tells
/// whether it is all that its line has.
pub(super) fn field(
    options: &Options,
    value: Option<&[u8]>,
    (forced, alone): (bool, bool),
    out: &mut BytesMut,
) {
    let Some(value) = value else { return out.put_slice(options.null.as_bytes()) };
    match options.style {
        Style::Csv { quote, escape } => {
            let special = |byte: &u8| {
                *byte == options.delimiter || *byte == quote || matches!(byte, b'\n' | b'\r')
            };
            // What would be read as NULL, and as the end of the data.
            let mistaken = value == options.null.as_bytes() || (alone && value == b"\\.");
            if !forced && !mistaken && !value.iter().any(special) {
                return out.put_slice(value);
            }
            out.put_u8(quote);
            for byte in value {
                if *byte == quote || *byte == escape {
                    out.put_u8(escape);
                }
                out.put_u8(*byte);
            }
            out.put_u8(quote);
        }
        Style::Text | Style::Binary => {
            for byte in value {
                let escaped = match *byte {
                    8 => b'b',
                    9 => b't',
                    10 => b'n',
                    11 => b'v',
                    12 => b'f',
                    13 => b'r',
                    b'\\' => b'\\',
                    byte if byte == options.delimiter => byte,
                    byte => {
                        out.put_u8(byte);
                        continue;
                    }
                };
                out.put_slice(&[b'\\', escaped]);
            }
        }
    }
}
