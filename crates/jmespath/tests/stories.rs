//! Behaviour of jmespath.py that deviates from the specification. Each expectation was compared with
//! jmespath.py.

use serde_json::{Value, json};
use vmfa_jmespath::{Error, Expression};

fn search(expression: &str, document: &Value) -> Result<Value, Error> {
    Expression::compile(expression)?.search(document)
}

/// The result as JSON, or the error message.
fn evaluate(expression: &str, document: &Value) -> String {
    search(expression, document).map_or_else(|error| error.to_string(), |value| value.to_string())
}

#[test]
fn back_ticks_around_a_bare_word_make_a_string() {
    let users = json!({"Users": [{"UserName": "bob", "Age": 1}, {"UserName": "eve", "Age": 2}]});
    assert_eq!(evaluate("Users[?UserName==`bob`].Age", &users), "[1]");
    assert_eq!(evaluate("` a b `", &users), r#""a b ""#);
    assert_eq!(evaluate("``", &users), r#""""#);
    assert_eq!(evaluate("`01`", &users), r#""01""#);
    assert_eq!(evaluate("`[1`", &users), r#""[1""#);
    assert_eq!(evaluate(r"`a\`b`", &users), r#""a`b""#);
}

#[test]
fn members_stay_in_their_order() {
    let document = json!({"z": 1, "a": 2});
    assert_eq!(evaluate("@", &document), r#"{"z":1,"a":2}"#);
    assert_eq!(evaluate("{y: z, b: a, y: a}", &document), r#"{"y":2,"b":2}"#);
    assert_eq!(evaluate("merge(@, {b: `0`, z: `3`})", &document), r#"{"z":3,"a":2,"b":0}"#);
    assert_eq!(evaluate("*", &document), "[1,2]");
}

#[test]
fn arithmetic_is_that_of_python() {
    for (expression, answer) in [
        ("sum(`[1, 2]`)", "3"),
        ("sum(`[1, 2.0]`)", "3.0"),
        ("sum(`[]`)", "0"),
        ("sum(`[0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1]`)", "1.0"),
        ("avg(`[1, 3]`)", "2.0"),
        ("avg(`[]`)", "null"),
        ("ceil(`1.2`)", "2"),
        ("floor(`-1.2`)", "-2"),
        ("abs(`-1`)", "1"),
        ("abs(`-1.0`)", "1.0"),
        ("ceil(`NaN`)", "cannot convert float NaN to integer"),
        ("floor(`1e999`)", "cannot convert float infinity to integer"),
        ("to_number('1_000')", "1000"),
        ("to_number(' 1e3 ')", "1000.0"),
        ("to_number('0x1')", "null"),
        ("to_number(`true`)", "null"),
        ("`1` == `1.0`", "true"),
        ("`1` == `true`", "false"),
        ("`[1]` == `[true]`", "true"),
        ("contains(`[true]`, `1`)", "true"),
        ("`9007199254740993` > `9007199254740992.0`", "true"),
        ("!`0`", "false"),
        ("'a' < 'b'", "true"),
        ("`null` < `1`", "null"),
        ("`1` < 'a'", "'<' not supported between instances of 'int' and 'str'"),
        ("max_by(`[1,\"a\"]`, &@)", "'>' not supported between instances of 'str' and 'int'"),
    ] {
        assert_eq!(evaluate(expression, &Value::Null), answer, "{expression}");
    }
}

#[test]
fn to_string_is_json_dumps() {
    let document = json!({"a": ["é😀\u{7f}", 1.0, 1e16, 1e-5, null, true], "b\n": {"c": []}});
    assert_eq!(
        search("to_string(@)", &document).unwrap(),
        r#"{"a":["\u00e9\ud83d\ude00\u007f",1.0,1e+16,1e-05,null,true],"b\n":{"c":[]}}"#
    );
    assert_eq!(search("to_string('é')", &document).unwrap(), "é");
    assert_eq!(search("to_string(`NaN`)", &document).unwrap(), "NaN");
}

#[test]
fn values_in_errors_are_shown_as_in_python() {
    let document = json!({"it's": ["a\"'\u{200b}\u{a0}é", 1.0, null, true], "b": {}});
    assert_eq!(
        evaluate("abs(@)", &document),
        r#"In function abs(), invalid type for value: {"it's": ['a"\'\u200b\xa0é', 1.0, None, True], 'b': {}}, expected one of: ['number'], received: "object""#
    );
    assert_eq!(
        evaluate("join('', `[1]`)", &document),
        r#"In function join(), invalid type for value: 1, expected one of: ['array-string'], received: "int""#
    );
    assert_eq!(evaluate("merge(@, `1`)", &document), "'int' object is not iterable",);
    assert_eq!(evaluate("merge(`{}`, `[[\"a\", 1], \"bc\"]`)", &document), r#"{"a":1,"b":"c"}"#);
}

#[test]
fn a_slice_after_an_index_does_not_project() {
    let document = json!({"a": [[{"b": 1}, {"b": 2}]]});
    assert_eq!(evaluate("a[0][0:2].b", &document), "null");
    assert_eq!(evaluate("(a[0])[:1]", &document), r#"[{"b":1}]"#);
    assert_eq!(evaluate("a[0] | [0:2].b", &document), "[1,2]");
}

#[test]
fn slices_are_those_of_python() {
    let document = json!([0, 1, 2, 3, 4]);
    for (expression, answer) in [
        ("[::-1]", "[4,3,2,1,0]"),
        ("[-2:]", "[3,4]"),
        ("[10:0:-2]", "[4,2]"),
        ("[:-10:-1]", "[4,3,2,1,0]"),
        ("[3:1]", "[]"),
        ("[99999999999999999999:]", "[]"),
        ("[::99999999999999999999]", "[0]"),
        ("[-99999999999999999999]", "null"),
        ("[-5]", "0"),
        ("[-6]", "null"),
        ("[::0]", "slice step cannot be zero"),
    ] {
        assert_eq!(evaluate(expression, &document), answer, "{expression}");
    }
    assert_eq!(evaluate("[::0]", &Value::Null), "null");
}

#[test]
fn sorting_keeps_equals_in_their_order() {
    let document = json!([{"k": 1, "n": "a"}, {"k": 0, "n": "b"}, {"k": 1.0, "n": "c"}]);
    assert_eq!(evaluate("sort_by(@, &k)[].n", &document), r#"["b","a","c"]"#);
    assert_eq!(evaluate("max_by(@, &k).n", &document), r#""a""#);
    let letters = json!(["z", "😀", "\u{ffff}", "é"]);
    assert_eq!(search("sort(@)", &letters).unwrap(), json!(["z", "é", "\u{ffff}", "😀"]));
}

#[test]
fn columns_are_counted_in_characters() {
    assert_eq!(
        evaluate("'é😀' x", &Value::Null),
        "Unexpected token: x: Parse error at column 5, token \"x\" (UNQUOTED_IDENTIFIER), \
         for expression:\n\"'é😀' x\"\n      ^"
    );
}

#[test]
fn nesting_is_limited_to_500_levels() {
    let deep = "the expression nests more than 500 levels: make it simpler";
    let mut too_deep = 0;
    for repeated in
        ["(", "[", "{a:", "!", "&", "[?", "a[?", "f(", "a.[", "`[", "a|", "[@]|", "a||", "*.", "[]"]
    {
        for end in ["", "@"] {
            let expression = repeated.repeat(20_000) + end;
            let Err(error) = search(&expression, &json!([[[]]])) else { continue };
            let message = error.to_string();
            too_deep += usize::from(message == deep);
            assert!(message == deep || error.class() == "ParseError", "{repeated}{end}: {message}");
        }
    }
    assert_eq!(too_deep, 26, "the other four are syntax errors or flat");
    let literal = format!("`{}{}`", "[".repeat(501), "]".repeat(501));
    assert_eq!(evaluate(&literal, &Value::Null), deep);
    // A pipe nests its result, not itself.
    let piped = ["[[[[[[[@]]]]]]]"; 100].join("|");
    assert_eq!(evaluate(&piped, &json!(1)), deep);
}

#[test]
fn nesting_that_the_aws_cli_supports_is_evaluated() {
    let enclosed = format!("{}a{}", "(".repeat(450), ")".repeat(450));
    assert_eq!(evaluate(&enclosed, &json!({"a": 1})), "1");
    let nested = format!("{}a{}", "[".repeat(450), "]".repeat(450));
    assert_eq!(evaluate(&nested, &json!({"a": 1})), nested.replace('a', "1"));
    let called = format!("{}a{}", "to_array(".repeat(450), ")".repeat(450));
    assert_eq!(evaluate(&called, &json!({"a": 1})), "[1]");
    let piped = vec!["[@]"; 450].join("|");
    assert_eq!(evaluate(&piped, &json!(1)), format!("{}1{}", "[".repeat(450), "]".repeat(450)));
    let flat = vec!["a"; 100_000].join(".");
    assert_eq!(evaluate(&flat, &json!({"a": 1})), "null");
}

#[test]
fn a_result_that_keeps_doubling_is_refused() {
    let growing = "the result is too large: select less";
    for (step, first) in
        [("[@,@]", "@"), ("[@,@][]", "[@]"), ("join('', [@,@])", "'x'"), ("to_string([@,@])", "@")]
    {
        let grown = format!("{first}|{}", [step; 60].join("|"));
        let equal = format!("[{grown}, {grown}] | @[0] == @[1]");
        for expression in [&grown, &equal, &format!("abs({grown})")] {
            let compiled = Expression::compile(expression).unwrap();
            let message = compiled.search_within(&json!({}), 1 << 12).unwrap_err().to_string();
            assert_eq!(message, growing, "{expression}");
        }
    }
}
