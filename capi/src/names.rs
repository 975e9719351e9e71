//! The version, and the names of kinds and reasons as files and screens have them.

use crate::codes::{HwCancelReason, HwEventKind, HwRejectReason};
use core::ffi::{CStr, c_char};
use highwater::event::{CancelReason, RejectReason};

/// What a number without a name is called.
const UNKNOWN: &CStr = c"unknown";

/// Bytes of the longest name, its final zero included.
const NAME_BYTES: usize = 32;

/// The library's version, such as `0.1.0`, in static memory.
#[unsafe(no_mangle)]
pub extern "C" fn hw_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => panic!("a version holds no zero byte"),
        };
    VERSION.as_ptr()
}

/// The name of an `hw_event_kind`, in static memory; `unknown` for a number that stands for none.
#[unsafe(no_mangle)]
pub extern "C" fn hw_event_kind_name(kind: u8) -> *const c_char {
    name_in(&EVENT_KINDS, kind)
}

/// The name of an `hw_reject_reason`, in static memory; `unknown` for a number that stands for
/// nothing.
#[unsafe(no_mangle)]
pub extern "C" fn hw_reject_reason_name(reason: u8) -> *const c_char {
    name_in(&REJECT_REASONS, reason)
}

/// The name of an `hw_cancel_reason`, in static memory; `unknown` for a number that stands for
/// nothing.
#[unsafe(no_mangle)]
pub extern "C" fn hw_cancel_reason_name(reason: u8) -> *const c_char {
    name_in(&CANCEL_REASONS, reason)
}

/// A code and its name, padded with zeros.
type Named = (u8, [u8; NAME_BYTES]);

fn name_in(names: &'static [Named], code: u8) -> *const c_char {
    let found = names.iter().find(|(number, _)| *number == code);
    found.map_or(UNKNOWN.as_ptr(), |(_, name)| name.as_ptr().cast())
}

/// A name as C reads it.
const fn padded(name: &str) -> [u8; NAME_BYTES] {
    let mut bytes = [0; NAME_BYTES];
    assert!(name.len() < NAME_BYTES, "a name and its final zero fit");
    let mut n = 0;
    while n < name.len() {
        bytes[n] = name.as_bytes()[n];
        n += 1;
    }
    bytes
}

/// The names that the core gives its values, by the codes of the interface.
macro_rules! names {
    ($table:ident, $code:ident, $value:ident: $($name:ident)*) => {
        static $table: [Named; [$($code::$name),*].len()] =
            [$(($code::$name as u8, padded($value::$name.name()))),*];

        /// Fails to compile when a value has no name here.
        const _: fn($value) = |value| match value {
            $($value::$name => (),)*
        };
    };
}

names!(REJECT_REASONS, HwRejectReason, RejectReason:
    UnknownOrder DuplicateId BadPrice BadQuantity UnknownInstrument SessionsFull OrdersFull
    LevelsFull InstrumentsFull BadCapacities NotOperator OtherFlow Halted NoMatching PriceBand
    MaxQuantity MaxNotional MaxOrders BadExpiry PostOnlyWouldCross BadTerms WrongPhase BadTime);
names!(CANCEL_REASONS, HwCancelReason, CancelReason:
    User IocRemainder SelfTrade FokUnfillable MassCancel NoLiquidity Expired MinimumUnfillable
    PostOnlyWouldCross LevelsFull);

/// The names of the kinds, by code.
macro_rules! kinds {
    ($($name:ident $text:literal)*) => {
        static EVENT_KINDS: [Named; [$($text),*].len()] =
            [$((HwEventKind::$name as u8, padded($text))),*];

        /// Fails to compile when a kind has no name here.
        const _: fn(HwEventKind) = |kind| match kind {
            $(HwEventKind::$name => (),)*
        };
    };
}

kinds! {
    Accepted "accepted"
    Rejected "rejected"
    Trade "trade"
    Rested "rested"
    Canceled "canceled"
    Reduced "reduced"
    Replaced "replaced"
    Duplicate "duplicate"
    InstrumentDefined "instrument_defined"
    FlowBound "flow_bound"
    Configured "configured"
    Triggered "triggered"
    Replenished "replenished"
    AuctionTrade "auction_trade"
    MassCanceled "mass_canceled"
    StateChanged "state_changed"
    Uncrossed "uncrossed"
    BandSet "band_set"
    ClockSet "clock_set"
    DayEnded "day_ended"
    SessionLimited "session_limited"
    Noted "noted"
    CommandEnd "command_end"
}
