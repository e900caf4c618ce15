//! Queries, compared with the same queries on a plain SQLite table with the same rows, in the same
//! process and in turn; and the time and memory of whole processes.
//!
//! Both sides prepare the statement each time, and copy each row's values.

use std::{
    io,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use rusqlite::{Connection, types::Value as Cell};
use vmfa_client::{ActAs, Calls, Embedded};
use vmfa_model::Value;
use vmfa_sql::{Heading, Session, Setting, Sink};

use super::{
    Bench, FilledDirectory,
    fill::{self, FEW},
    median, micros, millis, psql,
};
use crate::{
    child::{self, clean},
    report::{RatioTarget, ReportRow, line, mebibytes},
    wire::{self, text},
};

pub(super) fn run(bench: &Bench) -> anyhow::Result<Vec<ReportRow>> {
    line("\nsql: medians of alternating measurements");
    let [one, thousand, many] =
        [FilledDirectory::new(1)?, FilledDirectory::new(THOUSAND)?, FilledDirectory::new(MANY)?];
    let owned = FilledDirectory::owned(THOUSAND)?;
    let mut rows = Vec::new();
    for (filled, rounds) in [(&one, FAST), (&thousand, FAST), (&many, SLOW)] {
        let mut subject = SqlBench::new(filled, 1)?;
        subject.copy("devices", "SELECT * FROM aws.iam.virtual_mfa_devices", "SerialNumber")?;
        let cases = ["*", "SerialNumber"].map(|columns| Case {
            name: format!("{columns} of {} devices", filled.devices),
            ours: format!("SELECT {columns} FROM aws.iam.virtual_mfa_devices"),
            plain: format!("SELECT {columns} FROM devices"),
            rows: filled.devices,
        });
        for case in &cases {
            rows.push(subject.row(case, rounds)?);
        }
        subject.calls_alone(rounds, |calls| {
            let mut marker = None;
            loop {
                let mut members = vec![("MaxItems", Value::Integer(PAGE))];
                members.extend(marker.take().map(|marker| ("Marker", text(marker))));
                let page = calls.call(wire::call("ListVirtualMFADevices", members)?)?;
                marker = page.text("Marker").map(str::to_owned);
                if marker.is_none() {
                    return Ok(());
                }
            }
        })?;
        rows.extend(subject.over_the_wire(bench, filled, &cases, rounds)?);
    }
    rows.extend(points(bench, &thousand, &many)?);
    rows.extend(joins(&owned)?);
    rows.extend(processes(bench, &thousand, &many)?);
    Ok(rows)
}

/// Queries for which a parameter is pushed down, among few devices and among many.
fn points(
    bench: &Bench,
    few: &FilledDirectory,
    many: &FilledDirectory,
) -> anyhow::Result<Vec<ReportRow>> {
    let mut rows = Vec::new();
    let filled = many;
    let (mut few, mut many) = (SqlBench::new(few, 1)?, SqlBench::new(many, 1)?);
    for subject in [&mut few, &mut many] {
        let all =
            "SELECT SerialNumber, EnableDate, json_extract(\"User\", '$.UserName') AS UserName
                   FROM aws.iam.virtual_mfa_devices";
        subject.copy("devices", all, "SerialNumber")?;
        subject.plain.execute_batch("CREATE INDEX by_user ON devices (UserName)")?;
    }
    let found = fill::FEW_DEVICES;
    let query = |table: &str| {
        format!("SELECT SerialNumber, EnableDate FROM {table} WHERE UserName = '{FEW}'")
    };
    let case = |size: usize| Case {
        name: format!("{found} devices of a user, of {size}"),
        ours: query("aws.iam.mfa_devices"),
        plain: query("devices"),
        rows: found,
    };
    rows.push(few.row(&case(THOUSAND), FAST)?);
    rows.push(many.row(&case(MANY), FAST)?);
    let query = case(MANY).ours;
    let [among_few, among_many] =
        alternate(FAST, || few.ours(&query, found), || many.ours(&query, found))?;
    rows.push(ReportRow {
        name: format!("sql: {found} devices of a user, of {MANY} to of {THOUSAND}"),
        figure: format!("{among_many:.0} us"),
        limit: format!("{among_few:.0} us"),
        ratio: among_many / among_few,
        target: RatioTarget::AtMost(FLAT),
    });
    rows.extend(many.over_the_wire(bench, filled, &[case(MANY)], FAST)?);
    Ok(rows)
}

/// A join that makes a call for each row of the left side, also with several concurrent calls; and a
/// join of two lists, which makes one call for each list.
fn joins(owned: &FilledDirectory) -> anyhow::Result<[ReportRow; 2]> {
    let query = |users: &str, devices: &str| {
        format!(
            "SELECT u.UserName, d.SerialNumber
             FROM {users} u LEFT JOIN {devices} d ON d.UserName = u.UserName"
        )
    };
    let case = Case {
        name: format!("join of {THOUSAND} users and their devices"),
        ours: query("aws.iam.users", "aws.iam.mfa_devices"),
        plain: query("users", "devices"),
        rows: THOUSAND,
    };
    for concurrency in [2, 8] {
        let mut subject = SqlBench::new(owned, concurrency)?;
        let mut took = Vec::new();
        for _ in 0..FAST / 10 {
            took.push(micros(subject.ours(&case.ours, case.rows)?));
        }
        line(format_args!("  {}, {concurrency} concurrent: {:.0} us", case.name, median(&took)));
    }
    let mut subject = SqlBench::new(owned, 1)?;
    subject.copy("users", "SELECT * FROM aws.iam.users", "UserName")?;
    let devices = "SELECT d.* FROM aws.iam.users u JOIN aws.iam.mfa_devices d USING (UserName)";
    subject.copy("devices", devices, "UserName")?;
    subject.calls_alone(FAST, |calls| {
        for n in 0..THOUSAND {
            let members = vec![("UserName", text(format!("user-{n}")))];
            calls.call(wire::call("ListMFADevices", members)?)?;
        }
        Ok(())
    })?;
    let per_row = subject.row(&case, FAST)?;
    let query = |devices: &str| {
        format!(
            "SELECT a.SerialNumber, b.EnableDate
             FROM {devices} a JOIN {devices} b ON b.SerialNumber = a.SerialNumber"
        )
    };
    let lists = Case {
        name: format!("join of two lists of {THOUSAND} devices"),
        ours: query("aws.iam.virtual_mfa_devices"),
        plain: query("listed"),
        rows: THOUSAND,
    };
    subject.copy("listed", "SELECT * FROM aws.iam.virtual_mfa_devices", "SerialNumber")?;
    Ok([per_row, subject.row(&lists, FAST)?])
}

/// The same query for vmfa and for plain SQLite.
struct Case {
    name: String,
    ours: String,
    plain: String,
    /// Expected number of rows.
    rows: usize,
}

/// A session, and plain tables to compare with.
struct SqlBench {
    calls: Arc<dyn Calls>,
    session: Session,
    plain: Connection,
    /// The file of the plain tables.
    _folder: tempfile::TempDir,
}

impl SqlBench {
    fn new(filled: &FilledDirectory, concurrency: usize) -> anyhow::Result<Self> {
        let calls: Arc<dyn Calls> =
            Arc::new(Embedded::new(fill::hold(filled.path())?, ActAs::Root)?);
        let folder = tempfile::tempdir()?;
        let plain = Connection::open(folder.path().join("plain.db"))?;
        plain.pragma_update(None, "journal_mode", "WAL")?;
        let setting = Setting { concurrency, ..Setting::new(Arc::clone(&calls)) };
        let session = Session::open(setting)?;
        Ok(Self { calls, session, plain, _folder: folder })
    }

    /// Prints the time of the calls that a query makes, without the query.
    fn calls_alone(
        &self,
        rounds: usize,
        work: impl Fn(&dyn Calls) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut took = Vec::new();
        for _ in 0..rounds {
            let began = Instant::now();
            work(&*self.calls)?;
            took.push(micros(began.elapsed()));
        }
        line(format_args!("    calls only: {:.0} us", median(&took)));
        Ok(())
    }

    /// Copies the result of a query into a plain table.
    fn copy(&mut self, table: &str, query: &str, key: &str) -> anyhow::Result<()> {
        let mut taken = AllRows::default();
        self.session.run(query, &[], &mut taken)?;
        let names: Vec<&str> = taken.columns.iter().map(|column| column.name.as_str()).collect();
        let declared: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        let values = vec!["?"; names.len()].join(", ");
        let transaction = self.plain.transaction()?;
        transaction.execute_batch(&format!("CREATE TABLE {table} ({})", declared.join(", ")))?;
        {
            let mut insert =
                transaction.prepare(&format!("INSERT INTO {table} VALUES ({values})"))?;
            for row in taken.rows {
                insert.execute(rusqlite::params_from_iter(row))?;
            }
        }
        transaction.execute_batch(&format!("CREATE INDEX {table}_key ON {table} (\"{key}\")"))?;
        transaction.commit()?;
        Ok(())
    }

    fn row(&mut self, case: &Case, rounds: usize) -> anyhow::Result<ReportRow> {
        let Self { session, plain, .. } = self;
        let [ours, plain] = alternate(
            rounds,
            || ours(session, &case.ours, case.rows),
            || self::plain(plain, &case.plain, case.rows),
        )?;
        line(format_args!("  {}: {ours:.0} us, plain {plain:.0} us", case.name));
        Ok(ReportRow {
            name: format!("sql: {}", case.name),
            figure: format!("{ours:.0} us"),
            limit: format!("{plain:.0} us"),
            ratio: ours / plain,
            target: RatioTarget::AtMost(NEAR),
        })
    }

    /// The same queries through `vmfa srv`, which then holds the directory.
    fn over_the_wire(
        self,
        bench: &Bench,
        filled: &FilledDirectory,
        cases: &[Case],
        rounds: usize,
    ) -> anyhow::Result<Vec<ReportRow>> {
        let Self { calls, session, plain, _folder } = self;
        drop((session, calls));
        let server = child::serve_wire(&bench.vmfa, filled.path())?;
        let mut client = psql::PsqlClient::open(server.address)?;
        let mut rows = Vec::new();
        for case in cases {
            let [wire, plain] = alternate(
                rounds,
                || {
                    let began = Instant::now();
                    let found = client.query(&case.ours)?;
                    anyhow::ensure!(found == case.rows, "{}: {found} rows", case.name);
                    Ok(began.elapsed())
                },
                || self::plain(&plain, &case.plain, case.rows),
            )?;
            line(format_args!("  {}, over the wire: {wire:.0} us", case.name));
            rows.push(ReportRow {
                name: format!("sql: {}, over the wire", case.name),
                figure: format!("{wire:.0} us"),
                limit: format!("{plain:.0} us"),
                ratio: wire / plain,
                target: RatioTarget::AtMost(NEAR),
            });
            // With one row, the round trip dominates.
            if case.rows == 1 {
                rows.push(round_trip(&mut client, case, rounds)?);
            }
        }
        Ok(rows)
    }

    fn ours(&mut self, query: &str, rows: usize) -> anyhow::Result<Duration> {
        ours(&mut self.session, query, rows)
    }
}

/// A query over the wire, compared with an echo of as many bytes.
fn round_trip(
    client: &mut psql::PsqlClient,
    case: &Case,
    rounds: usize,
) -> anyhow::Result<ReportRow> {
    client.query(&case.ours)?;
    let mut echo = client.echo()?;
    let timed = |work: &mut dyn FnMut() -> anyhow::Result<()>| {
        let began = Instant::now();
        work().map(|()| began.elapsed())
    };
    let [wire, bare] = alternate(
        rounds,
        || timed(&mut || client.query(&case.ours).map(drop)),
        || timed(&mut || echo.round_trip()),
    )?;
    line(format_args!("  {}, over the wire: {wire:.0} us, an echo {bare:.0} us", case.name));
    Ok(ReportRow {
        name: format!("sql: {}, over the wire, to an echo", case.name),
        figure: format!("{wire:.0} us"),
        limit: format!("{bare:.0} us"),
        ratio: wire / bare,
        target: RatioTarget::AtMost(NEAR),
    })
}

fn ours(session: &mut Session, query: &str, rows: usize) -> anyhow::Result<Duration> {
    let mut counted = RowCount::default();
    let began = Instant::now();
    session.run(query, &[], &mut counted)?;
    let took = began.elapsed();
    anyhow::ensure!(counted.rows == rows, "`{query}` gives {} rows, not {rows}", counted.rows);
    Ok(took)
}

fn plain(connection: &Connection, query: &str, rows: usize) -> anyhow::Result<Duration> {
    let mut counted = RowCount::default();
    let began = Instant::now();
    let mut statement = connection.prepare(query)?;
    let width = statement.column_count();
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let cells: Vec<Cell> = (0..width).map(|at| row.get(at)).collect::<Result<_, _>>()?;
        counted.row(&cells)?;
    }
    let took = began.elapsed();
    anyhow::ensure!(counted.rows == rows, "`{query}` gives {} rows, not {rows}", counted.rows);
    Ok(took)
}

