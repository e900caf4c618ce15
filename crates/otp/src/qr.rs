//! QR symbols (ISO/IEC 18004) that an authenticator app scans, as PNG or as modules.
//!
//! An image is as secret as the seed in it. Results and pixels are wiped when dropped; the buffers
//! that `qrcodegen` and `png` use internally are not.

use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};
use thiserror::Error;
use zeroize::Zeroizing;

/// A black and white PNG with four pixels per module and the standard's quiet zone of four modules.
///
/// For a typical URI (160 bytes): 228 pixels square, under a kilobyte.
pub fn png(uri: &str) -> Result<Zeroizing<Vec<u8>>, TooLong> {
    let symbol = symbol(uri)?;
    let edge = u32::from(SCALE) * (symbol.size() + 2 * QUIET_ZONE).unsigned_abs();
    // Writing to memory can only fail for the size.
    compressed(edge, &pixels(&symbol)).map_err(|_| TooLong)
}

/// The modules of a symbol, to be drawn on a screen: as small as possible, with the lowest error
/// correction, since a screen has no dirt or damage to correct.
pub struct Modules(QrCode);

impl Modules {
    /// The symbol of a URI.
    pub fn of(uri: &str) -> Result<Self, TooLong> {
        encode(&segments(uri), QrCodeEcc::Low).map(Self)
    }

    /// Modules on each side, without a quiet zone.
    pub fn width(&self) -> i32 {
        self.0.size()
    }

    /// Whether a module is dark, counted from the top left. False outside the symbol.
    pub fn is_dark(&self, x: i32, y: i32) -> bool {
        self.0.get_module(x, y)
    }
}

/// The text does not fit into a QR symbol, which holds up to 2,953 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "otpauth URI too long for a QR code; shorten the device name, the account alias or the issuer"
)]
pub struct TooLong;

/// With medium error correction, or low if it does not fit otherwise.
fn symbol(uri: &str) -> Result<QrCode, TooLong> {
    let segments = segments(uri);
    encode(&segments, QrCodeEcc::Medium).or_else(|_| encode(&segments, QrCodeEcc::Low))
}

fn encode(segments: &[QrSegment], correction: QrCodeEcc) -> Result<QrCode, TooLong> {
    let (smallest, largest) = (Version::MIN, Version::MAX);
    let mask = Some(Mask::new(MASK));
    QrCode::encode_segments_advanced(segments, correction, smallest, largest, mask, false)
        .map_err(|_| TooLong)
}

/// A fixed mask: readers accept a symbol with any of the eight, and scoring all of them takes twenty
/// times as long as the rest.
const MASK: u8 = 0;

/// Puts Base32 and long runs of percent-encoding into alphanumeric segments, which take 5.5 bits per
/// character in place of 8: the symbol becomes a size smaller.
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

/// Adds the collected bytes as a segment. An empty segment would take room.
fn push_bytes(segments: &mut Vec<QrSegment>, bytes: &mut Vec<u8>) {
    if !bytes.is_empty() {
        segments.push(QrSegment::make_bytes(bytes));
        bytes.clear();
    }
}

/// Whether the alphanumeric mode has this character.
fn is_compact(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b' ' | b'$' | b'%' | b'*' | b'+' | b'-' | b'.' | b'/' | b':')
}

/// Length from which a run saves more than the up to 37 bits that switching modes costs.
const WORTH_A_SEGMENT: usize = 16;

/// One bit per pixel, from the top left; each row is padded to whole bytes.
fn pixels(symbol: &QrCode) -> Zeroizing<Vec<u8>> {
    let edge = -QUIET_ZONE..symbol.size() + QUIET_ZONE;
    // Outside the symbol all modules are light: the quiet zone and the padding.
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

/// Pixels per module: four, so that a module is half a byte.
const SCALE: u8 = 4;

/// Light modules on each side of the symbol.
const QUIET_ZONE: i32 = 4;

/// Unfiltered: three of four rows repeat the one above, which DEFLATE finds, and filters would hide.
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

/// Capacity for any symbol: growing would leave copies in freed memory.
const LARGEST_FILE: usize = 8 << 10;
