//! Goes over the rows of a table, for one question or several.
//!
//! Not here: SQLite's side of it.

use std::sync::Arc;

use vmfa_model::Record;
use vmfa_sqlite::Charge;

use crate::{
    Failure,
    asking::{Asking, Reply},
    foresight::{Foresight, Walk},
    given::Given,
    index::Found,
    scan::{Link, Page},
    sink::Cell,
    source::Source,
};

/// A place among the rows of a table.
pub(crate) struct Cursor {
    source: Arc<dyn Source>,
    asking: Arc<Asking>,
    questions: Questions,
    /// What the rows of the moment were asked with.
    given: Given,
    reply: Option<Reply>,
    /// How many records of the reply were read, with those of the page.
    read: usize,
    page: Option<Arc<Page>>,
    at: usize,
    /// The rows, where they are looked up.
    found: Option<Found>,
    /// Where there is any use in looking ahead.
    walk: Option<Arc<Walk>>,
    foresight: Foresight,
}

/// The questions of one search: one for each combination of values.
#[derive(Default)]
pub(crate) struct Questions {
    way: usize,
    /// How many rows are wanted, where that is known.
    wanted: Option<i64>,
    /// The members that are given, each with its values.
    values: Vec<(&'static str, Vec<Cell>)>,
    /// A text that the rows hold in a member, and no others are wanted. Whoever asks makes sure of
    /// that.
    text: Option<(&'static str, String)>,
    /// The memory of the values.
    charge: Option<Charge>,
    /// How many were asked.
    asked: usize,
    /// How many there are.
    total: usize,
}

impl Questions {
    /// Questions that are asked in that way.
    pub(crate) fn new(way: usize) -> Self {
        Self { way, ..Self::default() }
    }

    /// So many more rows are wanted, and no others.
    pub(crate) fn want(&mut self, rows: i64) {
        self.wanted = Some(self.wanted.unwrap_or(0).saturating_add(rows));
    }

    /// Rows are wanted only where the member holds that text.
    pub(crate) fn hold(&mut self, member: &'static str, text: String) {
        self.text = Some((member, text));
    }

    /// Adds a member, unless it is there. NULL equals nothing, and so it is no value.
    pub(crate) fn give(&mut self, member: &'static str, values: impl Iterator<Item = Cell>) {
        if !self.values.iter().any(|(known, _)| *known == member) {
            let values = values.filter(|value| !matches!(value, Cell::Null)).collect();
            self.values.push((member, values));
        }
    }

    /// The memory of all values is charged to something.
    pub(crate) fn charged(&mut self, charge: Charge) {
        self.charge = Some(charge);
    }

    /// The values of one of them.
    fn get(&self, number: usize) -> Option<Given> {
        let mut given = Given::default();
        let mut rest = number;
        // The last member's values change first.
        for (member, values) in self.values.iter().rev() {
            let at = rest.checked_rem(values.len())?;
            rest = rest.checked_div(values.len())?;
            given.add(member, values.get(at)?.clone());
        }
        (rest == 0).then_some(given)
    }
}

impl Cursor {
    /// At no row.
    pub(crate) fn new(source: Arc<dyn Source>, asking: Arc<Asking>) -> Self {
        let ahead = asking.concurrency() > 1 && source.repeats();
        let walk = ahead.then(|| {
            let walk = Arc::default();
            asking.opened(&walk);
            walk
        });
        Self {
            source,
            asking,
            questions: Questions::default(),
            given: Given::default(),
            reply: None,
            read: 0,
            page: None,
            at: 0,
            found: None,
            walk,
            foresight: Foresight::default(),
        }
    }

    /// The source.
    pub(crate) fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// Goes to the first row that answers the questions.
    pub(crate) fn search(&mut self, mut questions: Questions) -> Result<(), Failure> {
        let sizes = questions.values.iter().map(|(_, values)| values.len());
        questions.total = sizes.fold(1, usize::saturating_mul);
        self.questions = questions;
        self.found = None;
        self.turn(None);
        self.settle()
    }

    /// Goes to the next row.
    pub(crate) fn step(&mut self) -> Result<(), Failure> {
        self.at = self.at.saturating_add(1);
        self.settle()
    }

    /// The row: a record, and what was asked for it. `None` after the last.
    pub(crate) fn row(&self) -> Option<(&Record, &Given)> {
        let page = self.page.as_ref()?;
        Some((page.records.get(self.at)?, page.given.as_ref().unwrap_or(&self.given)))
    }

    /// Goes on until there is a row, or no more question.
    fn settle(&mut self) -> Result<(), Failure> {
        loop {
            if let Some(found) = &mut self.found {
                let (page, at) = found.next().unzip();
                self.go(page, at.unwrap_or_default());
                break;
            }
            let next = match &self.page {
                Some(page) if self.at < page.records.len() => break,
                Some(page) => page.next.follow()?,
                None => match self.question()? {
                    Some(_) if self.found.is_some() => continue,
                    Some(link) => link.follow()?,
                    None => break,
                },
            };
            self.turn(next);
        }
        if let Some(walk) = &self.walk {
            walk.step(self.at);
        }
        Ok(())
    }

    /// Asks the next question. The way to its answer; `None` where there is no question.
    fn question(&mut self) -> Result<Option<Arc<Link>>, Failure> {
        let Questions { way, wanted, asked, total, .. } = self.questions;
        let given = (asked < total).then(|| self.questions.get(asked)).flatten();
        let Some(given) = given else { return Ok(None) };
        self.questions.asked = asked.saturating_add(1);
        if let Some(walk) = &self.walk {
            let last = total.min(asked.saturating_add(self.asking.concurrency()));
            for number in self.questions.asked..last {
                if let Some(given) = self.questions.get(number) {
                    self.asking.ahead(&self.source, way, &given);
                }
            }
            if total == 1 && !self.questions.values.is_empty() {
                self.foresight.look(walk, &self.asking, &self.source, way, &given);
            }
        }
        let (reply, link) = self.asking.ask(&self.source, way, &given, wanted)?;
        if let Some((member, text)) = self.questions.text.as_ref().filter(|_| total == 1) {
            let index = self.asking.index(&reply, &link, member)?;
            self.found = index.map(|index| index.find(text));
        }
        self.reply = Some(reply);
        self.given = given;
        self.read = 0;
        Ok(Some(link))
    }

    fn turn(&mut self, page: Option<Arc<Page>>) {
        if let (Some(page), Some(reply)) = (&page, &self.reply) {
            // Whoever has read a large page and goes on is likely to want more than this one.
            let size = page.records.len();
            let large = self.read >= LARGE && size >= LARGE && self.questions.wanted.is_none();
            if large && self.walk.is_some() {
                self.asking.ahead_of(page);
            }
            self.read = self.read.saturating_add(size);
            self.asking.read(reply, self.read);
        }
        self.go(page, 0);
    }

    fn go(&mut self, page: Option<Arc<Page>>, at: usize) {
        if let Some(walk) = &self.walk {
            walk.turn(page.clone());
        }
        self.page = page;
        self.at = at;
    }
}

/// So many records take longer to come than a thread takes to be woken.
const LARGE: usize = 500;

#[cfg(test)]
mod tests {
    use vmfa_client::{CallError, Calls};
    use vmfa_iam::{Call, SqlVerb};
    use vmfa_model::Value;

    use super::*;
    use crate::{catalog::catalog, columns::Columns, source::Listing};

    /// Answers with pages of a thousand users, without end.
    struct Endless;

    impl Calls for Endless {
        fn call(&self, _: Call) -> Result<Record, CallError> {
            let user = || Value::Structure(Record::from_iter([("Path", Value::Null)]));
            let users = (0..1_000).map(|_| user()).collect();
            let marker = Value::Text("more".to_owned());
            Ok(Record::from_iter([("Users", Value::List(users)), ("Marker", marker)]))
        }
    }

    /// Answers with three pages of users: ten at `/a/`, ten at `/b/`, ten at `/a/`.
    struct Paths;

    impl Calls for Paths {
        fn call(&self, call: Call) -> Result<Record, CallError> {
            let (path, next) = match call.input.text("Marker") {
                None => ("/a/", Some("2")),
                Some("2") => ("/b/", Some("3")),
                Some(_) => ("/a/", None),
            };
            let user = |n: i64| {
                let path = Value::Text(path.to_owned());
                let marker = call.input.text("Marker").unwrap_or("1");
                let name = Value::Text(format!("{marker}{n}"));
                Value::Structure(Record::from_iter([("Path", path), ("UserName", name)]))
            };
            let users = Value::List((0..10).map(user).collect());
            let next = next.map(|next| ("Marker", Value::Text(next.to_owned())));
            Ok([("Users", users)].into_iter().chain(next).collect())
        }
    }

    fn listing(calls: Arc<dyn Calls>) -> (Arc<Listing>, usize) {
        let methods = catalog().find(["aws", "iam", "users"]).unwrap().methods(SqlVerb::Select);
        let columns = Columns::new([], []);
        let listing = Arc::new(Listing {
            name: "",
            methods: methods.unwrap(),
            columns,
            calls,
            memory: vmfa_sqlite::MemoryAccount::new(crate::memory::LOCAL_SESSION),
        });
        let way = listing.way(&[], &|_| true).unwrap();
        (listing, way)
    }

    #[test]
    fn rows_are_looked_up_from_the_second_time_on() {
        let (listing, way) = listing(Arc::new(Paths));
        let asking = Arc::new(Asking::new(1));
        let _running = asking.run();
        let mut cursor = Cursor::new(listing, Arc::clone(&asking));
        let mut names = |path: &str| {
            let mut questions = Questions::new(way);
            questions.hold("Path", path.to_owned());
            cursor.search(questions).unwrap();
            let mut names = Vec::new();
            while let Some((user, _)) = cursor.row() {
                names.push(user.text("UserName").unwrap().to_owned());
                cursor.step().unwrap();
            }
            names
        };
        let all = names("/b/");
        assert_eq!(all.len(), 30);
        assert_eq!(names("/b/"), all[10..20]);
        assert_eq!(names("/a/"), [&all[..10], &all[20..]].concat());
        assert_eq!(names("/b/"), all[10..20]);
        assert!(names("/c/").is_empty());
    }

    #[test]
    fn pages_that_were_read_are_gone() {
        let (listing, way) = listing(Arc::new(Endless));
        for concurrency in [1, 8] {
            let asking = Arc::new(Asking::new(concurrency));
            let _running = asking.run();
            let mut cursor = Cursor::new(listing.clone(), Arc::clone(&asking));
            cursor.search(Questions::new(way)).unwrap();
            let mut pages = Vec::new();
            for row in 0..20_000 {
                if row % 1_000 == 0 {
                    pages.push(Arc::downgrade(cursor.page.as_ref().unwrap()));
                }
                cursor.step().unwrap();
            }
            let alive = pages.iter().filter(|page| page.strong_count() > 0).count();
            // Each thread may still have one in its hands.
            assert!(alive <= concurrency, "{alive} pages are kept");
        }
    }
}
