//! Lines that are read, lines that are refused, and bytes that are neither.

use super::*;
use crate::flow::columns::Layout;
use crate::flow::write::push_line;

fn parsed(line: &str) -> FlowLine {
    command(line.as_bytes(), COLUMNS_MAX, 2).unwrap()
}

#[test]
fn reads_every_command() {
    let new = parsed("1,33300280000000,NEW,1196,S,549,96600,,601825");
    assert_eq!(new.client_sequence, ClientSequence(1));
    assert_eq!(new.timestamp_ns, 33_300_280_000_000);
    assert_eq!(new.kind, FlowKind::New { side: Side::Sell });
    assert_eq!((new.order, new.price), (OrderId(1196), Ticks(549)));
    assert_eq!((new.quantity, new.symbol.as_bytes()), (Lots(96_600), &b"601825"[..]));
    assert_eq!(parsed("1,2,IOC,3,B,4,5").kind, FlowKind::Ioc { side: Side::Buy });
    assert_eq!(parsed("1,2,CANCEL,3,,,").kind, FlowKind::Cancel { side: None });
    assert_eq!(parsed("1,2,REDUCE,3,S,,7").kind, FlowKind::Reduce { side: Some(Side::Sell) });
    let same = parsed("1,2,REPLACE,3,,4,5");
    assert_eq!((same.kind, same.new_order), (FlowKind::Replace { side: None }, OrderId(3)));
    let other = parsed("1,2,REPLACE,3,B,4,5,9,X\r");
    assert_eq!(other.kind, FlowKind::Replace { side: Some(Side::Buy) });
    assert_eq!(other.new_order, OrderId(9));
}

/// What the book is told of a line's price and quantity.
fn run_outputs(line: &str) -> (u32, u64) {
    let line = parsed(line);
    (line.price.0, line.quantity.0)
}

#[test]
fn numbers_that_no_book_takes_become_others_that_it_rejects() {
    let huge = "99999999999999999999999";
    for word in ["NEW", "IOC", "REDUCE", "REPLACE", "CANCEL"] {
        let line = |price: &str, quantity: &str| {
            run_outputs(&format!("1,2,{word},3,B,{price},{quantity}"))
        };
        let negative = if word == "REPLACE" { u64::MAX } else { 0 };
        for below in ["-1", "-0", "-00", "-99999999999999999999999"] {
            assert_eq!(line(below, below), (0, negative), "{word} {below}");
        }
        assert_eq!(line(huge, huge), (u32::MAX, u64::MAX), "{word}");
        let first = ("4294967296", "18446744073709551616");
        assert_eq!(line(first.0, first.1), (u32::MAX, u64::MAX), "{word}");
        let last = ("4294967294", "18446744073709551614");
        assert_eq!(line(last.0, last.1), (u32::MAX - 1, u64::MAX - 1), "{word}");
        assert_eq!(line("0", "0"), (0, 0), "{word}");
        assert_eq!(line("00000000000000000000000007", "007"), (7, 7), "{word}");
    }
}

#[test]
fn what_is_information_may_be_missing_negative_or_huge() {
    for (text, time) in [("", 0), ("-5", 0), ("-0", 0), ("99999999999999999999999", u64::MAX)] {
        assert_eq!(parsed(&format!("1,{text},NEW,3,B,4,5")).timestamp_ns, time, "{text}");
        assert_eq!(parsed(&format!("1,2,CANCEL,3,,{text},{text}")).order, OrderId(3), "{text}");
        assert_eq!(parsed(&format!("1,2,REDUCE,3,,{text},7")).quantity, Lots(7), "{text}");
    }
}