/// Whole processes: the time to the first row, and the peak memory for many rows.
fn processes(
    bench: &Bench,
    few: &FilledDirectory,
    many: &FilledDirectory,
) -> anyhow::Result<Vec<ReportRow>> {
    let tenth = FilledDirectory::new(MANY / 10)?;
    let all = "SELECT * FROM aws.iam.virtual_mfa_devices";
    let process = |filled: &FilledDirectory, query: &str| {
        let mut command = clean(&bench.vmfa);
        command.args(["sql", query, "-o", "csv"]).stdout(Stdio::null());
        command.env("VMFA_DATA_DIR", filled.path());
        command
    };
    let mut times = Vec::new();
    for _ in 0..PROCESSES {
        let mut command = process(few, &format!("{all} LIMIT 1"));
        let began = Instant::now();
        let done = command.status()?;
        times.push(millis(began.elapsed()));
        anyhow::ensure!(done.success(), "`vmfa sql` failed");
    }
    let time = median(&times);
    let memory = |filled: &FilledDirectory| child::most_memory(&mut process(filled, all));
    let (less, more) = (memory(&tenth)?, memory(many)?);
    let fewer = MANY / 10;
    line(format_args!(
        "  vmfa sql: first row after {time:.1} ms; peak memory {less} KiB for {fewer} rows, \
         {more} KiB for {MANY}"
    ));
    let (smaller, larger) = (mebibytes(less), mebibytes(more));
    Ok(vec![
        ReportRow::within("sql: start to the first row".to_owned(), time, START, "ms"),
        ReportRow {
            name: format!("sql: memory for {MANY} rows to that for {}", MANY / 10),
            figure: format!("{larger:.1} MiB"),
            limit: format!("{smaller:.1} MiB"),
            ratio: larger / smaller,
            target: RatioTarget::AtMost(1.1),
        },
    ])
}

