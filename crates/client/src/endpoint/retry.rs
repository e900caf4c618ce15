//! Which errors are retried, and after which back-off: botocore's standard mode as in version 2 of
//! the AWS CLI, or its legacy mode. The adaptive mode is treated as the standard one, since its
//! rate is learned over many calls, and a command makes few.
//!
//! Written here and not taken from a crate, since the AWS CLI prints the number of attempts, and
//! since its lists of retryable errors are its own.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use vmfa_model::Entropy;

use crate::{ClientError, Configuration};

/// The retry mode, the attempts of each call, and the retry quota of the process.
pub(super) struct Retries {
    mode: RetryMode,
    max_attempts: u32,
    capacity: Mutex<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RetryMode {
    Legacy,
    Standard,
}

pub(super) enum AttemptOutcome<'o> {
    /// No response, or none of the API.
    Failed(&'o ClientError),
    Refusal {
        /// The HTTP status.
        status: u16,
        /// Such as `Throttling`.
        code: &'o str,
    },
    Done,
}

/// What follows an attempt.
#[derive(Debug, PartialEq)]
pub(super) enum RetryDecision {
    /// Another attempt, after this back-off.
    Retry(Duration),
    /// No attempt is left.
    Exhausted,
    /// The outcome is not retried.
    Stop,
}

impl Retries {
    /// Reads `AWS_RETRY_MODE` and `AWS_MAX_ATTEMPTS`, or the profile's settings. The default is the
    /// standard mode with three attempts.
    ///
    /// # Errors
    /// `InvalidConfig`, for an unknown mode and for an invalid number.
    pub(super) fn new(configuration: &Configuration) -> Result<Self, ClientError> {
        let configured = |variable, setting| {
            configuration.variable(variable).or_else(|| configuration.setting(setting))
        };
        let max_attempts =
            configured("AWS_MAX_ATTEMPTS", "max_attempts").map(attempts).transpose()?;
        let mode = match configured("AWS_RETRY_MODE", "retry_mode") {
            Some("legacy") => RetryMode::Legacy,
            None | Some("standard" | "adaptive") => RetryMode::Standard,
            Some(other) => {
                return Err(ClientError::InvalidConfig(format!(
                    "Invalid value provided to \"mode\": \"{other}\" must be one of: ('legacy', \
                     'standard', 'adaptive')"
                )));
            }
        };
        let max_attempts = max_attempts.unwrap_or(match mode {
            RetryMode::Legacy => MAX_ATTEMPTS_LEGACY,
            RetryMode::Standard => MAX_ATTEMPTS,
        });
        Ok(Self { mode, max_attempts, capacity: Mutex::new(CAPACITY) })
    }

    /// What follows attempt number `attempt`, counted from 1. `paid` is what the last retry took
    /// from the quota.
    pub(super) fn next(
        &self,
        attempt: u32,
        outcome: &AttemptOutcome<'_>,
        paid: &mut Option<u32>,
        entropy: &dyn Entropy,
    ) -> RetryDecision {
        match self.mode {
            RetryMode::Legacy => self.legacy(attempt, outcome, entropy),
            RetryMode::Standard => self.standard(attempt, outcome, paid, entropy),
        }
    }

    /// Retries transient errors without a quota, and reports exhausted attempts for those alone.
    fn legacy(
        &self,
        attempt: u32,
        outcome: &AttemptOutcome<'_>,
        entropy: &dyn Entropy,
    ) -> RetryDecision {
        let transient = match outcome {
            AttemptOutcome::Done => false,
            AttemptOutcome::Failed(error) => match error {
                ClientError::ConnectTimeout(_) | ClientError::ReadTimeout(_) => true,
                ClientError::Stream(_) | ClientError::Http(_) => false,
                error => is_transient(error),
            },
            AttemptOutcome::Refusal { status: 429 | 509, .. } => true,
            AttemptOutcome::Refusal { status: 400, code } => RETRYABLE_LEGACY.contains(code),
            AttemptOutcome::Refusal { status, .. } => TRANSIENT.contains(status),
        };
        match outcome {
            _ if !transient => RetryDecision::Stop,
            _ if attempt < self.max_attempts => {
                RetryDecision::Retry(Duration::from_secs_f64(random(entropy) * doubled(attempt)))
            }
            AttemptOutcome::Refusal { .. } => RetryDecision::Exhausted,
            _ => RetryDecision::Stop,
        }
    }

