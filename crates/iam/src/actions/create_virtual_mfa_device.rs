//! CreateVirtualMFADevice: creates a device, and returns its seed once.

use vmfa_model::{
    DeviceResource, Fault, FaultKind,
    names::{Path, VirtualDeviceName},
};
use vmfa_otp::{SEED_BYTES, Seed, qr, uri};
use vmfa_store::DeviceInsertion;
use zeroize::Zeroizing;

use super::prelude::*;
use crate::refusal::InternalError;

pub(super) static ACTION: Action = Action {
    name: "CreateVirtualMFADevice",
    doc: "Creates a virtual MFA device that is not assigned to a user. The response holds its \
          seed, as Base32 text and as a QR code for an authenticator app; no other call returns \
          it. EnableMFADevice then assigns the device to a user.",
    access: Access::Write,
    resource: PermissionResource::NewDevice {
        path: Input::SHAPE.named("Path"),
        name: Input::SHAPE.named("VirtualMFADeviceName"),
    },
    self_service: SelfService::OwnName(Input::SHAPE.named("VirtualMFADeviceName")),
    input: &Input::SHAPE,
    reply: Reply::one(&Output::SHAPE, "VirtualMFADevice")
        .with_files(&["Base32StringSeed", "QRCodePNG"]),
    sql: &[SqlMethod::insert("virtual_mfa_devices", "virtual_mfa_devices_Create")
        .also(&[("virtual_mfa_devices", "create_virtual_mfa_device")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The path of the device's serial number; `/` by default.
        #[aws = " The path for the virtual MFA device."]
        "Path" path: Option<Path>,
        /// The name, which is unique in the account together with the path.
        #[aws = "The name of the virtual MFA device, which must be unique."]
        "VirtualMFADeviceName" name: VirtualDeviceName,
        /// Tags to give the device.
        #[aws = "A list of tags that you want to attach to the new IAM virtual MFA device."]
        "Tags" tags: Option<Tags>,
    }
}

structure! {
    struct Output {
        /// The device.
        "VirtualMFADevice" device: VirtualDevice,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<Output>, Refusal> {
    let account = context.account();
    let path = match input.path {
        Some(path) => path,
        None => Path::try_from("/".to_owned())?,
    };
    let resource = DeviceResource::new(&path, &input.name);
    let serial = account.device_arn(&resource);
    if serial.chars().count() > SerialNumber::TEXT.max.unwrap_or(usize::MAX) {
        return Err(serial_too_long().into());
    }
    let quotas = context.quotas();
    let with_tags = input.tags.is_some();
    let tags = tagging::new(input.tags, TagKeyCase::Exact, quotas.tags)?;

    // Cheap pre-check; the transaction re-checks.
    let found = context.read(|view| {
        let alias = view.account(account)?.and_then(|account| account.alias);
        Ok((view.device(account, &resource)?.is_some(), alias))
    })?;
    let (false, alias) = found else { return Err(refuse::device_exists().into()) };

    let seed = new_seed(context);
    let label = alias.map_or_else(|| account.to_string(), |alias| alias.to_string());
    let issuer = context.settings.issuer.as_deref();
    let uri = uri::key_uri(input.name.as_str(), &label, issuer, &seed);
    let too_long =
        |_| Refusal::Internal(InternalError::Impossible("the QR code cannot hold the name"));
    let qr = Blob::from(qr::png(&uri).map_err(too_long)?);
    let text = seed.to_base32();

    let mut generation = [0; 8];
    context.entropy.fill(&mut generation);
    let generation = i64::from_be_bytes(generation);
    let seed_context = SeedContext { account, resource: &resource, generation };
    let seed = seed_context.encrypt(&seed, context.keys, &**context.entropy);
    let shown = with_tags.then(|| tags.clone());

    let device = vmfa_store::NewDevice { resource, tags, generation, seed };
    let change = Change::transaction(move |tx| {
        match tx.insert_device(account, &device, quotas.devices)? {
            DeviceInsertion::Inserted(_) => Ok(()),
            DeviceInsertion::Taken => Err(refuse::device_exists().into()),
            DeviceInsertion::QuotaReached => {
                Err(refuse::over_quota("VirtualMFADevicesPerAccount", quotas.devices).into())
            }
        }
    });

    let device = VirtualDevice {
        serial,
        seed: Some(Blob::new(text.as_bytes().to_vec())),
        qr: Some(qr),
        user: None,
        enabled: None,
        tags: shown,
    };
    Ok(change.then(|()| Output { device }))
}

fn new_seed(context: &WriteContext<'_>) -> Seed {
    let mut bytes = Zeroizing::new([0; SEED_BYTES]);
    context.entropy.fill(bytes.as_mut());
    Seed::from_bytes(*bytes)
}

/// AWS's model sets no longest name, but no call could ever name a device whose serial number is
/// longer than serial numbers may be.
fn serial_too_long() -> Fault {
    let message = "1 validation error detected: Value at 'serialNumber' failed to satisfy \
                   constraint: Member must have length less than or equal to 256";
    Fault::new(FaultKind::ValidationError, message)
}
