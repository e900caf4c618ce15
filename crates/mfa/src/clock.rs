//! `vmfa mfa verify-clock`: compares this machine's clock with an endpoint's, by the `Date` header
//! of a response, or with a device's, by a code.
//!
//! Sends no request unless an endpoint is named or configured.

use vmfa_client::Destination;
use vmfa_otp::search::SESSION_WINDOW;

use crate::{ClockReading, Error, MfaContext, source, span::roughly};

/// Compare this machine's clock with an endpoint's, or with a device's.
///
/// An endpoint's clock is measured to within half a second plus half of the response time, a
/// device's to within the period of its codes (30 s). Exits with code 1 if the clocks are too far
/// apart for codes to be accepted.
#[derive(clap::Args)]
pub(crate) struct VerifyClock {
    /// Compare with the clock of this server [default: the endpoint of the environment or the
    /// profile]
    ///
    /// Any HTTP server that sends a `Date` header will do.
    #[arg(long, visible_alias = "against", value_name = "URL")]
    endpoint_url: Option<String>,
    /// Use the endpoint of this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Compare with the clock of the device whose key is in this file
    #[arg(long, value_name = "FILE", requires = "code")]
    seed_file: Option<String>,
    /// Compare with the device that shows this code now
    #[arg(long, value_name = "CODE", requires = "seed_file")]
    code: Option<String>,
}

impl VerifyClock {
    pub(crate) fn destination(&self) -> Destination {
        Destination {
            endpoint_url: self.endpoint_url.clone(),
            profile: self.profile.clone(),
            ..Destination::default()
        }
    }
}

pub(crate) fn run(verify: &VerifyClock, context: &mut MfaContext<'_>) -> Result<(), Error> {
    let device = verify.seed_file.as_deref().zip(verify.code.as_deref());
    if let Some((file, code)) = device {
        of_device(file, code, context)?;
    }
    if device.is_some() && verify.endpoint_url.is_none() {
        return Ok(());
    }
    let Some(reading) = (context.read_clock)().map_err(Error::Failed)? else {
        return Err(Error::failed(
            "no clock to compare with: pass --against URL, or --seed-file FILE and --code CODE",
        ));
    };
    of_machine(&reading, context)
}

fn of_device(file: &str, code: &str, context: &mut MfaContext<'_>) -> Result<(), Error> {
    let app = source::from_file(file)?;
    let now = context.clock.now().unix();
    let (step, period) = (app.step(now), app.period());
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let Some(found) = app.matching_steps(&code, step, DAY / period).first().copied() else {
        return Err(Error::failed("not a code of this key within a day before or after now"));
    };
    let away = found.get().saturating_sub(step.get());
    // The device's time is anywhere within the period of its code.
    let earliest = away.saturating_mul(period).saturating_sub(now.rem_euclid(period));
    let latest = earliest.saturating_add(period);
    let text = match away {
        0 => format!("the device's clock is within {period} s of this machine's"),
        1.. => format!(
            "the device's clock is {earliest} to {latest} s ahead of this machine's ({away} steps)"
        ),
        _ => format!(
            "the device's clock is {} to {} s behind this machine's ({} steps)",
            latest.saturating_neg(),
            earliest.saturating_neg(),
            away.saturating_neg()
        ),
    };
    writeln!(context.out, "{text}")?;
    if away.saturating_abs() <= SESSION_WINDOW {
        return Ok(());
    }
    Err(Error::failed(format!(
        "the clocks are {} apart, too far for codes to be accepted; synchronise the wrong one by \
         NTP, and a device that is enabled already with `vmfa iam resync-mfa-device`",
        roughly(away.saturating_mul(period))
    )))
}

fn of_machine(reading: &ClockReading, context: &mut MfaContext<'_>) -> Result<(), Error> {
    let ClockReading { url, date, sent, received } = reading;
    let milliseconds =
        |time: &std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    // The endpoint read its clock between `sent` and `received`, and cut off the fraction: it is
    // ahead by at least `least` and at most `most`.
    let date = date.saturating_mul(1000);
    let least = date.saturating_sub(milliseconds(received));
    let most = date.saturating_add(1000).saturating_sub(milliseconds(sent));
    let (middle, error) = (i64::midpoint(least, most), (most - least + 1) / 2);
    let within = tenths(error.saturating_add(99));
    let text = match middle {
        _ if least <= 0 && 0 <= most => format!("agrees with that of {url}"),
        1.. => format!("is {} s behind that of {url}", tenths(middle)),
        _ => format!("is {} s ahead of that of {url}", tenths(middle.saturating_neg())),
    };
    writeln!(context.out, "this machine's clock {text}, to within {within} s")?;
    if least.saturating_abs().max(most.saturating_abs()) <= NEAR {
        return Ok(());
    }
    Err(Error::failed(if error > NEAR {
        "the response took too long for a comparison; try again".to_owned()
    } else {
        format!(
            "the clocks must agree to within {} s for codes; synchronise the wrong one by NTP",
            NEAR / 1000
        )
    }))
}

/// Seconds with one decimal digit.
fn tenths(milliseconds: i64) -> String {
    let tenths = milliseconds / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// In seconds.
const DAY: i64 = 86_400;
/// In milliseconds: one time step.
const NEAR: i64 = 30_000;
