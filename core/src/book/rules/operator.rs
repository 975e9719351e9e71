//! What the operator's session does: define instruments, change how they trade, tie the log to its
//! flow, set the capacities.

use super::context::Context;
use crate::book::{Book, are_possible};
use crate::command::{Control, Definition, FlowIdentity};
use crate::event::{EventKind, EventSink, RejectReason};
use crate::types::{Band, Capacities, InstrumentId, OrderId, Phase, SessionId};

impl Book<'_> {
    /// Names an instrument, once, and says what it takes.
    pub(in crate::book) fn define_instrument(
        &mut self,
        context: Context,
        definition: &Definition,
        sink: &mut impl EventSink,
    ) {
        let known = self.symbols.find(definition.symbol);
        if let Err(reason) = self.check_definition(context, definition, known) {
            return self.reject(context, OrderId(0), reason, sink);
        }
        let instrument = known.unwrap_or_else(|| self.add_instrument(definition));
        let client_sequence = context.client_sequence;
        let defined = EventKind::InstrumentDefined { client_sequence, is_new: known.is_none() };
        self.tell(context.at(instrument), defined, sink);
    }

    /// Adds an instrument whose symbol is new; the caller has checked that there is room.
    pub(in crate::book) fn add_instrument(&mut self, definition: &Definition) -> InstrumentId {
        let instrument = self.symbols.define(definition);
        let instrument_book = self.ladders.instrument_book_mut(instrument);
        instrument_book.decimals_beyond_default = definition.terms.decimals.beyond_default();
        instrument_book.gate.is_limited = u8::from(definition.terms.leave_out_any());
        instrument
    }

    fn check_definition(
        &self,
        context: Context,
        definition: &Definition,
        known: Option<InstrumentId>,
    ) -> Result<(), RejectReason> {
        check_operator(context)?;
        if !definition.terms.are_possible() {
            return Err(RejectReason::BadTerms);
        }
        if known.is_none() && self.symbols.count() >= self.capacities.instruments {
            return Err(RejectReason::InstrumentsFull);
        }
        Ok(())
    }

    /// Changes the prices that an instrument takes.
    pub(in crate::book) fn set_band(
        &mut self,
        context: Context,
        band: Band,
        sink: &mut impl EventSink,
    ) {
        if let Err(reason) = self.check_band(context, band) {
            return self.reject(context, OrderId(0), reason, sink);
        }
        self.symbols.set_band(context.instrument(), band);
        let is_limited = self.terms_of(context.instrument()).leave_out_any();
        self.ladders.instrument_book_mut(context.instrument()).gate.is_limited =
            u8::from(is_limited);
        let client_sequence = context.client_sequence;
        self.tell(context, EventKind::BandSet { client_sequence, band }, sink);
    }

    fn check_band(&self, context: Context, band: Band) -> Result<(), RejectReason> {
        self.check_instrument(context)?;
        if band.is_possible() { Ok(()) } else { Err(RejectReason::BadTerms) }
    }

    /// Changes how an instrument trades.
    pub(in crate::book) fn control(
        &mut self,
        context: Context,
        control: Control,
        sink: &mut impl EventSink,
    ) {
        if let Err(reason) = self.check_instrument(context) {
            return self.reject(context, OrderId(0), reason, sink);
        }
        let gate = &mut self.ladders.instrument_book_mut(context.instrument()).gate;
        let in_auction = gate.phase() == Phase::Auction;
        match control {
            Control::Halt => gate.halt(),
            Control::Resume => gate.resume(),
            Control::MatchingOn | Control::MatchingOff if in_auction => {
                return self.reject(context, OrderId(0), RejectReason::WrongPhase, sink);
            }
            Control::MatchingOn => gate.set_phase(Phase::Continuous),
            Control::MatchingOff => gate.set_phase(Phase::Collecting),
            Control::StartAuction => gate.set_phase(Phase::Auction),
            Control::Uncross => return self.uncross(context, sink),
        }
        let gate = *gate;
        let state_changed = EventKind::StateChanged {
            client_sequence: context.client_sequence,
            phase: gate.phase(),
            is_halted: gate.is_halted(),
        };
        self.tell(context, state_changed, sink);
        self.run_stops(context, sink);
    }

    /// Sets how many orders a session may have open.
    pub(in crate::book) fn limit_session(
        &mut self,
        context: Context,
        session: SessionId,
        open_orders_max: u32,
        sink: &mut impl EventSink,
    ) {
        let is_known = u32::from(session.0) < self.capacities.sessions;
        let checked = check_operator(context);
        let checked = checked.and(if is_known { Ok(()) } else { Err(RejectReason::SessionsFull) });
        if let Err(reason) = checked {
            return self.reject(context, OrderId(0), reason, sink);
        }
        self.sessions.limit(session, open_orders_max);
        let client_sequence = context.client_sequence;
        let limited = EventKind::SessionLimited { client_sequence, session, open_orders_max };
        self.tell(context, limited, sink);
    }

    /// Ties the log to its flow; the first stays.
    pub(in crate::book) fn bind_flow(
        &mut self,
        context: Context,
        flow: &FlowIdentity,
        sink: &mut impl EventSink,
    ) {
        if let Err(reason) = check_operator(context) {
            return self.reject(context, OrderId(0), reason, sink);
        }
        if self.flow.get_or_insert(*flow) != flow {
            return self.reject(context, OrderId(0), RejectReason::OtherFlow, sink);
        }
        let client_sequence = context.client_sequence;
        self.tell(context, EventKind::FlowBound { client_sequence }, sink);
    }

    /// Sets how much the book may hold.
    ///
    /// # Panics
    ///
    /// When the memory is too small for it.
    pub(in crate::book) fn configure(
        &mut self,
        context: Context,
        capacities: Capacities,
        sink: &mut impl EventSink,
    ) {
        if let Err(reason) = check_operator(context) {
            return self.reject(context, OrderId(0), reason, sink);
        }
        if !are_possible(capacities) {
            return self.reject(context, OrderId(0), RejectReason::BadCapacities, sink);
        }
        assert!(self.fits(capacities), "the host checks that a Configure fits the memory");
        self.set_capacities(capacities);
        let client_sequence = context.client_sequence;
        self.tell(context, EventKind::Configured { client_sequence, capacities }, sink);
    }

    /// Whether the operator speaks of an instrument that there is.
    fn check_instrument(&self, context: Context) -> Result<(), RejectReason> {
        check_operator(context)?;
        if context.instrument().0 >= self.symbols.count() {
            return Err(RejectReason::UnknownInstrument);
        }
        Ok(())
    }
}

/// Whether the operator speaks.
pub(super) fn check_operator(context: Context) -> Result<(), RejectReason> {
    if context.session() == SessionId::OPERATOR { Ok(()) } else { Err(RejectReason::NotOperator) }
}
