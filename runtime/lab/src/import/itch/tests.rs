//! What becomes of each message, and what is refused where.

mod books;
// They are in gzip.
#[cfg(feature = "gzip")]
mod captured;
mod maker;
mod naive;
mod sample;

use crate::import::Format;
use crate::import::tests::{imported_as, lines_of};
use highwater_protocols::YesNo::{No, Yes};
use highwater_protocols::itch::Side::{Buy, Sell};
use sample::{File, add, cancel, delete, executed, executed_at, replace};

/// The lines without header, `seq` and time, and the summary.
fn imported(file: &File, decimals: Option<u8>) -> Result<(Vec<String>, String), String> {
    imported_as(Format::Itch, file.ended(), decimals, |lines| {
        (lines_of(lines.text()), lines.summary())
    })
}

#[test]
fn messages_about_orders_become_lines() {
    let mut file = File::default();
    file.push(add(1, "ACME", Sell, 100, 123_456));
    file.push(sample::attributed(add(2, "ACME", Sell, 50, 123_500)));
    file.push(cancel(1, 40));
    // One buyer takes what is left of the first and a part of the second.
    file.at(5).push(executed(1, 60)).push(executed(2, 20));
    file.at(6).push(executed(2, 10));
    file.push(replace(2, 3, 70, 123_400));
    file.push(add(4, "ARL", Buy, 5, 10_000));
    file.push(delete(3)).push(cancel(4, 5));
    let (lines, summary) = imported(&file, None).unwrap();
    let expected = [
        "DEFINE,,,,,,ACME,4",
        "NEW,1,S,123456,100,,ACME",
        "NEW,2,S,123500,50,,ACME",
        "REDUCE,1,S,123456,40,,ACME",
        "IOC,9223372036854775808,B,123500,80,,ACME",
        "IOC,9223372036854775809,B,123500,10,,ACME",
        "REPLACE,2,S,123400,70,3,ACME",
        "DEFINE,,,,,,ARL,4",
        "NEW,4,B,10000,5,,ARL",
        "CANCEL,3,S,123400,70,,ACME",
        "CANCEL,4,B,10000,5,,ARL",
    ];
    assert_eq!(lines, expected);
    let counted = "11 lines: 2 CANCEL, 2 DEFINE, 2 IOC, 3 NEW, 1 REDUCE, 1 REPLACE\n\
                   skipped messages: nothing";
    assert_eq!(summary, counted);
}

#[test]
fn times_stand_as_they_are_and_prices_get_the_decimals_asked_for() {
    let mut file = File::default();
    file.at((1 << 48) - 1).push(add(7, "ACME", Buy, 3, 123_400));
    let flow = |decimals| {
        imported_as(Format::Itch, file.ended(), decimals, |lines| lines.text().to_owned())
    };
    let text = flow(Some(2)).unwrap();
    assert!(text.ends_with("\n1,281474976710655,NEW,7,B,1234,3,,ACME\n"), "{text}");
    let text = flow(Some(6)).unwrap();
    assert!(text.contains(",DEFINE,,,,,,ACME,6\n"), "{text}");
    assert!(text.ends_with(",NEW,7,B,12340000,3,,ACME\n"), "{text}");
    let said = flow(Some(1)).unwrap_err();
    let expected = "in.csv: message 1 at byte 0: price is 12.3400: a price of this instrument has \
                    at most 1 digit behind the point; add --decimals with as many as it has";
    assert_eq!(said, expected);
    let said = flow(Some(9)).unwrap_err();
    assert!(said.ends_with("; fewer --decimals have room for more"), "{said}");
    // A finer price further on has another place.
    file.push(add(8, "ACME", Buy, 3, 123_456));
    let said = imported(&file, Some(2)).unwrap_err();
    assert!(said.starts_with("in.csv: message 2 at byte 38: price is 12.3456: "), "{said}");
    let mut file = File::default();
    file.push(add(7, "ACME", Buy, 3, 123_400)).push(replace(7, 8, 3, 123_456));
    let said = imported(&file, Some(2)).unwrap_err();
    assert!(said.starts_with("in.csv: message 2 at byte 38: price is 12.3456: "), "{said}");
}

