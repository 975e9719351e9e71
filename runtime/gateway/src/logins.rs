//! Bad logins: an address from which too many come is refused for a while.

use crate::settings::{Limits, nanos};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Addresses that are remembered, at most: the one that was bad longest ago is forgotten.
const ADDRESSES_MAX: usize = 4_096;

/// The addresses from which bad logins came.
#[derive(Debug, Default)]
pub(crate) struct BadLogins(BTreeMap<IpAddr, Bad>);

#[derive(Clone, Copy, Debug)]
struct Bad {
    count: u32,
    first_ns: u64,
    last_ns: u64,
}

impl BadLogins {
    /// Another one came.
    pub(crate) fn add(&mut self, address: IpAddr, now_ns: u64, limits: &Limits) {
        let bad =
            self.0.entry(address).or_insert(Bad { count: 0, first_ns: now_ns, last_ns: now_ns });
        if now_ns.saturating_sub(bad.first_ns) > nanos(limits.blocked) {
            (bad.count, bad.first_ns) = (0, now_ns);
        }
        bad.count = bad.count.saturating_add(1);
        bad.last_ns = now_ns;
        if self.0.len() > ADDRESSES_MAX
            && let Some(oldest) = self.0.iter().min_by_key(|(_, bad)| bad.last_ns)
        {
            let oldest = *oldest.0;
            self.0.remove(&oldest);
        }
    }

    /// Whether nobody may log in from there now.
    pub(crate) fn is_blocked(&mut self, address: IpAddr, now_ns: u64, limits: &Limits) -> bool {
        let Some(bad) = self.0.get(&address) else { return false };
        if now_ns.saturating_sub(bad.last_ns) > nanos(limits.blocked) {
            self.0.remove(&address);
            return false;
        }
        bad.count >= limits.bad_logins
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const SECOND_NS: u64 = 1_000_000_000;

    #[test]
    fn five_in_a_minute_block_for_a_minute() {
        let (mut logins, limits) = (BadLogins::default(), Limits::DEFAULT);
        let [one, other] = [1, 2].map(|last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)));
        for number in 0..5 {
            assert!(!logins.is_blocked(one, number * SECOND_NS, &limits));
            logins.add(one, number * SECOND_NS, &limits);
        }
        assert!(logins.is_blocked(one, 5 * SECOND_NS, &limits));
        assert!(!logins.is_blocked(other, 5 * SECOND_NS, &limits));
        assert!(!logins.is_blocked(one, 65 * SECOND_NS, &limits));
        for number in 0..20 {
            logins.add(one, (100 + number * 20) * SECOND_NS, &limits);
            assert!(!logins.is_blocked(one, (100 + number * 20) * SECOND_NS, &limits), "slowly");
        }
        for number in 0..10_000_u32 {
            logins.add(IpAddr::V4(number.into()), u64::from(number), &limits);
        }
        assert_eq!(logins.0.len(), ADDRESSES_MAX, "memory is bounded");
    }
}
