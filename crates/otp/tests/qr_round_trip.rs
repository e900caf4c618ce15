//! QR codes, read back by a decoder that shares no code with the encoder.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use proptest::collection::vec;
use proptest::prelude::*;
use vmfa_otp::{Seed, qr, uri};

/// The width of a PNG and its pixels, light being true.
fn pixels(file: &[u8]) -> (usize, Vec<bool>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let info = reader.info();
    assert_eq!(info.color_type, png::ColorType::Grayscale);
    assert_eq!(info.bit_depth, png::BitDepth::One);
    assert_eq!(info.width, info.height);
    let width = usize::try_from(info.width).unwrap();
    let mut bytes = std::vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut bytes).unwrap();
    let rows = bytes.chunks(width.div_ceil(8));
    let bits = rows.flat_map(|row| (0..width).map(|x| row[x / 8] & (0x80 >> (x % 8)) != 0));
    (width, bits.collect())
}

fn scan(file: &[u8]) -> String {
    let (width, pixels) = pixels(file);
    let grey = |x, y| u8::from(pixels[y * width + x]) * 255;
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, width, grey);
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1, "one symbol in the picture");
    grids[0].decode().unwrap().1
}

/// The URIs of a device, without and with an issuer.
fn both_forms(name: &str, seed: &Seed) -> [String; 2] {
    [None, Some("Amazon Web Services")]
        .map(|issuer| uri::key_uri(name, "123456789012", issuer, seed).to_string())
}

#[test]
fn odd_names_scan() {
    let seed = Seed::from_bytes(std::array::from_fn(|n| u8::try_from(n * n % 251).unwrap()));
    let names = [
        "jane.doe",
        "a b+c:d/e&f#g?h%i",
        "_+=,.@-",
        "Grün",
        "gru\u{308}n",
        "鍵の名前",
        "🔑",
        "مفتاح",
        "arn:aws:iam::123456789012:mfa/x/y",
        "\"'<>\\",
        "",
        "================",
    ];
    for name in names {
        for uri in both_forms(name, &seed) {
            assert_eq!(scan(&qr::png(&uri).unwrap()), uri);
        }
    }
}

#[test]
fn the_longest_label_scans() {
    let seed = Seed::from_bytes([0xa5; 40]);
    let cases = [
        ("=".repeat(226), "a".repeat(63), None),
        ("=".repeat(226), "a".repeat(63), Some("&".repeat(64))),
        ("x".repeat(226), "a".repeat(63), Some("🔑".repeat(64))),
        ("=".repeat(226), "=".repeat(63), Some("🔑".repeat(64))),
    ];
    for (name, account, issuer) in cases {
        let uri = uri::key_uri(&name, &account, issuer.as_deref(), &seed);
        assert_eq!(scan(&qr::png(&uri).unwrap()), *uri);
    }
}

#[test]
fn texts_beyond_the_capacity_of_a_symbol_are_refused() {
    let error = qr::png(&"x".repeat(2954)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "otpauth URI too long for a QR code; shorten the device name, the account alias or the issuer"
    );
    let largest = "x".repeat(2953);
    let file = qr::png(&largest).unwrap();
    assert_eq!(scan(&file), largest);
    assert_eq!(file.capacity(), 8192, "the buffer grew, and left a copy behind");
    assert_eq!(scan(&qr::png("").unwrap()), "");
}

#[test]
fn a_typical_picture_is_small() {
    let seed = Seed::from_bytes(std::array::from_fn(|n| u8::try_from(n * n % 251).unwrap()));
    // Without a segment for the Base32 they would be 45 and 53 modules wide.
    for (uri, modules) in both_forms("jane.doe", &seed).iter().zip([41, 49]) {
        let file = qr::png(uri).unwrap();
        assert!(file.len() <= 1024, "{} bytes for {}", file.len(), uri.len());
        assert_eq!(pixels(&file).0, 4 * (modules + 8));
    }
}

#[test]
fn modules_are_four_pixels_with_four_light_ones_around() {
    let (width, pixels) = pixels(&qr::png("otpauth://totp/a@b?secret=AAAAAAAAAAAAAAAA").unwrap());
    let dark = |x: usize, y: usize| !pixels[(y * 4) * width + x * 4];
    let modules = width / 4;
    assert_eq!(width % 4, 0);
    // The finder patterns are in three corners, and nothing is outside the symbol.
    for (x, y) in [(4, 4), (modules - 11, 4), (4, modules - 11)] {
        assert!((0..7).all(|n| dark(x + n, y) && dark(x, y + n)));
    }
    for n in 0..modules {
        for edge in [0, 1, 2, 3, modules - 4, modules - 3, modules - 2, modules - 1] {
            assert!(!dark(n, edge) && !dark(edge, n));
        }
    }
    for y in 0..width {
        for x in 0..width {
            let module = pixels[(y - y % 4) * width + x - x % 4];
            assert_eq!(pixels[y * width + x], module, "pixel {x}, {y}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_name_scans(name in "[A-Za-z0-9_+=,.@-]{1,128}", seed in vec(any::<u8>(), 40)) {
        let seed = Seed::try_from(seed.as_slice()).ok().unwrap();
        for uri in both_forms(&name, &seed) {
            prop_assert_eq!(scan(&qr::png(&uri).unwrap()), uri);
        }
    }

    #[test]
    fn any_text_scans(name in "\\PC{0,64}", issuer in "\\PC{0,32}", seed in vec(any::<u8>(), 40)) {
        let seed = Seed::try_from(seed.as_slice()).ok().unwrap();
        let uri = uri::key_uri(&name, "acme-corp", Some(&issuer), &seed);
        prop_assert_eq!(&scan(&qr::png(&uri).unwrap()), &*uri);
    }
}
