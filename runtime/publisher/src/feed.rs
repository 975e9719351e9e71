//! The feed: what everybody is told, as ITCH.

use crate::fault::Fit;
use crate::framed;
use crate::instruments::Instrument;
use crate::open_orders::OpenOrder;
use highwater::book::Indicative;
use highwater::types::{Lots, Side as BookSide, Ticks};
use highwater_protocols::itch::{
    AddOrder, AddOrderAttributed, Authenticity, CrossTrade, CrossType, EventCode, FinancialStatus,
    Flag, Header, ImbalanceDirection, IpoFlag, IssueClassification, LuldTier, MarketCategory,
    NetOrderImbalance, OrderCancel, OrderDelete, OrderExecuted, OrderExecutedWithPrice,
    PriceVariation, Side, StockDirectory, StockTradingAction, SystemEvent,
};
use highwater_protocols::{Alpha, Message, Time48, YesNo};

/// By how many bytes the room for messages grows at least.
const ROOM_BYTES: usize = 64 << 10;

/// The messages that were made and not yet taken, each behind its length, as an ITCH file has them.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    /// Zeros behind those that are used: they are not cleared for each message.
    bytes: Vec<u8>,
    used: usize,
    count: u64,
    /// The time of the messages that are made.
    pub(crate) time: Time48,
}

impl Feed {
    /// A feed that has had this many messages today.
    pub(crate) fn behind(count: u64) -> Self {
        Self { count, ..Self::default() }
    }

