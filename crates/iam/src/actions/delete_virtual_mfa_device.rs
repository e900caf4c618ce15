//! DeleteVirtualMFADevice: deletes an unassigned device and its seed.

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "DeleteVirtualMFADevice",
    doc: "Deletes a virtual MFA device and its seed. A device that is assigned to a user must be \
          deactivated first.",
    access: Access::Write,
    resource: PermissionResource::Device(Input::SHAPE.named("SerialNumber")),
    self_service: SelfService::OwnDevice(Input::SHAPE.named("SerialNumber")),
    input: &Input::SHAPE,
    sql: &[SqlMethod::delete("virtual_mfa_devices", "virtual_mfa_devices_Delete")
        .also(&[("virtual_mfa_devices", "delete_virtual_mfa_device")])],
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The serial number, which for a virtual device is its ARN.
        #[aws = "The serial number that uniquely identifies the MFA device."]
        "SerialNumber" serial: SerialNumber,
    }
}

fn run(context: &WriteContext<'_>, input: Input) -> Result<Change<()>, Refusal> {
    let account = context.account();
    Ok(Change::transaction(move |tx| {
        let device = find_device(tx.view(), account, input.serial.as_str())?;
        if device.owner.is_some() {
            return Err(refuse::device_in_use().into());
        }
        Ok(tx.delete_device(account, device.id)?)
    }))
}
