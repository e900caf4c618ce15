//! What a statement has asked so far: the same question is asked once, and questions that are
//! sure to come are asked ahead, several at a time.
//!
//! Nothing is kept from one statement to the next, and of very long answers nothing at all,
//! unless they are asked for again.
//!
//! Not here: what an answer is, and who foresees questions.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc},
    thread,
};

use crate::{
    Failure,
    foresight::Walk,
    given::{Given, REGION},
    index::Index,
    scan::{Link, Page},
    sink::Cell,
    source::Source,
};

/// The questions of the statement that is running.
pub(crate) struct Asking {
    /// How many are asked at a time.
    concurrency: usize,
    asked: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    answers: HashMap<Arc<str>, Answer>,
    /// The questions, the oldest first.
    order: VecDeque<Arc<str>>,
    /// How many records are kept.
    records: usize,
    workers: Workers,
    /// The cursors that are open.
    walks: Vec<Weak<Walk>>,
}

enum Answer {
    Kept {
        link: Arc<Link>,
        records: usize,
        /// Whether it is asked for again, though it is long.
        again: bool,
        /// The members by whose texts records are looked for.
        indices: Vec<(&'static str, Indexed)>,
    },
    /// It was too long to be kept for no reason. There is a reason when it is asked for again.
    Long,
}

/// Whether an answer has an index.
#[derive(Clone)]
enum Indexed {
    /// It was looked through once without one, as it may have been the only time.
    Once,
    There(Arc<Index>),
    /// It is too long.
    Never,
}

/// The question of an answer, where it is one that may come again.
pub(crate) struct Reply(Option<Arc<str>>);

impl Asking {
    /// No questions yet.
    pub(crate) fn new(concurrency: usize) -> Self {
        Self { concurrency: concurrency.max(1), asked: Mutex::default() }
    }

    /// How many questions are asked at a time.
    pub(crate) const fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// A statement runs until what this gives is dropped.
    pub(crate) const fn run(&self) -> Running<'_> {
        Running(self)
    }

    /// The answer to a question, for somebody who wants so many records, or all. Whoever keeps the
    /// link keeps all pages.
    pub(crate) fn ask(
        &self,
        source: &Arc<dyn Source>,
        way: usize,
        given: &Given,
        wanted: Option<i64>,
    ) -> Result<(Reply, Arc<Link>), Failure> {
        if !source.repeats() {
            return Ok((Reply(None), source.ask(way, given, wanted)?));
        }
        let question = question(source, way, given);
        let mut asked = self.asked();
        if let Some((question, Answer::Kept { link, .. })) =
            asked.answers.get_key_value(question.as_str())
        {
            return Ok((Reply(Some(Arc::clone(question))), Arc::clone(link)));
        }
        let question: Arc<str> = question.into();
        let link = source.ask(way, given, wanted)?;
        asked.keep(&question, &link);
        Ok((Reply(Some(question)), link))
    }

    /// Asks before the answer is needed, unless it was asked before. What is wrong with a
    /// question is told to whoever needs the answer.
    pub(crate) fn ahead(&self, source: &Arc<dyn Source>, way: usize, given: &Given) {
        let question: Arc<str> = question(source, way, given).into();
        let mut asked = self.asked();
        if !source.repeats() || asked.answers.contains_key(&question) {
            return;
        }
        let Ok(link) = source.ask(way, given, None) else { return };
        asked.keep(&question, &link);
        asked.workers.prepare(Job::First(link), self.concurrency);
    }

    /// Asks for the page after that one while that one is read.
    pub(crate) fn ahead_of(&self, page: &Arc<Page>) {
        self.asked().workers.prepare(Job::After(Arc::downgrade(page)), self.concurrency);
    }

    /// Somebody has read so many records of an answer: a long one is kept no longer.
    pub(crate) fn read(&self, reply: &Reply, records: usize) {
        let Some(question) = reply.0.as_ref().filter(|_| records > FEW) else { return };
        let mut asked = self.asked();
        if let Some(Answer::Kept { records: before, again, .. }) = asked.answers.get_mut(question) {
            let more = records.saturating_sub(*before);
            *before = records.max(*before);
            let long = *before > if *again { LONGEST } else { LONG };
            asked.records = asked.records.saturating_add(more);
            if long {
                asked.forget(question);
                asked.answers.insert(Arc::clone(question), Answer::Long);
            }
            asked.trim();
        }
    }

    /// An index of an answer by the texts of that member, from the second time on that it is asked
    /// for.
    pub(crate) fn index(
        &self,
        reply: &Reply,
        link: &Link,
        member: &'static str,
    ) -> Result<Option<Arc<Index>>, Failure> {
        let Some(question) = &reply.0 else { return Ok(None) };
        let known = self.asked().indexed(question, member, Indexed::Once);
        match known {
            Some(Indexed::There(index)) => return Ok(Some(index)),
            Some(Indexed::Once) => {}
            Some(Indexed::Never) | None => return Ok(None),
        }
        // Calls are made for it, and others may ask meanwhile.
        let index = Index::of(link, member, LONGEST)?.map(Arc::new);
        let made = index.clone().map_or(Indexed::Never, Indexed::There);
        self.asked().indexed(question, member, made);
        Ok(index)
    }

    /// Notes a cursor, whose rows may foretell what others will be asked.
    pub(crate) fn opened(&self, walk: &Arc<Walk>) {
        let mut asked = self.asked();
        asked.walks.retain(|walk| walk.strong_count() > 0);
        asked.walks.push(Arc::downgrade(walk));
    }