#[test]
fn executions_that_the_engine_would_not_make_only_take_quantity_off() {
    let mut file = File::default();
    file.push(add(1, "ACME", Buy, 100, 10_000)).push(add(2, "ACME", Buy, 100, 10_000));
    file.push(add(3, "ACME", Buy, 100, 9_900));
    // Behind another at its price, and at a worse price than another.
    file.push(executed(2, 10)).push(executed(3, 10));
    file.push(executed_at(1, 10, Yes, 10_001)).push(executed_at(1, 10, No, 10_000));
    file.push(executed_at(1, 10, Yes, 10_000));
    let (lines, summary) = imported(&file, None).unwrap();
    let expected = [
        "REDUCE,2,B,10000,10,,ACME",
        "REDUCE,3,B,9900,10,,ACME",
        "REDUCE,1,B,10000,10,,ACME",
        "REDUCE,1,B,10000,10,,ACME",
        "IOC,9223372036854775808,S,10000,10,,ACME",
    ];
    assert_eq!(lines[4..], expected);
    let counted = "\nexecutions without a trade: 1 at another price than the order's, 2 not \
                   of the first in the queue, 1 not printable, as parts of a cross";
    assert!(summary.ends_with(counted), "{summary}");
}

#[test]
fn an_execution_price_that_no_tick_says_is_another_price() {
    let mut file = File::default();
    file.push(add(1, "ACME", Buy, 100, 10_000)).push(executed_at(1, 10, Yes, 10_050));
    let (lines, summary) = imported(&file, Some(2)).unwrap();
    assert_eq!(lines, ["NEW,1,B,100,100,,ACME", "REDUCE,1,B,100,10,,ACME"]);
    assert!(summary.ends_with("1 at another price than the order's"), "{summary}");
}

#[test]
fn a_crossed_book_is_in_an_auction_until_it_is_crossed_no_longer() {
    let mut file = File::default();
    file.push(add(1, "ACME", Buy, 100, 10_000)).push(add(2, "ARL", Sell, 100, 9_000));
    // Locked is crossed, too; the other instrument goes on.
    file.push(add(3, "ACME", Sell, 60, 10_000)).push(add(4, "ACME", Sell, 9, 9_990));
    file.push(executed(1, 30)).push(executed(2, 50));
    file.push(delete(3)).push(executed_at(4, 9, No, 10_000));
    file.push(executed(1, 10));
    // A replacement crosses, and another uncrosses.
    file.push(add(5, "ACME", Sell, 8, 10_200)).push(replace(5, 6, 8, 9_000));
    file.push(replace(6, 7, 8, 10_100));
    let (lines, summary) = imported(&file, Some(4)).unwrap();
    let expected = [
        "AUCTION,,,,,,ACME",
        "NEW,3,S,10000,60,,ACME",
        "NEW,4,S,9990,9,,ACME",
        "REDUCE,1,B,10000,30,,ACME",
        "IOC,9223372036854775808,B,9000,50,,ARL",
        "CANCEL,3,S,10000,60,,ACME",
        "CANCEL,4,S,9990,9,,ACME",
        "UNCROSS,,,,,,ACME",
        "IOC,9223372036854775809,S,10000,10,,ACME",
        "NEW,5,S,10200,8,,ACME",
        "AUCTION,,,,,,ACME",
        "REPLACE,5,S,9000,8,6,ACME",
        "REPLACE,6,S,10100,8,7,ACME",
        "UNCROSS,,,,,,ACME",
    ];
    assert_eq!(lines[4..], expected);
    assert!(summary.contains("1 while the book is crossed"), "{summary}");
}

#[test]
fn what_the_book_cannot_hold_is_skipped_and_counted() {
    let mut file = File::default();
    file.push(executed(9, 1)).push(executed_at(9, 1, Yes, 1)).push(cancel(9, 1)).push(delete(9));
    file.push(replace(9, 10, 1, 10_000)).push(delete(10));
    file.push(add(1, "ACME", Buy, 0, 10_000)).push(add(1, "ACME", Buy, 5, 0));
    file.push(add(1, "ACME", Buy, 5, 10_000)).push(add(1, "ARL", Sell, 5, 10_000));
    file.push(add(2, "ACME", Buy, 5, 10_000)).push(replace(1, 2, 5, 10_000));
    file.push(executed(1, 0)).push(cancel(1, 0)).push(cancel(2, 6)).push(executed(1, 7));
    file.push(add(3, "ACME", Buy, 5, 10_000)).push(replace(3, 3, 4, 10_000));
    file.push(replace(3, 4, 4, 0)).push(delete(4));
    let (lines, summary) = imported(&file, Some(2)).unwrap();
    let expected = [
        "NEW,1,B,100,5,,ACME",
        "NEW,2,B,100,5,,ACME",
        "CANCEL,2,B,100,5,,ACME",
        "IOC,9223372036854775808,S,100,5,,ACME",
        "NEW,3,B,100,5,,ACME",
        "REPLACE,3,B,100,4,3,ACME",
        "CANCEL,3,B,100,4,,ACME",
    ];
    assert_eq!(lines, expected);
    let counted = "skipped messages: 7 about an order that the file does not show coming, 2 about \
                   no shares, 2 as far as about more shares than are open, 2 orders at a price of \
                   0, 2 orders with the reference of an open one, 1 orders without shares";
    assert!(summary.ends_with(counted), "{summary}");
}

