//! Outputs and refusals as XML.
//!
//! A server writes with [`write_output`] and [`write_refusal`], byte for byte as IAM where that is
//! recorded: no prolog, two spaces a level, a line feed at the end. A client reads with [`read()`],
//! which takes any layout.

mod document;
mod read;
mod write;

use vmfa_iam::{Action, Api};
use vmfa_model::{Fault, Record, StructureShape};

pub use self::read::{ResponseError, is_xml, read, read_output};
use self::write::XmlWriter;

/// Of every response.
pub const CONTENT_TYPE: &str = "text/xml";

/// The response to a call that succeeded.
///
/// It may contain a seed and is not zeroed: it goes to the socket through buffers of hyper.
#[expect(clippy::needless_pass_by_value, reason = "the secrets in it are zeroed once written")]
pub fn write_output(action: &Action, output: Record, request_id: &str) -> Vec<u8> {
    let output = action.output().map(|shape| (shape, &output));
    write_response(action.name, action.api, output, request_id)
}

pub(crate) fn write_response(
    name: &str,
    api: Api,
    output: Option<(&StructureShape, &Record)>,
    request_id: &str,
) -> Vec<u8> {
    let mut writer = XmlWriter::new();
    let response = [name, "Response"].concat();
    writer.root(&response, api.namespace());
    if let Some((shape, record)) = output {
        writer.structure(&[name, "Result"].concat(), shape, record);
    }
    writer.open("ResponseMetadata");
    writer.text("RequestId", request_id);
    writer.close("ResponseMetadata");
    writer.close(&response);
    writer.finish()
}

/// The response to a call that was refused. Its `Type` is `Receiver` from status 500 on; a fault
/// without a message has no `Message` element.
pub fn write_refusal(api: Api, fault: &Fault, request_id: &str) -> Vec<u8> {
    let mut writer = XmlWriter::new();
    writer.root("ErrorResponse", api.namespace());
    writer.open("Error");
    writer.text("Type", if fault.kind.status() < 500 { "Sender" } else { "Receiver" });
    writer.text("Code", &fault.kind.code());
    if let Some(message) = &fault.message {
        writer.text("Message", message);
    }
    writer.close("Error");
    writer.text("RequestId", request_id);
    writer.close("ErrorResponse");
    writer.finish()
}
