//! Prompts for two consecutive codes, and explains what is wrong with a code.
//!
//! Not here: checking a code (see `pair`).

use std::io;

use vmfa_otp::{Authenticator, Step};

use super::{
    Codes,
    pair::{CodeCheck, TypedCodes},
};
use crate::{
    Error, MfaContext,
    span::{looks_like_a_zone, roughly},
    terminal::{InputEvent, InputLine, TICK, redraw_above},
};

pub(super) fn codes(app: &Authenticator, context: &mut MfaContext<'_>) -> Result<Codes, Error> {
    let mut pair = TypedCodes::new(app);
    let mut wrong = 0;
    // The time step in which the first code was typed.
    let mut typed_at = None;
    loop {
        let typed = ask(app, context, typed_at)?;
        let now = context.clock.now().unix();
        let verdict = pair.take(&typed, now);
        let text = match verdict {
            CodeCheck::Both(codes) => return Ok(codes),
            CodeCheck::First | CodeCheck::Skipped => {
                typed_at = Some(app.step(now));
                match verdict {
                    CodeCheck::Skipped => {
                        "you missed a code; this one now counts as the first, type the next".into()
                    }
                    _ => "correct".to_owned(),
                }
            }
            CodeCheck::Repeated => {
                let left = app.seconds_left(now);
                format!("that is the same code; type the next one, which comes in {left} s")
            }
            CodeCheck::Earlier
            | CodeCheck::WrongClock(_)
            | CodeCheck::Malformed
            | CodeCheck::Wrong => {
                wrong += 1;
                let text = complaint(app, &verdict);
                if wrong == MAX_WRONG {
                    return Err(Error::failed(format!("{text}; too many wrong codes")));
                }
                text
            }
        };
        context.terminal.print(&format!("{text}\n"))?;
    }
}

/// What is wrong with a code, and what to do.
pub(super) fn complaint(app: &Authenticator, verdict: &CodeCheck) -> String {
    match verdict {
        CodeCheck::Malformed => format!("a code has {} digits", app.digits()),
        CodeCheck::Earlier => "that code is older than the first; type the one after it".to_owned(),
        CodeCheck::WrongClock(seconds) => wrong_clock(*seconds),
        _ => "that is not a code of this key; check that you use the right entry of the app"
            .to_owned(),
    }
}

fn wrong_clock(seconds: i64) -> String {
    let span = roughly(seconds);
    let (side, when) = if seconds < 0 {
        ("behind", format!("{span} ago"))
    } else {
        ("ahead of", format!("in {span}"))
    };
    let zone = if looks_like_a_zone(seconds) { ", perhaps by a wrong time zone" } else { "" };
    format!(
        "that code is valid {when}, not now: the device's clock is about {span} {side} this \
         machine's{zone}; synchronise the wrong one by NTP (`vmfa mfa verify-clock` checks this \
         machine's), then type the code that is shown"
    )
}

/// Reads a line, and shows the remaining seconds above the prompt meanwhile.
fn ask(
    app: &Authenticator,
    context: &mut MfaContext<'_>,
    typed_at: Option<Step>,
) -> Result<InputLine, Error> {
    let number = if typed_at.is_none() { 1 } else { 2 };
    let clock = context.clock;
    let status = || status(app, clock.now().unix(), typed_at);
    let terminal = &mut *context.terminal;
    let interactive = terminal.is_interactive();
    let mut shown = status();
    if interactive {
        terminal.print(&format!("\n{shown}\ncode {number} of 2: "))?;
    } else {
        terminal.print(&format!("code {number} of 2:\n"))?;
    }
    loop {
        if let Some(signal) = terminal.caught_signal() {
            // Ends the line of the prompt.
            let _ = terminal.print("\n");
            return Err(Error::Interrupted("interrupted".to_owned(), signal));
        }
        match terminal.read_line(TICK)? {
            InputEvent::Line(typed) => return Ok(typed),
            InputEvent::End => {
                end_line(terminal, interactive)?;
                return Err(Error::failed("standard input ended before two codes were read"));
            }
            InputEvent::Timeout => {}
        }
        let now = status();
        if interactive && now != shown {
            redraw_above(terminal, &now)?;
            shown = now;
        }
    }
}

fn end_line(terminal: &mut dyn crate::PromptTerminal, interactive: bool) -> io::Result<()> {
    if interactive { terminal.print("\n") } else { Ok(()) }
}

fn status(app: &Authenticator, now: i64, typed_at: Option<Step>) -> String {
    let left = app.seconds_left(now);
    match typed_at {
        None => format!("type the code that is shown; it changes in {left:2} s"),
        Some(step) if step == app.step(now) => {
            format!("type the next code; it comes in {left:2} s")
        }
        Some(_) => format!("type the next code, which is shown now; it changes in {left:2} s"),
    }
}

/// Wrong codes until enrolment ends.
const MAX_WRONG: u32 = 5;
