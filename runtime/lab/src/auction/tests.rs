//! Auctions of a few orders: what is collected, what is refused, and what is written.

use super::*;
use highwater::types::Ticks;
use highwater_engine::decimals::PriceForm;
use highwater_flows::outputs::TextFile;
use std::fmt::Write as _;
use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex};
use trades::TRADES_HEADER;

const HEADER: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty\n";

/// The lines of a file.
fn collected(text: &str) -> Result<Orders, String> {
    collected_whole([HEADER, text].concat())
}

/// The same of a file with a header of its own.
fn collected_whole(text: String) -> Result<Orders, String> {
    let reader = FlowReader::from_reader("o.csv", Cursor::new(text)).unwrap();
    let mut collector = Collector::new(reader);
    loop {
        match collector.collect_some() {
            Ok(Collected::Some) => {}
            Ok(Collected::All) => return Ok(collector.orders),
            Ok(Collected::Pending) => panic!("a file is never silent"),
            Err(
                CommandError::Failed(sentence)
                | CommandError::Damaged(sentence)
                | CommandError::WrongUsage(sentence),
            ) => return Err(sentence),
            Err(
                error @ (CommandError::ClosedPipe
                | CommandError::Reported
                | CommandError::Differ
                | CommandError::Incomparable(_)),
            ) => panic!("nothing is written or compared: {error:?}"),
        }
    }
}

/// Takes what is written, until its pipe breaks.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Pipe>>);

