//! ITCH 5.0 as a file (BinaryFILE): what each message of the feed becomes.
//!
//! A feed tells what happened to the orders that rest. The book of these orders is kept here, too:
//! an execution becomes an incoming order only where the engine trades as the feed says, and the
//! instrument is in an auction while its book is crossed. So the engine's book is that of the feed
//! behind every message.

mod fields;
mod messages;
mod shown;

use super::Importer;
use super::lines::{ImportedLine, Lines};
use super::open_orders::{Taker, Takers};
use super::price_refusal;
use fields::{at, damaged, part_of, side_of, what_lacks, without_attribution};
use highwater::decimal::DecimalPrice;
use highwater::types::{PriceDecimals, Ticks};
use highwater_flows::flow::symbol_of;
use highwater_protocols::itch::{AddOrder, AnyMessage, OrderExecutedWithPrice, OrderReplace};
use highwater_protocols::{CodecError, Price4, YesNo};
use messages::Messages;
use shown::{Shown, ShownBook};
use std::io::Read;
use std::path::Path;

/// Decimals of the prices in the file.
pub(super) const DECIMALS: PriceDecimals = PriceDecimals(4);

/// A file that is being read.
pub(super) struct Itch {
    messages: Messages,
    feed: Feed,
}

/// The orders that the messages so far have shown, and what becomes of the next message.
#[derive(Debug)]
struct Feed {
    decimals: PriceDecimals,
    book: ShownBook,
    takers: Takers,
}

impl Itch {
    /// The messages of `input`, which was found in `file`; prices get these decimals.
    pub(super) fn new(file: &Path, input: Box<dyn Read + Send>, decimals: PriceDecimals) -> Self {
        let (book, takers) = (ShownBook::default(), Takers::default());
        Self { messages: Messages::new(file, input), feed: Feed { decimals, book, takers } }
    }
}

impl Importer for Itch {
    fn step(&mut self, lines: &mut Lines) -> Result<bool, String> {
        let Self { messages, feed } = self;
        messages.next(|message| feed.message(message, lines))
    }

    fn end(&mut self, lines: &mut Lines) {
        self.feed.takers.flush(lines);
        self.messages.say_end();
    }
}

impl Feed {
    /// Takes a message.
    fn message(&mut self, bytes: &[u8], lines: &mut Lines) -> Result<(), String> {
        let message = match AnyMessage::parse(bytes) {
            Ok(message) => message,
            Err(CodecError::UnknownType(_)) => {
                lines.skip("of unknown types");
                return Ok(());
            }
            Err(error) => return Err(damaged(bytes, error)),
        };
        match message {
            AnyMessage::AddOrder(add) => self.added(&add, lines)?,
            AnyMessage::AddOrderAttributed(add) => self.added(&without_attribution(&add), lines)?,
            AnyMessage::OrderExecuted(it) => {
                let shares = it.executed_shares;
                self.executed(it.order_reference, shares, None, at(it.header), lines);
            }
            AnyMessage::OrderExecutedWithPrice(it) => self.executed_at_price(&it, lines),
            AnyMessage::OrderCancel(it) => {
                self.canceled(it.order_reference, it.canceled_shares, at(it.header), lines);
            }
            AnyMessage::OrderDelete(it) => {
                if let Some(order) = self.known(it.order_reference, lines) {
                    self.take_off(&order, order.quantity, at(it.header), lines);
                }
            }
            AnyMessage::OrderReplace(it) => self.replaced(&it, lines)?,
            AnyMessage::Trade(_) => lines.skip("trades of orders that are not shown"),
            AnyMessage::CrossTrade(_) => lines.skip("results of crosses"),
            AnyMessage::BrokenTrade(_) => lines.skip("broken trades"),
            AnyMessage::NetOrderImbalance(_) => lines.skip("imbalances before crosses"),
            AnyMessage::StockTradingAction(_) | AnyMessage::OperationalHalt(_) => {
                lines.skip("trading states");
            }
            AnyMessage::StockDirectory(_) => lines.skip("directory entries"),
            AnyMessage::SystemEvent(_)
            | AnyMessage::RegSho(_)
            | AnyMessage::MarketParticipantPosition(_)
            | AnyMessage::MwcbDeclineLevel(_)
            | AnyMessage::MwcbStatus(_)
            | AnyMessage::IpoQuotingPeriod(_)
            | AnyMessage::LuldAuctionCollar(_)
            | AnyMessage::RetailInterest(_)
            | AnyMessage::DirectListing(_) => lines.skip("notices about no order"),
        }
        Ok(())
    }

    /// A visible order has come.
    fn added(&mut self, add: &AddOrder, lines: &mut Lines) -> Result<(), String> {
        let text = add.stock.text();
        let symbol = symbol_of(text).ok_or_else(|| {
            format!("the stock is \"{}\", expected {SYMBOL_EXPECTED}", text.escape_ascii())
        })?;
        let price = self.price(add.price)?;
        if self.book.get(add.order_reference).is_some() {
            lines.skip(REFERENCE_IS_OPEN);
        } else if let Some(why) = what_lacks(add.shares, price) {
            lines.skip(why);
        } else {
            let order = Shown {
                reference: add.order_reference,
                stock: self.book.stock(symbol),
                side: side_of(add.side),
                price,
                quantity: u64::from(add.shares),
            };
            self.takers.flush(lines);
            self.begin_auction_for(&order, at(add.header), lines);
            lines.push(&self.line("NEW", &order, at(add.header)));
            self.book.add(&order);
        }
        Ok(())
    }

