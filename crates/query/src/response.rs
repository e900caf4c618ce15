//! Answers and refusals as XML.
//!
//! A server writes with [`write_output`] and [`write_refusal`], to the byte as IAM does where that is known: no
//! prolog, two spaces a level, a line feed at the end. A client reads with [`read`], which takes
//! any layout.
//!
//! Not here: HTTP's headers, but for the type of the content.

mod document;
mod read;
mod write;

use vmfa_iam::{Action, Api};
use vmfa_model::{Fault, Record, StructureShape};

pub use self::read::{ResponseError, is_xml, read, read_output};
use self::write::Writer;

/// The type of the content of every answer and refusal.
pub const CONTENT_TYPE: &str = "text/xml";

/// The answer to a call that was carried out.
///
/// It may hold a seed and is not zeroed: it goes to the socket, through buffers that are not ours.
#[expect(clippy::needless_pass_by_value, reason = "the secrets in it are zeroed once written")]
pub fn write_output(action: &Action, output: Record, request_id: &str) -> Vec<u8> {
    let output = action.output().map(|shape| (shape, &output));
    write_response(action.name, action.api, output, request_id)
}

/// The answer of an action of that name.
pub(crate) fn write_response(
    name: &str,
    api: Api,
    output: Option<(&StructureShape, &Record)>,
    request_id: &str,
) -> Vec<u8> {
    let mut writer = Writer::new();
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

/// The answer to a call that was refused. Those with status 500 and above blame the receiver. A
/// fault without a message has no `Message` element.
pub fn write_refusal(api: Api, fault: &Fault, request_id: &str) -> Vec<u8> {
    let mut writer = Writer::new();
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
