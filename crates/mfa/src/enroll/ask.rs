//! Asks a person for two codes in a row, and tells what is wrong with what they type.
//!
//! Not here: whether a code is right.

use std::io;

use vmfa_otp::{Authenticator, Step};

use super::{
    Codes,
    pair::{Pair, Verdict},
};
use crate::{
    Surroundings, Trouble,
    span::{looks_like_a_zone, roughly},
    terminal::{Heard, Line, TICK, redraw_above},
};

pub(super) fn codes(app: &Authenticator, around: &mut Surroundings<'_>) -> Result<Codes, Trouble> {
    let mut pair = Pair::new(app);
    let mut wrong = 0;
    // When the code that counts was typed.
    let mut typed_at = None;
    loop {
        let typed = ask(app, around, typed_at)?;
        let now = around.clock.now().unix();
        let verdict = pair.take(&typed, now);
        let text = match verdict {
            Verdict::Both(codes) => return Ok(codes),
            Verdict::First | Verdict::Skipped => {
                typed_at = Some(app.step(now));
                match verdict {
                    Verdict::Skipped => {
                        "one code too late: this one counts as the first now, type the next".into()
                    }
                    _ => "right".to_owned(),
                }
            }
            Verdict::Same => {
                let left = app.seconds_left(now);
                format!("that is the same code: another one comes within {left} s, type that")
            }
            Verdict::Earlier | Verdict::Elsewhen(_) | Verdict::NotACode | Verdict::Wrong => {
                wrong += 1;
                let text = complaint(app, &verdict);
                if wrong == MOST_WRONG {
                    return Err(Trouble::failed(format!("{text}; that was wrong too often")));
                }
                text
            }
        };
        around.terminal.say(&format!("{text}\n"))?;
    }
}

/// What is wrong with a code, and what to do.
pub(super) fn complaint(app: &Authenticator, verdict: &Verdict) -> String {
    match verdict {
        Verdict::NotACode => format!("a code is {} digits", app.digits()),
        Verdict::Earlier => "that code came before the first one: type the one after it".to_owned(),
        Verdict::Elsewhen(seconds) => elsewhen(*seconds),
        _ => {
            "that is not a code of this key: take the right entry of the app, and type it as it is \
              shown"
                .to_owned()
        }
    }
}

fn elsewhen(seconds: i64) -> String {
    let span = roughly(seconds);
    let (side, when) = if seconds < 0 {
        ("behind", format!("{span} ago"))
    } else {
        ("ahead of", format!("in {span}"))
    };
    let zone = if looks_like_a_zone(seconds) { ", perhaps for a wrong time zone" } else { "" };
    format!(
        "that code is right, but {when}: the device's clock is about {span} {side} this machine's\
         {zone}. Set the wrong one of the two by the network, then type the code that is shown \
         (`vmfa mfa verify-clock` checks this machine's)"
    )
}

/// A line, with the seconds that are left on the terminal while it is typed.
fn ask(
    app: &Authenticator,
    around: &mut Surroundings<'_>,
    typed_at: Option<Step>,
) -> Result<Line, Trouble> {
    let number = if typed_at.is_none() { 1 } else { 2 };
    let clock = around.clock;
    let status = || status(app, clock.now().unix(), typed_at);
    let terminal = &mut *around.terminal;
    let live = terminal.is_live();
    let mut shown = status();
    if live {
        terminal.say(&format!("\n{shown}\ncode {number} of 2: "))?;
    } else {
        terminal.say(&format!("code {number} of 2:\n"))?;
    }
    loop {
        if let Some(signal) = terminal.stopped() {
            // Off the line with the prompt.
            let _ = terminal.say("\n");
            return Err(Trouble::Interrupted("given up".to_owned(), signal));
        }
        match terminal.hear(TICK)? {
            Heard::Line(typed) => return Ok(typed),
            Heard::End => {
                end_line(terminal, live)?;
                return Err(Trouble::failed(
                    "given up: there were no more codes on standard input",
                ));
            }
            Heard::Nothing => {}
        }
        let now = status();
        if live && now != shown {
            redraw_above(terminal, &now)?;
            shown = now;
        }
    }
}

fn end_line(terminal: &mut dyn crate::Terminal, live: bool) -> io::Result<()> {
    if live { terminal.say("\n") } else { Ok(()) }
}

fn status(app: &Authenticator, now: i64, typed_at: Option<Step>) -> String {
    let left = app.seconds_left(now);
    match typed_at {
        None => format!("type the code that is shown; it changes in {left:2} s"),
        Some(step) if step == app.step(now) => {
            format!("type the next code; it comes in {left:2} s")
        }
        Some(_) => format!("type the next code; it is there, and changes in {left:2} s"),
    }
}

/// How many codes may be wrong before the person is taken to have given up.
const MOST_WRONG: u32 = 5;
