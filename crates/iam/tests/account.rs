//! The account: its alias, its summary, its credential report, and the calls that Terraform makes
//! before it deletes a user.

mod support;

use support::{World, show};
use vmfa_model::{Record, Timestamp, Value};
use vmfa_store::{KeyId, LastUse, Store as _};

const REFUSED_MARKER: &str = "ValidationError: Invalid Marker.";

#[test]
fn an_account_has_one_alias() {
    let world = World::new();
    let listed = || show(&world.call("ListAccountAliases", &[]).unwrap());
    let call = |action, alias| world.call(action, &[("AccountAlias", alias)]);
    assert_eq!(listed(), "{AccountAliases: [], IsTruncated: false}");
    assert_eq!(
        call("DeleteAccountAlias", "acme").unwrap_err(),
        "NoSuchEntity: The Account Alias acme cannot be found."
    );
    assert!(call("CreateAccountAlias", "acme").unwrap().is_empty());
    assert_eq!(
        call("CreateAccountAlias", "acme").unwrap_err(),
        "EntityAlreadyExists: The account alias acme already exists."
    );
    call("CreateAccountAlias", "acme-dev").unwrap();
    assert_eq!(listed(), "{AccountAliases: [acme-dev], IsTruncated: false}");
    assert_eq!(
        call("DeleteAccountAlias", "acme").unwrap_err(),
        "NoSuchEntity: The Account Alias acme cannot be found.",
        "the alias that replaced it stays"
    );
    assert!(call("DeleteAccountAlias", "acme-dev").unwrap().is_empty());
    assert_eq!(listed(), "{AccountAliases: [], IsTruncated: false}");
    assert_eq!(
        call("CreateAccountAlias", "Acme--dev").unwrap_err(),
        "ValidationError: 1 validation error detected: Value at 'accountAlias' failed to satisfy \
         constraint: Member must satisfy regular expression pattern: \
         ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"
    );
    assert_eq!(world.call("ListAccountAliases", &[("Marker", "x")]).unwrap_err(), REFUSED_MARKER);
}