#[test]
fn messages_about_no_order_are_counted_by_what_they_are() {
    let mut file = File::default();
    for message in sample::about_no_order() {
        file.push(message);
    }
    file.bytes(b"zsomething of a newer version");
    let (lines, summary) = imported(&file, None).unwrap();
    assert_eq!(lines, [""; 0]);
    let counted = "0 lines: nothing\nskipped messages: 1 broken trades, 1 directory entries, \
                   1 imbalances before crosses, 9 notices about no order, 1 of unknown types, \
                   1 results of crosses, 1 trades of orders that are not shown, 2 trading states";
    assert_eq!(summary, counted);
}

#[test]
fn an_order_made_of_executions_gets_an_id_that_is_free() {
    let first = 1 << 63;
    let mut file = File::default();
    file.push(add(first, "ACME", Buy, 10, 10_000)).push(add(first + 2, "ACME", Buy, 9, 9_900));
    // The orders are open when the first line comes, and gone behind it.
    file.at(2).push(executed(first, 10)).push(executed(first + 2, 9));
    file.push(add(first + 2, "ACME", Buy, 9, 9_900)).push(executed(first + 2, 4));
    let (lines, _) = imported(&file, Some(2)).unwrap();
    let ioc = |id: u64, lots: u32| format!("IOC,{id},S,99,{lots},,ACME");
    assert_eq!((&lines[2], &lines[4]), (&ioc(first + 1, 19), &ioc(first + 3, 4)));
}

#[test]
fn a_file_that_is_torn_or_damaged_is_refused_in_place() {
    let mut file = File::default();
    file.push(add(1, "ACME", Buy, 5, 10_000)).push(delete(1));
    let whole = file.ended();
    let import =
        |bytes: &[u8]| imported_as(Format::Itch, bytes, None, |lines| lines_of(lines.text()));
    let end = whole.len() - 2;
    // Without the mark of the end a whole last message is taken.
    assert_eq!(import(&whole[..end]).unwrap().len(), 3);
    for cut in (1..end).filter(|cut| *cut != 38) {
        let said = import(&whole[..cut]).unwrap_err();
        let place = if cut < 38 { "message 1 at byte 0" } else { "message 2 at byte 38" };
        let expected = format!("in.csv: {place}: the file ends at byte {cut}, within this message");
        assert!(said.starts_with(&expected), "{said}");
    }
    let said = import(&whole[..=end]).unwrap_err();
    assert!(said.starts_with("in.csv: message 3 at byte 59: the file ends at byte 60,"), "{said}");
    for behind in [&b"\n"[..], &whole] {
        let said = import(&[&whole, behind].concat()).unwrap_err();
        let expected = "in.csv: message 3 at byte 59: the length is 0, which ends the messages, \
                        but more bytes follow; if several files were joined, import each of them";
        assert_eq!(said, expected);
    }
    let said = import(b"\0\0S\0\0\0\0").unwrap_err();
    assert!(said.ends_with("each message stands behind its length"), "{said}");
    let said = import(b"\0\x0BS0123456789").unwrap_err();
    let expected = "in.csv: message 1 at byte 0: its type is 'S', but the bytes end too early: 12 \
                    are needed at least; the file is damaged here, or does not hold ITCH 5.0";
    assert!(said.starts_with(expected), "{said}");
    let mut bad = whole;
    bad[2 + 19] = b'X';
    let said = import(&bad).unwrap_err();
    assert!(said.contains("its type is 'A', but the field side has a value"), "{said}");
    for text in ["34200.1,1,11,100,1234500,-1\n", "seq,timestamp_ns,command\n", "\0\x01\0\x02\0"] {
        assert!(import(text.as_bytes()).unwrap_err().contains("the file ends at byte"), "{text}");
    }
    let mut file = File::default();
    file.push(add(1, "A B", Buy, 5, 10_000));
    let said = import(&file.ended()).unwrap_err();
    assert!(said.contains(": the stock is \"A B\", expected 1 to 8 printable"), "{said}");
    assert!(import(b"").unwrap().is_empty());
    assert!(import(b"\0\0").unwrap().is_empty());
}

#[test]
fn messages_over_many_buffers_are_all_taken() {
    let mut file = File::default();
    let unknown = vec![b'z'; 65_535];
    for number in 0..5_000 {
        file.push(add(number, "ACME", Buy, 5, 10_000)).push(delete(number));
        if number % 500 == 0 {
            file.bytes(&unknown);
        }
    }
    let (lines, summary) = imported(&file, None).unwrap();
    assert_eq!(lines.len(), 10_001);
    assert!(summary.ends_with("skipped messages: 10 of unknown types"), "{summary}");
}
