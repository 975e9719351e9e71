//! What becomes of each message, and what is refused where.

use super::*;
use std::io::Cursor;

/// Lines that nobody writes.
pub(super) fn test_lines(decimals: PriceDecimals) -> Lines {
    Lines::new(decimals)
}

/// Imports `bytes` and shows the lines to `look` before they are written.
pub(super) fn imported_as<T>(
    format: Format,
    bytes: impl Into<Vec<u8>>,
    decimals: Option<u8>,
    look: impl FnOnce(&Lines) -> T,
) -> Result<T, String> {
    let out = PathBuf::from(STANDARD);
    let symbol = (format == Format::Lobster).then(|| "ACME".to_owned());
    let args = ImportArgs { format, file: "in.csv".into(), out, decimals, symbol };
    let mut lines = Lines::new(decimals_of(&args));
    let input = Box::new(Cursor::new(bytes.into()));
    let sentence = |error| if let CommandError::Failed(it) = error { it } else { String::new() };
    let mut importer = importer_of(&args, input).map_err(sentence)?;
    while importer.step(&mut lines)? {}
    importer.end(&mut lines);
    Ok(look(&lines))
}

/// The lines without header, `seq` and time of what is imported from `text`, or the sentence.
fn imported(format: Format, text: &str, decimals: u8) -> Result<Vec<String>, String> {
    imported_as(format, text, Some(decimals), |lines| lines_of(lines.text()))
}

/// The lines of a flow without header, `seq` and time.
pub(super) fn lines_of(flow: &str) -> Vec<String> {
    let line = |line: &str| line.splitn(3, ',').nth(2).unwrap().to_owned();
    flow.lines().skip(1).map(line).collect()
}

#[test]
fn lobster_messages_become_lines() {
    let text = "34200.01,1,11,100,1234500,-1\n34200.02,1,12,50,1234600,-1\n\
                34200.03,2,11,30,1234500,-1\n34200.04,4,11,70,1234500,-1\n\
                34200.04,4,12,20,1234600,-1\n34200.05,5,0,10,1234550,1\n\
                34200.06,3,12,30,1234600,-1\n34200.07,3,99,30,1234600,-1\n\
                34200.08,7,0,0,-1,-1\n34200.09,7,0,0,0,-1\n34200.10,7,0,0,1,-1\n\
                34200.11,6,-1,10,1234550,-1\n";
    let expected = [
        "NEW,11,S,12345,100,,ACME",
        "NEW,12,S,12346,50,,ACME",
        "REDUCE,11,S,12345,30,,ACME",
        "IOC,9223372036854775808,B,12346,90,,ACME",
        "CANCEL,12,S,12346,30,,ACME",
        "HALT,,,,,,ACME",
        "RESUME,,,,,,ACME",
        "AUCTION,,,,,,ACME",
        "UNCROSS,,,,,,ACME",
    ];
    assert_eq!(imported(Format::Lobster, text, 2).unwrap(), expected);
    let fine = imported(Format::Lobster, "1.5,1,1,5,12345,1\n", 4).unwrap();
    assert_eq!(fine, ["DEFINE,,,,,,ACME,4", "NEW,1,B,12345,5,,ACME"]);
}

#[test]
fn an_order_made_of_executions_gets_an_id_that_no_open_order_has() {
    let text = "1.1,1,9223372036854775808,5,12300,1\n1.2,4,9223372036854775808,5,12300,1\n";
    let lines = imported(Format::Lobster, text, 2).unwrap();
    assert_eq!(lines[1], "IOC,9223372036854775809,S,123,5,,ACME");
}

const MBO: &str = "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,price,size,\
                   channel_id,order_id,flags,ts_in_delta,sequence,symbol\n";

fn mbo(rows: &[(&str, &str, &str, u32, u64, u32)]) -> String {
    let rows = rows.iter().zip(1u32..).map(|((action, side, price, size, id, flags), number)| {
        let time = "2026-01-31T09:30:00.000000001Z";
        format!(
            "{time},{time},160,2,77,{action},{side},{price},{size},0,{id},{flags},0,{number},ARL\n"
        )
    });
    MBO.to_owned() + &rows.collect::<String>()
}

