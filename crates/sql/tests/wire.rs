//! The PostgreSQL wire, through the client of Rust's that people use: tokio-postgres.
//!
//! Other clients are real programs, and have stories of their own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(test)]
mod support;

use std::{sync::Arc, thread};

use support::World;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, error::SqlState, types::Type};
use vmfa_client::{AccessKeyPair, SingleKey};
use vmfa_model::{Entropy, Secret};
use vmfa_sql::{
    Views,
    wire::{self, Ground, Limits, Server, Stopper},
};

/// A server for one key, and what ends it.
struct Served {
    _world: World,
    port: u16,
    stopper: Stopper,
    thread: Option<thread::JoinHandle<()>>,
}

impl Served {
    fn start() -> Self {
        let world = World::new();
        let calls = world.setting().calls;
        let config = wire::Config {
            address: ([127, 0, 0, 1], 0).into(),
            tls: None,
            insecure: false,
            limits: Limits::default(),
        };
        let server = Server::bind(&config).unwrap();
        let (port, stopper) = (server.address().port(), server.stopper().unwrap());
        let key = AccessKeyPair { id: USER.to_owned(), secret: Secret::new(PASSWORD.to_owned()) };
        let ground = Ground {
            keys: Arc::new(SingleKey::new(Some(key), calls, &Counter)),
            views: Box::new(|_| Views::nowhere()),
            concurrency: Some(4),
            entropy: Arc::new(Counter),
        };
        let thread = thread::spawn(move || server.run(ground, || {}).unwrap());
        Self { _world: world, port, stopper, thread: Some(thread) }
    }

    fn client(&self, runtime: &Runtime, password: &str) -> Result<Client, tokio_postgres::Error> {
        let mut config = Config::new();
        config.host("127.0.0.1").port(self.port).user(USER).password(password).dbname("aws");
        let (client, connection) = runtime.block_on(config.connect(NoTls))?;
        runtime.spawn(connection);
        Ok(client)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stopper.stop();
        let _ = self.thread.take().unwrap().join();
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn statements_are_prepared_bound_and_refused() {
    let served = Served::start();
    let runtime = runtime();
    let client = served.client(&runtime, PASSWORD).unwrap();
    runtime.block_on(async {
        client
            .execute("INSERT INTO aws.iam.users (UserName) VALUES ($1)", &[&"alice"])
            .await
            .unwrap();
        let found = client
            .prepare("SELECT UserName, count(*) AS n FROM users WHERE UserName = $1")
            .await
            .unwrap();
        assert_eq!(found.params(), [Type::TEXT]);
        let kinds: Vec<&Type> = found.columns().iter().map(tokio_postgres::Column::type_).collect();
        assert_eq!(kinds, [&Type::TEXT, &Type::INT8]);
        let row = client.query_one(&found, &[&"alice"]).await.unwrap();
        assert_eq!((row.get::<_, &str>(0), row.get::<_, i64>(1)), ("alice", 1));

        // Values of other types, in binary, if they are declared.
        let typed = client
            .prepare_typed("SELECT $1, $2, $3", &[Type::INT4, Type::FLOAT8, Type::BOOL])
            .await
            .unwrap();
        let row = client.query_one(&typed, &[&7_i32, &0.5_f64, &true]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), "7");
        assert_eq!(row.get::<_, &str>(1), "0.5");

        let refused =
            client.execute("INSERT INTO aws.iam.users (UserName) VALUES ($1)", &[&"alice"]);
        let error = refused.await.unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!(error.code(), &SqlState::UNIQUE_VIOLATION);
        assert_eq!(error.detail(), Some("EntityAlreadyExists"));
    });
}

#[test]
fn portals_give_their_rows_in_portions() {
    let served = Served::start();
    let runtime = runtime();
    let mut client = served.client(&runtime, PASSWORD).unwrap();
    runtime.block_on(async {
        let transaction = client.transaction().await.unwrap();
        let statement = transaction
            .prepare(
                "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2500)
                 SELECT n FROM c",
            )
            .await
            .unwrap();
        let portal = transaction.bind(&statement, &[]).await.unwrap();
        let mut seen = Vec::new();
        for portion in 0..3 {
            let rows = transaction.query_portal(&portal, 1000).await.unwrap();
            seen.extend(rows.iter().map(|row| row.get::<_, &str>(0).parse::<usize>().unwrap()));
            // Another statement in between; the rest of the rows waits.
            let other = transaction.query_one("SELECT $1", &[&"x"]).await.unwrap();
            assert_eq!(other.get::<_, &str>(0), "x", "{portion}");
        }
        assert_eq!(seen, (1..=2500).collect::<Vec<_>>());
        transaction.commit().await.unwrap();
    });
}

#[test]
fn statements_after_a_failure_are_not_run() {
    let served = Served::start();
    let runtime = runtime();
    let client = served.client(&runtime, PASSWORD).unwrap();
    runtime.block_on(async {
        let messages = client.simple_query("SELECT 1; SELECT 'a;b' AS t; ;").await.unwrap();
        let rows: Vec<&str> = messages
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0),
                _ => None,
            })
            .collect();
        assert_eq!(rows, ["1", "a;b"]);
        let error = client
            .simple_query(
                "INSERT INTO users (UserName) VALUES ('a'); SELECT missing;
                 INSERT INTO users (UserName) VALUES ('b')",
            )
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::UNDEFINED_COLUMN));
        let names = client.query("SELECT UserName FROM users", &[]).await.unwrap();
        assert_eq!(names.iter().map(|row| row.get(0)).collect::<Vec<&str>>(), ["a"]);
    });
}

