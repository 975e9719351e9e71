//! What occurred in a run: every kind of command, event and reason is counted, and what never
//! occurred is named.

use highwater::command::{Action, Command, Control, ReplaceSizing};
use highwater::event::{CancelReason, Event, EventKind, RejectReason};
use std::collections::BTreeMap;
use std::fmt;

/// Declares the name of every variant and the list of all names; the compiler knows when one is
/// missing.
macro_rules! names {
    ($name_of:ident, $all:ident, $type:ident: $($variant:ident,)*) => {
        const $all: &[&str] = &[$(concat!(stringify!($type), "::", stringify!($variant))),*];

        const fn $name_of(value: &$type) -> &'static str {
            match value {
                $($type::$variant { .. } => {
                    concat!(stringify!($type), "::", stringify!($variant))
                })*
            }
        }
    };
}

names! { action_name, ACTIONS, Action:
    New, Cancel, Reduce, Replace, MassCancel, DefineInstrument, SetBand, Control, Clock, EndOfDay,
    LimitSession, BindFlow, Configure, Note,
}

names! { control_name, CONTROLS, Control:
    Halt, Resume, MatchingOn, MatchingOff, StartAuction, Uncross,
}

names! { sizing_name, SIZINGS, ReplaceSizing:
    Open, More, Less,
}

names! { event_name, EVENTS, EventKind:
    Accepted, Rejected, Trade, Rested, Canceled, Reduced, Replaced, Duplicate, InstrumentDefined,
    FlowBound, Configured, Triggered, Replenished, AuctionTrade, MassCanceled, StateChanged,
    Uncrossed, BandSet, ClockSet, DayEnded, SessionLimited, Noted,
}

names! { reject_name, REJECTS, RejectReason:
    UnknownOrder, DuplicateId, BadPrice, BadQuantity, UnknownInstrument, SessionsFull, OrdersFull,
    LevelsFull, InstrumentsFull, BadCapacities, NotOperator, OtherFlow, Halted, NoMatching,
    PriceBand, MaxQuantity, MaxNotional, MaxOrders, BadExpiry, PostOnlyWouldCross, BadTerms,
    WrongPhase, BadTime,
}

names! { cancel_name, CANCELS, CancelReason:
    User, IocRemainder, SelfTrade, FokUnfillable, MassCancel, NoLiquidity, Expired,
    MinimumUnfillable, PostOnlyWouldCross, LevelsFull,
}

/// Rejects whose reason more than one action can have, and which differ by action.
const PAIRS: &[&str] = &[
    "Action::New RejectReason::UnknownInstrument",
    "Action::New RejectReason::Halted",
    "Action::New RejectReason::NoMatching",
    "Action::New RejectReason::PostOnlyWouldCross",
    "Action::New RejectReason::MaxOrders",
    "Action::New RejectReason::LevelsFull",
    "Action::Cancel RejectReason::UnknownOrder",
    "Action::Reduce RejectReason::UnknownOrder",
    "Action::Reduce RejectReason::BadQuantity",
    "Action::Replace RejectReason::UnknownInstrument",
    "Action::Replace RejectReason::UnknownOrder",
    "Action::Replace RejectReason::Halted",
    "Action::Replace RejectReason::BadPrice",
    "Action::Replace RejectReason::BadQuantity",
    "Action::Replace RejectReason::DuplicateId",
    "Action::Replace RejectReason::PriceBand",
    "Action::Replace RejectReason::MaxQuantity",
    "Action::Replace RejectReason::MaxNotional",
    "Action::Replace RejectReason::MaxOrders",
    "Action::Replace RejectReason::NoMatching",
    "Action::Replace RejectReason::PostOnlyWouldCross",
    "Action::Replace RejectReason::LevelsFull",
    "Action::MassCancel RejectReason::NotOperator",
    "Action::MassCancel RejectReason::UnknownInstrument",
    "Action::SetBand RejectReason::UnknownInstrument",
    "Action::SetBand RejectReason::BadTerms",
    "Action::DefineInstrument RejectReason::BadTerms",
    "Action::Control RejectReason::Halted",
    "Action::LimitSession RejectReason::SessionsFull",
];

/// How often everything occurred.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// Commands that were drawn.
    pub(crate) command_count: u64,
    counts: BTreeMap<String, u64>,
}

impl Coverage {
    /// Counts a command and its events.
    pub(crate) fn note(&mut self, command: &Command, events: &[Event]) {
        self.command_count += 1;
        let action = action_name(&command.action);
        self.count(action);
        if let Action::Control { control, .. } = &command.action {
            self.count(control_name(control));
        }
        if let Action::Replace(replace) = &command.action {
            self.count(sizing_name(&replace.sizing));
        }
        for event in events {
            self.count(event_name(&event.kind));
            if let Some(reason) = event.kind.reject_reason() {
                self.count(reject_name(&reason));
                self.count(&format!("{action} {}", reject_name(&reason)));
            }
            if let Some(reason) = event.kind.cancel_reason() {
                self.count(cancel_name(&reason));
            }
        }
    }

    /// Counts a command that is not executed, because it was before.
    pub(crate) fn note_duplicate(&mut self) {
        self.command_count += 1;
        self.count("EventKind::Duplicate");
    }

    /// Adds what occurred elsewhere.
    pub(crate) fn add(&mut self, other: &Self) {
        self.command_count += other.command_count;
        for (name, count) in &other.counts {
            *self.counts.entry(name.clone()).or_default() += count;
        }
    }

    /// What never occurred.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let all =
            [ACTIONS, CONTROLS, SIZINGS, EVENTS, REJECTS, CANCELS, PAIRS].into_iter().flatten();
        all.copied().filter(|name| !self.counts.contains_key(*name)).collect()
    }

    fn count(&mut self, name: &str) {
        if let Some(count) = self.counts.get_mut(name) {
            *count += 1;
        } else {
            self.counts.insert(name.to_owned(), 1);
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} commands", self.command_count)?;
        self.counts.iter().try_for_each(|(name, count)| writeln!(f, "{count:10} {name}"))
    }
}
