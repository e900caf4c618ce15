//! Does several things at a time.
//!
//! Not here: what is done, and for whom it has an order.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crate::Failure;

/// Does the work on each item, so many at a time. What was done, in the order of the items, and
/// the first failure in that order. After a failure nothing is begun; what was begun is done.
pub(crate) fn each<I: Send, O: Send>(
    items: Vec<I>,
    at_a_time: usize,
    work: impl Fn(I) -> Result<O, Failure> + Sync,
) -> (Vec<O>, Option<Failure>) {
    let threads = at_a_time.clamp(1, items.len().max(1));
    let queue = Mutex::new(items.into_iter().enumerate());
    let stopped = AtomicBool::new(false);
    let run = || {
        let mut results = Vec::new();
        while !stopped.load(Ordering::Acquire) {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((at, item)) = next else { break };
            let result = work(item);
            if result.is_err() {
                stopped.store(true, Ordering::Release);
            }
            results.push((at, result));
        }
        results
    };
    let mut results = thread::scope(|scope| {
        let start = |_| thread::Builder::new().name("sql-call".to_owned()).spawn_scoped(scope, run);
        // Where no more threads can be had, fewer do. This one is one of them.
        let others: Vec<_> = (1..threads).map_while(|number| start(number).ok()).collect();
        let mut results = run();
        for thread in others {
            match thread.join() {
                Ok(more) => results.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(at, _)| *at);
    let mut done = Vec::with_capacity(results.len());
    let mut failure = None;
    for (_, result) in results {
        match result {
            Ok(output) => done.push(output),
            Err(refused) => failure = failure.or(Some(refused)),
        }
    }
    (done, failure)
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, time::Duration};

    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let all_at_once = Barrier::new(4);
        let (done, failure) = each(vec![3_u64, 2, 1, 0], 4, |number| {
            all_at_once.wait();
            thread::sleep(Duration::from_millis(number));
            Ok(number)
        });
        assert_eq!(done, [3, 2, 1, 0]);
        assert!(failure.is_none());
    }

    #[test]
    fn the_first_failure_is_told_and_the_last_that_is_begun() {
        for at_a_time in [0, 1, 2] {
            let begun = Mutex::new(Vec::new());
            let (done, failure) = each((0..100).collect(), at_a_time, |number: i32| {
                begun.lock().unwrap().push(number);
                if number == 1 { Err(Failure::of(number.to_string())) } else { Ok(number) }
            });
            assert_eq!(failure.unwrap().to_string(), "1");
            assert_eq!(done.len() + 1, begun.into_inner().unwrap().len());
            if at_a_time < 2 {
                assert_eq!(done, [0]);
            }
        }
    }
}
