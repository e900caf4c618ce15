//! SQL statements by `vmfa sql` and `vmfa shell`.

use std::io::Write as _;

use insta::assert_snapshot;

use crate::support::Home;

#[test]
fn statements_run_until_one_fails() {
    let home = Home::new();
    home.ok(&["iam", "create-user", "--user-name", "alice"]);
    assert_snapshot!(home.run(&["sql", "-o", "json", "SELECT UserName FROM aws.iam.users"]), @r#"
    [{"UserName":"alice"}]
    exit 0
    "#);
    let script = home.path().join("script.sql");
    std::fs::write(
        &script,
        "-- a device\n\
         INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName) VALUES ('phone');\n\
         SELECT serial_number FROM aws.iam.virtual_mfa_devices;\n\
         DELETE FROM aws.iam.users WHERE UserName = 'bob';\n\
         DELETE FROM aws.iam.users WHERE UserName = 'alice';\n",
    )
    .unwrap();
    assert_snapshot!(home.run(&["sql", "-i", "script.sql", "-o", "json"]), @r#"
    [{"serial_number":"arn:aws:iam::123456789012:mfa/phone"}]
    The operation was despatched successfully
    Base32StringSeed, QRCodePNG: not shown, and no call shows it again; next time add `RETURNING Base32StringSeed, QRCodePNG`
    NoSuchEntity: The user with name bob cannot be found.
    exit 1
    "#);
    assert_snapshot!(home.ok(&["sql", "-o", "json", "SELECT UserName FROM aws.iam.users"]), @r#"[{"UserName":"alice"}]"#);
    assert_snapshot!(home.run(&["sql", "-i", "missing.sql"]), @r#"
    vmfa: cannot read `missing.sql`: No such file or directory (os error 2)
    exit 1
    "#);
}

#[test]
fn no_statement_runs_when_the_output_is_closed() {
    let home = Home::new();
    let make = "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName) VALUES ('phone') \
                RETURNING Base32StringSeed";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", r#""$0" sql "$1" >&-"#, env!("CARGO_BIN_EXE_vmfa"), make]);
    shell.env_clear().env("HOME", home.path()).current_dir(home.path());
    assert_snapshot!(home.printed(&shell.output().unwrap()), @"
    vmfa: Bad file descriptor (os error 9)
    exit 1
    ");
    assert_snapshot!(
        home.ok(&["sql", "SELECT count(*) AS n FROM aws.iam.virtual_mfa_devices", "-o", "jsonl"]),
        @r#"{"n":0}"#
    );
}

#[test]
fn rows_made_before_an_interruption_are_printed() {
    let home = Home::new();
    let (first, last) = ("arn:aws:iam::123456789012:mfa/0", "Base32StringSeed");
    let made = home.command(&[
        "sql",
        "-o",
        "jsonl",
        "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName) \
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) \
         SELECT i FROM n RETURNING SerialNumber, Base32StringSeed",
    ]);
    let child = spawned(made);
    let count = ["sql", "SELECT count(*) AS n FROM aws.iam.virtual_mfa_devices", "-o", "jsonl"];
    // However many rows it has made by then, exactly these must be printed.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let rows = String::from_utf8(output.stdout).unwrap();
    assert_eq!(home.ok(&count).trim(), format!("{{\"n\":{}}}", rows.lines().count()));
    assert!(rows.is_empty() || (rows.contains(first) && rows.contains(last)));
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(2));
}

fn spawned(mut command: std::process::Command) -> std::process::Child {
    use std::process::Stdio;
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn wrong_options_and_wrong_templates_are_reported() {
    let home = Home::new();
    assert_snapshot!(home.run(&["sql", "SELECT 1", "-o", "xml"]), @"
    error: invalid value 'xml' for '--output <FORMAT>'
      [possible values: table, json, jsonl, ndjson, csv, text, pptext]

    For more information, try '--help'.
    exit 2
    ");
    assert_snapshot!(home.run(&["sql", "SELECT 1", "-d", "ab"]), @r"
    error: invalid value 'ab' for '--delimiter <CHARACTER>': give one character, or `\t` for a tab

    For more information, try '--help'.
    exit 2
    ");
    assert_snapshot!(home.run(&["sql", "SELECT {{ .n }", "--var", "n=1"]), @"
    vmfa: `{{` without `}}` in line 1
    exit 1
    ");
    assert_snapshot!(home.run(&["sql", "SELECT 1 AS a, 2 AS b", "-o", "csv", "-d", r"\t"]), @"a\tb\n1\t2\nexit 0");
    std::fs::write(home.path().join("begun.sql"), "\u{feff}SELECT 1 AS a;\r\n").unwrap();
    assert_snapshot!(home.ok(&["sql", "-i", "begun.sql", "-o", "csv"]), @"
    a
    1
    ");
}

/// The transcript of `vmfa shell` with this standard input.
fn typed(home: &Home, input: &str) -> String {
    let mut shell = home.command(&["shell", "-o", "jsonl"]);
    shell.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = shell.stderr(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    home.printed(&child.wait_with_output().unwrap())
}

#[test]
fn the_shell_runs_a_script_to_its_end() {
    let home = Home::new();
    assert_snapshot!(typed(&home, "select 1 as a; select\n';' as b;\n\n-- c\nselect 2 as\nd"), @r#"
    {"a":1}
    {"b":";"}
    {"d":2}
    exit 0
    "#);
    assert_snapshot!(typed(&home, "select 1 as a;\nselect 'open"), @r#"
    {"a":1}
    a text has no closing `'`
    exit 1
    "#);
    assert_snapshot!(typed(&home, "select nope;\nselect 1 as a;"), @r#"
    {"a":1}
    could not locate symbol `nope`: the statement names no resource
    exit 0
    "#);
    assert_snapshot!(typed(&home, "begin;\ninsert into aws.iam.users (UserName) values ('a');"), @"
    mutating statement queued
    the transaction was not ended by `COMMIT`: none of 1 queued statements was run
    exit 1
    ");
}

#[test]
fn commands_of_psql_and_sqlite3_work_in_the_shell() {
    let home = Home::new();
    home.ok(&["sql", "-o", "json", "SELECT 1"]);
    home.run(&["sql", "CREATE VIEW v AS SELECT UserName FROM aws.iam.users; CREATE TABLE t (a)"]);
    let listed = typed(&home, "\\d\n");
    for line in [
        r#"{"name":"aws.iam.virtual_mfa_devices","type":"resource"}"#,
        r#"{"name":"v","type":"view"}"#,
    ] {
        assert!(listed.contains(line), "{listed}");
    }
    for same in ["\\dt", ".tables", ".schema", "  \\d  "] {
        assert_eq!(typed(&home, &format!("{same}\n")), listed, "{same}");
    }
    assert_snapshot!(typed(&home, "\\d v\n.schema aws.iam.mfa_device_tags\n\\dn\n\\l\n\\df aws.iam.virtual_mfa_devices\n"), @r#"
    {"name":"UserName","type":"string"}
    {"name":"Key","type":"string"}
    {"name":"Value","type":"string"}
    {"id":"iam","name":"iam","title":"AWS Identity and Access Management"}
    {"id":"iam_api","name":"iam_api","title":"AWS Identity and Access Management"}
    {"name":"aws","version":"v0.1.0"}
    {"MethodName":"virtual_mfa_devices_List","RequiredParams":"region","SQLVerb":"SELECT"}
    {"MethodName":"virtual_mfa_devices_Create","RequiredParams":"VirtualMFADeviceName, region","SQLVerb":"INSERT"}
    {"MethodName":"virtual_mfa_devices_Delete","RequiredParams":"SerialNumber, region","SQLVerb":"DELETE"}
    exit 0
    "#);
    assert_snapshot!(typed(&home, "\\df\n\\x\n.mode box\n"), @r"
    `\df` needs a name, such as `aws.iam.users`
    unknown command `\x`: `\?` lists the commands
    unknown command `.mode`: `\?` lists the commands
    exit 1
    ");
    assert_eq!(typed(&home, "\\q\nselect 1;"), "exit 0");
    assert_eq!(typed(&home, ".exit"), "exit 0");
    assert_eq!(typed(&home, "EXIT;\nselect 1;"), "exit 0");
    assert_eq!(typed(&home, "\\?\n"), typed(&home, "help"));
    assert_eq!(typed(&home, ".help\n"), typed(&home, "Help;\n"));
}
