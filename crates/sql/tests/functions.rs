//! The functions of StackQL's dialect.

#[cfg(test)]
mod support;

use support::World;

/// The values of expressions, one a line.
fn values(expressions: &[&str]) -> String {
    let world = World::new();
    let value = |expression: &&str| {
        let ran = world.sql(&format!("SELECT {expression} AS v"));
        let told = ran.to_string();
        let told = told.trim().trim_start_matches("[{\"v\":").trim_end_matches("}]");
        format!("{expression} is {}", told.replace("\nexit 1", ""))
    };
    expressions.iter().map(value).collect::<Vec<_>>().join("\n")
}

#[test]
fn split_part_takes_parts_from_both_ends() {
    insta::assert_snapshot!(values(&[
        "split_part('a/b/c', '/', 1)",
        "split_part('a/b/c', '/', -1)",
        "split_part('/a//b/', '/', 1)",
        "split_part('/a//b/', '/', 3)",
        "split_part('/a//b/', '/', 5)",
        "split_part('arn:aws:iam::1:mfa/x', ':mfa/', 2)",
        "split_part('a', '/', 1)",
        "split_part('', '/', -1)",
        "split_part('a/b', '/', 3)",
        "split_part('a/b', '/', -3)",
        "split_part('a/b', '/', 0)",
        "split_part('a/b', '', 1)",
        "split_part(NULL, '/', 1)",
        "split_part('a', NULL, 1)",
        "split_part('a', '/', NULL)",
        "split_part(101, 0, 2)",
        "split_part('a', '/', 'x')",
    ]), @r#"
    split_part('a/b/c', '/', 1) is "a"
    split_part('a/b/c', '/', -1) is "c"
    split_part('/a//b/', '/', 1) is ""
    split_part('/a//b/', '/', 3) is ""
    split_part('/a//b/', '/', 5) is ""
    split_part('arn:aws:iam::1:mfa/x', ':mfa/', 2) is "x"
    split_part('a', '/', 1) is "a"
    split_part('', '/', -1) is ""
    split_part('a/b', '/', 3) is null
    split_part('a/b', '/', -3) is null
    split_part('a/b', '/', 0) is null
    split_part('a/b', '', 1) is null
    split_part(NULL, '/', 1) is null
    split_part('a', NULL, 1) is null
    split_part('a', '/', NULL) is null
    split_part(101, 0, 2) is "1"
    split_part('a', '/', 'x') is ! `split_part` takes a whole number as its third argument
    "#);
}

#[test]
fn patterns_are_found_anywhere() {
    insta::assert_snapshot!(values(&[
        "regexp_like('hello world', '^hello')",
        "regexp_like('hello world', '^world')",
        "regexp_like('abracadabra', 'abra(cad)?abra')",
        "regexp_like('a' || char(10) || 'b', 'a.b')",
        "regexp_like('', '')",
        "regexp_like(NULL, 'a')",
        "regexp_substr('123abc', '\\\\d+\\\\w')",
        "regexp_substr('abc', '[0-9]')",
        "regexp_substr('Zoë', '\\\\w+')",
        "regexp_replace('123-456', '[0-9]', 'X')",
        "regexp_replace('file.txt', '\\\\.txt$', '.bak')",
        "regexp_replace('abc', 'b', '$0')",
        "regexp_replace('abc', 'x', 'y')",
        "regexp_replace('abc', 'b', NULL)",
        "regexp_like('a', '(')",
        "regexp_like('a', '(a{1000}){1000}')",
        "'abc' REGEXP 'b'",
        "'abc' NOT REGEXP '^b'",
    ]), @r#"
    regexp_like('hello world', '^hello') is 1
    regexp_like('hello world', '^world') is 0
    regexp_like('abracadabra', 'abra(cad)?abra') is 1
    regexp_like('a' || char(10) || 'b', 'a.b') is 1
    regexp_like('', '') is 1
    regexp_like(NULL, 'a') is null
    regexp_substr('123abc', '\\d+\\w') is "123a"
    regexp_substr('abc', '[0-9]') is null
    regexp_substr('Zoë', '\\w+') is "Zoë"
    regexp_replace('123-456', '[0-9]', 'X') is "XXX-XXX"
    regexp_replace('file.txt', '\\.txt$', '.bak') is "file.bak"
    regexp_replace('abc', 'b', '$0') is "a$0c"
    regexp_replace('abc', 'x', 'y') is "abc"
    regexp_replace('abc', 'b', NULL) is null
    regexp_like('a', '(') is ! `regexp_like` takes a regular expression, such as `^arn:.*:mfa/`
    regexp_like('a', '(a{1000}){1000}') is ! `regexp_like` takes a smaller pattern: fewer repetitions, or fewer sets of characters
    'abc' REGEXP 'b' is 1
    'abc' NOT REGEXP '^b' is 1
    "#);
    // Time in proportion to the text, whatever the pattern.
    let long = "regexp_like(replace(hex(zeroblob(50000)), '0', 'a'), '^(a+)+$b')";
    insta::assert_snapshot!(values(&[long]), @"regexp_like(replace(hex(zeroblob(50000)), '0', 'a'), '^(a+)+$b') is 0");
}

#[test]
fn documents_are_compared_by_what_they_say() {
    insta::assert_snapshot!(values(&[
        r#"json_equal('{"a":1,"b":[1,{"c":null}]}', ' { "b" : [1.0, {"c":null}], "a": 1 }')"#,
        "json_equal('[1,2,3]', '[3,2,1]')",
        r#"json_equal('{"a":1}', '{"A":1}')"#,
        r#"json_equal('{"a":1}', '{"a":1,"b":2}')"#,
        r#"json_equal('"x"', '["x"]')"#,
        "json_equal(NULL, '1')",
        "json_equal('x', '1')",
    ]), @r#"
    json_equal('{"a":1,"b":[1,{"c":null}]}', ' { "b" : [1.0, {"c":null}], "a": 1 }') is 1
    json_equal('[1,2,3]', '[3,2,1]') is 0
    json_equal('{"a":1}', '{"A":1}') is 0
    json_equal('{"a":1}', '{"a":1,"b":2}') is 0
    json_equal('"x"', '["x"]') is 0
    json_equal(NULL, '1') is null
    json_equal('x', '1') is ! `json_equal` takes two texts of JSON
    "#);
    let statement = |rest: &str| format!(r#"{{"Statement":[{{"Effect":"Allow",{rest}}}]}}"#);
    let equal = |one: &str, other: &str| format!("aws_policy_equal('{one}', '{other}')");
    let policies = |one: &str, other: &str| equal(&statement(one), &statement(other));
    let all = [
        policies(r#""Action":["a","b"]"#, r#""Action":["b","a"]"#),
        policies(r#""Action":["a"],"Resource":"*""#, r#""Resource":["*"],"action":"a""#),
        policies(r#""Action":["a","a"]"#, r#""Action":["a","b"]"#),
        policies(r#""Condition":{"x":{"y":["1","2"]}}"#, r#""Condition":{"x":{"y":["2","1"]}}"#),
        policies(r#""Resource":"arn:aws:s3:::b""#, r#""Resource":"arn:aws:S3:::b""#),
        policies(r#""Principal":{"AWS":["x","y"]}"#, r#""Principal":{"AWS":["y","x"]}"#),
        equal(
            r#"{"Statement":[{"Sid":"a"},{"Sid":"b"}]}"#,
            r#"{"Statement":[{"Sid":"b"},{"Sid":"a"}]}"#,
        ),
        equal(
            r#"[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]"#,
            r#"[{"Value":"2","Key":"b"},{"Key":"a","Value":"1"}]"#,
        ),
        equal(r#"[{"Key":"a","Value":"1"}]"#, r#"[{"Key":"a","Value":"2"}]"#),
        equal("[1,2]", "[2,1]"),
    ];
    insta::assert_snapshot!(values(&all.iter().map(String::as_str).collect::<Vec<_>>()), @r#"
    aws_policy_equal('{"Statement":[{"Effect":"Allow","Action":["a","b"]}]}', '{"Statement":[{"Effect":"Allow","Action":["b","a"]}]}') is 1
    aws_policy_equal('{"Statement":[{"Effect":"Allow","Action":["a"],"Resource":"*"}]}', '{"Statement":[{"Effect":"Allow","Resource":["*"],"action":"a"}]}') is 1
    aws_policy_equal('{"Statement":[{"Effect":"Allow","Action":["a","a"]}]}', '{"Statement":[{"Effect":"Allow","Action":["a","b"]}]}') is 0
    aws_policy_equal('{"Statement":[{"Effect":"Allow","Condition":{"x":{"y":["1","2"]}}}]}', '{"Statement":[{"Effect":"Allow","Condition":{"x":{"y":["2","1"]}}}]}') is 0
    aws_policy_equal('{"Statement":[{"Effect":"Allow","Resource":"arn:aws:s3:::b"}]}', '{"Statement":[{"Effect":"Allow","Resource":"arn:aws:S3:::b"}]}') is 1
    aws_policy_equal('{"Statement":[{"Effect":"Allow","Principal":{"AWS":["x","y"]}}]}', '{"Statement":[{"Effect":"Allow","Principal":{"AWS":["y","x"]}}]}') is 1
    aws_policy_equal('{"Statement":[{"Sid":"a"},{"Sid":"b"}]}', '{"Statement":[{"Sid":"b"},{"Sid":"a"}]}') is 0
    aws_policy_equal('[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]', '[{"Value":"2","Key":"b"},{"Key":"a","Value":"1"}]') is 1
    aws_policy_equal('[{"Key":"a","Value":"1"}]', '[{"Key":"a","Value":"2"}]') is 0
    aws_policy_equal('[1,2]', '[2,1]') is 0
    "#);
}

#[test]
fn functions_work_on_rows_and_in_parameters() {
    let world = World::new();
    world.sql("INSERT INTO aws.iam.users (UserName) VALUES ('alice'), ('bob')");
    world.device("phone");
    insta::assert_snapshot!(world.sql(
        "SELECT split_part(SerialNumber, '/', -1) AS name FROM aws.iam.virtual_mfa_devices
         WHERE regexp_like(SerialNumber, 'mfa/ph') AND region = lower('US-EAST-1');
         SELECT UserName FROM aws.iam.users WHERE UserName = split_part('x/bob', '/', 2)"
    ), @r#"
    [{"name":"phone"}]
    [{"UserName":"bob"}]
    "#);
    assert_eq!(world.called(), ["ListVirtualMFADevices", "GetUser"]);
    insta::assert_snapshot!(world.lines(
        r#"SELECT * FROM json_array_elements_text('["a", null, 1, [2], {"b":3}]');
           SELECT n, e.value FROM (SELECT 1 AS n, '["x","y"]' AS list UNION SELECT 2, NULL) t
           LEFT JOIN unnest(t.list) e;
           SELECT * FROM unnest('{}')"#
    ), @r#"
    {"value":"a"}
    {"value":null}
    {"value":"1"}
    {"value":"[2]"}
    {"value":"{\"b\":3}"}
    {"n":1,"value":"x"}
    {"n":1,"value":"y"}
    {"n":2,"value":null}
    ! a table of elements is made of a list as JSON text, such as `[…]`
    exit 1
    "#);
}