#[test]
fn databento_records_become_lines() {
    let text = mbo(&[
        ("R", "N", "", 0, 0, 8),
        ("A", "A", "13.400000000", 10, 1, 128),
        ("A", "A", "13400000000", 10, 2, 128),
        ("A", "A", "13.50", 10, 3, 128),
        // One buyer takes both orders at 13.40 and a part of the next.
        ("T", "B", "13.50", 24, 0, 0),
        ("F", "A", "13.40", 10, 1, 0),
        ("F", "A", "13.40", 10, 2, 0),
        ("F", "A", "13.50", 4, 3, 0),
        ("C", "A", "13.40", 10, 1, 0),
        ("C", "A", "13.40", 10, 2, 0),
        ("C", "A", "13.50", 4, 3, 128),
        ("C", "A", "13.50", 2, 3, 128),
        ("M", "A", "13.60", 4, 3, 128),
        ("C", "A", "13.60", 4, 3, 128),
        ("C", "A", "13.60", 4, 3, 128),
        ("A", "B", "13.00", 5, 4, 128),
        ("R", "N", "", 0, 0, 8),
    ]);
    let expected = [
        "NEW,1,S,1340,10,,ARL",
        "NEW,2,S,1340,10,,ARL",
        "NEW,3,S,1350,10,,ARL",
        "IOC,9223372036854775808,B,1350,24,,ARL",
        "REDUCE,3,S,1350,2,,ARL",
        "MODIFY,3,S,1360,4,,ARL",
        "CANCEL,3,S,1360,4,,ARL",
        "NEW,4,B,1300,5,,ARL",
        "MASS_CANCEL,,,,,,ARL",
    ];
    assert_eq!(imported(Format::DatabentoMbo, &text, 2).unwrap(), expected);
}

#[test]
fn what_is_no_message_is_refused_in_place() {
    let lobster = |text: &str| imported(Format::Lobster, text, 2).unwrap_err();
    for (text, expected) in [
        (
            "1.5,1,1,5,12345,1\n",
            "in.csv:1:11: price is \"12345\": a price of this instrument has at most 2 digits behind",
        ),
        ("1.5,1,1,5,12300,1\n1.6,8,1,5,1,1\n", "in.csv:2:5: type is \"8\", expected 1 to 7"),
        ("1.5,1,1,5,12300,0\n", "in.csv:1:17: direction is \"0\", expected 1 or -1"),
        ("x,1,1,5,12300,1\n", "in.csv:1:1: time is \"x\", expected seconds after midnight"),
        ("1.5,1,-1,5,12300,1\n", "in.csv:1:7: order id is \"-1\", expected an integer"),
        ("1.5,1\n", "in.csv:1:5: the last column is \"1\", expected six columns"),
    ] {
        let said = lobster(text);
        assert!(said.starts_with(expected), "{said}");
    }
    let long = "1".repeat(300_000);
    assert!(lobster(&long).contains("a line is longer than 65536 bytes"));
    let mbo = |text: &str| imported(Format::DatabentoMbo, text, 2).unwrap_err();
    let lacking = mbo("ts_event,action,side,price,size,symbol\n");
    assert!(lacking.starts_with("in.csv:1:1: the header lacks the column order_id"), "{lacking}");
    let row = |price: &str, action: &str| {
        let header = "ts_event,action,side,price,size,order_id,instrument_id\n";
        mbo(&format!("{header}5,{action},B,{price},1,7,9\n"))
    };
    assert!(
        row("1.005", "A").starts_with(
            "in.csv:2:7: price is \"1.005\": a price of this instrument has at most 2"
        )
    );
    assert!(row("-1.00", "A").starts_with("in.csv:2:7: price is \"-1.00\": a decimal price is"));
    assert!(row("1.00", "X").starts_with("in.csv:2:3: action is \"X\", expected A, C, M, R"));
}