    /// The bytes of the messages.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.used]
    }

    /// How many messages there were today, those that were taken included: the number of the last.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// They were taken.
    pub const fn clear(&mut self) {
        self.used = 0;
    }

    /// A new day begins.
    pub(crate) const fn start_day(&mut self) {
        self.count = 0;
    }

    #[inline]
    pub(crate) fn push(&mut self, message: &impl Message) {
        let end = self.used + framed::bytes_of(message);
        if end > self.bytes.len() {
            self.bytes.resize(end + ROOM_BYTES, 0);
        }
        framed::write(message, &mut self.bytes[self.used..end]);
        self.used = end;
        self.count += 1;
    }

    #[inline]
    const fn header(&self, instrument: &Instrument) -> Header {
        Header { stock_locate: instrument.locate, tracking_number: 0, timestamp: self.time }
    }

    pub(crate) fn system_event(&mut self, event_code: EventCode) {
        let header = Header { timestamp: self.time, ..Header::default() };
        self.push(&SystemEvent { header, event_code: event_code.into() });
    }

    /// An instrument, and whether it may be traded.
    pub(crate) fn directory(&mut self, instrument: &Instrument) {
        self.push(&StockDirectory {
            header: self.header(instrument),
            stock: instrument.name,
            market_category: MarketCategory::NotAvailable.into(),
            financial_status: FinancialStatus::NotAvailable.into(),
            round_lot_size: instrument.lot,
            round_lots_only: if instrument.lot > 1 { YesNo::Yes } else { YesNo::No },
            issue_classification: IssueClassification::OtherSecurities.into(),
            issue_sub_type: Alpha::BLANK,
            authenticity: Authenticity::Production.into(),
            short_sale_threshold: Flag::NotAvailable.into(),
            ipo_flag: IpoFlag::NotAvailable.into(),
            luld_tier: LuldTier::NotAvailable.into(),
            etp_flag: Flag::NotAvailable.into(),
            etp_leverage_factor: 0,
            inverse_indicator: Flag::No.into(),
        });
        self.trading_action(instrument);
    }

    pub(crate) fn trading_action(&mut self, instrument: &Instrument) {
        self.push(&StockTradingAction {
            header: self.header(instrument),
            stock: instrument.name,
            trading_state: instrument.trading.state().into(),
            reserved: b' ',
            reason: Alpha::BLANK,
        });
    }

    /// What an order shows, behind all others at its price.
    pub(crate) fn add(&mut self, instrument: &Instrument, order: &OpenOrder) -> Fit {
        let (header, order_reference) = (self.header(instrument), order.reference);
        let side = match order.side {
            BookSide::Buy => Side::Buy,
            BookSide::Sell => Side::Sell,
        };
        let (shares, price) = (instrument.shares(order.shown)?, instrument.price4(order.limit)?);
        let (stock, attribution) = (instrument.name, order.terms.client.firm);
        if order.terms.client.is_attributed() {
            self.push(&AddOrderAttributed {
                header,
                order_reference,
                side,
                shares,
                stock,
                price,
                attribution,
            });
        } else {
            self.push(&AddOrder { header, order_reference, side, shares, stock, price });
        }
        Ok(())
    }

    /// An order traded at its price.
    #[inline]
    pub(crate) fn executed(
        &mut self,
        instrument: &Instrument,
        (order_reference, lots): (u64, u64),
        match_number: u64,
    ) -> Fit {
        self.push(&OrderExecuted {
            header: self.header(instrument),
            order_reference,
            executed_shares: instrument.shares(lots)?,
            match_number,
        });
        Ok(())
    }

    /// What an order showed traded in an auction.
    pub(crate) fn crossed(
        &mut self,
        instrument: &Instrument,
        (order_reference, lots): (u64, u64),
        (match_number, price): (u64, Ticks),
    ) -> Fit {
        self.push(&OrderExecutedWithPrice {
            header: self.header(instrument),
            order_reference,
            executed_shares: instrument.shares(lots)?,
            match_number,
            printable: YesNo::No,
            execution_price: instrument.price4(price)?,
        });
        Ok(())
    }

    /// An auction is over.
    pub(crate) fn cross(
        &mut self,
        instrument: &Instrument,
        (match_number, price, volume): (u64, Ticks, Lots),
    ) -> Fit {
        self.push(&CrossTrade {
            header: self.header(instrument),
            shares: volume.0,
            stock: instrument.name,
            cross_price: instrument.price4(price)?,
            match_number,
            cross_type: cross_type(instrument).into(),
        });
        Ok(())
    }

    /// What an auction would trade now.
    pub(crate) fn imbalance(
        &mut self,
        instrument: &Instrument,
        indicative: Option<Indicative>,
    ) -> Fit {
        let price = indicative.map_or(Ticks(0), |it| Ticks::from(it.price));
        let price = instrument.price4(price)?;
        let (paired, imbalance) =
            indicative.map_or((0, 0), |it| (it.volume_lots, it.imbalance_lots));
        let direction = match (indicative, imbalance.signum()) {
            (None, _) => ImbalanceDirection::Insufficient,
            (Some(_), 1) => ImbalanceDirection::Buy,
            (Some(_), -1) => ImbalanceDirection::Sell,
            (Some(_), _) => ImbalanceDirection::None,
        };
        self.push(&NetOrderImbalance {
            header: self.header(instrument),
            paired_shares: u64::try_from(paired).unwrap_or(u64::MAX),
            imbalance_shares: u64::try_from(imbalance.unsigned_abs()).unwrap_or(u64::MAX),
            imbalance_direction: direction.into(),
            stock: instrument.name,
            far_price: price,
            near_price: price,
            current_reference_price: price,
            cross_type: cross_type(instrument).into(),
            price_variation: PriceVariation::NotAvailable.into(),
        });
        Ok(())
    }

    /// An order shows less and keeps its place.
    pub(crate) fn reduced(
        &mut self,
        instrument: &Instrument,
        (order_reference, lots): (u64, u64),
    ) -> Fit {
        let canceled_shares = instrument.shares(lots)?;
        let header = self.header(instrument);
        self.push(&OrderCancel { header, order_reference, canceled_shares });
        Ok(())
    }

    /// An order left the book.
    pub(crate) fn deleted(&mut self, instrument: &Instrument, order_reference: u64) {
        let header = self.header(instrument);
        self.push(&OrderDelete { header, order_reference });
    }
}

/// The first auction of the day opens it; the others follow a halt.
pub(crate) const fn cross_type(instrument: &Instrument) -> CrossType {
    if instrument.cross_count > 0 { CrossType::Halt } else { CrossType::Opening }
}
