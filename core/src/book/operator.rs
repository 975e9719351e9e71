//! What the operator's session does: name instruments, tie the log to its flow, set the capacities.

use super::{Book, Origin, are_possible};
use crate::command::FlowIdentity;
use crate::event::{EventKind, EventSink, RejectReason};
use crate::types::{Capacities, OrderId, SessionId, Symbol};

impl Book<'_> {
    /// Names an instrument, once.
    pub(super) fn define_instrument(
        &mut self,
        origin: &Origin,
        symbol: Symbol,
        sink: &mut impl EventSink,
    ) {
        if let Err(reason) = check_operator(origin) {
            return self.reject(origin, OrderId(0), reason, sink);
        }
        let known = self.symbols.find(symbol);
        if known.is_none() && self.symbols.count() >= self.capacities.instruments {
            return self.reject(origin, OrderId(0), RejectReason::InstrumentsFull, sink);
        }
        let instrument = known.unwrap_or_else(|| self.symbols.define(symbol));
        let client_sequence = origin.client_sequence;
        let defined = EventKind::InstrumentDefined { client_sequence, is_new: known.is_none() };
        self.emit(&Origin { instrument, ..*origin }, defined, sink);
    }

    /// Ties the log to its flow; the first stays.
    pub(super) fn bind_flow(
        &mut self,
        origin: &Origin,
        flow: &FlowIdentity,
        sink: &mut impl EventSink,
    ) {
        if let Err(reason) = check_operator(origin) {
            return self.reject(origin, OrderId(0), reason, sink);
        }
        if self.flow.get_or_insert(*flow) != flow {
            return self.reject(origin, OrderId(0), RejectReason::OtherFlow, sink);
        }
        let client_sequence = origin.client_sequence;
        self.emit(origin, EventKind::FlowBound { client_sequence }, sink);
    }

    /// Sets how much the book may hold.
    ///
    /// # Panics
    ///
    /// When the memory is too small for it.
    pub(super) fn configure(
        &mut self,
        origin: &Origin,
        capacities: Capacities,
        sink: &mut impl EventSink,
    ) {
        if let Err(reason) = check_operator(origin) {
            return self.reject(origin, OrderId(0), reason, sink);
        }
        if !are_possible(capacities) {
            return self.reject(origin, OrderId(0), RejectReason::BadCapacities, sink);
        }
        assert!(self.fits(capacities), "the host checks that a Configure fits the memory");
        self.capacities = capacities;
        let client_sequence = origin.client_sequence;
        self.emit(origin, EventKind::Configured { client_sequence, capacities }, sink);
    }
}

fn check_operator(origin: &Origin) -> Result<(), RejectReason> {
    if origin.session == SessionId::OPERATOR { Ok(()) } else { Err(RejectReason::NotOperator) }
}