    /// An order that rests has traded, at its own price unless `otherwise` says how.
    fn executed(
        &mut self,
        reference: u64,
        shares: u32,
        otherwise: Option<&'static str>,
        timestamp_ns: u64,
        lines: &mut Lines,
    ) {
        let Some(order) = self.known(reference, lines) else { return };
        let Some(quantity) = part_of(&order, shares, lines) else { return };
        if let Some(why) = otherwise.or_else(|| self.book.why_untradable(&order)) {
            lines.untraded(why);
            self.take_off(&order, quantity, timestamp_ns, lines);
            return;
        }
        let (symbol, side) = (self.book.symbol(order.stock), order.side.opposite());
        let taker = Taker { timestamp_ns, symbol, side, price: order.price, quantity };
        self.takers.traded(taker, &self.book, lines);
        self.book.take(&order, quantity);
    }

    /// The same, with a price of its own.
    fn executed_at_price(&mut self, it: &OrderExecutedWithPrice, lines: &mut Lines) {
        let order = self.book.get(it.order_reference);
        let price = self.price(it.execution_price).ok();
        let otherwise = match it.printable {
            YesNo::No => Some("not printable, as parts of a cross"),
            YesNo::Yes if order.map(|order| order.price) == price => None,
            YesNo::Yes => Some("at another price than the order's"),
        };
        let shares = it.executed_shares;
        self.executed(it.order_reference, shares, otherwise, at(it.header), lines);
    }

    /// An order has become smaller, in its place.
    fn canceled(&mut self, reference: u64, shares: u32, timestamp_ns: u64, lines: &mut Lines) {
        let Some(order) = self.known(reference, lines) else { return };
        if let Some(quantity) = part_of(&order, shares, lines) {
            self.take_off(&order, quantity, timestamp_ns, lines);
        }
    }

    /// An order has left, and another has come for it behind the others.
    fn replaced(&mut self, it: &OrderReplace, lines: &mut Lines) -> Result<(), String> {
        let Some(old) = self.known(it.original_order_reference, lines) else { return Ok(()) };
        let (reference, price) = (it.new_order_reference, self.price(it.price)?);
        let (quantity, timestamp_ns) = (u64::from(it.shares), at(it.header));
        if reference != old.reference && self.book.get(reference).is_some() {
            lines.skip(REFERENCE_IS_OPEN);
        } else if let Some(why) = what_lacks(it.shares, price) {
            // The old order has left all the same.
            lines.skip(why);
            self.take_off(&old, old.quantity, timestamp_ns, lines);
        } else {
            let order = Shown { reference, price, quantity, ..old };
            self.takers.flush(lines);
            self.book.take(&old, old.quantity);
            self.begin_auction_for(&order, timestamp_ns, lines);
            let line = self.line("REPLACE", &order, timestamp_ns);
            let (before, after) = (Some(old.reference), Some(reference));
            lines.push(&ImportedLine { order: before, new_order: after, ..line });
            self.book.add(&order);
            self.end_auction_of(&order, timestamp_ns, lines);
        }
        Ok(())
    }

    /// So much of an order leaves the book without a trade.
    fn take_off(&mut self, order: &Shown, quantity: u64, timestamp_ns: u64, lines: &mut Lines) {
        self.takers.flush(lines);
        let command = if quantity == order.quantity { "CANCEL" } else { "REDUCE" };
        lines.push(&self.line(command, &Shown { quantity, ..*order }, timestamp_ns));
        self.book.take(order, quantity);
        self.end_auction_of(order, timestamp_ns, lines);
    }

    /// An order that crosses the other side must not be matched: the feed says what becomes of it.
    fn begin_auction_for(&mut self, order: &Shown, timestamp_ns: u64, lines: &mut Lines) {
        if self.book.begins_auction(order) {
            let symbol = self.book.symbol(order.stock);
            lines.push(&ImportedLine::without_order("AUCTION", timestamp_ns, symbol));
        }
    }

    /// Where the book is crossed no longer there is nothing that an uncross would trade.
    fn end_auction_of(&mut self, order: &Shown, timestamp_ns: u64, lines: &mut Lines) {
        if self.book.ends_auction(order.stock) {
            let symbol = self.book.symbol(order.stock);
            lines.push(&ImportedLine::without_order("UNCROSS", timestamp_ns, symbol));
        }
    }

    /// An order that the messages so far have shown.
    fn known(&self, reference: u64, lines: &mut Lines) -> Option<Shown> {
        let known = self.book.get(reference);
        if known.is_none() {
            lines.skip("about an order that the file does not show coming");
        }
        known
    }

    fn price(&self, price: Price4) -> Result<Ticks, String> {
        DecimalPrice::of_units(u64::from(price.0), DECIMALS)
            .ticks(self.decimals)
            .map_err(|fault| format!("price is {price}{}", price_refusal(fault)))
    }

    /// The line that a command about an order makes.
    fn line(&self, command: &'static str, order: &Shown, timestamp_ns: u64) -> ImportedLine {
        ImportedLine {
            command,
            timestamp_ns,
            symbol: self.book.symbol(order.stock),
            order: Some(order.reference),
            side: Some(order.side),
            price: Some(order.price),
            quantity: Some(order.quantity),
            new_order: None,
        }
    }
}

/// Why an order that is not new to the book cannot come to it.
const REFERENCE_IS_OPEN: &str = "orders with the reference of an open one";

/// What a stock must be to be the instrument of a flow.
const SYMBOL_EXPECTED: &str = "1 to 8 printable ASCII characters without space, comma or quote";

#[cfg(test)]
mod tests;