    /// The open cursors, the last opened first.
    pub(crate) fn walks(&self) -> Vec<Arc<Walk>> {
        self.asked().walks.iter().rev().filter_map(Weak::upgrade).collect()
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked {
    fn keep(&mut self, question: &Arc<str>, link: &Arc<Link>) {
        let kept = |again| {
            let link = Arc::clone(link);
            Answer::Kept { link, records: 0, again, indices: Vec::new() }
        };
        match self.answers.insert(Arc::clone(question), kept(false)) {
            Some(_) => drop(self.answers.insert(Arc::clone(question), kept(true))),
            None => self.order.push_back(Arc::clone(question)),
        }
        self.trim();
    }

    /// Whether an answer had an index by that member; what it has now takes the place of none yet.
    /// `None` for the first time, and where the answer is not kept.
    fn indexed(&mut self, question: &str, member: &'static str, now: Indexed) -> Option<Indexed> {
        let Some(Answer::Kept { indices, .. }) = self.answers.get_mut(question) else {
            return None;
        };
        match indices.iter_mut().find(|(known, _)| *known == member) {
            Some((_, once @ Indexed::Once)) => Some(std::mem::replace(once, now)),
            Some((_, decided)) => Some(decided.clone()),
            None => {
                indices.push((member, now));
                None
            }
        }
    }

    /// Forgets the oldest answers, where there are too many.
    fn trim(&mut self) {
        while (self.order.len() > MOST || self.records > LONGEST)
            && let Some(oldest) = self.order.pop_front()
        {
            self.forget(&oldest);
        }
    }

    fn forget(&mut self, question: &str) {
        if let Some(Answer::Kept { records, .. }) = self.answers.remove(question) {
            self.records = self.records.saturating_sub(records);
        }
    }
}

/// A statement that is running.
pub(crate) struct Running<'a>(&'a Asking);

/// Whatever it has asked is forgotten; what is being asked ahead is waited for, and what is not
/// begun is not asked.
impl Drop for Running<'_> {
    fn drop(&mut self) {
        let asked = std::mem::take(&mut *self.0.asked());
        drop(asked.workers);
    }
}

/// Threads that ask ahead, as long as a statement runs.
#[derive(Default)]
struct Workers {
    jobs: Option<mpsc::Sender<Job>>,
    queue: Option<Arc<Mutex<mpsc::Receiver<Job>>>>,
    threads: Vec<thread::JoinHandle<()>>,
}

/// What is to be asked ahead.
enum Job {
    /// The first page of an answer.
    First(Arc<Link>),
    /// The page after that one, unless it was read meanwhile.
    After(Weak<Page>),
}

impl Workers {
    fn prepare(&mut self, job: Job, most: usize) {
        let jobs = self.jobs.get_or_insert_with(|| {
            let (jobs, queue) = mpsc::channel();
            self.queue = Some(Arc::new(Mutex::new(queue)));
            jobs
        });
        // Where no thread can be had, whoever needs the answer asks for it.
        if jobs.send(job).is_ok()
            && self.threads.len() < most
            && let Some(queue) = self.queue.clone()
        {
            let named = thread::Builder::new().name("sql-ahead".to_owned());
            self.threads.extend(named.spawn(move || work(&queue)));
        }
    }
}

fn work(queue: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(Job::First(link)) => link.prepare(),
            Ok(Job::After(page)) => {
                if let Some(page) = page.upgrade() {
                    page.next.prepare();
                }
            }
            Err(_) => return,
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(queue) = self.queue.take() {
            // Whoever waits for a job has the lock, and lets go of it now that none will come.
            let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            while queue.try_recv().is_ok() {}
        }
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so; the answer is asked for again.
            let _ = thread.join();
        }
    }
}

/// A question as a text: the source, the way of asking it, and what is given. IAM has no regions,
/// and so the region makes no difference.
fn question(source: &Arc<dyn Source>, way: usize, given: &Given) -> String {
    // Nothing fails in memory.
    let mut question = String::with_capacity(ROOM);
    let _ = write!(question, "{} {way}", Arc::as_ptr(source).addr());
    for (name, value) in given.iter().filter(|(name, _)| *name != REGION) {
        question.push(' ');
        question.push_str(name);
        // Lengths keep values apart that hold each other's names.
        let _ = match value {
            Cell::Null => Ok(()),
            Cell::Integer(number) => write!(question, "={number}"),
            Cell::Real(number) => write!(question, "={number:?}"),
            Cell::Text(text) => {
                let written = write!(question, "={}:", text.len());
                question.push_str(text);
                written
            }
            Cell::Blob(bytes) => write!(question, "={}x{bytes:?}", bytes.len()),
        };
    }
    question
}

/// Most questions are no longer.
const ROOM: usize = 80;

/// An answer of so many records is kept only if it is asked for again. It holds the users that
/// an account of AWS's may have.
const LONG: usize = 5_000;

/// No longer answer is kept, nor more records of all answers.
const LONGEST: usize = 100_000;

/// Answers of so many records are not counted: of these there are at most as many as `MOST` says.
const FEW: usize = 24;

/// So many answers are kept.
const MOST: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_an_index_is_tried_once() {
        let mut asked = Asked::default();
        let question: Arc<str> = "question".into();
        asked.keep(&question, &Arc::new(Link::empty()));
        let mut indexed = |now| asked.indexed(&question, "Path", now);
        assert!(indexed(Indexed::Once).is_none());
        assert!(matches!(indexed(Indexed::Once), Some(Indexed::Once)));
        assert!(matches!(indexed(Indexed::Never), Some(Indexed::Once)));
        for _ in 0..2 {
            assert!(matches!(indexed(Indexed::Once), Some(Indexed::Never)));
        }
    }
}
