//! Ways to restore a book wrong: what each of them would make of a snapshot.

use highwater::limits::CLOCK_NS_MAX;
use std::ops::Range;
use tests::snapshots::Parts;

/// What a broken snapshot, or a broken way back, would lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tampering {
    /// Two orders of a level change places.
    Priority,
    /// Two orders of a level that take two places each change places.
    JoinedOrder,
    /// Two stops change places.
    StopOrder,
    /// What an iceberg hides is forgotten.
    Hidden,
    /// What an iceberg shows at most is forgotten.
    Display,
    /// An order expires never.
    Expiry,
    /// A stop has no minimum.
    Minimum,
    /// A stop has no limit.
    StopLimit,
    /// Self-trade prevention is forgotten.
    SelfTrade,
    /// Post-only is forgotten.
    PostOnly,
    /// An order belongs to another account.
    Account,
    /// An order came from another session.
    Owner,
    /// A session may have any number of orders open.
    SessionLimit,
    /// A session's last client sequence is an earlier one.
    ClientSequence,
    /// An instrument trades continuously.
    Phase,
    /// An instrument is not halted.
    Halt,
    /// An instrument never traded.
    LastTrade,
    /// An instrument takes every price.
    Band,
    /// An instrument's prices have as many decimals as is usual.
    Decimals,
    /// The clock stands at its beginning.
    Clock,
    /// The log belongs to no flow.
    Flow,
    /// The capacities are those of a moment before.
    Capacities,
    /// The hash of all events begins anew.
    RunningHash,
}

const TERMS: Range<usize> = 4..6;
const DISPLAY: Range<usize> = 32..40;
const HIDDEN: Range<usize> = 40..48;
const EXPIRY: Range<usize> = 48..56;
const MINIMUM: Range<usize> = 56..64;
const LIMIT: Range<usize> = 64..68;

impl Tampering {
    pub(crate) const ALL: [Self; 23] = [
        Self::Priority,
        Self::JoinedOrder,
        Self::StopOrder,
        Self::Hidden,
        Self::Display,
        Self::Expiry,
        Self::Minimum,
        Self::StopLimit,
        Self::SelfTrade,
        Self::PostOnly,
        Self::Account,
        Self::Owner,
        Self::SessionLimit,
        Self::ClientSequence,
        Self::Phase,
        Self::Halt,
        Self::LastTrade,
        Self::Band,
        Self::Decimals,
        Self::Clock,
        Self::Flow,
        Self::Capacities,
        Self::RunningHash,
    ];

    /// Whether the answers show it; else only the hash of all events does.
    pub(crate) fn shows_in_answers(self) -> bool {
        !matches!(self, Self::RunningHash | Self::Decimals)
    }

    /// The snapshot as it would be; `None` when it holds nothing that could be lost so.
    pub(crate) fn apply(self, mut parts: Parts) -> Option<Parts> {
        self.change_orders(&mut parts).or_else(|| self.change_others(&mut parts))?;
        Some(parts)
    }

    fn change_orders(self, parts: &mut Parts) -> Option<()> {
        match self {
            Self::Priority => swap(parts, |[one, other]| {
                ladder(one) < 2 && ladder(one) == ladder(other) && one[12..16] == other[12..16]
            }),
            Self::JoinedOrder => swap(parts, |[one, other]| {
                is_conditional(one)
                    && is_conditional(other)
                    && ladder(one) < 2
                    && ladder(one) == ladder(other)
                    && one[12..16] == other[12..16]
                    && one[EXPIRY] == other[EXPIRY]
                    && one[EXPIRY] != [0; 8]
            }),
            Self::StopOrder => swap(parts, |[one, other]| {
                (2..4).contains(&ladder(one)) && (2..4).contains(&ladder(other))
            }),
            Self::Hidden => clear(parts, is_conditional, HIDDEN),
            Self::Display => change(parts, |entry| {
                let waits = is_conditional(entry) && ladder(entry) >= 2;
                (waits && entry[DISPLAY] != [0; 8]).then(|| entry[DISPLAY].fill(0))
            }),
            Self::Expiry => change(parts, |entry| {
                let never = CLOCK_NS_MAX.to_le_bytes();
                let is_dated =
                    is_conditional(entry) && entry[EXPIRY] != [0; 8] && entry[EXPIRY] != never;
                is_dated.then(|| entry[EXPIRY].copy_from_slice(&never))
            }),
            Self::Minimum => clear(parts, is_conditional, MINIMUM),
            Self::StopLimit => clear(parts, is_conditional, LIMIT),
            Self::SelfTrade => change(parts, |entry| without_terms(entry, 0b1_1000)),
            Self::PostOnly => change(parts, |entry| without_terms(entry, 0b10_0000)),
            Self::Account => change(parts, |entry| is_order(entry).then(|| entry[8] ^= 1)),
            Self::Owner => {
                let known: Vec<_> = parts.entries.iter().filter(|entry| entry[0] == 1).collect();
                let [first, .., last] = known[..] else { return None };
                let [first, last] = [first, last].map(|entry| [entry[2], entry[3]]);
                change(parts, |entry| {
                    let is_other = is_order(entry) && entry[2..4] != last;
                    let other = if is_other { last } else { first };
                    is_order(entry).then(|| entry[2..4].copy_from_slice(&other))
                })
            }
            Self::SessionLimit
            | Self::ClientSequence
            | Self::Phase
            | Self::Halt
            | Self::LastTrade
            | Self::Band
            | Self::Decimals
            | Self::Clock
            | Self::Flow
            | Self::Capacities
            | Self::RunningHash => None,
        }
    }