/// Malformed lines, and column and problem of each.
const MALFORMED: &[(&[u8], &str)] = &[
    (b"", "1: seq is empty, expected an integer from 1 to 18446744073709551615"),
    (b"0,2,NEW,3,B,4,5", "1: seq is \"0\", expected an integer from 1 to 18446744073709551615"),
    (b"000,2", "1: seq is \"000\", expected an integer from 1 to 18446744073709551615"),
    (b"x,2,NEW,3,B,4,5", "1: seq is \"x\", expected an integer from 1 to 18446744073709551615"),
    (b"-1,2,NEW,3,B,4,5", "1: seq is \"-1\", expected an integer from 1 to 18446744073709551615"),
    (
        b"18446744073709551616,2",
        "1: seq is \"18446744073709551616\", \
            expected an integer from 1 to 18446744073709551615",
    ),
    (b"1,2.5,NEW,3,B,4,5", "3: timestamp_ns is \"2.5\", expected an integer or nothing"),
    (b"1,-,NEW,3,B,4,5", "3: timestamp_ns is \"-\", expected an integer or nothing"),
    (
        b"1,2,new,3,B,4,5",
        "5: command is \"new\", expected NEW, IOC, CANCEL, REDUCE or REPLACE, or one of MODIFY, \
            MASS_CANCEL, DEFINE, BAND, HALT, RESUME, MATCHING_OFF, MATCHING_ON, AUCTION, UNCROSS, \
            CLOCK, END_OF_DAY, LIMIT_SESSION",
    ),
    (
        b"1,2,,3,B,4,5",
        "5: command is empty, expected NEW, IOC, CANCEL, REDUCE or REPLACE, or one of MODIFY, \
            MASS_CANCEL, DEFINE, BAND, HALT, RESUME, MATCHING_OFF, MATCHING_ON, AUCTION, UNCROSS, \
            CLOCK, END_OF_DAY, LIMIT_SESSION",
    ),
    (
        b"1,2,NEW,,B,4,5",
        "9: order_id is empty, \
            expected an integer from 0 to 18446744073709551615",
    ),
    (
        b"1,2,NEW,-3,B,4,5",
        "9: order_id is \"-3\", \
            expected an integer from 0 to 18446744073709551615",
    ),
    (b"1,2,NEW,3,,4,5", "11: side is empty, expected B or S"),
    (b"1,2,IOC,3,b,4,5", "11: side is \"b\", expected B or S"),
    (b"1,2,CANCEL,3,BS,4,5", "14: side is \"BS\", expected B, S or nothing"),
    (b"1,2,NEW,3,B,4.0,5", "13: price_ticks is \"4.0\", expected an integer or nothing"),
    (b"1,2,REPLACE,3,,-,5", "16: price_ticks is \"-\", expected an integer or nothing"),
    (b"1,2,CANCEL,3,,+1,", "15: price_ticks is \"+1\", expected an integer or nothing"),
    (b"1,2,NEW,3,B,4,\xff\x00", "15: qty is \"\\xff\\x00\", expected an integer or nothing"),
    (b"1,2,NEW,3,B,4,1e5", "15: qty is \"1e5\", expected an integer or nothing"),
    (b"1,2,REPLACE,3,B,4,--5", "19: qty is \"--5\", expected an integer or nothing"),
    (b"1,2,CANCEL,3,,,-", "16: qty is \"-\", expected an integer or nothing"),
    (
        b"1,2,REPLACE,3,B,4,5,x",
        "21: new_order_id is \"x\", expected nothing or an integer below 2^64",
    ),
    (
        b"1,2,NEW,3,B,4,5,,A B",
        "18: symbol is \"A B\", \
            expected at most 16 printable ASCII characters without space, comma or quote",
    ),
    (
        b"1,2,NEW,3,B,4,5,,12345678901234567",
        "18: symbol is \"12345678901234567\", \
            expected at most 16 printable ASCII characters without space, comma or quote",
    ),
    (
        b"1,2,NEW,3,B,4,5,,\"A\"",
        "18: symbol is \"\\\"A\\\"\", \
            expected at most 16 printable ASCII characters without space, comma or quote",
    ),
    (b"1,2,NEW,3,B,4", "14: the line ends after 6 of at least 7 columns, expected qty"),
    (b"1", "2: the line ends after 1 of at least 7 columns, expected timestamp_ns"),
    (
        b"1,2,NEW,3,B,4,5,,A,more,still",
        "20: \"more,still\" follows the last of 9 columns, \
            expected the line's end",
    ),
    (b"1,2,NEW,3,B,4,5,,A,", "20: \"\" follows the last of 9 columns, expected the line's end"),
];

