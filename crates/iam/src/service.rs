//! The service, which runs actions: [`Service::call`].

use std::sync::Arc;

use vmfa_model::{Clock, Entropy, Fault, Record, Timestamp, Wording, validate};
use vmfa_store::{KeyRing, Store};

use crate::{
    Action, Api, CallOutcome, Caller, Detail, Refusal,
    action::Rule,
    authorize,
    change::Change,
    context::{ReadContext, Reader, WriteContext},
    credentials::{CredentialCache, LastUses},
    marker::MarkerKey,
    page::PageRequest,
    refusal::InternalError,
    verifier::Verifiers,
};

/// A call of an action.
#[derive(Clone, Debug)]
pub struct Call {
    /// Of the action table.
    pub action: &'static Action,
    /// Its input as the door decoded it, not yet validated.
    pub input: Record,
}

/// The operator's settings.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The issuer in QR codes; none by default, as in AWS's.
    pub issuer: Option<String>,
    /// The limits of each account.
    pub quotas: Quotas,
}

macro_rules! quotas {
    ($($(#[doc = $doc:literal])* $field:ident $name:literal = $default:literal),+ $(,)?) => {
        /// The limits of an account, with AWS's defaults.
        #[derive(Clone, Copy, Debug)]
        pub struct Quotas { $($(#[doc = $doc])* pub $field: u64),+ }

        impl Default for Quotas {
            fn default() -> Self {
                Self { $($field: $default),+ }
            }
        }

        impl Quotas {
            /// The names by which an operator sets them, such as `MFADevices`.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// Sets the quota of that name; `false` if there is none.
            pub fn set(&mut self, name: &str, value: u64) -> bool {
                match name {
                    $($name => self.$field = value,)+
                    _ => return false,
                }
                true
            }
        }
    };
}

quotas! {
    /// Users in the account.
    users "Users" = 5_000,
    /// Virtual MFA devices in the account, assigned or not.
    devices "MFADevices" = 5_000,
    /// Devices of one user.
    devices_per_user "MFADevicesPerUser" = 8,
    /// Access keys of one user.
    access_keys_per_user "AccessKeysPerUser" = 2,
    /// Tags on one resource.
    tags "Tags" = 50,
    /// Attempts on one device in three minutes, with right or wrong codes.
    attempts "MFAAttemptsPerThreeMinutes" = 9,
}

/// The actions over a store.
pub struct Service {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) credentials: CredentialCache,
    pub(crate) uses: LastUses,
    pub(crate) verifiers: Verifiers,
    marker_key: MarkerKey,
    settings: Settings,
}

impl Service {
    /// A service over a store whose secrets are encrypted with `keys`.
    pub fn new(
        store: Arc<dyn Store>,
        keys: KeyRing,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: Settings,
    ) -> Self {
        let marker_key = MarkerKey::of(&keys);
        Self {
            store,
            keys: Arc::new(keys),
            clock,
            entropy,
            credentials: CredentialCache::default(),
            uses: LastUses::default(),
            verifiers: Verifiers::default(),
            marker_key,
            settings,
        }
    }

    /// Validates the input, authorizes the caller, and runs the rule, which writes in one
    /// transaction. A refused call changes nothing, except that an attempt counts.
    ///
    /// It blocks until a write is durable. `request` is the call's name in the log.
    pub fn call(&self, caller: &Caller, call: Call, request: &str) -> Result<Record, Fault> {
        self.call_for(caller, call, Detail::Whole, request)
    }

    /// As [`call`](Self::call), with as much of a list's elements as `detail` says.
    pub fn call_for(
        &self,
        caller: &Caller,
        call: Call,
        detail: Detail,
        request: &str,
    ) -> Result<Record, Fault> {
        let outcome = self.prepare(caller, call, detail);
        let outcome = outcome.and_then(|change| change.apply(&*self.store, caller.account));
        outcome.map_err(|refusal| refusal.into_fault(request))
    }

    /// As [`call_for`](Self::call_for), but does not wait for the disk: it validates, authorizes
    /// and prepares on the calling thread, which reads, and queues the write. `done` is called once:
    /// on the store's thread when the write is durable, or before this returns. It should only pass
    /// the outcome on, to be [finished](CallOutcome::finish) elsewhere.
    pub fn start(
        &self,
        caller: &Caller,
        call: Call,
        detail: Detail,
        done: impl FnOnce(CallOutcome) + Send + 'static,
    ) {
        match self.prepare(caller, call, detail) {
            Err(refusal) => done(CallOutcome::refused(refusal)),
            Ok(change) => change.start(&*self.store, caller.account, done),
        }
    }

    /// Whether a read rule may run on a thread that must not block, such as one of an async runtime.
    pub fn reads_inline(&self) -> bool {
        self.store.reads_inline()
    }

    /// The time of the service's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new request id, in the form of AWS's.
    pub fn request_id(&self) -> String {
        crate::identifiers::request_id(&*self.entropy)
    }

    /// Whether the store can be read.
    pub fn is_ready(&self) -> bool {
        self.store.read(&mut |view| view.first_account().map(|_| ())).is_ok()
    }

    /// All but the transaction.
    fn prepare(
        &self,
        caller: &Caller,
        call: Call,
        detail: Detail,
    ) -> Result<Change<Record>, Refusal> {
        let Call { action, input } = call;
        let wording = match action.api {
            Api::Iam | Api::Vmfa => Wording::Plain,
            Api::Sts => Wording::Echoing,
        };
        validate(action.input, &input, wording)?;
        let read = ReadContext {
            caller,
            now: self.clock.now(),
            detail,
            settings: &self.settings,
            uses: &self.uses,
            page: PageRequest::of(&self.marker_key, caller, action, &input),
            reader: Reader::of(&*self.store),
        };
        authorize::check(&read, action, &input)?;
        match action.rule {
            Rule::Missing => {
                Err(Refusal::Internal(InternalError::Impossible("the action has no rule")))
            }
            Rule::Read(run) => run(&read, input).map(Change::None),
            Rule::Write(run) => {
                run(&WriteContext { read, keys: &self.keys, entropy: &self.entropy }, input)
            }
        }
    }
}

#[cfg(test)]
mod tests;
