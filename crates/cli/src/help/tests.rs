use super::*;
use crate::command::OptionTarget;

fn page(words: &[&str]) -> String {
    text(words, "vmfa", 80)
}

fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let begins = page.find(&format!("{heading}\n")).unwrap();
    let section = &page[begins..];
    let next = section.lines().skip(1).find(|line| line.starts_with(|c: char| c.is_uppercase()));
    next.map_or(section, |next| &section[..section.find(&format!("\n{next}\n")).unwrap()])
}

#[test]
fn help_of_a_command_comes_from_the_action_table() {
    let page = page(&["iam", "tag-mfa-device"]);
    insta::assert_snapshot!(section(&page, "NAME"), @"
    NAME
           tag-mfa-device - Sets tags of a virtual MFA device: all of them or, if
           one is refused, none
    ");
    insta::assert_snapshot!(section(&page, "DESCRIPTION"), @"
    DESCRIPTION
           Sets tags of a virtual MFA device: all of them or, if one is refused,
           none. A tag with an existing key gets the new value.
    ");
    insta::assert_snapshot!(section(&page, "OPTIONS"), @r#"
    OPTIONS
           --serial-number (string) [required]
              The serial number, which for a virtual device is its ARN.

              Constraints:

              o min: 9
              o max: 256
              o pattern: [\w+=/:,.@-]+

           --tags (list) [required]
              The tags to set.

              Constraints:

              o max: 50

              (structure)

                 Key -> (string) [required]
                    The key of the tag, unique for its resource.

                    Constraints:

                    o min: 1
                    o max: 128
                    o pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+

                 Value -> (string) [required]
                    The value of the tag; may be empty.

                    Constraints:

                    o max: 256
                    o pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*

              Shorthand Syntax:

                 Key=string,Value=string ...

              JSON Syntax:

                 [
                   {
                     "Key": "string",
                     "Value": "string"
                   }
                   ...
                 ]

           --cli-input-json | --cli-input-yaml (string)
              Read the values of options from a JSON or YAML document in the form
              that --generate-cli-skeleton prints. file://NAME reads it from a file.
              Options on the command line override the document. Only one of the two
              may be given.

           --generate-cli-skeleton (string)
              Print a skeleton and make no call: input (the default), for
              --cli-input-json; yaml-input, with comments, for --cli-input-yaml;
              output, a sample response, after validating the other options.

              Possible values:

              o input
              o output
              o yaml-input
    "#);
    insta::assert_snapshot!(section(&page, "EXAMPLES"), @r"
    EXAMPLES
              vmfa iam tag-mfa-device \
                  --serial-number arn:aws:iam::123456789012:mfa/BobsMFADevice \
                  --tags Key=Department,Value=Accounting
    ");
    insta::assert_snapshot!(section(&page, "OUTPUT"), @"
    OUTPUT
           None
    ");
}

#[test]
fn help_of_a_list_explains_pagination() {
    let page = page(&["iam", "list-virtual-mfa-devices"]);
    insta::assert_snapshot!(section(&page, "DESCRIPTION"), @"
    DESCRIPTION
           Lists the virtual MFA devices of the account in the order of their
           creation: all, or those that are assigned to a user, or those that are
           not. Seeds and tags are not included.

           All pages of the list are read; --no-paginate reads the first page only.

           With --output text, --query applies to each page separately, and to
           VirtualMFADevices only.
    ");
    insta::assert_snapshot!(section(&page, "SYNOPSIS"), @"
    SYNOPSIS
              list-virtual-mfa-devices
              [--assignment-status <value>]
              [--max-items <value>]
              [--cli-input-json | --cli-input-yaml]
              [--starting-token <value>]
              [--page-size <value>]
              [--generate-cli-skeleton <value>]
              [--debug]
              [--endpoint-url <value>]
              [--no-verify-ssl]
              [--no-paginate]
              [--output <value>]
              [--query <value>]
              [--profile <value>]
              [--region <value>]
              [--color <value>]
              [--no-sign-request]
              [--ca-bundle <value>]
              [--cli-read-timeout <value>]
              [--cli-connect-timeout <value>]
              [--cli-binary-format <value>]
              [--no-cli-pager]
              [--cli-auto-prompt]
              [--no-cli-auto-prompt]
              [--cli-error-format <value>]
              [--version]
    ");
    let options = section(&page, "OPTIONS");
    insta::assert_snapshot!(&options[..options.find("   --max-items").unwrap()], @"
    OPTIONS
           --assignment-status (string)
              Assigned, Unassigned or Any; Any by default.

              Possible values:

              o Assigned
              o Unassigned
              o Any
    ");
}

#[test]
fn switches_and_lists_of_text_have_their_own_syntax() {
    let page = page(&["iam", "list-service-specific-credentials"]);
    assert!(section(&page, "SYNOPSIS").contains("   [--all-users | --no-all-users]\n"), "{page}");
    assert_eq!(page.matches("--no-all-users").count(), 2);
    let page = self::page(&["iam", "untag-user"]);
    assert!(page.contains("Syntax:\n\n             \"string\" \"string\" ...\n"), "{page}");
}

#[test]
fn help_of_an_unknown_name_is_that_of_its_known_prefix() {
    assert_eq!(page(&["iam", "x"]), page(&["iam"]));
    assert_eq!(page(&["x"]), page(&[]));
    insta::assert_snapshot!(page(&["iam", "wait"]), @"
    NAME
           wait - Wait until an entity exists

    DESCRIPTION
           Wait until an entity exists.

    SYNOPSIS
              vmfa iam wait <subcommand> [parameters]

    AVAILABLE COMMANDS
           user-exists
              Polls with get-user until that succeeds. Takes the options of
              get-user.
    ");
    insta::assert_snapshot!(section(&page(&[]), "AVAILABLE COMMANDS"), @"
    AVAILABLE COMMANDS
           iam
              Identity and Access Management: users, their access keys, and their
              virtual MFA devices.

           sts
              The Security Token Service: the caller's identity, and temporary
              credentials with MFA.

           configure
              View and change the configuration, and export credentials.

           For the commands of vmfa that are not part of the AWS CLI, run vmfa
           --help.
    ");
    assert!(!text(&[], "aws", 80).contains("vmfa"));
}

#[test]
fn the_page_of_a_service_lists_its_operations_with_their_first_sentence() {
    for api in [Api::Iam, Api::Sts] {
        let page = page(&[api.name()]);
        let commands = section(&page, "AVAILABLE COMMANDS").split_whitespace().collect::<Vec<_>>();
        let commands = commands.join(" ");
        for action in actions().filter(|action| action.api == api) {
            let sentence = first_sentence(action.doc).split_whitespace().collect::<Vec<_>>();
            let entry = format!("{} {}", kebab(action.name), sentence.join(" ").replace('`', ""));
            assert!(commands.contains(&entry), "{entry}: {commands}");
        }
    }
}

#[test]
fn every_command_has_a_page_with_every_option_and_every_member() {
    for action in actions() {
        let name = kebab(action.name);
        let page = page(&[action.api.name(), &name]);
        for heading in
            ["NAME", "DESCRIPTION", "SYNOPSIS", "OPTIONS", "GLOBAL OPTIONS", "EXAMPLES", "OUTPUT"]
        {
            assert!(section(&page, heading).lines().count() > 1, "{heading} of {name}");
        }
        let options = section(&page, "OPTIONS");
        for parameter in parameters(action) {
            let flag = &*parameter.flag.name;
            assert_eq!(options.contains(flag), !parameter.hidden, "{flag} of {name}");
            if let (true, OptionTarget::Member(member)) = (parameter.required, parameter.target) {
                let sample = member.cli.sample;
                assert!(!sample.is_empty(), "{name}: {} needs #[sample = …]", member.name);
            }
        }
        let output = section(&page, "OUTPUT");
        for member in action.output().iter().flat_map(|shape| shape.members) {
            assert!(output.contains(&format!("   {} -> ", member.name)), "{}", member.name);
        }
        assert!(page.lines().all(|line| line == line.trim_end()), "{name}");
        let mut prose = page.lines().filter(|line| !line.contains("o pattern: "));
        assert_eq!(prose.find(|line| line.chars().count() > 80), None, "{name}");
        assert!(page.is_ascii() && !page.contains('`') && !page.contains("\n\n\n"), "{name}");
    }
}
