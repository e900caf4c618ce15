//! When a request is sent again, and after how long: botocore's standard mode as version 2 of the
//! AWS CLI has it, or its legacy mode. The adaptive mode is the standard one here: the rate that it
//! would learn is forgotten with the command.
//!
//! Not here: sending, and waiting.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use vmfa_model::Entropy;

use crate::{ClientError, Configuration};

/// The attempts that are made, and how many more a process may make in all.
pub(super) struct Retries {
    mode: Mode,
    most: u32,
    capacity: Mutex<u32>,
}

/// By which rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Legacy,
    Standard,
}

/// What became of an attempt.
pub(super) enum AttemptOutcome<'o> {
    /// There was no answer.
    Failed(&'o ClientError),
    /// The service refused.
    Refusal {
        /// The status of the answer.
        status: u16,
        /// The code of the refusal.
        code: &'o str,
    },
    /// The service did what it was asked.
    Done,
}

/// What is to be done now.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Wait that long, and try again.
    Retry(Duration),
    /// It was the last of the attempts that are made.
    Exhausted,
    /// Nothing.
    Stop,
}

impl Retries {
    /// As `AWS_RETRY_MODE` and `AWS_MAX_ATTEMPTS` or the profile say. Without a word of them there
    /// are three attempts by the rules of the standard mode.
    ///
    /// # Errors
    /// `InvalidConfig`, for a mode that is none and a number that is none or too small.
    pub(super) fn new(configuration: &Configuration) -> Result<Self, ClientError> {
        let said = |variable, setting| {
            configuration.variable(variable).or_else(|| configuration.setting(setting))
        };
        let most = said("AWS_MAX_ATTEMPTS", "max_attempts").map(attempts).transpose()?;
        let mode = match said("AWS_RETRY_MODE", "retry_mode") {
            Some("legacy") => Mode::Legacy,
            None | Some("standard" | "adaptive") => Mode::Standard,
            Some(other) => {
                return Err(ClientError::InvalidConfig(format!(
                    "Invalid value provided to \"mode\": \"{other}\" must be one of: ('legacy', \
                     'standard', 'adaptive')"
                )));
            }
        };
        let most = most.unwrap_or(match mode {
            Mode::Legacy => MOST_LEGACY,
            Mode::Standard => MOST,
        });
        Ok(Self { mode, most, capacity: Mutex::new(CAPACITY) })
    }

    /// What is to be done after the attempt of that number, counted from one. `paid` is what the
    /// last attempt cost.
    pub(super) fn next(
        &self,
        attempt: u32,
        outcome: &AttemptOutcome<'_>,
        paid: &mut Option<u32>,
        entropy: &dyn Entropy,
    ) -> Next {
        match self.mode {
            Mode::Legacy => self.legacy(attempt, outcome, entropy),
            Mode::Standard => self.standard(attempt, outcome, paid, entropy),
        }
    }

    /// What may pass is tried again without a thought of what it costs, and that the attempts are
    /// used up is told of it alone.
    fn legacy(&self, attempt: u32, outcome: &AttemptOutcome<'_>, entropy: &dyn Entropy) -> Next {
        let passes = match outcome {
            AttemptOutcome::Done => false,
            AttemptOutcome::Failed(error) => match error {
                ClientError::ConnectTimeout(_) | ClientError::ReadTimeout(_) => true,
                ClientError::Stream(_) | ClientError::Http(_) => false,
                error => is_transient(error),
            },
            AttemptOutcome::Refusal { status: 429 | 509, .. } => true,
            AttemptOutcome::Refusal { status: 400, code } => AGAIN_LEGACY.contains(code),
            AttemptOutcome::Refusal { status, .. } => TRANSIENT.contains(status),
        };
        match outcome {
            _ if !passes => Next::Stop,
            _ if attempt < self.most => {
                Next::Retry(Duration::from_secs_f64(chance(entropy) * doubled(attempt)))
            }
            AttemptOutcome::Refusal { .. } => Next::Exhausted,
            _ => Next::Stop,
        }
    }

