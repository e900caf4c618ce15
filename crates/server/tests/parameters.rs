//! Lists of parameters, as recorded from AWS in September 2026.

use vmfa_testkit::Harness;

#[test]
fn tags_with_gaps_and_odd_indices_are_refused_as_recorded() {
    let server = Harness::start();
    let mut client = server.client();
    assert_eq!(client.iam("CreateUser", &[("UserName", "bob")]).outcome(), "200");
    let null = |number: u32| {
        let constraint = "failed to satisfy constraint: Member must not be null";
        format!(
            "Value at 'tags.{number}.member.value' {constraint}; \
             Value at 'tags.{number}.member.key' {constraint}"
        )
    };
    let nulls = |numbers: std::ops::RangeInclusive<u32>| {
        let count = 2 * numbers.clone().count();
        let each: Vec<_> = numbers.map(null).collect();
        format!("400 ValidationError {count} validation errors detected: {}", each.join("; "))
    };
    let malformed = |message: &str| format!("400 MalformedInput {message}");
    let mut outcome = |indices: &[&str]| {
        let mut form = vec![("UserName".to_owned(), "bob")];
        for index in indices {
            form.push((format!("Tags.member.{index}.Key"), "team"));
            form.push((format!("Tags.member.{index}.Value"), "a"));
        }
        let form: Vec<_> = form.iter().map(|(name, value)| (&**name, *value)).collect();
        let answer = client.iam("TagUser", &form);
        let message = answer.element("Message").map(|message| format!(" {message}"));
        let message = message.unwrap_or_default();
        answer.outcome() + &message
    };
    assert_eq!(outcome(&["01"]), "200");
    assert_eq!(outcome(&["2"]), nulls(1..=1));
    assert_eq!(outcome(&["3"]), nulls(1..=2));
    assert_eq!(outcome(&["1", "3"]), nulls(2..=2));
    assert_eq!(outcome(&["10"]), nulls(1..=5));
    assert_eq!(outcome(&["11"]), nulls(1..=5));
    assert_eq!(outcome(&["one"]), nulls(1..=1));
    assert_eq!(outcome(&["+1"]), nulls(1..=1));
    assert_eq!(outcome(&["0"]), malformed("0 is not a valid index"));
    assert_eq!(outcome(&["-1"]), malformed("Key -1 may not have a leading '-'"));
    assert_eq!(outcome(&["1.0"]), malformed("Two index elements may not occur back to back"));
    let sparse = |skipped: u32| {
        malformed(&format!("Excessively sparse input would skip {skipped} list elements"))
    };
    assert_eq!(outcome(&["49"]), sparse(48));
    assert_eq!(outcome(&["1", "12"]), sparse(11));
    assert_eq!(outcome(&["12", "1"]), sparse(11));
    assert_eq!(outcome(&["1", "22", "43"]), sparse(21));
    let ten = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"];
    assert_eq!(outcome(&[&ten[..], &["22"]].concat()), sparse(12));
}

#[test]
fn tag_keys_are_a_list_of_texts_that_may_be_empty() {
    let server = Harness::start();
    let mut client = server.client();
    let whose = ("UserName", "bob");
    assert_eq!(client.iam("CreateUser", &[whose]).outcome(), "200");
    let named = client.iam("UntagUser", &[whose, ("TagKeys.member.one", "x")]);
    assert_eq!(named.outcome(), "400 MalformedInput");
    assert_eq!(named.element("Message"), Some("Start of list found where not expected"));

    assert_eq!(client.iam("UntagUser", &[whose, ("TagKeys", "")]).outcome(), "200");
    let refused = client.iam("TagUser", &[whose, ("Tags", "")]);
    assert_eq!(refused.outcome(), "400 InvalidInput");
    assert_eq!(refused.element("Message"), Some("Error occurred while validating input. "));
}