#[test]
fn statements_are_cancelled() {
    let served = Served::start();
    let runtime = runtime();
    let client = served.client(&runtime, PASSWORD).unwrap();
    let cancel = client.cancel_token();
    runtime.block_on(async {
        client.simple_query("SELECT 1").await.unwrap();
        let slept = client.simple_query("SLEEP 60000");
        let cancelled = async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            cancel.cancel_query(NoTls).await.unwrap();
        };
        let (slept, ()) = tokio::join!(slept, cancelled);
        assert_eq!(slept.unwrap_err().code(), Some(&SqlState::QUERY_CANCELED));
        client.simple_query("SELECT 1").await.unwrap();
    });
}

#[test]
fn statements_take_as_long_as_they_may() {
    let served = Served::start();
    let runtime = runtime();
    let mut client = served.client(&runtime, PASSWORD).unwrap();
    runtime.block_on(async {
        let endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
                       SELECT count(*) FROM c";
        client.simple_query("SET statement_timeout = '50ms'").await.unwrap();
        for query in ["SLEEP 60000", endless, &format!("{endless}, pg_catalog.pg_class")] {
            let error = client.simple_query(query).await.unwrap_err();
            let error = error.as_db_error().unwrap();
            assert_eq!(error.code(), &SqlState::QUERY_CANCELED);
            assert_eq!(error.message(), "canceling statement due to statement timeout");
        }
        // The time in which a client thinks about its portion of the rows is its own.
        client.simple_query("SET statement_timeout = '1s'").await.unwrap();
        let transaction = client.transaction().await.unwrap();
        let statement = transaction.prepare(ENDLESS).await.unwrap();
        let portal = transaction.bind(&statement, &[]).await.unwrap();
        for _ in 0..3 {
            assert_eq!(transaction.query_portal(&portal, 2000).await.unwrap().len(), 2000);
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        transaction.rollback().await.unwrap();
        // What was set in a transaction goes with it.
        client
            .batch_execute("BEGIN; SET LOCAL statement_timeout = 0; SLEEP 1; COMMIT")
            .await
            .unwrap();
        client.batch_execute("BEGIN; SET statement_timeout = '3s'; ROLLBACK").await.unwrap();
        let shown = client.query_one("SHOW statement_timeout", &[]).await.unwrap();
        assert_eq!(shown.get::<_, &str>(0), "1s");
    });
}

#[test]
fn parameters_have_the_types_that_statements_tell() {
    let served = Served::start();
    let runtime = runtime();
    let client = served.client(&runtime, PASSWORD).unwrap();
    runtime.block_on(async {
        for name in ["alice", "bob", "it's"] {
            client
                .execute("INSERT INTO aws.iam.users (UserName) VALUES ($1)", &[&name])
                .await
                .unwrap_or_default();
        }
        // Lists that drivers send as arrays, and a limit that they send as a number.
        let found = client
            .query(
                "SELECT UserName FROM users WHERE UserName = ANY($1) LIMIT $2",
                &[&vec!["bob", "nobody", "a,b"], &5_i64],
            )
            .await
            .unwrap();
        assert_eq!(found.iter().map(|row| row.get(0)).collect::<Vec<&str>>(), ["bob"]);
        let cast = client
            .query_one(
                "SELECT $1::int, $2::bigint, $3::bool, 'a' = ANY('{a,\"b c\"}'::text[])",
                &[&1_i32, &5_000_000_000_i64, &true],
            )
            .await
            .unwrap();
        assert_eq!(cast.get::<_, i64>(0), 1);
        assert_eq!(cast.get::<_, i64>(1), 5_000_000_000);
    });
}

#[test]
fn savepoints_take_back_what_waits() {
    let served = Served::start();
    let runtime = runtime();
    let mut client = served.client(&runtime, PASSWORD).unwrap();
    runtime.block_on(async {
        let made = "INSERT INTO users (UserName) VALUES";
        let mut transaction = client.transaction().await.unwrap();
        transaction.batch_execute(&format!("{made} ('a')")).await.unwrap();
        let inner = transaction.savepoint("s").await.unwrap();
        inner.batch_execute(&format!("{made} ('b'); SAVEPOINT t")).await.unwrap();
        inner.batch_execute("SELECT missing").await.unwrap_err();
        let failed = inner.batch_execute("SELECT 1").await.unwrap_err();
        assert_eq!(failed.code(), Some(&SqlState::IN_FAILED_SQL_TRANSACTION));
        inner.rollback().await.unwrap();
        let gone = transaction.batch_execute("RELEASE t").await.unwrap_err();
        assert_eq!(gone.code(), Some(&SqlState::S_E_INVALID_SPECIFICATION));
        transaction.batch_execute("ROLLBACK TO SAVEPOINT s").await.unwrap();
        let inner = transaction.savepoint("s").await.unwrap();
        inner.batch_execute(&format!("{made} ('c')")).await.unwrap();
        inner.commit().await.unwrap();
        transaction.commit().await.unwrap();
        let names = client.query("SELECT UserName FROM users", &[]).await.unwrap();
        assert_eq!(names.iter().map(|row| row.get(0)).collect::<Vec<&str>>(), ["a", "c"]);
        let refused = client.batch_execute("SAVEPOINT s").await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::NO_ACTIVE_SQL_TRANSACTION));
    });
}