    fn standard(
        &self,
        attempt: u32,
        outcome: &AttemptOutcome<'_>,
        paid: &mut Option<u32>,
        entropy: &dyn Entropy,
    ) -> Next {
        if let AttemptOutcome::Done = outcome {
            self.give_back(paid.unwrap_or(1));
        }
        if attempt >= self.most {
            return Next::Exhausted;
        }
        let cost = match outcome {
            AttemptOutcome::Failed(
                ClientError::ConnectTimeout(_) | ClientError::ReadTimeout(_),
            ) => 10,
            AttemptOutcome::Failed(error) if is_transient(error) => 5,
            AttemptOutcome::Refusal { status, code }
                if TRANSIENT.contains(status) || AGAIN.contains(code) =>
            {
                5
            }
            _ => return Next::Stop,
        };
        let mut capacity = self.capacity.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(left) = capacity.checked_sub(cost) else { return Next::Stop };
        *capacity = left;
        *paid = Some(cost);
        Next::Retry(pause(attempt, entropy))
    }

    fn give_back(&self, amount: u32) {
        let mut capacity = self.capacity.lock().unwrap_or_else(PoisonError::into_inner);
        *capacity = capacity.saturating_add(amount).min(CAPACITY);
    }
}

/// By chance between nothing and a second, and twice that with each attempt, up to twenty seconds.
fn pause(attempt: u32, entropy: &dyn Entropy) -> Duration {
    Duration::from_secs_f64((chance(entropy) * doubled(attempt)).min(20.0))
}

/// A number from nothing up to one.
fn chance(entropy: &dyn Entropy) -> f64 {
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

/// One, doubled with each attempt after the first. No sleep is longer than what thirty make it.
fn doubled(attempt: u32) -> f64 {
    2_f64.powi(i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX).min(30))
}

/// The attempts that a text says to make.
fn attempts(text: &str) -> Result<u32, ClientError> {
    let most = text.trim().parse::<i64>().map_err(|_| {
        ClientError::InvalidConfig(format!("invalid literal for int() with base 10: '{text}'"))
    })?;
    if most < 1 {
        return Err(ClientError::InvalidConfig(format!(
            "Value provided to \"max_attempts\": {most} must be an integer greater than or equal \
             to 1."
        )));
    }
    Ok(u32::try_from(most).unwrap_or(u32::MAX))
}

/// Whether it may be otherwise the next time.
fn is_transient(error: &ClientError) -> bool {
    matches!(
        error,
        ClientError::Connect(_)
            | ClientError::Closed(_)
            | ClientError::Proxy(_)
            | ClientError::Tls { .. }
            | ClientError::Stream(_)
            | ClientError::Http(_)
    )
}

