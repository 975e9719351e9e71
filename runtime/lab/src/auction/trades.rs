//! The trades of an auction, one line each, in the order in which they were made.

use highwater::event::{Event, EventKind};
use highwater_engine::text::push_number;
use highwater_flows::outputs::{OutputError, TextFile};
use highwater_flows::resolved_path::STANDARD;
use std::io;
use std::path::Path;

/// The first line of a file of trades, with its line feed.
pub(super) const TRADES_HEADER: &str = "trade_no,buy_order_id,sell_order_id,price_ticks,qty\n";

/// Writes `trade_no,buy_order_id,sell_order_id,price_ticks,qty` for every trade of an auction,
/// numbered from 0.
#[derive(Debug)]
pub(super) struct TradesWriter {
    file: TextFile,
    trade_count: u64,
}

impl TradesWriter {
    /// Creates the file that takes the place of the one at `path` when it is [kept](Self::keep);
    /// `-` is standard output.
    pub(super) fn create(path: &Path) -> Result<Self, OutputError> {
        let what = "trades";
        let file = if path == STANDARD {
            TextFile::new(what, path, io::stdout())
        } else {
            TextFile::create(what, path)?
        };
        Ok(Self::to(file))
    }

    pub(super) fn to(mut file: TextFile) -> Self {
        file.text().extend_from_slice(TRADES_HEADER.as_bytes());
        Self { file, trade_count: 0 }
    }

    /// Takes the next event; what is no trade of an auction is passed over.
    pub(super) fn event(&mut self, event: &Event) -> Result<(), OutputError> {
        let EventKind::AuctionTrade { buy, sell, price, quantity, .. } = event.kind else {
            return Ok(());
        };
        let text = self.file.text();
        let columns = [self.trade_count, buy.0, sell.0, u64::from(price.ticks()), quantity.lots()];
        for (number, end) in columns.into_iter().zip(b",,,,\n") {
            push_number(text, number);
            text.push(*end);
        }
        self.trade_count += 1;
        self.file.settle()
    }

    /// Writes what is buffered, and gives the file its name.
    pub(super) fn keep(&mut self) -> Result<(), OutputError> {
        self.file.flush()?;
        self.file.keep()
    }
}
