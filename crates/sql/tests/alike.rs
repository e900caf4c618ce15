//! Random queries over resources, and over tables that hold the same rows: the answers are equal,
//! whatever is looked up, asked for by what a join knows, or not asked for at all.
//!
//! Not here: which calls are made.

#[cfg(test)]
mod support;

use std::collections::HashMap;

use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use support::World;

#[test]
fn resources_answer_as_tables_of_their_rows_would() {
    let world = furnished();
    let values = values(&world);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(400));
    let alike = runner.run(&vec(any::<u16>(), 48), |choices| {
        let query = Choices { choices, values: &values }.query();
        let (resources, tables) = (query.replace('@', "aws.iam."), query.replace('@', "own_"));
        prop_assert_eq!(rows(&world, &resources), rows(&world, &tables), "{}", resources);
        Ok(())
    });
    if let Err(found) = alike {
        panic!("{found}");
    }
}

/// Some of everything: users with and without tags, paths, keys and devices.
fn furnished() -> World {
    let world = World::new();
    world.sql(
        r#"INSERT INTO aws.iam.users (UserName, Path, Tags) VALUES
           ('alice', '/', '[{"Key":"a","Value":"b"}]'), ('Bob', '/ops/', '[{"Key":"c","Value":""}]'),
           ('carol', '/ops/', NULL), ('dave', '/ops/a/', NULL), ('u1', '/', NULL), ('u10', '/', NULL)"#,
    );
    world.sql(
        "INSERT INTO aws.iam.access_keys (UserName) VALUES ('alice'), ('alice'), ('carol'), ('u1')
         RETURNING AccessKeyId",
    );
    world.devices(7);
    for (name, user) in
        [("a", "alice"), ("B", "Bob"), ("c1", "carol"), ("c2", "carol"), ("u", "u10")]
    {
        world.pass(120);
        let (serial, phone) = world.device(name);
        let (first, second) = (phone.code(world.now() - 30), phone.code(world.now()));
        let enabled = world.sql(&format!(
            r#"EXEC aws.iam.mfa_devices.mfa_devices_Enable @SerialNumber = '{serial}',
               @UserName = '{user}', @AuthenticationCode1 = '{first}', @AuthenticationCode2 = '{second}';
               EXEC aws.iam.mfa_devices.mfa_devices_Tag @SerialNumber = '{serial}',
               @Tags = '[{{"Key":"team","Value":"{name}"}},{{"Key":"x","Value":""}}]'"#
        ));
        assert_eq!(enabled.code, 0, "{enabled}");
    }
    for (resource, columns, from) in [
        ("users", "*", "aws.iam.users"),
        ("virtual_mfa_devices", "SerialNumber, EnableDate, User", "aws.iam.virtual_mfa_devices"),
        ("mfa_devices", "d.*", "aws.iam.users u JOIN aws.iam.mfa_devices d USING (UserName)"),
        (
            "access_keys",
            "k.UserName, k.AccessKeyId, k.Status",
            "aws.iam.users u JOIN aws.iam.access_keys k ON k.UserName = u.UserName",
        ),
        (
            "mfa_device_tags",
            "t.SerialNumber, t.*",
            "aws.iam.virtual_mfa_devices v
             JOIN aws.iam.mfa_device_tags t ON t.SerialNumber = v.SerialNumber",
        ),
    ] {
        let copied =
            world.sql(&format!("CREATE TABLE own_{resource} AS SELECT {columns} FROM {from}"));
        assert_eq!(copied.code, 0, "{copied}");
    }
    world
}

/// The values of each column.
#[cfg(test)]
fn values(world: &World) -> HashMap<&'static str, Vec<String>> {
    let columns = COLUMNS.iter().flat_map(|(alias, resource, columns)| {
        columns.iter().map(move |column| (alias, resource, *column))
    });
    let texts = |(alias, resource, column): (&char, &&str, &'static str)| {
        let query =
            format!("SELECT DISTINCT {column} AS it FROM own_{resource} {alias} WHERE it <> ''");
        let ran = world.sql(&query);
        let rows: Vec<HashMap<String, String>> = serde_json::from_str(&ran.out).unwrap();
        (column, rows.into_iter().map(|row| row["it"].clone()).collect())
    };
    columns.map(texts).collect()
}

/// The answer, in no order; or why there is none.
#[cfg(test)]
fn rows(world: &World, query: &str) -> Vec<String> {
    let ran = world.sql(query);
    if ran.code != 0 {
        return vec![ran.to_string()];
    }
    let rows: Vec<serde_json::Value> = serde_json::from_str(&ran.out).unwrap();
    let mut rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
    rows.sort();
    rows
}

/// Numbers that a query is made of. Where there are no more, all else is as plain as can be.
struct Choices<'v> {
    choices: Vec<u16>,
    values: &'v HashMap<&'static str, Vec<String>>,
}

