//! The service, and the one way to run an action, [`Service::call`].

use std::sync::Arc;

use vmfa_model::{Clock, Entropy, Fault, Record, Timestamp, Wording, validate};
use vmfa_store::{KeyRing, Store};

use crate::{
    Action, Api, Caller, Detail, Refusal,
    action::Rule,
    authorize,
    change::Change,
    context::{ReadContext, Reader, WriteContext},
    credentials::{CredentialCache, LastUses},
    marker::MarkerKey,
    page::PageRequest,
    verifier::Verifiers,
};

/// What somebody asks for: an action with its decoded input.
#[derive(Clone, Debug)]
pub struct Call {
    /// The action.
    pub action: &'static Action,
    /// Its input, as the door decoded it; validated here.
    pub input: Record,
}

/// What the operator chose.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Names the issuer in QR codes; none by default, as AWS documents the code.
    pub issuer: Option<String>,
    /// The quotas.
    pub quotas: Quotas,
}

macro_rules! quotas {
    ($($(#[doc = $doc:literal])* $field:ident $name:literal = $default:literal),+ $(,)?) => {
        /// What an account may have at the most.
        #[derive(Clone, Copy, Debug)]
        pub struct Quotas { $($(#[doc = $doc])* pub $field: u64),+ }

        impl Default for Quotas {
            fn default() -> Self {
                Self { $($field: $default),+ }
            }
        }

        impl Quotas {
            /// The names by which an operator sets them.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// Sets the quota of that name. Whether there is one.
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
    /// Devices that one user may have.
    devices_per_user "MFADevicesPerUser" = 8,
    /// Access keys that one user may have.
    access_keys_per_user "AccessKeysPerUser" = 2,
    /// Tags on one resource.
    tags "Tags" = 50,
    /// Codes that may be tried on one device in three minutes, right or wrong.
    attempts "MFAAttemptsPerThreeMinutes" = 9,
}

/// The service over a store.
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
    /// A service over a store whose secrets are sealed with `keys`.
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

    /// Runs an action for a caller: validates the input, asks whether the caller may, runs the
    /// rule in one transaction. Nothing is changed where it refuses, except that a tried code
    /// counts.
    ///
    /// It blocks: a write returns when it is durable. `request` names the call in the log.
    pub fn call(&self, caller: &Caller, call: Call, request: &str) -> Result<Record, Fault> {
        self.call_for(caller, call, Detail::Whole, request)
    }

    /// As [`call`](Self::call), for somebody who wants no more than that of a list's elements.
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
    /// on the store's thread when the write is durable, or before this returns. It must be short,
    /// and must not call the service.
    pub fn start(
        &self,
        caller: &Caller,
        call: Call,
        detail: Detail,
        request: &str,
        done: impl FnOnce(Result<Record, Fault>) + Send + 'static,
    ) {
        match self.prepare(caller, call, detail) {
            Err(refusal) => done(Err(refusal.into_fault(request))),
            Ok(change) => {
                let request = request.to_owned();
                change.start(&*self.store, caller.account, move |outcome| {
                    done(outcome.map_err(|refusal| refusal.into_fault(&request)));
                });
            }
        }
    }

    /// Whether what reads may run on a thread that must not block, such as one of an async runtime.
    pub fn reads_inline(&self) -> bool {
        self.store.reads_inline()
    }

    /// The present moment, by the service's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new name for a request, in the form of AWS's.
    pub fn request_id(&self) -> String {
        crate::identifiers::request_id(&*self.entropy)
    }

    /// Whether the store answers.
    pub fn is_ready(&self) -> bool {
        self.store.read(&mut |view| view.first_account().map(|_| ())).is_ok()
    }

    /// Does all but the writing.
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
            Rule::Read(run) => run(&read, input).map(Change::None),
            Rule::Write(run) => {
                run(&WriteContext { read, keys: &self.keys, entropy: &self.entropy }, input)
            }
        }
    }
}

#[cfg(test)]
mod tests;
