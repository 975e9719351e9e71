//! The trades of an auction, one line each, in the order in which they were made.

use highwater::event::{Event, EventKind};
use highwater::types::PriceDecimals;
use highwater_engine::decimals::{PriceForm, push_decimal};
use highwater_engine::text::push_number;
use highwater_flows::outputs::{OutputError, TextFile};
use highwater_flows::resolved_path::STANDARD;
use std::io;
use std::path::Path;

/// The first line of a file of trades, with its line feed.
pub(super) const TRADES_HEADER: &str = "trade_no,buy_order_id,sell_order_id,price_ticks,qty\n";

/// The same of a file with decimal prices.
const DECIMAL_TRADES_HEADER: &str = "trade_no,buy_order_id,sell_order_id,price,qty\n";

/// Writes `trade_no,buy_order_id,sell_order_id,price_ticks,qty` for every trade of an auction,
/// numbered from 0; a decimal price is in a column `price`.
#[derive(Debug)]
pub(super) struct TradesWriter {
    file: TextFile,
    form: PriceForm,
    trade_count: u64,
}

impl TradesWriter {
    /// Creates the file that takes the place of the one at `path` when it is [kept](Self::keep);
    /// `-` is standard output.
    pub(super) fn create(path: &Path, form: PriceForm) -> Result<Self, OutputError> {
        let what = "trades";
        let file = if path == STANDARD {
            TextFile::new(what, path, io::stdout())
        } else {
            TextFile::create(what, path)?
        };
        Ok(Self::to(file, form))
    }

    pub(super) fn to(mut file: TextFile, form: PriceForm) -> Self {
        let header = match form {
            PriceForm::Ticks => TRADES_HEADER,
            PriceForm::Decimal => DECIMAL_TRADES_HEADER,
        };
        file.text().extend_from_slice(header.as_bytes());
        Self { file, form, trade_count: 0 }
    }

    /// Takes the next event, whose instrument's prices have `decimals`; what is no trade of an
    /// auction is passed over.
    pub(super) fn event(
        &mut self,
        event: &Event,
        decimals: PriceDecimals,
    ) -> Result<(), OutputError> {
        let EventKind::AuctionTrade { buy, sell, price, quantity, .. } = event.kind else {
            return Ok(());
        };
        let text = self.file.text();
        for number in [self.trade_count, buy.0, sell.0] {
            push_number(text, number);
            text.push(b',');
        }
        match self.form {
            PriceForm::Ticks => push_number(text, u64::from(price.ticks())),
            PriceForm::Decimal => push_decimal(text, price.into(), decimals),
        }
        text.push(b',');
        push_number(text, quantity.lots());
        text.push(b'\n');
        self.trade_count += 1;
        self.file.settle()
    }

    /// Writes what is buffered, and gives the file its name.
    pub(super) fn keep(&mut self) -> Result<(), OutputError> {
        self.file.flush()?;
        self.file.keep()
    }
}