/// Attempts where nothing is said.
const MOST: u32 = 3;
/// The same in the legacy mode.
const MOST_LEGACY: u32 = 5;
/// What all attempts of a process may cost, beyond what succeeds.
const CAPACITY: u32 = 500;
/// Statuses that pass.
const TRANSIENT: [u16; 4] = [500, 502, 503, 504];
/// Codes of refusals that pass: delays, throttling, and what STS says of those whom it asks.
const AGAIN: [&str; 17] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "IDPCommunicationError",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];
/// The same of the legacy mode, where the status is 400.
const AGAIN_LEGACY: [&str; 6] = [
    "IDPCommunicationError",
    "ProvisionedThroughputExceededException",
    "RequestThrottledException",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Chance at its height.
    struct Most;

    impl Entropy for Most {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(u8::MAX);
        }
    }

    fn retries(most: u32) -> Retries {
        Retries { mode: Mode::Standard, most, capacity: Mutex::new(CAPACITY) }
    }

    fn said(variables: &[(&'static str, &str)]) -> Result<(Mode, u32), String> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, said)| (*said).to_owned())
        };
        let configuration = Configuration::read(&variable, None).unwrap();
        let retries = Retries::new(&configuration);
        retries.map(|retries| (retries.mode, retries.most)).map_err(|error| error.to_string())
    }

    #[test]
    fn modes_and_attempts_are_those_that_are_asked_for() {
        let mode = |mode| ("AWS_RETRY_MODE", mode);
        let most = |most| ("AWS_MAX_ATTEMPTS", most);
        assert_eq!(said(&[]), Ok((Mode::Standard, 3)));
        assert_eq!(said(&[mode("adaptive")]), Ok((Mode::Standard, 3)));
        assert_eq!(said(&[mode("legacy")]), Ok((Mode::Legacy, 5)));
        assert_eq!(said(&[mode("legacy"), most("2")]), Ok((Mode::Legacy, 2)));
        let modes = "must be one of: ('legacy', 'standard', 'adaptive')";
        let refused = |mode| format!("Invalid value provided to \"mode\": \"{mode}\" {modes}");
        assert_eq!(said(&[mode("STANDARD")]), Err(refused("STANDARD")));
        assert_eq!(said(&[mode("")]), Err(refused("")));
        let small = "Value provided to \"max_attempts\": 0 must be an integer greater than or equal \
                     to 1.";
        assert_eq!(said(&[most("0"), mode("x")]), Err(small.to_owned()));
        let literal = "invalid literal for int() with base 10: ''";
        assert_eq!(said(&[most("")]), Err(literal.to_owned()));
    }

    #[test]
    fn the_legacy_mode_has_rules_of_its_own() {
        let retries = Retries { mode: Mode::Legacy, ..retries(2) };
        let next = |attempt, outcome: &AttemptOutcome<'_>| {
            retries.next(attempt, outcome, &mut None, &Most)
        };
        let again = |outcome: &AttemptOutcome<'_>| matches!(next(1, outcome), Next::Retry(_));
        let url = || "http://h/".to_owned();
        for outcome in [refusal(509, "Any"), refusal(429, "Any"), refusal(400, "Throttling")] {
            assert!(again(&outcome));
            assert_eq!(next(2, &outcome), Next::Exhausted);
        }
        let connect = ClientError::Connect(url());
        assert!(again(&AttemptOutcome::Failed(&connect)));
        assert_eq!(next(2, &AttemptOutcome::Failed(&connect)), Next::Stop);
        assert!(again(&AttemptOutcome::Failed(&ClientError::ReadTimeout(url()))));
        // The standard mode tries these again, and tells of any refusal that it was the last.
        assert!(!again(&refusal(400, "SlowDown")));
        assert!(!again(&refusal(403, "Throttling")));
        assert!(!again(&AttemptOutcome::Failed(&ClientError::Http(url()))));
        assert_eq!(next(2, &refusal(403, "AccessDenied")), Next::Stop);
    }

    fn refusal(status: u16, code: &'static str) -> AttemptOutcome<'static> {
        AttemptOutcome::Refusal { status, code }
    }

    #[test]
    fn pauses_double_up_to_twenty_seconds() {
        let seconds: Vec<_> =
            (1..=8).map(|attempt| pause(attempt, &Most).as_secs_f64().round()).collect();
        assert_eq!(seconds, [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0, 20.0]);
    }

    #[test]
    fn what_may_pass_is_tried_again_and_nothing_else() {
        let retries = retries(3);
        let again = |outcome: &AttemptOutcome<'_>| {
            matches!(retries.next(1, outcome, &mut None, &Most), Next::Retry(_))
        };
        for status in [500, 502, 503, 504] {
            assert!(again(&refusal(status, "Any")), "{status}");
        }
        for code in ["Throttling", "SlowDown", "RequestTimeout", "IDPCommunicationError"] {
            assert!(again(&refusal(400, code)), "{code}");
        }
        for (status, code) in [(400, "ValidationError"), (403, "AccessDenied"), (501, "Any")] {
            assert!(!again(&refusal(status, code)), "{code}");
        }
        let url = || "http://h/".to_owned();
        assert!(again(&AttemptOutcome::Failed(&ClientError::Connect(url()))));
        assert!(again(&AttemptOutcome::Failed(&ClientError::ReadTimeout(url()))));
        assert!(again(&AttemptOutcome::Failed(&ClientError::Closed(url()))));
        assert!(!again(&AttemptOutcome::Failed(&ClientError::Unreadable(url()))));
        assert!(!again(&AttemptOutcome::Failed(&ClientError::NoCredentials)));
        assert!(!again(&AttemptOutcome::Done));
    }

    #[test]
    fn the_last_attempt_is_told_whatever_came_of_it() {
        let retries = retries(1);
        for outcome in [refusal(500, "Any"), refusal(403, "AccessDenied")] {
            assert_eq!(retries.next(1, &outcome, &mut None, &Most), Next::Exhausted);
        }
    }

    #[test]
    fn capacity_runs_out_and_comes_back_with_success() {
        let retries = retries(u32::MAX);
        let mut paid = None;
        let mut made = 0;
        while let Next::Retry(_) = retries.next(1, &refusal(500, "Any"), &mut paid, &Most) {
            made += 1;
        }
        assert_eq!(made, CAPACITY / 5);
        assert_eq!(retries.next(1, &AttemptOutcome::Done, &mut paid, &Most), Next::Stop);
        assert!(matches!(retries.next(1, &refusal(500, "Any"), &mut paid, &Most), Next::Retry(_)));
        assert_eq!(retries.next(1, &refusal(500, "Any"), &mut paid, &Most), Next::Stop);
    }
}