#[test]
fn the_account_summary_counts_users_devices_and_root_keys() {
    let world = World::new();
    let keys = |record: &Record| match record.get("SummaryMap") {
        Some(Value::Map(entries)) => entries.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(keys(&world.call("GetAccountSummary", &[]).unwrap()), 34);
    world.user_with_device("alice");
    world.device("spare");
    world.call("CreateUser", &[("UserName", "bob")]).unwrap();
    world.service.new_root_key(World::account()).unwrap();
    let summary = show(&world.call("GetAccountSummary", &[]).unwrap());
    insta::assert_snapshot!(summary.replace(", ", "\n"), @r"
    {SummaryMap: {AccessKeysPerUserQuota: 2
    AccountAccessKeysPresent: 1
    AccountMFAEnabled: 0
    AccountPasswordPresent: 0
    AccountSigningCertificatesPresent: 0
    AssumeRolePolicySizeQuota: 2048
    AttachedPoliciesPerGroupQuota: 10
    AttachedPoliciesPerRoleQuota: 10
    AttachedPoliciesPerUserQuota: 10
    GlobalEndpointTokenVersion: 1
    GroupPolicySizeQuota: 5120
    Groups: 0
    GroupsPerUserQuota: 10
    GroupsQuota: 300
    InstanceProfiles: 0
    InstanceProfilesQuota: 1000
    MFADevices: 2
    MFADevicesInUse: 1
    Policies: 0
    PoliciesQuota: 1500
    PolicySizeQuota: 6144
    PolicyVersionsInUse: 0
    PolicyVersionsInUseQuota: 10000
    Providers: 0
    RolePolicySizeQuota: 10240
    Roles: 0
    RolesQuota: 1000
    ServerCertificates: 0
    ServerCertificatesQuota: 20
    SigningCertificatesPerUserQuota: 2
    UserPolicySizeQuota: 2048
    Users: 2
    UsersQuota: 5000
    VersionsPerPolicyQuota: 5}}
    ");
}

#[test]
fn an_empty_account_has_its_quotas_and_nothing_else() {
    let world = World::new();
    let summary = world.call("GetAccountSummary", &[]).unwrap();
    let Some(Value::Map(entries)) = summary.get("SummaryMap") else { panic!("no map") };
    let version = "GlobalEndpointTokenVersion";
    for (name, value) in entries {
        let Value::Integer(value) = value else { panic!("{name} is no number") };
        assert_eq!(*value > 0, name.ends_with("Quota") || name == version, "{name}: {value}");
    }
}

#[test]
fn a_credential_report_is_generated_once_in_four_hours() {
    let world = World::new();
    let generate = || show(&world.call("GenerateCredentialReport", &[]).unwrap());
    let started = "{State: STARTED, Description: No report exists. Starting a new report \
                   generation task}";
    let get = || world.call("GetCredentialReport", &[]);
    assert_eq!(get().unwrap_err(), "ReportNotPresent");
    assert_eq!(generate(), started);
    assert_eq!(generate(), "{State: COMPLETE}");
    let first = show(&get().unwrap());
    assert!(
        first.ends_with("ReportFormat: text/csv, GeneratedTime: 2023-11-14T22:13:30Z}"),
        "{first}"
    );

    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    world.advance(4 * 3600 - 1);
    assert_eq!(generate(), "{State: COMPLETE}");
    assert_eq!(show(&get().unwrap()), first, "the report of the first call");
    world.advance(1);
    assert_eq!(get().unwrap_err(), "ReportExpired");
    assert_eq!(generate(), started);
    let second = show(&get().unwrap());
    assert!(second.ends_with("GeneratedTime: 2023-11-15T02:13:30Z}"), "{second}");

    // A clock that is set back does not extend the life of a report.
    world.advance(-24 * 3600);
    assert_eq!(generate(), started);
}

#[test]
fn the_credential_report_lists_the_root_and_all_users() {
    let world = World::new();
    world.service.new_root_key(World::account()).unwrap();
    world.advance(10);
    world.user_with_device("Carol");
    world.call("CreateUser", &[("UserName", "alice"), ("Path", "/ops/")]).unwrap();
    world.call("CreateUser", &[("UserName", "Bob,jr."), ("Path", "/\"x\"/")]).unwrap();
    world.advance(10);
    let alice = ("UserName", "alice");
    let older = world.call("CreateAccessKey", &[alice]).unwrap();
    let Some(Value::Structure(older)) = older.get("AccessKey") else { panic!("no key") };
    let older = older.text("AccessKeyId").unwrap();
    world.advance(10);
    world.call("CreateAccessKey", &[alice]).unwrap();
    let inactive = [alice, ("AccessKeyId", older), ("Status", "Inactive")];
    world.call("UpdateAccessKey", &inactive).unwrap();
    let last_use = LastUse {
        at: Timestamp::parse("2023-11-14T22:20:00Z").unwrap(),
        service: "sts".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    world.store().note_use(World::account(), vec![(KeyId(older.to_owned()), last_use)]).unwrap();

    world.call("GenerateCredentialReport", &[]).unwrap();
    let report = world.call("GetCredentialReport", &[]).unwrap();
    let Some(Value::Blob(content)) = report.get("Content") else { panic!("no content") };
    let content = std::str::from_utf8(content.expose()).unwrap();
    assert_eq!(
        content.lines().next().unwrap(),
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
         password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
         access_key_1_last_used_date,access_key_1_last_used_region,\
         access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
         access_key_2_last_used_date,access_key_2_last_used_region,\
         access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,\
         cert_2_last_rotated"
    );
    let rows = [
        "<root_account>,arn:aws:iam::123456789012:root,2023-11-14T22:13:30Z,not_supported,\
         no_information,not_supported,not_supported,false,true,2023-11-14T22:13:30Z,N/A,N/A,N/A,\
         false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
        "alice,arn:aws:iam::123456789012:user/ops/alice,2023-11-14T22:13:40Z,false,N/A,N/A,N/A,\
         false,false,2023-11-14T22:13:50Z,2023-11-14T22:20:00Z,eu-west-1,sts,true,\
         2023-11-14T22:14:00Z,N/A,N/A,N/A,false,N/A,false,N/A",
        "\"Bob,jr.\",\"arn:aws:iam::123456789012:user/\"\"x\"\"/Bob,jr.\",2023-11-14T22:13:40Z,\
         false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
        "Carol,arn:aws:iam::123456789012:user/Carol,2023-11-14T22:13:40Z,false,N/A,N/A,N/A,true,\
         false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
    ];
    let (_, users) = content.split_once('\n').unwrap();
    assert_eq!(users, rows.join("\n"), "without a final line feed");
}

#[test]
fn the_credential_report_reads_users_in_batches() {
    let world = World::new();
    world.insert_users(2_000, |_| "/");
    world.call("GenerateCredentialReport", &[]).unwrap();
    let report = world.call("GetCredentialReport", &[]).unwrap();
    let Some(Value::Blob(content)) = report.get("Content") else { panic!("no content") };
    let content = std::str::from_utf8(content.expose()).unwrap();
    let users: Vec<_> = content.lines().skip(2).map(|line| &line[..6]).collect();
    let expected: Vec<_> = (0..2_000).map(|n| format!("u{n:05}")).collect();
    assert_eq!(users, expected);
}

#[test]
fn the_calls_of_terraform_destroy_a_user() {
    let world = World::new();
    let device = world.user_with_device("alice");
    let alice = ("UserName", "alice");
    let key = world.call("CreateAccessKey", &[alice]).unwrap();
    let Some(Value::Structure(key)) = key.get("AccessKey") else { panic!("no key") };

    let asked = |action| show(&world.call(action, &[alice]).unwrap());
    assert_eq!(asked("ListGroupsForUser"), "{Groups: [], IsTruncated: false}");
    assert_eq!(asked("ListAttachedUserPolicies"), "{AttachedPolicies: [], IsTruncated: false}");
    assert_eq!(asked("ListUserPolicies"), "{PolicyNames: [], IsTruncated: false}");
    let id = ("AccessKeyId", key.text("AccessKeyId").unwrap());
    assert!(asked("ListAccessKeys").contains(id.1));
    world.call("DeleteAccessKey", &[alice, id]).unwrap();
    assert_eq!(asked("ListSSHPublicKeys"), "{SSHPublicKeys: [], IsTruncated: false}");
    let devices = world.call("ListVirtualMFADevices", &[("AssignmentStatus", "Assigned")]).unwrap();
    assert!(show(&devices).contains(&device.serial));
    let serial = ("SerialNumber", &*device.serial);
    world.call("DeactivateMFADevice", &[alice, serial]).unwrap();
    world.call("DeleteVirtualMFADevice", &[serial]).unwrap();
    assert_eq!(asked("ListMFADevices"), "{MFADevices: [], IsTruncated: false}");
    assert_eq!(
        world.call("DeleteLoginProfile", &[alice]).unwrap_err(),
        "NoSuchEntity: Login Profile for User alice cannot be found."
    );
    assert_eq!(asked("ListSigningCertificates"), "{Certificates: [], IsTruncated: false}");
    assert_eq!(
        asked("ListServiceSpecificCredentials"),
        "{ServiceSpecificCredentials: [], IsTruncated: false}"
    );
    world.call("DeleteUser", &[alice]).unwrap();

    let gone = "NoSuchEntity: The user with name alice cannot be found.";
    for action in [
        "ListGroupsForUser",
        "ListAttachedUserPolicies",
        "ListUserPolicies",
        "ListSSHPublicKeys",
        "ListSigningCertificates",
        "ListServiceSpecificCredentials",
    ] {
        assert_eq!(world.call(action, &[alice]).unwrap_err(), gone, "{action}");
        let marker = [alice, ("Marker", "x"), ("MaxItems", "1")];
        assert_eq!(world.call(action, &marker).unwrap_err(), REFUSED_MARKER, "{action}");
    }
    assert_eq!(world.call("DeleteLoginProfile", &[alice]).unwrap_err(), gone);
}

#[test]
fn service_specific_credentials_are_listed_for_supported_services() {
    let world = World::new();
    let listed = |service| {
        let answer = world.call("ListServiceSpecificCredentials", &[("ServiceName", service)]);
        answer.map(|answer| show(&answer))
    };
    for service in ["", "codecommit.amazonaws.com", "BEDROCK.amazonaws.com"] {
        let none = "{ServiceSpecificCredentials: [], IsTruncated: false}";
        assert_eq!(listed(service).unwrap(), none, "{service}");
    }
    for service in ["sqs.amazonaws.com", "codecommit.amazonaws.com.cn", "Nope"] {
        assert_eq!(
            listed(service).unwrap_err(),
            format!(
                "NoSuchEntity: No such service {service} is supported for Service Specific \
                 Credentials"
            )
        );
    }
    assert_eq!(
        listed("code_commit").unwrap_err(),
        "ValidationError: ServiceName must match [a-zA-Z0-9.-]*"
    );
    let missing = [("UserName", "carol"), ("ServiceName", "sqs.amazonaws.com")];
    assert_eq!(
        world.call("ListServiceSpecificCredentials", &missing).unwrap_err(),
        "NoSuchEntity: The user with name carol cannot be found."
    );
}

#[test]
fn lists_that_are_always_empty_are_so_for_the_root_too() {
    let world = World::new();
    for action in ["ListSSHPublicKeys", "ListSigningCertificates", "ListServiceSpecificCredentials"]
    {
        let answer = show(&world.call(action, &[]).unwrap());
        assert!(answer.ends_with(": [], IsTruncated: false}"), "{answer}");
    }
    assert_eq!(
        world.call("DeleteLoginProfile", &[]).unwrap_err(),
        "ValidationError: Must specify userName when calling with non-User credentials"
    );
    assert_eq!(
        world
            .call("ListAttachedUserPolicies", &[("UserName", "a"), ("PathPrefix", "a")])
            .unwrap_err(),
        "ValidationError: 1 validation error detected: Value at 'pathPrefix' failed to satisfy \
         constraint: Member must satisfy regular expression pattern: \
         ((/[A-Za-z0-9\\.,\\+@=_-]+)*)/"
    );
}