    fn change_others(self, parts: &mut Parts) -> Option<()> {
        match self {
            Self::SessionLimit => change(parts, |entry| {
                let is_limited = entry[0] == 1 && entry[4..8] != [0xff; 4];
                let is_limited = is_limited && entry[8..16] != [0; 8];
                is_limited.then(|| entry[4..8].fill(0xff))
            }),
            Self::ClientSequence => change(parts, |entry| {
                let last = u64::from_le_bytes(entry.get(8..16)?.try_into().expect("8 bytes"));
                let is_later = entry[0] == 1 && last > 1;
                is_later.then(|| entry[8..16].copy_from_slice(&(last + 9).to_le_bytes()))
            }),
            Self::Phase => clear(parts, |entry| entry[0] == 2, 1..2),
            Self::Halt => clear(parts, |entry| entry[0] == 2, 2..3),
            Self::LastTrade => clear(parts, |entry| entry[0] == 2, 4..8),
            Self::Band => change(parts, |entry| {
                let is_limited = entry[0] == 2 && entry[28..32] != [0; 4];
                is_limited.then(|| {
                    entry[28..32].fill(0);
                    entry[32..36].fill(0xff);
                })
            }),
            Self::Decimals => clear(parts, |entry| entry[0] == 2, 3..4),
            Self::Clock => clear_header(parts, 120..128),
            Self::Flow => {
                clear_header(parts, 13..14)?;
                parts.header[164..208].fill(0);
                Some(())
            }
            Self::Capacities => {
                let orders = parts.header[128];
                (orders > 1).then(|| parts.header[128] = orders - 1)
            }
            Self::RunningHash => clear_header(parts, 104..112),
            Self::Priority
            | Self::JoinedOrder
            | Self::StopOrder
            | Self::Hidden
            | Self::Display
            | Self::Expiry
            | Self::Minimum
            | Self::StopLimit
            | Self::SelfTrade
            | Self::PostOnly
            | Self::Account
            | Self::Owner => None,
        }
    }
}

fn is_order(entry: &[u8]) -> bool {
    entry[0] >= 3
}

fn is_conditional(entry: &[u8]) -> bool {
    entry[0] == 4
}

/// The ladder of an order within its instrument; none for what is no order.
fn ladder(entry: &[u8]) -> u8 {
    if is_order(entry) { entry[1] } else { u8::MAX }
}

/// Lets the first two neighbours that may change places.
fn swap(parts: &mut Parts, may: impl Fn([&[u8]; 2]) -> bool) -> Option<()> {
    let pairs = parts.entries.windows(2);
    let first = pairs.enumerate().find(|(_, pair)| may([&pair[0], &pair[1]]))?.0;
    parts.entries.swap(first, first + 1);
    Some(())
}

/// Changes every entry that it can.
fn change(parts: &mut Parts, change: impl Fn(&mut [u8]) -> Option<()>) -> Option<()> {
    let changed = parts.entries.iter_mut().filter_map(|entry| change(entry)).count();
    (changed > 0).then_some(())
}

/// Fills a field with zeros wherever it is not.
fn clear(parts: &mut Parts, is_one: impl Fn(&[u8]) -> bool, field: Range<usize>) -> Option<()> {
    change(parts, |entry| {
        let is_set = is_one(entry) && entry[field.clone()].iter().any(|byte| *byte != 0);
        is_set.then(|| entry[field.clone()].fill(0))
    })
}

fn clear_header(parts: &mut Parts, field: Range<usize>) -> Option<()> {
    let field = &mut parts.header[field];
    let is_set = field.iter().any(|byte| *byte != 0);
    is_set.then(|| field.fill(0))
}

/// Takes bits of the terms of an order away.
fn without_terms(entry: &mut [u8], bits: u8) -> Option<()> {
    let has_them = is_order(entry) && entry[TERMS.start] & bits != 0;
    has_them.then(|| entry[TERMS.start] &= !bits)
}