/// Medians in microseconds of two alternating measurements, so that other load affects both alike.
fn alternate(
    rounds: usize,
    mut one: impl FnMut() -> anyhow::Result<Duration>,
    mut other: impl FnMut() -> anyhow::Result<Duration>,
) -> anyhow::Result<[f64; 2]> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        first.push(micros(one()?));
        second.push(micros(other()?));
    }
    Ok([median(&first), median(&second)])
}

/// Counts rows, and reads each text.
#[derive(Default)]
struct RowCount {
    rows: usize,
    bytes: usize,
}

impl Sink for RowCount {
    fn head(&mut self, _: &[Heading]) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        self.rows = self.rows.saturating_add(1);
        for cell in row {
            if let Cell::Text(text) = cell {
                self.bytes = self.bytes.saturating_add(text.len());
            }
        }
        Ok(())
    }

    fn note(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps all rows.
#[derive(Default)]
struct AllRows {
    columns: Vec<Heading>,
    rows: Vec<Vec<Cell>>,
}

impl Sink for AllRows {
    fn head(&mut self, columns: &[Heading]) -> io::Result<()> {
        self.columns = columns.to_vec();
        Ok(())
    }

    fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        self.rows.push(row.to_vec());
        Ok(())
    }

    fn note(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// The largest page size.
const PAGE: i64 = 1_000;
const THOUSAND: usize = 1_000;
const MANY: usize = 100_000;
const FAST: usize = 300;
const SLOW: usize = 11;
const PROCESSES: usize = 20;
/// Ratio to a plain table.
const NEAR: f64 = 3.0;
/// Ratio of a lookup among many devices to one among few.
const FLAT: f64 = 1.3;
/// In milliseconds.
const START: f64 = 15.0;
