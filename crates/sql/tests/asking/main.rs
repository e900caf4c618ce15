//! What is asked for a query: how often, how much, and how many at a time.

#[cfg(test)]
mod endpoint;

use std::sync::atomic::Ordering;

use endpoint::{counted, endpoint, gated, run};

#[test]
fn a_value_is_asked_once_however_often_it_comes() {
    for concurrency in [1, 8] {
        let endpoint = endpoint(3, 0);
        for query in [
            "SELECT count(*) FROM aws.iam.users a, aws.iam.users b, aws.iam.mfa_devices d
             WHERE d.UserName = b.UserName",
            "SELECT count(*) FROM aws.iam.users a JOIN aws.iam.users b
             LEFT JOIN aws.iam.mfa_devices d ON d.UserName = b.UserName
             WHERE (SELECT count(*) FROM aws.iam.mfa_devices e WHERE e.UserName = a.UserName) = 1
             AND EXISTS (SELECT 1 FROM aws.iam.mfa_devices e WHERE e.user_name = b.user_name)",
            "SELECT count(*) FROM aws.iam.users a, aws.iam.mfa_devices d
             WHERE d.UserName IN (SELECT UserName FROM aws.iam.users)",
        ] {
            let taken = run(&endpoint, concurrency, query).unwrap();
            assert_eq!(taken.rows, ["9"], "{query}");
            insta::allow_duplicates! {
                insta::assert_snapshot!(counted(endpoint.asked()), @"
                1 MFADevices user-00000
                1 MFADevices user-00001
                1 MFADevices user-00002
                1 Users 1000
                ");
            }
        }
    }
}

#[test]
fn one_question_for_all_regions() {
    let endpoint = endpoint(2, 0);
    let query = "SELECT UserName, region FROM aws.iam.users WHERE region IN ('a', 'b', 'c')";
    insta::assert_snapshot!(run(&endpoint, 8, query).unwrap().rows.join("\n"), @"
    user-00000 | a
    user-00001 | a
    user-00000 | b
    user-00001 | b
    user-00000 | c
    user-00001 | c
    ");
    assert_eq!(endpoint.asked(), ["Users 1000"]);
}

#[test]
fn the_right_side_of_a_loop_is_read_once() {
    let endpoint = endpoint(4, 3_000);
    let query = "SELECT u.UserName, v.SerialNumber FROM aws.iam.users u
                 LEFT JOIN aws.iam.virtual_mfa_devices v
                 ON json_extract(v.\"User\", '$.UserName') = u.UserName
                 WHERE u.region = 'us-east-1' AND v.region = 'us-east-1'";
    insta::assert_snapshot!(run(&endpoint, 1, query).unwrap().rows.join("\n"), @"
    user-00000 | arn:aws:iam::123456789012:mfa/00000
    user-00001 | NULL
    user-00002 | arn:aws:iam::123456789012:mfa/00002
    user-00003 | NULL
    ");
    insta::assert_snapshot!(endpoint.asked().join("\n"), @"
    Users 1000
    VirtualMFADevices 1000
    VirtualMFADevices 1000 1000
    VirtualMFADevices 1000 2000
    ");
}

#[test]
fn long_answers_are_kept_from_the_second_time_on() {
    let endpoint = endpoint(5, 6_000);
    let query = "SELECT count(*) FROM aws.iam.users CROSS JOIN aws.iam.virtual_mfa_devices";
    assert_eq!(run(&endpoint, 1, query).unwrap().rows, ["30000"]);
    assert_eq!(endpoint.asked().len(), 1 + 2 * 6);
}

#[test]
fn many_rows_wait_for_nobody() {
    let endpoint = endpoint(0, 100_000);
    let taken = run(&endpoint, 8, "SELECT * FROM aws.iam.virtual_mfa_devices").unwrap();
    assert_eq!(taken.count, 100_000);
    // One page is read, and the next is there.
    assert!(taken.most_waiting <= 3_000, "{}", taken.most_waiting);
    assert_eq!(endpoint.asked().len(), 100);
}

#[test]
fn a_limit_is_the_size_of_the_page() {
    let endpoint = endpoint(3, 5_000);
    let asked = |rest: &str| {
        let taken = run(&endpoint, 8, &format!("SELECT * FROM aws.iam.virtual_mfa_devices {rest}"));
        format!("{} rows: {}", taken.unwrap().count, endpoint.asked().join(", "))
    };
    insta::assert_snapshot!(asked("LIMIT 3"), @"3 rows: VirtualMFADevices 3");
    insta::assert_snapshot!(asked("WHERE region = 'x' LIMIT 3 OFFSET 40"), @"3 rows: VirtualMFADevices 43");
    insta::assert_snapshot!(asked("LIMIT 1500"), @"1500 rows: VirtualMFADevices 1000, VirtualMFADevices 1000 1000");
    insta::assert_snapshot!(asked("LIMIT 0"), @"0 rows: ");
    insta::assert_snapshot!(asked("WHERE MaxItems = 2 LIMIT 3"), @"3 rows: VirtualMFADevices 2, VirtualMFADevices 2 2");
    // How many it takes is not known beforehand.
    insta::assert_snapshot!(asked("WHERE SerialNumber LIKE '%5' LIMIT 3"), @"3 rows: VirtualMFADevices 1000");
    insta::assert_snapshot!(asked("WHERE SerialNumber LIKE '%4999' LIMIT 1"), @"1 rows: VirtualMFADevices 1000, VirtualMFADevices 1000 1000, VirtualMFADevices 1000 2000, VirtualMFADevices 1000 3000, VirtualMFADevices 1000 4000");
}

#[test]
fn what_is_known_is_asked_at_once() {
    let names: Vec<String> = (20..40).map(|n| format!("'user-{n:05}'")).collect();
    for (query, rows) in [
        (
            "SELECT u.UserName, d.SerialNumber FROM aws.iam.users u
             JOIN aws.iam.mfa_devices d ON d.UserName = u.UserName"
                .to_owned(),
            12,
        ),
        (
            "SELECT UserName, (SELECT SerialNumber FROM aws.iam.mfa_devices d
             WHERE d.UserName = u.UserName) FROM aws.iam.users u"
                .to_owned(),
            12,
        ),
        (
            format!(
                "SELECT UserName, SerialNumber FROM aws.iam.mfa_devices
                 WHERE UserName IN ({})",
                names.join(", ")
            ),
            20,
        ),
    ] {
        for most in [1, 4] {
            let endpoint = gated(12, most);
            let taken = run(&endpoint, most, &query).unwrap();
            assert_eq!(taken.count, rows);
            let first = if rows == 12 { 0 } else { 20 };
            for (n, row) in taken.rows.iter().enumerate() {
                let n = n + first;
                assert_eq!(row, &format!("user-{n:05} | of user-{n:05}"));
            }
            assert_eq!(endpoint.most.load(Ordering::SeqCst), most, "{query}");
        }
    }
}

#[test]
fn little_is_asked_in_vain() {
    let endpoint = endpoint(1_000, 0);
    let join = "SELECT u.UserName, d.SerialNumber FROM aws.iam.users u
                JOIN aws.iam.mfa_devices d ON d.UserName = u.UserName";
    let in_vain = |rest: &str| {
        let rows = run(&endpoint, 8, &format!("{join} {rest}")).unwrap().count;
        (rows, endpoint.asked().len() - 1 - rows)
    };
    let (rows, more) = in_vain("LIMIT 3");
    assert!(rows == 3 && more <= 8, "{more}");
    // Rows that are passed over foretell nothing.
    assert_eq!(in_vain("WHERE u.UserName LIKE '%37'"), (10, 0));
    let (rows, more) = in_vain("WHERE u.UserName LIKE '%00'");
    assert!(rows == 10 && more <= 1, "{more}");
}

#[test]
fn a_failure_is_that_of_the_row_that_needs_it() {
    let endpoint = endpoint(20, 0);
    let join = "SELECT u.UserName FROM aws.iam.users u
                JOIN aws.iam.mfa_devices d ON d.UserName = u.UserName";
    for concurrency in [1, 8] {
        let first = run(&endpoint, concurrency, &format!("{join} LIMIT 13")).unwrap();
        assert_eq!(first.count, 13);
        let failed = run(&endpoint, concurrency, &format!("{join} LIMIT 14"));
        let told = "NoSuchEntity: The user with name user-00013 cannot be found.";
        assert_eq!(failed.map(|_| ()).unwrap_err(), told);
    }
}

#[test]
fn parameters_of_a_left_join_reach_its_right_side() {
    let endpoint = endpoint(3, 4);
    let users = "SELECT u.UserName, v.SerialNumber FROM aws.iam.users u";
    let told = |query: &str| {
        let rows = run(&endpoint, 1, query).unwrap().rows.join("\n");
        format!("{rows}\n? {}", counted(endpoint.asked()).replace('\n', "\n? "))
    };
    // A parameter that is no column drops no rows, and one that is filters them.
    insta::assert_snapshot!(told(&format!(
        "{users} LEFT JOIN aws.iam.virtual_mfa_devices v
         ON split_part(v.SerialNumber, 'mfa/000', 2) = '01' AND u.UserName LIKE '%1'
         WHERE v.MaxItems = 3 AND v.assignment_status = 'Any' AND v.region IN ('a', 'b')
         ORDER BY 1, 2"
    )), @"
    user-00000 | NULL
    user-00001 | arn:aws:iam::123456789012:mfa/00001
    user-00001 | arn:aws:iam::123456789012:mfa/00001
    user-00002 | NULL
    ? 1 Users 1000
    ? 1 VirtualMFADevices 3
    ? 1 VirtualMFADevices 3 3
    ");
    insta::assert_snapshot!(told(&format!(
        "{users} LEFT OUTER JOIN aws.iam.mfa_devices AS v ON v.UserName < u.UserName
         WHERE v.user_name = 'user-00001'"
    )), @"
    user-00002 | of user-00001
    ? 1 MFADevices user-00001
    ? 1 Users 1000
    ");
    insta::assert_snapshot!(told(&format!(
        "{users} LEFT JOIN aws.iam.mfa_devices v USING (UserName)
         WHERE v.region = 'x' AND UserName <> 'user-00002'"
    )), @"
    user-00000 | of user-00000
    user-00001 | of user-00001
    ? 1 MFADevices user-00000
    ? 1 MFADevices user-00001
    ? 1 Users 1000
    ");
}
