//! Answers and refusals to the byte, and what a client makes of other layouts.

use insta::assert_snapshot;
use vmfa_iam::{Api, find};
use vmfa_model::{
    Blob, Fault, Kind, Map, Record, Secret, Structure, StructureShape, Timestamp, Value,
    names::{Tag, TagKey, TagValue},
    structure,
};

use super::sample::{Inner, SAMPLE, Sample, shown};
use crate::response::{Unanswered, answer, read, read_output, refusal, write_answer};

const ID: &str = "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE";

structure! {
    /// What ListMFADevices answers, as far as an empty answer tells.
    struct Listed {
        /// The devices.
        "MFADevices" devices: Vec<Tag>,
        /// Whether there are more.
        "IsTruncated" more: bool,
    }
    wire "IsTruncated", "MFADevices"
}

#[test]
fn answers_are_as_long_as_the_recorded_ones() {
    let id = "00000000-0000-4000-8000-000000000000";
    let empty = Listed { devices: Vec::new(), more: false }.into_record();
    let shape = <Listed as Structure>::SHAPE;
    let list = write_answer("ListMFADevices", Api::Iam, Some((&shape, &empty)), id);
    assert_eq!(list.len(), 314);
    assert_eq!(refusal(Api::Iam, &Fault::silent(Kind::ReportInProgress), id).len(), 224);
}
