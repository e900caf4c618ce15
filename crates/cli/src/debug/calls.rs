//! Logs calls and responses for `--debug`.

use vmfa_client::{CallError, Calls};
use vmfa_iam::Call;
use vmfa_model::Record;

use super::{DRIVER, DebugLog, record::shown};

/// Makes calls through `calls` and logs them.
pub(crate) struct LoggedCalls<'a> {
    pub(crate) calls: &'a dyn Calls,
    pub(crate) log: &'a DebugLog,
}

impl Calls for LoggedCalls<'_> {
    fn call(&self, call: Call) -> Result<Record, CallError> {
        if !self.log.is_on() {
            return self.calls.call(call);
        }
        let name = call.action.name;
        let input = shown(&call.input);
        self.log.note(DRIVER, format_args!("Calling {name} with: {input}"));
        let answer = self.calls.call(call);
        match &answer {
            Ok(answer) => {
                self.log.note(DRIVER, format_args!("{name} answered: {}", shown(answer)));
            }
            Err(failed) => self.log.note(DRIVER, format_args!("{name} failed: {failed}")),
        }
        answer
    }

    fn max_concurrency(&self) -> usize {
        self.calls.max_concurrency()
    }
}
