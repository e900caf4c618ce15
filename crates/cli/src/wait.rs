//! `wait`: polls an action until it succeeds. The waiters are data of botocore.

use std::time::Duration;

use vmfa_client::CallError;
use vmfa_iam::{Api, Call};
use vmfa_model::{Fault, Record};

use crate::error::{CliError, Result};

#[derive(Debug)]
pub(crate) struct Waiter {
    api: Api,
    /// The name in botocore, such as `UserExists`.
    name: &'static str,
    /// The name on the command line, such as `user-exists`.
    command: &'static str,
    /// The action to poll, which succeeds when the wait is over.
    pub(crate) action: &'static str,
    /// The fault that means "not yet".
    retry: RetryOn,
    /// Seconds between two attempts.
    delay: u64,
    /// The maximum number of attempts.
    attempts: u32,
}

/// The fault that means "not yet".
#[derive(Debug)]
enum RetryOn {
    /// A fault with this code.
    Code(&'static str),
    /// A fault with this HTTP status.
    Status(u16),
}

impl Waiter {
    pub(crate) fn find(api: Api, command: &str) -> Option<&'static Self> {
        WAITERS.iter().find(|waiter| waiter.api == api && waiter.command == command)
    }

    /// The names on the command line.
    pub(crate) fn names(api: Api) -> impl Iterator<Item = &'static str> {
        WAITERS.iter().filter(move |waiter| waiter.api == api).map(|waiter| waiter.command)
    }

    /// Polls, with a `pause` between attempts. Nothing is held between attempts, since another
    /// process may need the data directory to create the entity.
    pub(crate) fn wait(
        &self,
        call: &Call,
        ask: &dyn Fn(Call) -> Result<Record, CallError>,
        pause: &dyn Fn(Duration),
    ) -> Result<()> {
        for attempt in 1.. {
            let question = Call { action: call.action, input: call.input.clone() };
            let fault = match ask(question) {
                Ok(_) => return Ok(()),
                Err(CallError::Refused(fault) | CallError::Exhausted { fault, .. }) => fault,
                Err(failed) => return Err(CliError::of(call.action, failed)),
            };
            let Some(state) = self.retry.state(&fault) else {
                let code = fault.kind.code();
                let message = fault.message.as_deref().unwrap_or("Unknown");
                return Err(self.failed(&format!("An error occurred ({code}): {message}")));
            };
            if attempt >= self.attempts {
                let reason = format!("Max attempts exceeded. Previously accepted state: {state}");
                return Err(self.failed(&reason));
            }
            pause(Duration::from_secs(self.delay));
        }
        Ok(())
    }

    fn failed(&self, reason: &str) -> CliError {
        CliError::Other(format!("Waiter {} failed: {reason}", self.name))
    }
}

impl RetryOn {
    /// The message for a fault that means "not yet".
    fn state(&self, fault: &Fault) -> Option<String> {
        match self {
            Self::Code(code) => (fault.kind.code() == *code)
                .then(|| format!("Matched expected service error code: {code}")),
            Self::Status(status) => (fault.kind.status() == *status)
                .then(|| format!("Matched expected HTTP status code: {status}")),
        }
    }
}

/// From botocore's `waiters-2.json`.
static WAITERS: [Waiter; 4] = [
    Waiter {
        command: "instance-profile-exists",
        action: "GetInstanceProfile",
        retry: RetryOn::Status(404),
        attempts: 40,
        ..iam("InstanceProfileExists")
    },
    Waiter { command: "user-exists", action: "GetUser", ..iam("UserExists") },
    Waiter { command: "role-exists", action: "GetRole", ..iam("RoleExists") },
    Waiter { command: "policy-exists", action: "GetPolicy", ..iam("PolicyExists") },
];

const fn iam(name: &'static str) -> Waiter {
    Waiter {
        api: Api::Iam,
        name,
        command: "",
        action: "",
        retry: RetryOn::Code("NoSuchEntity"),
        delay: 1,
        attempts: 20,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use vmfa_iam::find;
    use vmfa_model::FaultKind;

    use super::*;

    fn wait(refusals: usize, kind: &FaultKind) -> (usize, Result<(), String>) {
        let waiter = Waiter::find(Api::Iam, "user-exists").unwrap();
        let action = find(Api::Iam, waiter.action).unwrap();
        let pauses = Cell::new(0);
        let pause = |time: Duration| pauses.set(pauses.get() + usize::from(time.as_secs() == 1));
        let left = Cell::new(refusals);
        let ask = |_| match left.get() {
            0 => Ok(Record::new()),
            more => {
                left.set(more - 1);
                Err(Fault::new(kind.clone(), "no").into())
            }
        };
        let call = Call { action, input: Record::new() };
        let message = waiter.wait(&call, &ask, &pause).map_err(|failure| failure.text("p"));
        (pauses.get(), message)
    }

    #[test]
    fn wait_polls_until_the_condition_holds() {
        assert_eq!(wait(0, &FaultKind::NoSuchEntity), (0, Ok(())));
        assert_eq!(wait(19, &FaultKind::NoSuchEntity), (19, Ok(())));
    }

    #[test]
    fn wait_fails_after_the_maximum_of_attempts() {
        let (pauses, message) = wait(20, &FaultKind::NoSuchEntity);
        assert_eq!(pauses, 19);
        insta::assert_snapshot!(message.unwrap_err().trim(), @"p: [ERROR]: Waiter UserExists failed: Max attempts exceeded. Previously accepted state: Matched expected service error code: NoSuchEntity");
        let (pauses, message) = wait(1, &FaultKind::AccessDenied);
        assert_eq!(pauses, 0);
        insta::assert_snapshot!(message.unwrap_err().trim(), @"p: [ERROR]: Waiter UserExists failed: An error occurred (AccessDenied): no");
    }
}
