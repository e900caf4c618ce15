//! The picture that an authenticator app scans: a QR symbol (ISO/IEC 18004) in a PNG.
//!
//! Draws any text; that it is an `otpauth` URI is [`uri`](crate::uri)'s doing. The picture is as
//! secret as the seed in it. What is handed out and the pixels are wiped when dropped; what the two
//! libraries keep while they work is not in our hands.

use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};
use thiserror::Error;
use zeroize::Zeroizing;

/// A PNG of black and white pixels, four to a module, with the quiet zone of four modules that the
/// standard asks for.
///
/// Typically (a URI of 160 bytes) 228 pixels square and under a kilobyte.
pub fn png(uri: &str) -> Result<Zeroizing<Vec<u8>>, TooLong> {
    let symbol = symbol(uri)?;
    let edge = u32::from(SCALE) * (symbol.size() + 2 * QUIET_ZONE).unsigned_abs();
    // Size is all that could be wrong: the picture is written to memory.
    compressed(edge, &pixels(&symbol)).map_err(|_| TooLong)
}

/// A symbol as its modules, for whoever draws it in another way: as small as it can be, with the
/// least error correction, since nothing dirties a screen.
pub struct Modules(QrCode);

impl Modules {
    /// The symbol of a URI.
    pub fn of(uri: &str) -> Result<Self, TooLong> {
        drawn(&segments(uri), QrCodeEcc::Low).map(Self)
    }

    /// How many modules it is wide and high, without a quiet zone.
    pub fn edge(&self) -> i32 {
        self.0.size()
    }

    /// Whether a module is dark, counted from the top left. All is light outside of the symbol.
    pub fn is_dark(&self, x: i32, y: i32) -> bool {
        self.0.get_module(x, y)
    }
}

/// More than fits into a QR symbol: about 2900 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too long for a QR code; shorten the device name, the account alias or the issuer")]
pub struct TooLong;

/// With medium error correction, or low where only that leaves enough room.
fn symbol(uri: &str) -> Result<QrCode, TooLong> {
    let segments = segments(uri);
    drawn(&segments, QrCodeEcc::Medium).or_else(|_| drawn(&segments, QrCodeEcc::Low))
}

fn drawn(segments: &[QrSegment], correction: QrCodeEcc) -> Result<QrCode, TooLong> {
    let (smallest, largest) = (Version::MIN, Version::MAX);
    let mask = Some(Mask::new(MASK));
    QrCode::encode_segments_advanced(segments, correction, smallest, largest, mask, false)
        .map_err(|_| TooLong)
}

/// One mask for all: each of the eight gives a symbol that readers take, and drawing them all to
/// find the most even takes twenty times as long as the rest.
const MASK: u8 = 0;

/// Base32 takes 5.5 bits a character instead of 8 in a segment of its own, which makes the symbol a
/// size smaller. Long runs of percent-encoding fare likewise.
fn segments(uri: &str) -> Vec<QrSegment> {
    let mut segments = Vec::new();
    let mut bytes = Vec::new();
    for run in uri.as_bytes().chunk_by(|a, b| is_compact(*a) == is_compact(*b)) {
        match str::from_utf8(run) {
            Ok(text) if run.len() >= WORTH_A_SEGMENT && text.bytes().all(is_compact) => {
                push_bytes(&mut segments, &mut bytes);
                segments.push(QrSegment::make_alphanumeric(text));
            }
            _ => bytes.extend_from_slice(run),
        }
    }
    push_bytes(&mut segments, &mut bytes);
    segments
}

/// The bytes so far as a segment; none for no bytes, since even an empty one takes room.
fn push_bytes(segments: &mut Vec<QrSegment>, bytes: &mut Vec<u8>) {
    if !bytes.is_empty() {
        segments.push(QrSegment::make_bytes(bytes));
        bytes.clear();
    }
}

/// Whether the standard's alphanumeric mode has this character.
fn is_compact(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b' ' | b'$' | b'%' | b'*' | b'+' | b'-' | b'.' | b'/' | b':')
}

/// From this length on, a run saves more than the at most 37 bits that it costs to switch to
/// another mode and back.
const WORTH_A_SEGMENT: usize = 16;

/// One bit a pixel, from the top left, each row filled up to whole bytes.
fn pixels(symbol: &QrCode) -> Zeroizing<Vec<u8>> {
    let edge = -QUIET_ZONE..symbol.size() + QUIET_ZONE;
    // All that is outside of the symbol is light, the quiet zone as well as the filling.
    let half_byte = |x, y| if symbol.get_module(x, y) { 0x0 } else { 0xf };
    let modules = edge.clone().count();
    let mut pixels = Vec::with_capacity(modules.div_ceil(2) * modules * usize::from(SCALE));
    for y in edge.clone() {
        let row = pixels.len();
        pixels.extend(edge.clone().step_by(2).map(|x| half_byte(x, y) << 4 | half_byte(x + 1, y)));
        for _ in 1..SCALE {
            pixels.extend_from_within(row..row + modules.div_ceil(2));
        }
    }
    Zeroizing::new(pixels)
}

/// Pixels to a module: four, so that a module is half a byte.
const SCALE: u8 = 4;

/// Light modules around the symbol.
const QUIET_ZONE: i32 = 4;

/// Unfiltered, and at a middling level: three of four rows repeat the one above them, which the
/// compressor finds by itself; filters only hide it.
fn compressed(edge: u32, pixels: &[u8]) -> Result<Zeroizing<Vec<u8>>, png::EncodingError> {
    let mut file = Zeroizing::new(Vec::with_capacity(LARGEST_FILE));
    let mut encoder = png::Encoder::new(&mut *file, edge, edge);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_deflate_compression(png::DeflateCompression::Level(4));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file)
}

/// Room for any symbol: a buffer that grew would leave copies behind.
const LARGEST_FILE: usize = 8 << 10;