#[derive(Default)]
struct Pipe {
    text: Vec<u8>,
    is_broken: bool,
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pipe = self.0.lock().unwrap();
        if pipe.is_broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        pipe.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The report of an auction, and its trades.
fn held(text: &str) -> (AuctionReport, String) {
    let shared = Shared::default();
    let mut trades =
        TradesWriter::to(TextFile::new("trades", "t.csv", shared.clone()), PriceForm::Ticks);
    let outcome = uncross(&collected(text).unwrap(), Some(&mut trades)).unwrap();
    trades.keep().unwrap();
    let trades = String::from_utf8(shared.0.lock().unwrap().text.clone()).unwrap();
    (
        AuctionReport::of(&outcome, PriceForm::Ticks),
        trades.strip_prefix(TRADES_HEADER).unwrap().to_owned(),
    )
}

#[test]
fn the_price_that_trades_most_is_the_price_of_all_trades() {
    let (report, trades) = held(
        "1,,NEW,10,B,102,5\n2,,NEW,11,B,101,5\n3,,NEW,12,B,99,5\n\
         4,,NEW,20,S,100,4\n5,,NEW,21,S,101,4\n6,,NEW,22,S,103,4\n",
    );
    assert_eq!(trades, "0,10,20,101,4\n1,10,21,101,1\n2,11,21,101,3\n");
    assert_eq!((report.orders, report.price.ticks(), report.trades), (6, Some(Ticks(101)), 3));
    assert_eq!((report.volume_lots, report.imbalance_lots), (8, 2));
    assert_eq!(report.imbalance_side, Some("buy"));
    let text = report.to_string();
    assert!(text.contains("price               101 ticks\n"), "{text}");
    assert!(text.contains("imbalance           2 lots to buy\n"), "{text}");
}

#[test]
fn canceled_and_reduced_orders_trade_no_more() {
    let (report, trades) = held(
        "1,,NEW,10,B,100,5\n2,,NEW,11,B,100,5\n3,,CANCEL,10,,,\n4,,REDUCE,11,,,2\n\
         5,,NEW,20,S,99,9\n6,,REPLACE,20,,100,4\n",
    );
    assert_eq!(trades, "0,11,20,100,3\n");
    assert_eq!((report.imbalance_lots, report.imbalance_side), (1, Some("sell")));
}

#[test]
fn rejected_lines_and_repeats_are_counted() {
    let (report, trades) = held(
        "1,,NEW,10,B,100,5\n2,,NEW,10,S,100,5\n3,,CANCEL,77,B,,\n4,,NEW,20,S,100,0\n\
         4,,NEW,21,S,100,1\n5,,NEW,22,S,0,1\n",
    );
    assert_eq!(trades, "");
    assert_eq!((report.orders, report.price.ticks(), report.trades), (1, None, 0));
    let reasons: Vec<_> = report.rejects_by_reason.iter().map(|(r, n)| (*r, *n)).collect();
    let expected = [("bad_price", 1), ("bad_quantity", 1), ("duplicate_id", 1)];
    assert_eq!(reasons[..3], expected);
    assert_eq!((reasons[3], report.rejects, report.duplicates), (("unknown_order", 1), 4, 1));
    assert!(report.to_string().contains("price               none"), "{report}");
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.starts_with(r#"{"orders":1,"price_ticks":null,"volume_lots":0,"#), "{json}");
}

#[test]
fn without_an_order_there_is_no_price() {
    let (report, trades) = held("");
    assert_eq!((report.orders, report.price.ticks(), trades.as_str()), (0, None, ""));
}

#[test]
fn totals_beyond_64_bits_are_whole() {
    let most = highwater::limits::QUANTITY_MAX;
    let mut lines = String::new();
    for id in 1..=16 {
        let side = if id % 2 == 0 { 'B' } else { 'S' };
        writeln!(lines, "{id},,NEW,{id},{side},7,{most}").unwrap();
    }
    let (report, _) = held(&lines);
    assert_eq!(report.volume_lots, 8 * u128::from(most));
    assert!(report.to_string().contains("36893488147419103232 lots"), "{report}");
}

#[test]
fn what_is_no_auction_is_refused_by_its_line() {
    let sentence = collected("1,,NEW,10,B,100,5\n2,,IOC,11,B,100,5\n").unwrap_err();
    assert!(sentence.starts_with("o.csv:3: IOC trades at once"), "{sentence}");
    let sentence = collected("1,,NEW,10,B,100,5\n2,,NEW,11,X,100,5\n").unwrap_err();
    assert!(sentence.starts_with("o.csv:3:11: side is \"X\""), "{sentence}");

    let text = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n\
                1,,NEW,1,B,5,5,,AAA\n2,,NEW,2,B,5,5,,BBB\n";
    let reader = FlowReader::from_reader("o.csv", Cursor::new(text)).unwrap();
    let Err(CommandError::Failed(sentence)) = Collector::new(reader).collect_some() else {
        panic!("two instruments are one too many");
    };
    assert!(sentence.starts_with("o.csv:3: the symbol is BBB and was AAA before"), "{sentence}");
}

#[test]
fn a_pipe_that_breaks_is_no_failure() {
    let lines = collected("1,,NEW,10,B,100,5\n2,,NEW,20,S,100,5\n").unwrap();
    let shared = Shared::default();
    let mut trades =
        TradesWriter::to(TextFile::new("trades", "-", shared.clone()), PriceForm::Ticks);
    shared.0.lock().unwrap().is_broken = true;
    uncross(&lines, Some(&mut trades)).unwrap();
    assert!(trades.keep().unwrap_err().is_broken_pipe());
}

#[test]
fn a_definition_before_the_orders_says_their_decimals() {
    let header = "seq,command,order_id,side,price,qty,symbol,tick,decimals\n";
    let whole = |lines: &str| collected_whole([header, lines].concat());
    let lines = "1,DEFINE,,,,,FX,0.0005,4\n2,NEW,1,B,1.2345,5,FX\n3,NEW,2,S,1.234,4,FX\n\
                 4,NEW,3,S,1.2342,4,FX\n";
    let orders = whole(lines).unwrap();
    let shared = Shared::default();
    let file = TextFile::new("trades", "t.csv", shared.clone());
    let mut trades = TradesWriter::to(file, PriceForm::Decimal);
    let outcome = uncross(&orders, Some(&mut trades)).unwrap();
    trades.keep().unwrap();
    let text = String::from_utf8(shared.0.lock().unwrap().text.clone()).unwrap();
    assert_eq!(text, "trade_no,buy_order_id,sell_order_id,price,qty\n0,1,2,1.2345,4\n");
    let report = AuctionReport::of(&outcome, PriceForm::Decimal);
    assert_eq!((report.rejects, report.trades), (1, 1), "the third is between two steps");
    assert!(report.to_string().contains("price               1.2345\n"), "{report}");
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.starts_with(r#"{"orders":2,"price":"1.2345","volume_lots":4,"#), "{json}");
    for lines in [
        "1,NEW,1,B,1,5,FX\n2,DEFINE,,,,,FX,,4\n",
        "1,DEFINE,,,,,FX,,4\n2,DEFINE,,,,,FX,,4\n",
        "1,HALT\n2,DEFINE,,,,,FX,,4\n",
    ] {
        assert!(whole(lines).is_err(), "{lines}");
    }
    let said = whole("1,DEFINE,,,,,FX,,4\n2,NEW,1,B,1,5,A\n").unwrap_err();
    assert!(said.starts_with("o.csv:3: the symbol is A and was FX before"), "{said}");
}
