//! The data directory: one holder, its key file, and its account.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    process::Stdio,
};

use insta::assert_snapshot;

use crate::support::{Home, mode};

/// On a free port.
const SERVE: &[&str] = &["serve", "--listen", "127.0.0.1:0"];

#[test]
fn the_first_command_creates_the_data_directory_silently() {
    let home = Home::new();
    assert_snapshot!(home.run(&["iam", "list-virtual-mfa-devices"]), @r#"
    {
        "VirtualMFADevices": []
    }
    exit 0
    "#);
    assert_eq!(mode(&home.data()), 0o700);
    let files = fs::read_dir(home.data()).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let names: Vec<_> = files.iter().map(|file| file.file_name().unwrap()).collect();
    assert_eq!(names, ["key", "lock", "vmfa.db", "vmfa.db-reserve"]);
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    assert_snapshot!(home.run(&["account"]), @"
    account         123456789012
    alias           none
    users           0
    MFA devices     0, 0 enabled
    root keys       0
    data directory  HOME/.local/share/vmfa
    held by         no process
    exit 0
    ");
}

#[test]
fn commands_wait_for_the_data_directory() {
    let home = Home::new();
    let names: Vec<String> = (0..24).map(|number| format!("user{number}")).collect();
    let start = |name: &String| {
        let mut command = home.command(&["iam", "create-user", "--user-name", name]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = names.iter().map(start).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", home.printed(&output));
    }
    assert_eq!(home.ok(&["iam", "list-users"]).matches("\"UserId\"").count(), 24);
}

#[test]
fn a_second_server_names_the_first() {
    let home = Home::new();
    let server = home.serve(&[]);
    let printed = home.run(SERVE).replace(&server.id().to_string(), "PID");
    assert_snapshot!(printed, @"
    vmfa: data directory `HOME/.local/share/vmfa` is held by process PID (vmfa serve): stop that process, or give another --data-dir
    exit 1
    ");
    // On the same port too: the default of --listen.
    let address = server.address.strip_prefix("http://").unwrap();
    let again = home.run(&["serve", "--listen", address]);
    assert_eq!(again.replace(&server.id().to_string(), "PID"), printed);
    let account = home.ok(&["account"]);
    assert!(account.ends_with(&format!("process {} (vmfa serve)\n", server.id())), "{account}");
}

#[test]
fn commands_go_through_the_server_that_holds_the_directory() {
    let home = Home::new();
    home.device("before");
    let server = home.serve(&[]);
    home.device("meanwhile");
    let listed = home.ok(&["iam", "list-virtual-mfa-devices"]);
    assert!(listed.contains("mfa/before") && listed.contains("mfa/meanwhile"), "{listed}");
    assert_eq!(mode(&home.data().join("vmfa.sock")), 0o600);
    // However it ends, the next command takes over.
    assert_eq!(server.end("-KILL"), None);
    home.device("after");
    assert_eq!(home.ok(&["iam", "list-virtual-mfa-devices"]).matches("mfa/").count(), 3);
}

#[test]
fn a_missing_key_file_is_reported_and_never_recreated() {
    let home = Home::new();
    home.device("phone");
    let (key, away) = (home.data().join("key"), home.path().join("away"));
    fs::rename(&key, &away).unwrap();
    assert_snapshot!(home.run(&["iam", "list-users"]), @"

    vmfa: [ERROR]: key file `HOME/.local/share/vmfa/key` is missing, and only it decrypts the secrets in `HOME/.local/share/vmfa/vmfa.db`: restore it, or name it with --key-file or VMFA_KEY_FILE
    exit 255
    ");
    assert!(!key.exists());
    let account = home.ok(&["account", "--key-file", away.to_str().unwrap()]);
    assert!(account.contains("MFA devices     1"), "{account}");
    // Every command reads the variable.
    for words in [
        &["iam", "list-virtual-mfa-devices"][..],
        &["sql", "SELECT SerialNumber FROM aws.iam.virtual_mfa_devices"],
    ] {
        let mut command = home.command(words);
        let printed = home.printed(&command.env("VMFA_KEY_FILE", &away).output().unwrap());
        assert!(printed.contains(":mfa/phone"), "{printed}");
    }
}

#[test]
fn a_session_is_not_taken_for_the_root() {
    let home = Home::new();
    let mut command = home.command(&["sts", "get-caller-identity"]);
    command.env("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "s");
    let output = command.env("AWS_SESSION_TOKEN", "t").output().unwrap();
    assert_snapshot!(home.printed(&output), @"

    vmfa: [ERROR]: access key `ASIAIOSFODNN7EXAMPLE` is unknown in the data directory: set its endpoint with --endpoint-url, AWS_ENDPOINT_URL or the profile's endpoint_url
    exit 255
    ");
}

#[test]
fn an_access_key_without_its_secret_is_not_taken_for_the_root() {
    let home = Home::new();
    let mut command = home.command(&["sql", "--data-dir", "data", "SELECT 1"]);
    let output = command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").output().unwrap();
    assert_snapshot!(home.printed(&output), @"
    vmfa: AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY: set both, or neither
    exit 1
    ");
}

#[test]
fn a_wrong_key_file_is_reported_before_anything_is_encrypted() {
    let (home, other) = (Home::new(), Home::new());
    home.device("phone");
    other.device("phone");
    fs::copy(other.data().join("key"), home.data().join("key")).unwrap();
    assert_snapshot!(home.run(SERVE), @"
    vmfa: key file `HOME/.local/share/vmfa/key` does not decrypt the secrets in `HOME/.local/share/vmfa/vmfa.db`: it belongs to another data directory; name the right one with --key-file or VMFA_KEY_FILE
    exit 1
    ");
    fs::set_permissions(home.data().join("key"), fs::Permissions::from_mode(0o640)).unwrap();
    assert_snapshot!(home.run(&["account"]), @"
    vmfa: other users can read key file `HOME/.local/share/vmfa/key`: set its mode to 0600
    exit 1
    ");
    let file = |bytes: &[u8]| {
        fs::write(home.data().join("key"), bytes).unwrap();
        fs::set_permissions(home.data().join("key"), fs::Permissions::from_mode(0o600)).unwrap();
        home.run(SERVE)
    };
    assert_snapshot!(file(b"\xff\xfe"), @"
    vmfa: `HOME/.local/share/vmfa/key` is not a key file: not UTF-8
    exit 1
    ");
    assert_snapshot!(file(b"hello\n"), @"
    vmfa: `HOME/.local/share/vmfa/key` is not a key file: a line does not have the form `ID HEX`
    exit 1
    ");
}

#[test]
fn a_data_directory_that_cannot_be_created_is_named() {
    let home = Home::new();
    fs::write(home.path().join("file"), "").unwrap();
    let printed = home.run(&[SERVE, &["--data-dir", "file/data"]].concat());
    assert_snapshot!(printed, @"
    vmfa: `HOME/file` is not a directory: give another --data-dir
    exit 1
    ");
    assert_eq!(home.run(&[SERVE, &["--data-dir", "file"]].concat()), printed);
    assert_snapshot!(home.run(&[SERVE, &["--key-file", "none/key"]].concat()), @"
    vmfa: cannot create key file `none/key`: its directory does not exist; create it, or give another --key-file
    exit 1
    ");
    let mut command = home.command(&["iam", "list-users"]);
    command.env_remove("HOME");
    assert_snapshot!(home.printed(&command.output().unwrap()), @"

    vmfa: [ERROR]: no data directory: set VMFA_DATA_DIR or HOME
    exit 255
    ");
}

#[test]
fn an_account_id_other_than_the_directorys_is_refused() {
    let home = Home::new();
    home.device("phone");
    let printed = |words: &[&str], account| {
        let mut command = home.command(words);
        home.printed(&command.env("VMFA_ACCOUNT_ID", account).output().unwrap())
    };
    let with = |account| printed(SERVE, account);
    let another = with("210987654321");
    assert_snapshot!(another, @"
    vmfa: data directory `HOME/.local/share/vmfa` has account 123456789012, not 210987654321: give another --data-dir, or unset VMFA_ACCOUNT_ID
    exit 1
    ");
    assert_snapshot!(with("1234"), @"
    vmfa: invalid VMFA_ACCOUNT_ID `1234`: give twelve digits
    exit 1
    ");
    // With and without a server that holds the directory.
    for server in [None, Some(home.serve(&[]))] {
        assert_eq!(printed(&["account"], "210987654321"), another);
        let listed = printed(&["iam", "list-users"], "210987654321");
        assert!(listed.contains("has account 123456789012") && listed.ends_with("255"), "{listed}");
        drop(server);
    }
}

#[test]
fn a_third_root_key_replaces_the_oldest() {
    let home = Home::new();
    let replaced = std::cell::RefCell::new(Vec::new());
    let new = || {
        let output = home.command(&["account", "--new-root-key"]).output().unwrap();
        replaced.borrow_mut().push(String::from_utf8(output.stderr).unwrap());
        let printed = String::from_utf8(output.stdout).unwrap();
        let id = printed.strip_prefix("export AWS_ACCESS_KEY_ID=AKIA").unwrap();
        let (id, secret) = id.split_once("\nexport AWS_SECRET_ACCESS_KEY=").unwrap();
        assert_eq!((id.len(), secret.trim_end().len()), (16, 40));
        format!("AKIA{id}")
    };
    let first = new();
    let server = home.serve(&[]);
    assert!(!server.printed.contains("AWS_ACCESS_KEY_ID"), "the root has a key already");
    let [second, third] = [new(), new()];
    drop(server);
    let fourth = new();
    let work = [&first, &second, &third, &fourth].map(|id| home.has_key(id));
    assert_eq!(work, [false, false, true, true]);
    let deleted = |id| format!("vmfa: deleted {id}: the root user may have two keys\n");
    let printed = [String::new(), String::new(), deleted(&first), deleted(&second)];
    assert_eq!(*replaced.borrow(), printed);
    assert!(home.ok(&["account"]).contains("root keys       2\n"));
}

#[test]
fn showing_the_account_does_not_create_it() {
    let home = Home::new();
    let printed = "vmfa: data directory `HOME/.local/share/vmfa` has no account: create one with `vmfa \
                serve`, or with any command of `vmfa iam`\nexit 1";
    assert_eq!(home.run(&["account"]), printed);
    assert!(!home.path().join(".local").exists());
    fs::create_dir_all(home.data()).unwrap();
    assert_eq!(home.run(&["account"]), printed);
    assert_eq!(fs::read_dir(home.data()).unwrap().count(), 0);

    home.ok(&["iam", "list-users"]);
    home.ok(&["account"]);
    let mut names: Vec<_> =
        fs::read_dir(home.data()).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["key", "lock", "vmfa.db", "vmfa.db-reserve"]);
}

#[test]
fn a_file_that_is_not_a_database_is_left_alone() {
    let home = Home::new();
    home.ok(&["iam", "list-users"]);
    let text = "This is a letter, and not a database. ".repeat(100);
    fs::write(home.data().join("vmfa.db"), &text).unwrap();
    let printed = home.run(SERVE);
    assert_snapshot!(printed, @"
    vmfa: `HOME/.local/share/vmfa/vmfa.db` is not a database of vmfa: move the file away, or give another --data-dir
    exit 1
    ");
    assert_eq!(home.run(&["account"]), printed);
    assert_eq!(fs::read_to_string(home.data().join("vmfa.db")).unwrap(), text);
}

#[cfg(target_os = "linux")]
#[test]
fn a_data_directory_may_have_a_long_path() {
    let home = Home::new();
    let directory = home.path().join("d".repeat(120)).join("e".repeat(120));
    let directory = directory.to_str().unwrap();
    let server = home.serve(&["--data-dir", directory]);
    assert!(std::path::Path::new(directory).join("vmfa.sock").exists());
    let account = home.ok(&["account", "--data-dir", directory]);
    assert!(account.ends_with(&format!("process {} (vmfa serve)\n", server.id())), "{account}");
    let mut command = home.command(&["iam", "create-user", "--user-name", "alice"]);
    let output = command.env("VMFA_DATA_DIR", directory).output().unwrap();
    assert!(output.status.success(), "{}", home.printed(&output));
    assert_eq!(server.end("-TERM"), Some(0));
    assert!(!std::path::Path::new(directory).join("vmfa.sock").exists());
}

#[test]
fn a_waiter_releases_the_data_directory_between_calls() {
    let home = Home::new();
    let words = ["iam", "wait", "user-exists", "--user-name", "bob", "--debug"];
    let mut waiting = home.command(&words).stderr(Stdio::piped()).spawn().unwrap();
    // Its debug output shows the first refusal.
    let mut printed = BufReader::new(waiting.stderr.take().unwrap()).lines();
    assert!(printed.any(|line| line.unwrap().contains("NoSuchEntity")));
    home.ok(&["iam", "create-user", "--user-name", "bob"]);
    printed.for_each(drop);
    assert!(waiting.wait().unwrap().success());
}