#[cfg(test)]
impl Choices<'_> {
    fn query(&mut self) -> String {
        let (from, aliases) = *self.pick(FROMS);
        let (any, left) = (*self.pick(&["", "LEFT", "RIGHT", "FULL"]), *self.pick(&["", "LEFT"]));
        let from = from.replace("ANY", any).replace("SOME", left);
        let (one, other) = (self.column(aliases), self.column(aliases));
        let filter = self.condition(aliases, 2);
        match self.below(6) {
            0 => format!(
                "SELECT {one} AS a, count(*) AS n, count(DISTINCT {other}) AS d, max({other}) AS m FROM {from} WHERE {filter} GROUP BY 1"
            ),
            1 => format!("SELECT count(*) AS n FROM {from} WHERE {filter}"),
            2 => format!("SELECT DISTINCT {one} AS a FROM {from} WHERE {filter}"),
            3 => {
                let (most, passed) = (self.below(6), self.below(4));
                format!(
                    "SELECT {one} AS a, {other} AS b FROM {from} WHERE {filter} ORDER BY 1, 2 DESC LIMIT {most} OFFSET {passed}"
                )
            }
            4 if aliases.contains('u') => {
                let not = *self.pick(&["", "NOT"]);
                let within = *self.pick(&[
                    "EXISTS (SELECT 1 FROM @virtual_mfa_devices e WHERE e.User ->> '$.UserName' = u.UserName)",
                    "EXISTS (SELECT 1 FROM @mfa_devices e WHERE e.UserName = u.UserName)",
                    "u.UserName IN (SELECT e.User ->> '$.UserName' FROM @virtual_mfa_devices e WHERE e.User IS NOT NULL)",
                    "u.Path = (SELECT min(e.Path) FROM @users e WHERE e.UserName <> u.UserName)",
                ]);
                format!(
                    "SELECT {one} AS a, {other} AS b FROM {from} WHERE {filter} AND {not} ({within})"
                )
            }
            _ => format!("SELECT {one} AS a, {other} AS b, 1 AS c FROM {from} WHERE {filter}"),
        }
    }

    fn condition(&mut self, aliases: &str, depth: usize) -> String {
        let column = self.column(aliases);
        let (value, another) = (self.value(column), self.value(column));
        match self.below(if depth == 0 { 9 } else { 12 }) {
            0 => "1".to_owned(),
            1 | 2 => format!("{column} = '{value}'"),
            3 => format!("{column} IN ('{value}', '{another}')"),
            4 => format!("{column} NOT IN ('{value}', 'x')"),
            5 => format!(
                "{column} LIKE '{}%'",
                value.chars().take(self.below(30)).collect::<String>()
            ),
            6 => format!("{column} {} '{value}'", self.pick(&["<", ">=", "<>", "<=>"])),
            7 => format!("{column} IS {} NULL", self.pick(&["", "NOT"])),
            8 => format!("{column} BETWEEN '{value}' AND '{another}'"),
            9 => format!("NOT ({})", self.condition(aliases, depth - 1)),
            more => {
                let word = if more == 10 { "AND" } else { "OR" };
                let (one, other) =
                    (self.condition(aliases, depth - 1), self.condition(aliases, depth - 1));
                format!("({one} {word} {other})")
            }
        }
    }

    fn column(&mut self, aliases: &str) -> &'static str {
        let aliases: Vec<char> = aliases.chars().collect();
        let alias = *self.pick(&aliases);
        let (_, _, columns) = COLUMNS.iter().find(|(known, ..)| *known == alias).unwrap();
        self.pick::<&'static str>(columns)
    }

    fn value(&mut self, column: &str) -> String {
        let all = self.values;
        self.pick(&all[column]).clone()
    }

    fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.choices.pop().unwrap_or_default()) % end
    }
}

/// What `FROM` says, and the tables in it. `ANY` and `SOME` are sides of joins.
const FROMS: &[(&str, &str)] = &[
    ("@users u", "u"),
    ("@virtual_mfa_devices v", "v"),
    ("@users u, @virtual_mfa_devices v", "uv"),
    ("@users u ANY JOIN @virtual_mfa_devices v ON v.User ->> '$.UserName' = u.UserName", "uv"),
    ("@virtual_mfa_devices v ANY JOIN @users u ON u.UserName = v.User ->> '$.UserName'", "uv"),
    ("@virtual_mfa_devices v ANY JOIN @virtual_mfa_devices w ON v.EnableDate = w.EnableDate", "vw"),
    ("@users u SOME JOIN @mfa_devices m ON m.UserName = u.UserName", "um"),
    ("@users u SOME JOIN @access_keys k USING (UserName)", "uk"),
    ("@users u NATURAL SOME JOIN @mfa_devices m", "um"),
    (
        "@virtual_mfa_devices v SOME JOIN @mfa_device_tags t ON t.SerialNumber = v.SerialNumber",
        "vt",
    ),
    (
        "@users u ANY JOIN @virtual_mfa_devices v ON v.User ->> '$.UserName' = u.UserName
         SOME JOIN @mfa_devices m ON m.UserName = u.UserName",
        "uvm",
    ),
    (
        "(SELECT u.* FROM @virtual_mfa_devices v ANY JOIN @users u
         ON v.User ->> '$.UserName' = u.UserName) u SOME JOIN @mfa_devices m USING (UserName)",
        "um",
    ),
    (
        "@users u SOME JOIN @mfa_devices m ON m.UserName = u.UserName
         SOME JOIN @virtual_mfa_devices v ON v.SerialNumber = m.SerialNumber
         LEFT JOIN @mfa_device_tags t ON t.SerialNumber = v.SerialNumber",
        "umvt",
    ),
];

/// The columns of the tables.
const COLUMNS: &[(char, &str, &[&str])] = &[
    ('u', "users", &["u.UserName", "u.Path", "u.UserId", "u.Arn", "u.CreateDate"]),
    ('v', "virtual_mfa_devices", &["v.SerialNumber", "v.EnableDate", "v.User ->> '$.UserName'"]),
    ('w', "virtual_mfa_devices", &["w.SerialNumber", "w.EnableDate", "w.User ->> '$.UserName'"]),
    ('m', "mfa_devices", &["m.UserName", "m.SerialNumber", "m.EnableDate"]),
    ('t', "mfa_device_tags", &["t.SerialNumber", "t.\"Key\"", "t.Value"]),
    ('k', "access_keys", &["k.UserName", "k.AccessKeyId", "k.Status"]),
];