    fn standard(
        &self,
        attempt: u32,
        outcome: &AttemptOutcome<'_>,
        paid: &mut Option<u32>,
        entropy: &dyn Entropy,
    ) -> RetryDecision {
        if let AttemptOutcome::Done = outcome {
            self.refund(paid.unwrap_or(1));
        }
        if attempt >= self.max_attempts {
            return RetryDecision::Exhausted;
        }
        let cost = match outcome {
            AttemptOutcome::Failed(
                ClientError::ConnectTimeout(_) | ClientError::ReadTimeout(_),
            ) => 10,
            AttemptOutcome::Failed(error) if is_transient(error) => 5,
            AttemptOutcome::Refusal { status, code }
                if TRANSIENT.contains(status) || RETRYABLE.contains(code) =>
            {
                5
            }
            _ => return RetryDecision::Stop,
        };
        let mut capacity = self.capacity.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(left) = capacity.checked_sub(cost) else { return RetryDecision::Stop };
        *capacity = left;
        *paid = Some(cost);
        RetryDecision::Retry(backoff(attempt, entropy))
    }

    fn refund(&self, amount: u32) {
        let mut capacity = self.capacity.lock().unwrap_or_else(PoisonError::into_inner);
        *capacity = capacity.saturating_add(amount).min(CAPACITY);
    }
}

/// Exponential back-off with full jitter: a random time up to 1 s, doubled with each attempt, at
/// most 20 s.
fn backoff(attempt: u32, entropy: &dyn Entropy) -> Duration {
    Duration::from_secs_f64((random(entropy) * doubled(attempt)).min(20.0))
}

/// A random number in [0, 1).
fn random(entropy: &dyn Entropy) -> f64 {
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

/// 1 for the first attempt, doubled with each, up to 2^30.
fn doubled(attempt: u32) -> f64 {
    2_f64.powi(i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX).min(30))
}

/// Parses a number of attempts, with Python's errors.
fn attempts(text: &str) -> Result<u32, ClientError> {
    let max_attempts = text.trim().parse::<i64>().map_err(|_| {
        ClientError::InvalidConfig(format!("invalid literal for int() with base 10: '{text}'"))
    })?;
    if max_attempts < 1 {
        return Err(ClientError::InvalidConfig(format!(
            "Value provided to \"max_attempts\": {max_attempts} must be an integer greater than or equal \
             to 1."
        )));
    }
    Ok(u32::try_from(max_attempts).unwrap_or(u32::MAX))
}

/// Whether botocore retries an error of the connection.
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

/// Of the standard mode.
const MAX_ATTEMPTS: u32 = 3;
/// Of the legacy mode.
const MAX_ATTEMPTS_LEGACY: u32 = 5;
/// The retry quota of a process. A successful attempt refunds what its retry took.
const CAPACITY: u32 = 500;
/// HTTP statuses.
const TRANSIENT: [u16; 4] = [500, 502, 503, 504];
/// Codes of refusals: timeouts, throttling, and errors of STS's identity providers.
const RETRYABLE: [&str; 17] = [
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
/// Codes of refusals with status 400, in the legacy mode.
const RETRYABLE_LEGACY: [&str; 6] = [
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

    /// The highest random number.
    struct MaxEntropy;

    impl Entropy for MaxEntropy {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(u8::MAX);
        }
    }

    fn retries(max_attempts: u32) -> Retries {
        Retries { mode: RetryMode::Standard, max_attempts, capacity: Mutex::new(CAPACITY) }
    }

    fn configured(variables: &[(&'static str, &str)]) -> Result<(RetryMode, u32), String> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let configuration = Configuration::read(&variable, None).unwrap();
        let retries = Retries::new(&configuration);
        retries
            .map(|retries| (retries.mode, retries.max_attempts))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn mode_and_attempts_are_read_from_the_environment() {
        let mode = |mode| ("AWS_RETRY_MODE", mode);
        let max_attempts = |number| ("AWS_MAX_ATTEMPTS", number);
        assert_eq!(configured(&[]), Ok((RetryMode::Standard, 3)));
        assert_eq!(configured(&[mode("adaptive")]), Ok((RetryMode::Standard, 3)));
        assert_eq!(configured(&[mode("legacy")]), Ok((RetryMode::Legacy, 5)));
        assert_eq!(configured(&[mode("legacy"), max_attempts("2")]), Ok((RetryMode::Legacy, 2)));
        let modes = "must be one of: ('legacy', 'standard', 'adaptive')";
        let refused = |mode| format!("Invalid value provided to \"mode\": \"{mode}\" {modes}");
        assert_eq!(configured(&[mode("STANDARD")]), Err(refused("STANDARD")));
        assert_eq!(configured(&[mode("")]), Err(refused("")));
        let small = "Value provided to \"max_attempts\": 0 must be an integer greater than or equal \
                     to 1.";
        assert_eq!(configured(&[max_attempts("0"), mode("x")]), Err(small.to_owned()));
        let literal = "invalid literal for int() with base 10: ''";
        assert_eq!(configured(&[max_attempts("")]), Err(literal.to_owned()));
    }

    #[test]
    fn the_legacy_mode_retries_its_own_errors() {
        let retries = Retries { mode: RetryMode::Legacy, ..retries(2) };
        let next = |attempt, outcome: &AttemptOutcome<'_>| {
            retries.next(attempt, outcome, &mut None, &MaxEntropy)
        };
        let is_retried =
            |outcome: &AttemptOutcome<'_>| matches!(next(1, outcome), RetryDecision::Retry(_));
        let url = || "http://h/".to_owned();
        for outcome in [refusal(509, "Any"), refusal(429, "Any"), refusal(400, "Throttling")] {
            assert!(is_retried(&outcome));
            assert_eq!(next(2, &outcome), RetryDecision::Exhausted);
        }
        let connect = ClientError::Connect(url());
        assert!(is_retried(&AttemptOutcome::Failed(&connect)));
        assert_eq!(next(2, &AttemptOutcome::Failed(&connect)), RetryDecision::Stop);
        assert!(is_retried(&AttemptOutcome::Failed(&ClientError::ReadTimeout(url()))));
        // The standard mode retries these, and reports any refusal as the last of its attempts.
        assert!(!is_retried(&refusal(400, "SlowDown")));
        assert!(!is_retried(&refusal(403, "Throttling")));
        assert!(!is_retried(&AttemptOutcome::Failed(&ClientError::Http(url()))));
        assert_eq!(next(2, &refusal(403, "AccessDenied")), RetryDecision::Stop);
    }

    fn refusal(status: u16, code: &'static str) -> AttemptOutcome<'static> {
        AttemptOutcome::Refusal { status, code }
    }

    #[test]
    fn the_back_off_doubles_up_to_twenty_seconds() {
        let seconds: Vec<_> =
            (1..=8).map(|attempt| backoff(attempt, &MaxEntropy).as_secs_f64().round()).collect();
        assert_eq!(seconds, [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0, 20.0]);
    }

    #[test]
    fn transient_errors_are_retried_and_no_others() {
        let retries = retries(3);
        let is_retried = |outcome: &AttemptOutcome<'_>| {
            matches!(retries.next(1, outcome, &mut None, &MaxEntropy), RetryDecision::Retry(_))
        };
        for status in [500, 502, 503, 504] {
            assert!(is_retried(&refusal(status, "Any")), "{status}");
        }
        for code in ["Throttling", "SlowDown", "RequestTimeout", "IDPCommunicationError"] {
            assert!(is_retried(&refusal(400, code)), "{code}");
        }
        for (status, code) in [(400, "ValidationError"), (403, "AccessDenied"), (501, "Any")] {
            assert!(!is_retried(&refusal(status, code)), "{code}");
        }
        let url = || "http://h/".to_owned();
        assert!(is_retried(&AttemptOutcome::Failed(&ClientError::Connect(url()))));
        assert!(is_retried(&AttemptOutcome::Failed(&ClientError::ReadTimeout(url()))));
        assert!(is_retried(&AttemptOutcome::Failed(&ClientError::Closed(url()))));
        assert!(!is_retried(&AttemptOutcome::Failed(&ClientError::Unreadable(url()))));
        assert!(!is_retried(&AttemptOutcome::Failed(&ClientError::NoCredentials)));
        assert!(!is_retried(&AttemptOutcome::Done));
    }

    #[test]
    fn any_refusal_of_the_last_attempt_is_reported_as_the_last() {
        let retries = retries(1);
        for outcome in [refusal(500, "Any"), refusal(403, "AccessDenied")] {
            assert_eq!(retries.next(1, &outcome, &mut None, &MaxEntropy), RetryDecision::Exhausted);
        }
    }

    #[test]
    fn the_retry_quota_runs_out_and_a_success_refunds_it() {
        let retries = retries(u32::MAX);
        let mut paid = None;
        let mut made = 0;
        while let RetryDecision::Retry(_) =
            retries.next(1, &refusal(500, "Any"), &mut paid, &MaxEntropy)
        {
            made += 1;
        }
        assert_eq!(made, CAPACITY / 5);
        assert_eq!(
            retries.next(1, &AttemptOutcome::Done, &mut paid, &MaxEntropy),
            RetryDecision::Stop
        );
        assert!(matches!(
            retries.next(1, &refusal(500, "Any"), &mut paid, &MaxEntropy),
            RetryDecision::Retry(_)
        ));
        assert_eq!(
            retries.next(1, &refusal(500, "Any"), &mut paid, &MaxEntropy),
            RetryDecision::Stop
        );
    }
}
