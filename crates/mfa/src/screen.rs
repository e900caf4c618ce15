//! A key on the screen: as a QR code of half blocks, in groups of four, and as a URI.
//!
//! Not here: where the key is from.

use std::{fmt::Write as _, io};

use vmfa_otp::qr::Modules;
use zeroize::Zeroizing;

use crate::{Size, Terminal};

/// A key as Base32, and as the URI that an app scans.
pub(crate) struct Key<'a> {
    pub(crate) base32: &'a str,
    pub(crate) uri: &'a str,
}

/// Shows a key. The QR code is drawn where somebody watches and it fits, last, so that it is still
/// there when the text above has moved out of a small window.
pub(crate) fn show(terminal: &mut dyn Terminal, whose: &str, key: &Key<'_>) -> io::Result<()> {
    let symbol = Modules::of(key.uri).ok().filter(|_| terminal.is_live());
    let size = terminal.size();
    let symbol = symbol.and_then(|symbol| draw(&symbol, size));
    let scan = if symbol.is_some() { ", or scan the QR code" } else { "" };
    let groups = groups(key.base32);
    terminal.say(&format!(
        "device {whose}\n\nType this key into an authenticator app{scan} (by time, 6 digits, 30 s):\n\n"
    ))?;
    terminal.say(&Zeroizing::new(format!("{}\n{}\n", &*groups, key.uri)))?;
    if let Some(symbol) = symbol {
        terminal.say("\n")?;
        terminal.say(&symbol)?;
    } else if terminal.is_live() {
        terminal.say("\nthe window is too small for the QR code\n")?;
    }
    Ok(())
}

/// Groups of four, eight of them on a line.
fn groups(base32: &str) -> Zeroizing<String> {
    // A buffer that grew would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(base32.len() * 2 + 2));
    for (at, character) in base32.chars().enumerate() {
        text.push_str(match at {
            0 => "  ",
            _ if at % 32 == 0 => "\n  ",
            _ if at % 4 == 0 => " ",
            _ => "",
        });
        text.push(character);
    }
    text.push('\n');
    text
}

/// The symbol with its quiet zone, in as many characters as it has modules and half as many lines:
/// dark on light, whatever colours the terminal has. `None` where it would not fit.
pub(crate) fn draw(symbol: &Modules, size: Size) -> Option<Zeroizing<String>> {
    let wide = |quiet: i32| usize::try_from(symbol.edge() + 2 * quiet).unwrap_or(usize::MAX);
    let fits = |quiet: &i32| {
        wide(*quiet) <= size.columns && wide(*quiet).div_ceil(2) + PROMPT <= size.rows
    };
    // What the standard asks for; or what phones do with as well, in a small window.
    let quiet = QUIET
        .into_iter()
        .find(fits)
        .or_else(|| QUIET.into_iter().find(|quiet| wide(*quiet) <= size.columns))?;
    let edge = -quiet..symbol.edge() + quiet;
    let modules = wide(quiet);
    let mut text = Zeroizing::new(String::with_capacity(modules.saturating_mul(modules) * 2));
    for y in edge.clone().step_by(2) {
        text.push_str(LIGHT_ON_DARK);
        for x in edge.clone() {
            // Below the last line there is nothing to be light.
            let below = !symbol.is_dark(x, y + 1) && edge.contains(&(y + 1));
            text.push(match (!symbol.is_dark(x, y), below) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        // Writing to a string does not fail.
        let _ = writeln!(text, "{PLAIN}");
    }
    Some(text)
}

/// White and black of the 256 colours, which themes do not change.
const LIGHT_ON_DARK: &str = "\x1b[38;5;231;48;5;16m";
const PLAIN: &str = "\x1b[0m";
/// Light modules around the symbol: the standard's, and fewer.
const QUIET: [i32; 2] = [4, 2];
/// Lines that stay visible below.
const PROMPT: usize = 3;
