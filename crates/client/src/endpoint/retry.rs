//! When a request is sent again, and after how long: botocore's standard mode as version 2 of the
//! AWS CLI has it.
//!
//! Not here: sending, and waiting.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use vmfa_model::Entropy;

use crate::{Configuration, Trouble};

/// The attempts that are made, and how many more a process may make in all.
pub(super) struct Retries {
    most: u32,
    capacity: Mutex<u32>,
}

/// What became of an attempt.
pub(super) enum Outcome<'o> {
    /// There was no answer.
    Trouble(&'o Trouble),
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
    Again(Duration),
    /// It was the last of the attempts that are made.
    Exhausted,
    /// Nothing.
    Stop,
}

impl Retries {
    /// As many as `AWS_MAX_ATTEMPTS` or the profile say, or three.
    pub(super) fn new(configuration: &Configuration) -> Result<Self, Trouble> {
        let said = configuration.variable("AWS_MAX_ATTEMPTS");
        let most = match said.or_else(|| configuration.setting("max_attempts")) {
            None => MOST,
            Some(text) => text.trim().parse::<i64>().map_err(|_| {
                Trouble::InvalidConfig(format!("invalid literal for int() with base 10: '{text}'"))
            })?,
        };
        if most < 1 {
            return Err(Trouble::InvalidConfig(format!(
                "Value provided to \"max_attempts\": {most} must be an integer greater than or \
                 equal to 1."
            )));
        }
        Ok(Self { most: u32::try_from(most).unwrap_or(u32::MAX), capacity: Mutex::new(CAPACITY) })
    }

    /// What is to be done after the attempt of that number, counted from one. `paid` is what the
    /// last attempt cost.
    pub(super) fn next(
        &self,
        attempt: u32,
        outcome: &Outcome<'_>,
        paid: &mut Option<u32>,
        entropy: &dyn Entropy,
    ) -> Next {
        if let Outcome::Done = outcome {
            self.give_back(paid.unwrap_or(1));
        }
        if attempt >= self.most {
            return Next::Exhausted;
        }
        let cost = match outcome {
            Outcome::Trouble(Trouble::ConnectTimeout(_) | Trouble::ReadTimeout(_)) => 10,
            Outcome::Trouble(trouble) if is_transient(trouble) => 5,
            Outcome::Refusal { status, code }
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
        Next::Again(pause(attempt, entropy))
    }

    fn give_back(&self, amount: u32) {
        let mut capacity = self.capacity.lock().unwrap_or_else(PoisonError::into_inner);
        *capacity = capacity.saturating_add(amount).min(CAPACITY);
    }
}

/// By chance between nothing and a second, and twice that with each attempt, up to twenty seconds.
fn pause(attempt: u32, entropy: &dyn Entropy) -> Duration {
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes);
    let chance = f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0);
    let most = 2_f64.powi(i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX));
    Duration::from_secs_f64((chance * most).min(20.0))
}

/// Whether it may be otherwise the next time.
fn is_transient(trouble: &Trouble) -> bool {
    matches!(
        trouble,
        Trouble::Connect(_)
            | Trouble::Closed(_)
            | Trouble::Proxy(_)
            | Trouble::Tls { .. }
            | Trouble::Stream(_)
            | Trouble::Http(_)
    )
}

/// Attempts where nothing is said.
const MOST: i64 = 3;
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
        Retries { most, capacity: Mutex::new(CAPACITY) }
    }

    fn refusal(status: u16, code: &'static str) -> Outcome<'static> {
        Outcome::Refusal { status, code }
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
        let again = |outcome: &Outcome<'_>| {
            matches!(retries.next(1, outcome, &mut None, &Most), Next::Again(_))
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
        assert!(again(&Outcome::Trouble(&Trouble::Connect(url()))));
        assert!(again(&Outcome::Trouble(&Trouble::ReadTimeout(url()))));
        assert!(again(&Outcome::Trouble(&Trouble::Closed(url()))));
        assert!(!again(&Outcome::Trouble(&Trouble::Unreadable(url()))));
        assert!(!again(&Outcome::Trouble(&Trouble::NoCredentials)));
        assert!(!again(&Outcome::Done));
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
        while let Next::Again(_) = retries.next(1, &refusal(500, "Any"), &mut paid, &Most) {
            made += 1;
        }
        assert_eq!(made, CAPACITY / 5);
        assert_eq!(retries.next(1, &Outcome::Done, &mut paid, &Most), Next::Stop);
        assert!(matches!(retries.next(1, &refusal(500, "Any"), &mut paid, &Most), Next::Again(_)));
        assert_eq!(retries.next(1, &refusal(500, "Any"), &mut paid, &Most), Next::Stop);
    }
}