#[test]
fn cursors_read_on_whatever_comes_between() {
    let served = Served::start();
    let runtime = runtime();
    let mut client = served.client(&runtime, PASSWORD).unwrap();
    runtime.block_on(async {
        let refused = client.batch_execute("DECLARE c CURSOR FOR SELECT 1").await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::NO_ACTIVE_SQL_TRANSACTION));

        let transaction = client.transaction().await.unwrap();
        let declared = format!("DECLARE c NO SCROLL CURSOR WITH HOLD FOR {ENDLESS}");
        transaction.batch_execute(&declared).await.unwrap();
        transaction.batch_execute("DECLARE d CURSOR FOR SELECT 1; MOVE 5000 c").await.unwrap();
        let mut rows = Vec::new();
        for _ in 0..3 {
            rows.extend(transaction.query("FETCH FORWARD 2 FROM c", &[]).await.unwrap());
            transaction.query_one("SELECT count(*) FROM users", &[]).await.unwrap();
        }
        let rows: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(rows, [5001, 5002, 5003, 5004, 5005, 5006]);
        transaction.commit().await.unwrap();

        // One of them outlives its transaction, until it is closed.
        assert_eq!(client.query_one("FETCH c", &[]).await.unwrap().get::<_, i64>(0), 5007);
        let refused = client.batch_execute("FETCH d").await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::INVALID_CURSOR_NAME));
        client.batch_execute("CLOSE ALL").await.unwrap();
        let refused = client.batch_execute("FETCH c").await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::INVALID_CURSOR_NAME));
    });
}

#[test]
fn a_wrong_password_is_refused() {
    let served = Served::start();
    let error = served.client(&runtime(), "wrong").map(drop).unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::INVALID_PASSWORD));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        wire::read_messages(&bytes);
    }

    #[test]
    fn any_statement_is_written_or_refused(
        words in proptest::collection::vec(proptest::sample::select(WORDS), 0..40),
        blanks: bool,
    ) {
        let text = words.join(if blanks { " " } else { "" });
        let body = [text.as_bytes(), b"\0"].concat();
        let length = u32::try_from(body.len()).unwrap() + 4;
        let bytes = [b"Q", &length.to_be_bytes()[..], &body].concat();
        assert_eq!(wire::read_messages(&bytes), 1);
    }
}

/// Rows without end.
const ENDLESS: &str = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)
                       SELECT CAST(n AS INTEGER) AS n FROM c";

/// What statements are made of, in any order.
const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "pg_class",
    "pg_catalog",
    ".",
    "(",
    ")",
    "[",
    "]",
    ",",
    "::",
    "text",
    "regclass",
    "CAST",
    "AS",
    "ARRAY",
    "ANY",
    "= ANY",
    "<> ALL",
    "unnest",
    "generate_series",
    "s",
    "trim",
    "BOTH",
    "substring",
    "FOR",
    "CASE",
    "END",
    "'a'",
    "E'\\''",
    "$$x$$",
    "$1",
    "\"q\"",
    "OPERATOR",
    "~",
    "COLLATE",
    "COPY",
    "COPY (SELECT",
    "TO STDOUT",
    "CSV HEADER",
    "FORMAT",
    "NULL",
    "DECLARE c CURSOR FOR",
    "FETCH",
    "CLOSE",
    "ALL",
    "SET",
    "DEALLOCATE",
    "WITH",
    "users",
    "iam",
    "INTO",
    "::int[]",
    "/* */",
    "--\n",
    ";",
    "double",
    "precision",
    "current_user",
    "'",
    "1.5",
    "é",
    "character",
    "varying",
    "JOIN",
];

/// Chance that is none.
struct Counter;

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        for (at, byte) in buffer.iter_mut().enumerate() {
            *byte = u8::try_from(at % 251).unwrap();
        }
    }
}

const USER: &str = "AKIAIOSFODNN7EXAMPLE";
const PASSWORD: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