#[test]
fn names_the_column_and_what_is_wrong() {
    for (line, expected) in MALFORMED {
        let LineProblem { column, problem } = command(line, COLUMNS_MAX, 2).unwrap_err();
        assert_eq!(&format!("{column}: {problem}"), expected, "{}", line.escape_ascii());
    }
}

#[test]
fn a_line_has_no_more_columns_than_the_header() {
    assert!(command(b"1,2,NEW,3,B,4,5", 7, 2).is_ok());
    let LineProblem { column, problem } = command(b"1,2,NEW,3,B,4,5,6", 7, 2).unwrap_err();
    assert_eq!(column, 17);
    assert_eq!(problem, "\"6\" follows the last of 7 columns, expected the line's end");
    assert!(command(b"1,2,NEW,3,B,4,5,,A", 8, 2).is_err());
}

#[test]
fn takes_the_header_with_its_optional_ends() {
    let full = HEADER.trim_end();
    let header = |line: &[u8]| Layout::of_header(line).map(|layout| layout.plain);
    assert_eq!(header(full.as_bytes()), Ok(Some(9)));
    assert_eq!(header(format!("{full}\r").as_bytes()), Ok(Some(9)));
    assert_eq!(header(format!("\u{feff}{full}").as_bytes()), Ok(Some(9)));
    assert_eq!(header(full.strip_suffix(",symbol").unwrap().as_bytes()), Ok(Some(8)));
    assert_eq!(header(b"seq,timestamp_ns,command,order_id,side,price_ticks,qty"), Ok(Some(7)));
    for wrong in ["", "1,2,NEW,3,B,4,5", "seq,timestamp_ns", &full.to_uppercase()] {
        let problem = header(wrong.as_bytes()).unwrap_err();
        assert_eq!(problem.column, 1);
        assert!(problem.problem.contains(full), "{}", problem.problem);
    }
}

#[test]
fn what_is_written_reads_back() {
    for text in [
        "1,33300280000000,NEW,1196,S,549,96600,,601825\n",
        "2,0,IOC,18446744073709551615,B,4294967295,18446744073709551615,,\n",
        "3,1,CANCEL,5,,0,0,,A\n",
        "4,2,REDUCE,6,S,7,8,,A\n",
        "5,3,REPLACE,6,B,7,8,9,A\n",
    ] {
        let mut written = Vec::new();
        push_line(&mut written, &parsed(text.trim_end()));
        assert_eq!(String::from_utf8(written).unwrap(), text);
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let valid = b"1,33300280000000,REPLACE,1196,S,549,96600,77,601825";
    let mut random = crate::random::Random::new(7, 0);
    let (mut taken, mut refused) = (0, 0);
    for round in 0..200_000 {
        let mut line = valid.to_vec();
        for _ in 0..=round % 3 {
            let at = random.below_usize(line.len());
            match random.below(4) {
                0 => line[at] = random.byte(),
                1 => line.insert(at, random.byte()),
                2 => line.truncate(at.max(1)),
                _ => line[at] = b',',
            }
        }
        match command(&line, 7 + random.below_usize(3), 2) {
            Ok(_) => taken += 1,
            Err(problem) => {
                refused += 1;
                let length = u64::try_from(line.len()).unwrap();
                assert!((1..=length + 1).contains(&problem.column), "{problem:?}");
            }
        }
    }
    assert!(taken > 1_000 && refused > 100_000, "{taken} taken, {refused} refused");
}
