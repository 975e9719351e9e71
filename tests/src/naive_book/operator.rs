//! What the operator's session does.

use super::{Flaw, NaiveBook, NaiveInstrument, NaiveOrder, Rejection};
use highwater::command::{Control, Definition, FlowIdentity};
use highwater::event::{CancelReason, EventKind, RejectReason};
use highwater::limits::{CLOCK_NS_MAX, INSTRUMENTS_MAX, ORDERS_MAX, SESSIONS_MAX};
use highwater::types::{Band, Capacities, InstrumentId, Phase, SessionId, TimeInForce};

impl NaiveBook {
    pub(super) fn define(&mut self, definition: &Definition) -> Rejection<()> {
        self.check_operator()?;
        let Definition { symbol, terms } = *definition;
        if terms.tick.0 == 0
            || terms.lot.0 == 0
            || terms.band.low > terms.band.high
            || terms.decimals.0 > 9
        {
            return Err(RejectReason::BadTerms);
        }
        let known = self.instruments.iter().position(|known| known.symbol == symbol);
        if known.is_none() {
            if self.instruments.len() >= self.capacities.instruments as usize {
                return Err(RejectReason::InstrumentsFull);
            }
            let (phase, is_halted, last_trade) = (Phase::Continuous, false, None);
            self.instruments.push(NaiveInstrument { symbol, terms, phase, is_halted, last_trade });
        }
        let number = known.unwrap_or(self.instruments.len() - 1);
        if self.has(Flaw::DefineChangesTerms) {
            self.instruments[number].terms = terms;
        }
        let client_sequence = self.command.client_sequence;
        let instrument = InstrumentId(u32::try_from(number).expect("few instruments"));
        let is_new = known.is_none();
        self.emit_own(instrument, EventKind::InstrumentDefined { client_sequence, is_new });
        Ok(())
    }

    pub(super) fn bind_flow(&mut self, flow: FlowIdentity) -> Rejection<()> {
        self.check_operator()?;
        if *self.flow.get_or_insert(flow) != flow {
            return Err(RejectReason::OtherFlow);
        }
        let client_sequence = self.command.client_sequence;
        self.emit_own(InstrumentId(0), EventKind::FlowBound { client_sequence });
        Ok(())
    }

    pub(super) fn configure(&mut self, capacities: Capacities) -> Rejection<()> {
        self.check_operator()?;
        let Capacities { orders, instruments, sessions } = capacities;
        if !(1..=ORDERS_MAX).contains(&orders)
            || !(1..=INSTRUMENTS_MAX).contains(&instruments)
            || !(2..=SESSIONS_MAX).contains(&sessions)
        {
            return Err(RejectReason::BadCapacities);
        }
        self.capacities = capacities;
        let client_sequence = self.command.client_sequence;
        self.emit_own(InstrumentId(0), EventKind::Configured { client_sequence, capacities });
        Ok(())
    }

    pub(super) fn set_band(&mut self, instrument: InstrumentId, band: Band) -> Rejection<()> {
        self.check_operator()?;
        self.instrument(instrument)?;
        if band.low > band.high {
            return Err(RejectReason::BadTerms);
        }
        self.instrument_mut(instrument).terms.band = band;
        let client_sequence = self.command.client_sequence;
        self.emit_own(instrument, EventKind::BandSet { client_sequence, band });
        if self.has(Flaw::BandCancelsResting) {
            let is_outside = |order: &NaiveOrder| {
                order.instrument == instrument && !order.is_waiting() && !band.takes(order.price())
            };
            self.cancel_all(&self.in_bulk_order(is_outside), CancelReason::MassCancel);
        }
        Ok(())
    }

    pub(super) fn control(&mut self, instrument: InstrumentId, control: Control) -> Rejection<()> {
        self.check_operator()?;
        let NaiveInstrument { phase, is_halted, .. } = self.instrument(instrument)?;
        if control == Control::Uncross {
            if is_halted {
                return Err(RejectReason::Halted);
            }
            if phase != Phase::Auction {
                return Err(RejectReason::WrongPhase);
            }
            self.uncross(instrument);
            self.cascade(instrument);
            return Ok(());
        }
        let is_switch = control == Control::MatchingOn || control == Control::MatchingOff;
        if is_switch && phase == Phase::Auction && !self.has(Flaw::MatchingEndsAuction) {
            return Err(RejectReason::WrongPhase);
        }
        let changed = self.instrument_mut(instrument);
        match control {
            Control::Halt => changed.is_halted = true,
            Control::Resume => changed.is_halted = false,
            Control::MatchingOn => changed.phase = Phase::Continuous,
            Control::MatchingOff => changed.phase = Phase::Collecting,
            Control::StartAuction | Control::Uncross => changed.phase = Phase::Auction,
        }
        let NaiveInstrument { phase, is_halted, .. } = *changed;
        let client_sequence = self.command.client_sequence;
        self.emit_own(instrument, EventKind::StateChanged { client_sequence, phase, is_halted });
        if !self.has(Flaw::ControlForgetsStops) {
            self.cascade(instrument);
        }
        Ok(())
    }

    pub(super) fn set_clock(&mut self, now_ns: u64) -> Rejection<()> {
        self.check_operator()?;
        if now_ns > CLOCK_NS_MAX {
            return Err(RejectReason::BadTime);
        }
        let backwards = self.has(Flaw::ClockRunsBackwards);
        let now_ns = if backwards { now_ns } else { now_ns.max(self.clock_ns) };
        self.clock_ns = now_ns;
        let client_sequence = self.command.client_sequence;
        self.emit_own(InstrumentId(0), EventKind::ClockSet { client_sequence, now_ns });
        let is_late = self.has(Flaw::ExpiresLate);
        let skips_stops = self.has(Flaw::ClockForgetsStops);
        let expired = self.in_bulk_order(|order| {
            order.time_in_force == TimeInForce::GoodTillDate
                && (order.expiry_ns < now_ns || order.expiry_ns == now_ns && !is_late)
                && !(skips_stops && order.is_waiting())
        });
        self.cancel_all(&expired, CancelReason::Expired);
        Ok(())
    }

    pub(super) fn end_day(&mut self) -> Rejection<()> {
        self.check_operator()?;
        let client_sequence = self.command.client_sequence;
        self.emit_own(InstrumentId(0), EventKind::DayEnded { client_sequence });
        let everything = self.has(Flaw::DayEndsAll);
        let skips_stops = self.has(Flaw::DayForgetsStops);
        let expired = self.in_bulk_order(|order| {
            let ends = order.time_in_force == TimeInForce::Day
                || everything && order.time_in_force == TimeInForce::GoodTillCancel;
            ends && !(skips_stops && order.is_waiting())
        });
        self.cancel_all(&expired, CancelReason::Expired);
        Ok(())
    }

    pub(super) fn limit_session(
        &mut self,
        session: SessionId,
        open_orders_max: u32,
    ) -> Rejection<()> {
        self.check_operator()?;
        if u32::from(session.0) >= self.capacities.sessions {
            return Err(RejectReason::SessionsFull);
        }
        self.open_orders_max.insert(session, open_orders_max);
        let client_sequence = self.command.client_sequence;
        let limited = EventKind::SessionLimited { client_sequence, session, open_orders_max };
        self.emit_own(InstrumentId(0), limited);
        Ok(())
    }

    fn check_operator(&self) -> Rejection<()> {
        let is_operator = self.command.session == SessionId::OPERATOR;
        is_operator.then_some(()).ok_or(RejectReason::NotOperator)
    }
}
