//! Which tags of an appendage each message may have, as a set: bit n stands for tag n.
//!
//! The channel of the order flow, tag 28, may be in every message but a system event.

/// The set of these tags.
const fn set(mut tags: &[u8]) -> u32 {
    let mut set = 0;
    while let Some((tag, rest)) = tags.split_first() {
        set |= 1 << *tag;
        tags = rest;
    }
    set
}

/// Enter order. Route, tag 14, is of older revisions.
pub const ENTER_ORDER: u32 =
    set(&[2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 24, 25, 26, 28, 29, 30]);

/// Replace order.
pub const REPLACE_ORDER: u32 =
    set(&[3, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 25, 26, 27, 28, 29, 30]);

/// Modify order.
pub const MODIFY_ORDER: u32 = set(&[25, 26, 28]);

/// Mass cancel, and its response.
pub const MASS_CANCEL: u32 = set(&[24, 27, 28]);

/// Order accepted.
pub const ORDER_ACCEPTED: u32 =
    set(&[2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 25, 28, 29, 30]);

/// Order replaced.
pub const ORDER_REPLACED: u32 = set(&[2, 3, 5, 6, 12, 15, 16, 17, 18, 28, 29, 30]);

/// Order executed. The reference price, tags 19 and 20, is of older revisions.
pub const ORDER_EXECUTED: u32 = set(&[19, 20, 28]);

/// Order restated.
pub const ORDER_RESTATED: u32 = set(&[1, 22, 23, 28]);

/// Every other message: the channel alone.
pub const CHANNEL: u32 = set(&[28]);

/// All of them.
pub(super) const SETS: [u32; 9] = [
    ENTER_ORDER,
    REPLACE_ORDER,
    MODIFY_ORDER,
    MASS_CANCEL,
    ORDER_ACCEPTED,
    ORDER_REPLACED,
    ORDER_EXECUTED,
    ORDER_RESTATED,
    CHANNEL,
];
