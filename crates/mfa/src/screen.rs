//! Shows a key on the terminal: as a QR code of half blocks, in groups of four, and as a URI.

use std::{fmt::Write as _, io};

use vmfa_otp::qr::Modules;
use zeroize::Zeroizing;

use crate::{PromptTerminal, TerminalSize};

/// A key as Base32, and as the URI in the QR code.
pub(crate) struct KeyDisplay<'a> {
    pub(crate) base32: &'a str,
    pub(crate) uri: &'a str,
}

/// Shows a key. The QR code, drawn if the terminal is interactive and large enough, comes last, so
/// that it stays visible when the text scrolls out of a small window.
pub(crate) fn show(
    terminal: &mut dyn PromptTerminal,
    whose: &str,
    key: &KeyDisplay<'_>,
) -> io::Result<()> {
    let symbol = Modules::of(key.uri).ok().filter(|_| terminal.is_interactive());
    let size = terminal.size();
    let symbol = symbol.and_then(|symbol| draw(&symbol, size));
    let scan = if symbol.is_some() { ", or scan the QR code" } else { "" };
    let groups = groups(key.base32);
    terminal.print(&format!(
        "device {whose}\n\nType this key into an authenticator app{scan} (time-based, 6 digits, 30 s):\n\n"
    ))?;
    terminal.print(&Zeroizing::new(format!("{}\n{}\n", &*groups, key.uri)))?;
    if let Some(symbol) = symbol {
        terminal.print("\n")?;
        terminal.print(&symbol)?;
    } else if terminal.is_interactive() {
        terminal.print("\nthe window is too small for a QR code\n")?;
    }
    Ok(())
}

/// Groups of four characters, eight groups per line.
fn groups(base32: &str) -> Zeroizing<String> {
    // Allocated at full length: growing would leave copies of the key in freed memory.
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

/// The symbol with its quiet zone; a character is one module wide and two high. Dark on light in any
/// colour scheme. `None` if it does not fit.
pub(crate) fn draw(symbol: &Modules, size: TerminalSize) -> Option<Zeroizing<String>> {
    let wide = |quiet: i32| usize::try_from(symbol.width() + 2 * quiet).unwrap_or(usize::MAX);
    let fits = |quiet: &i32| {
        wide(*quiet) <= size.columns && wide(*quiet).div_ceil(2) + PROMPT <= size.rows
    };
    // The standard's quiet zone, or a smaller one that phones accept too. A symbol that is too high
    // but not too wide is still drawn: the terminal scrolls.
    let quiet = QUIET
        .into_iter()
        .find(fits)
        .or_else(|| QUIET.into_iter().find(|quiet| wide(*quiet) <= size.columns))?;
    let edge = -quiet..symbol.width() + quiet;
    let modules = wide(quiet);
    let mut text = Zeroizing::new(String::with_capacity(modules.saturating_mul(modules) * 2));
    for y in edge.clone().step_by(2) {
        text.push_str(LIGHT_ON_DARK);
        for x in edge.clone() {
            // There is no module below the last line.
            let below = !symbol.is_dark(x, y + 1) && edge.contains(&(y + 1));
            text.push(match (!symbol.is_dark(x, y), below) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{RESET}");
    }
    Some(text)
}

/// White on black of the 256-colour palette, which themes do not change.
const LIGHT_ON_DARK: &str = "\x1b[38;5;231;48;5;16m";
const RESET: &str = "\x1b[0m";
/// Modules of the quiet zone: the standard's, and a smaller one.
const QUIET: [i32; 2] = [4, 2];
/// Lines of the prompt below the symbol.
const PROMPT: usize = 3;
