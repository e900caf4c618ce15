//! Which connections may stay: before their log-in by a limit in total, after it by limits per
//! access key, per address and in total.
//!
//! Not here: sockets, threads, and log-ins that fail (attempts).

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use super::Limits;

/// What limits per address count: an IPv4 address, or the /64 network of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin(IpAddr);

impl Origin {
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// The connections, by number.
pub(super) struct Admission {
    limits: Limits,
    /// Those that have not logged in yet, the oldest first.
    starting: VecDeque<Starting>,
    seated: HashMap<i32, Seat>,
}

struct Starting {
    number: i32,
    origin: Origin,
    /// Whether its first message has come.
    greeted: bool,
}

/// A connection that has logged in.
pub(super) struct Seat {
    /// `None` where the server asks for no password.
    pub(super) key: Option<String>,
    pub(super) origin: Origin,
    /// Whether it acts as the root of the account.
    pub(super) root: bool,
}

/// The limit that a connection exceeds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Full {
    Key { key: String, most: usize },
    Address { most: usize },
    Total { most: usize, reserved: usize },
}

impl Admission {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, starting: VecDeque::new(), seated: HashMap::new() }
    }

    /// Takes a new connection. Where that is one too many, gives the one to close for it. It is of
    /// the address that has the most of those that have not logged in: the oldest of which no
    /// message has come, or else the oldest.
    pub(super) fn start(&mut self, number: i32, origin: Origin) -> Option<i32> {
        let evicted = (self.starting.len() >= self.limits.starting).then(|| self.evict()).flatten();
        self.starting.push_back(Starting { number, origin, greeted: false });
        evicted
    }

    /// Notes that the first message of a connection has come.
    pub(super) fn greeted(&mut self, number: i32) {
        if let Some(starting) = self.starting.iter_mut().find(|one| one.number == number) {
            starting.greeted = true;
        }
    }

    /// Seats a connection that has logged in, if the limits allow it.
    pub(super) fn seat(&mut self, number: i32, seat: Seat) -> Result<(), Full> {
        let Limits { connections, reserved_for_root, .. } = self.limits;
        if let Some(key) = &seat.key {
            let most = self.limits.connections_per_key;
            if self.count(|other| other.key.as_ref() == Some(key)) >= most {
                return Err(Full::Key { key: key.clone(), most });
            }
        }
        // Neither the other users of an address nor all others together shut out the root.
        let most = self.limits.connections_per_address;
        let same = |other: &Seat| !other.root && other.origin == seat.origin;
        if !seat.root && self.count(same) >= most {
            return Err(Full::Address { most });
        }
        let reserved = if seat.root { 0 } else { reserved_for_root };
        if self.seated.len() >= connections.saturating_sub(reserved) {
            return Err(Full::Total { most: connections, reserved: reserved_for_root });
        }
        self.starting.retain(|one| one.number != number);
        self.seated.insert(number, seat);
        Ok(())
    }

    pub(super) fn leave(&mut self, number: i32) {
        self.starting.retain(|one| one.number != number);
        self.seated.remove(&number);
    }

    /// The access key of a connection that has logged in.
    pub(super) fn key(&self, number: i32) -> Option<&str> {
        self.seated.get(&number)?.key.as_deref()
    }

    /// The access keys of all connections.
    pub(super) fn keys(&self) -> BTreeSet<&str> {
        self.seated.values().filter_map(|seat| seat.key.as_deref()).collect()
    }

    /// How many connections have logged in.
    pub(super) fn seated(&self) -> usize {
        self.seated.len()
    }

    fn evict(&mut self) -> Option<i32> {
        let mut counts = HashMap::new();
        for Starting { origin, .. } in &self.starting {
            let count = counts.entry(*origin).or_insert(0_usize);
            *count = count.saturating_add(1);
        }
        let most = counts.values().copied().max()?;
        let has_most = |one: &Starting| counts.get(&one.origin) == Some(&most);
        let silent = self.starting.iter().position(|one| has_most(one) && !one.greeted);
        let at = silent.or_else(|| self.starting.iter().position(has_most))?;
        self.starting.remove(at).map(|one| one.number)
    }

    fn count(&self, matches: impl Fn(&Seat) -> bool) -> usize {
        self.seated.values().filter(|seat| matches(seat)).count()
    }
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { key, most } => {
                write!(f, "too many connections of access key `{key}`: {most} at the most")
            }
            Self::Address { most } => {
                write!(f, "too many connections from this address: {most} at the most")
            }
            Self::Total { most, reserved } => write!(
                f,
                "too many connections: {most} at the most, the last {reserved} for the root only"
            ),
        }?;
        f.write_str("; close idle ones")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(address: &str) -> Origin {
        Origin::of(address.parse().unwrap())
    }

    fn seat(key: &str, address: &str, root: bool) -> Seat {
        Seat { key: Some(key.to_owned()), origin: origin(address), root }
    }

    fn admission() -> Admission {
        Admission::new(Limits {
            connections: 6,
            reserved_for_root: 1,
            connections_per_key: 2,
            connections_per_address: 3,
            starting: 4,
            ..Limits::default()
        })
    }

    #[test]
    fn ipv6_counts_by_network() {
        assert_eq!(origin("2001:db8::1"), origin("2001:db8::ffff:0:0:2"));
        assert_ne!(origin("2001:db8::1"), origin("2001:db8:0:1::1"));
        assert_eq!(origin("::ffff:192.0.2.1"), origin("192.0.2.1"));
        assert_ne!(origin("192.0.2.1"), origin("192.0.2.2"));
    }

    #[test]
    fn silent_connections_give_way_to_new_ones() {
        let mut admission = admission();
        for (number, address) in
            [(1, "10.0.0.1"), (2, "10.0.0.2"), (3, "10.0.0.2"), (4, "10.0.0.3")]
        {
            assert_eq!(admission.start(number, origin(address)), None);
        }
        // The oldest of the address that has the most, from wherever the new one comes.
        assert_eq!(admission.start(5, origin("10.0.0.4")), Some(2));
        // Then the oldest of those that have the same number.
        assert_eq!(admission.start(6, origin("10.0.0.4")), Some(1));
        assert_eq!(admission.start(7, origin("10.0.0.5")), Some(5));
        // One of which a message has come stays as long as another of its address is silent.
        admission.greeted(6);
        assert_eq!(admission.start(10, origin("10.0.0.4")), Some(3));
        assert_eq!(admission.start(11, origin("10.0.0.4")), Some(10));
        admission.leave(11);
        // One that has logged in or left does not count.
        admission.seat(7, seat("A", "10.0.0.5", false)).unwrap();
        assert_eq!(admission.start(8, origin("10.0.0.5")), None);
        admission.leave(8);
        assert_eq!(admission.start(9, origin("10.0.0.5")), None);
    }

    #[test]
    fn keys_addresses_and_all_together_have_limits() {
        let mut admission = admission();
        let full = |admission: &mut Admission, number, key, address, root| {
            admission.seat(number, seat(key, address, root)).err().map(|full| full.to_string())
        };
        for (number, key) in [(1, "A"), (2, "A"), (3, "B")] {
            assert_eq!(full(&mut admission, number, key, "10.0.0.1", false), None);
        }
        let of_key = "too many connections of access key `A`: 2 at the most; close idle ones";
        assert_eq!(full(&mut admission, 9, "A", "10.0.0.2", false).as_deref(), Some(of_key));
        let of_address = "too many connections from this address: 3 at the most; close idle ones";
        assert_eq!(full(&mut admission, 9, "B", "10.0.0.1", false).as_deref(), Some(of_address));
        // The root comes in from there, and to the place that is left.
        assert_eq!(full(&mut admission, 4, "R", "10.0.0.1", true), None);
        assert_eq!(full(&mut admission, 5, "C", "10.0.0.2", false), None);
        let of_all = "too many connections: 6 at the most, the last 1 for the root only; close \
                      idle ones";
        assert_eq!(full(&mut admission, 9, "C", "10.0.0.2", false).as_deref(), Some(of_all));
        assert_eq!(full(&mut admission, 6, "R", "10.0.0.2", true), None);
        assert_eq!(full(&mut admission, 9, "S", "10.0.0.2", true).as_deref(), Some(of_all));
        assert_eq!(admission.keys().into_iter().collect::<Vec<_>>(), ["A", "B", "C", "R"]);
        admission.leave(1);
        assert_eq!(full(&mut admission, 7, "A", "10.0.0.3", false), Some(of_all.to_owned()));
        assert_eq!(full(&mut admission, 7, "S", "10.0.0.3", true), None);
    }
}
