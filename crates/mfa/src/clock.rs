//! `vmfa mfa verify-clock`: whether the clocks that codes depend on are right enough.
//!
//! Two can be compared with this machine's: an endpoint's, by the `Date` of its answer, and a
//! device's, by a code. A machine alone cannot tell; nothing is asked on the network unless an
//! endpoint is named.

use vmfa_client::Destination;
use vmfa_otp::search::SESSION_REACH;

use crate::{Reading, Surroundings, Trouble, source, span::roughly};

/// Check this machine's clock, or a device's, on which all codes depend.
///
/// Against an endpoint, to within half a second and half of the time that its answer takes; or a
/// device, to within the period of its codes: 30 s. Ends with 1 where they are too far apart.
#[derive(clap::Args)]
pub(crate) struct VerifyClock {
    /// The server to compare with [default: the endpoint of the environment or the profile]
    ///
    /// It need not be one of IAM: any answer of HTTP tells the time.
    #[arg(long, visible_alias = "against", value_name = "URL")]
    endpoint_url: Option<String>,
    /// The profile whose endpoint is used
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The file with the key of a device, to compare the device's clock by a code
    #[arg(long, value_name = "FILE", requires = "code")]
    seed_file: Option<String>,
    /// The code that the device shows now
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

pub(crate) fn run(verify: &VerifyClock, around: &mut Surroundings<'_>) -> Result<(), Trouble> {
    let device = verify.seed_file.as_deref().zip(verify.code.as_deref());
    if let Some((file, code)) = device {
        of_device(file, code, around)?;
    }
    if device.is_some() && verify.endpoint_url.is_none() {
        return Ok(());
    }
    let Some(reading) = (around.ask_time)().map_err(Trouble::Failed)? else {
        return Err(Trouble::failed(
            "nothing to compare with: name a server with --against URL, or a device's key and code \
             with --seed-file FILE --code CODE",
        ));
    };
    of_machine(&reading, around)
}

fn of_device(file: &str, code: &str, around: &mut Surroundings<'_>) -> Result<(), Trouble> {
    let app = source::from_file(file)?;
    let now = around.clock.now().unix();
    let (step, period) = (app.step(now), app.period());
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let Some(found) = app.matching_steps(&code, step, DAY / period).first().copied() else {
        return Err(Trouble::failed(
            "that is not a code of this key, nor was it within a day, nor will it be",
        ));
    };
    let away = found.get().saturating_sub(step.get());
    // The device's clock is anywhere within the period of its code.
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
    writeln!(around.out, "{text}")?;
    if away.saturating_abs() <= SESSION_REACH {
        return Ok(());
    }
    Err(Trouble::failed(format!(
        "that is {} apart, too far for sessions: set the wrong clock of the two by the network; a \
         device that is enabled already then needs `vmfa iam resync-mfa-device`",
        roughly(away.saturating_mul(period))
    )))
}

fn of_machine(reading: &Reading, around: &mut Surroundings<'_>) -> Result<(), Trouble> {
    let Reading { url, date, asked, answered } = reading;
    let milliseconds =
        |time: &std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    // The endpoint wrote its time, without the fraction, somewhere between question and answer. So
    // its clock is ahead by at least the one and at the most the other.
    let date = date.saturating_mul(1000);
    let least = date.saturating_sub(milliseconds(answered));
    let most = date.saturating_add(1000).saturating_sub(milliseconds(asked));
    let (middle, error) = (i64::midpoint(least, most), (most - least + 1) / 2);
    let within = tenths(error.saturating_add(99));
    let text = match middle {
        _ if least <= 0 && 0 <= most => format!("agrees with that of {url}"),
        1.. => format!("is {} s behind that of {url}", tenths(middle)),
        _ => format!("is {} s ahead of that of {url}", tenths(middle.saturating_neg())),
    };
    writeln!(around.out, "this machine's clock {text}, to within {within} s")?;
    if least.saturating_abs().max(most.saturating_abs()) <= NEAR {
        return Ok(());
    }
    Err(Trouble::failed(if error > NEAR {
        "the answer took too long to tell: try again".to_owned()
    } else {
        format!("codes need it within {} s: set it by the network", NEAR / 1000)
    }))
}

/// Seconds, to one digit after the point.
fn tenths(milliseconds: i64) -> String {
    let tenths = milliseconds / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// In seconds.
const DAY: i64 = 86_400;
/// In milliseconds: one period of a code, so that the service's is at the most one step away.
const NEAR: i64 = 30_000;
