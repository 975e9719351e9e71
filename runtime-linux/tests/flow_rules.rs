//! Flows with columns of their own and lines of the operator: what a run does, that it continues
//! where it was stopped, and what is refused.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{TestDir, json, number};

const SMALL: &str = "--orders 4096 --instruments 8 --segment-bytes 64K --io append";

/// Stops, an iceberg, an auction, a halt, a clock and two sessions; seq 5 to 24.
const HEADER: &str = "command,seq,symbol,order_id,side,qty,price_ticks,type,tif,trigger,display,\
                      post_only,expiry_ns,session,of_session,timestamp_ns,tick\n";
const LINES: [&str; 20] = [
    "DEFINE,5,ACME,,,,,,,,,,,,,,5",
    "NEW,6,ACME,1,S,10,100",
    "NEW,7,ACME,2,S,10,105,,,,4,,,2",
    "NEW,8,ACME,3,B,5,,STOP,,105",
    "NEW,9,ACME,4,B,5,103",
    "HALT,10,ACME",
    "NEW,11,ACME,5,B,5,100",
    "RESUME,12,ACME",
    "NEW,13,ACME,5,B,12,105",
    "NEW,14,ACME,6,B,1,200,,,,,1",
    "AUCTION,15,ACME",
    "NEW,16,ACME,7,B,3,120",
    "NEW,17,ACME,8,S,3,90,,,,,,,2",
    "UNCROSS,18,ACME",
    "CLOCK,19,,,,,,,,,,,,,,1000",
    "NEW,20,ACME,9,B,1,50,,GTD,,,,1500",
    "CLOCK,21,,,,,,,,,,,,,,2000",
    "LIMIT_SESSION,22,,,,0,,,,,,,,,2",
    "NEW,23,ACME,10,B,1,50,,,,,,,2",
    "MASS_CANCEL,24,ACME",
];

fn flow() -> String {
    let lines: Vec<String> = LINES.iter().map(|line| format!("{line}\n")).collect();
    [HEADER, &lines.concat()].concat()
}

#[test]
fn every_line_is_executed() {
    let place = TestDir::new("flow_rules", "executed");
    place.write("flow.csv", flow());
    let ended =
        place.done(&format!("run --flow flow.csv --data d --events e --fills f --json {SMALL}"));
    let summary = json(ended.stdout.trim());
    assert_eq!(number(&summary, "commands"), 20, "{}", ended.stdout);
    assert_eq!(number(&summary, "last_client_sequence"), 24);
    assert_eq!(number(&summary, "open_orders"), 0);
    let events = place.read("e");
    let kinds = |seq: u64| -> Vec<String> {
        let is_seq = |sequence: u64| sequence == seq || sequence == seq << 32;
        let lines = events.lines().map(json);
        let of_seq = lines.filter(|event| is_seq(number(event, "client_sequence")));
        of_seq
            .map(|event| {
                event.get("reason").unwrap_or_else(|| &event["kind"]).as_str().unwrap().to_owned()
            })
            .collect()
    };
    assert_eq!(kinds(5), ["instrument_defined"]);
    assert_eq!(kinds(7), ["accepted", "rested"]);
    assert_eq!(kinds(8), ["accepted"], "a stop waits");
    assert_eq!(kinds(9), ["bad_price"], "the tick is 5");
    assert_eq!(kinds(11), ["halted"]);
    let taken = ["accepted", "trade", "trade", "triggered", "trade", "replenished", "trade"];
    assert_eq!(kinds(13), taken, "a stop and an iceberg");
    assert_eq!(kinds(14), ["post_only_would_cross"]);
    assert_eq!(kinds(18), ["uncrossed", "auction_trade"]);
    assert_eq!(kinds(21), ["clock_set", "expired"]);
    assert_eq!(kinds(23), ["max_orders"]);
    assert_eq!(kinds(24)[0], "mass_canceled");
    let fills = place.read("f");
    assert!(fills.lines().skip(1).all(|line| line.starts_with("13,")), "{fills}");
    assert_eq!(fills.lines().count(), 5);
}

/// Wherever a run is stopped, the next goes on behind it: also behind a line of the operator, or of
/// another session.
#[test]
fn a_run_continues_behind_every_line() {
    let place = TestDir::new("flow_rules", "continued");
    place.write("flow.csv", flow());
    let run = |data: &str, more: &str| {
        let files = format!("--events {data}.e --fills {data}.f --acks {data}.a");
        place.done(&format!("run --flow flow.csv --data {data} {files} --json {SMALL} {more}"))
    };
    let whole = run("whole", "");
    let hash = |text: &str| json(text.trim())["state_hash"].clone();
    for limit in 1..LINES.len() {
        let data = format!("d{limit}");
        run(&data, &format!("--limit {limit}"));
        let continued = run(&data, "");
        let summary = json(continued.stdout.trim());
        let limit = u64::try_from(limit).unwrap();
        assert_eq!(number(&summary, "skipped_lines"), limit);
        assert_eq!(number(&summary, "recovered_client_sequence"), limit + 4);
        assert_eq!(hash(&continued.stdout), hash(&whole.stdout), "behind line {limit}");
        assert_eq!(place.read(&format!("{data}.e")), place.read("whole.e"), "{limit}");
        assert_eq!(place.read(&format!("{data}.f")), place.read("whole.f"), "{limit}");
        assert_eq!(place.read(&format!("{data}.a")).lines().last(), Some("24"));
    }
}

#[test]
fn the_plain_header_takes_lines_of_the_operator() {
    let place = TestDir::new("flow_rules", "plain");
    let text = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n\
                1,,NEW,1,S,100,10,,A\n2,,HALT,,,,,,A\n3,,NEW,2,B,100,10,,A\n4,,END_OF_DAY\n";
    place.write("flow.csv", text);
    let ended = place.done(&format!("run --flow flow.csv --data d --json {SMALL}"));
    let summary = json(ended.stdout.trim());
    assert_eq!((number(&summary, "commands"), number(&summary, "rejects")), (4, 1));
}

/// Headers and lines that are refused: the place, and what is to be done.
const REFUSED: [(&str, &str); 8] = [
    (
        "seq,command,order_id,side,price_ticks,qty,qty\n",
        "flow.csv:1:43: the column qty is there twice; leave one out",
    ),
    (
        "seq,command,order_id,side,price_ticks,qty,stop\n",
        "flow.csv:1:43: no column is called \"stop\"; expected some of seq, ",
    ),
    ("seq,command,order_id,side,qty\n", "flow.csv:1:1: the header line "),
    (
        "seq,command,order_id,side,price_ticks,qty,type,trigger\n1,NEW,1,B,5,5,,7\n",
        "flow.csv:2:16: trigger is \"7\", expected nothing, because a LIMIT order waits for no price",
    ),
    (
        "seq,command,order_id,side,price_ticks,qty,expiry_ns\n1,NEW,1,B,5,5,7\n",
        "flow.csv:2:15: expiry_ns is \"7\", expected nothing, because only tif GTD has an expiry",
    ),
    (
        "seq,command,order_id,side,price_ticks,qty,type\n1,NEW,1,B,5,5,MARKET\n",
        "flow.csv:2:11: price_ticks is \"5\", expected nothing, because a MARKET order has no price",
    ),
    (
        "seq,command,order_id,side,price,qty\n1,NEW,1,B,5.001,5\n",
        "flow.csv:2:11: price is \"5.001\": a price of this instrument has at most 2 digits behind",
    ),
    (
        "seq,command,order_id,side,price_ticks,qty\n1,HALT,7,,,\n",
        "flow.csv:2:8: HALT has no use for order_id: leave it empty",
    ),
];

#[test]
fn what_cannot_be_is_refused_in_place() {
    for (index, (text, expected)) in REFUSED.into_iter().enumerate() {
        let place = TestDir::new("flow_rules", &format!("refused{index}"));
        place.write("flow.csv", text);
        let ended = place.call(&format!("run --flow flow.csv --data d {SMALL}")).expect_code(1);
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}

#[test]
fn decimal_prices_mean_the_same_ticks() {
    let place = TestDir::new("flow_rules", "decimal");
    let lines = |sell: &str, buy: &str| format!("1,NEW,1,S,{sell},5\n2,NEW,2,B,{buy},3\n");
    let columns = |price: &str| format!("seq,command,order_id,side,{price},qty\n");
    let files = [
        ("ticks", columns("price_ticks") + &lines("1234", "1240")),
        ("decimal", columns("price") + &lines("12.34", "12.4")),
    ];
    let events = files.map(|(name, text)| {
        place.write("flow.csv", text);
        place.done(&format!("run --flow flow.csv --data {name} --events e {SMALL}"));
        place.read("e")
    });
    assert_eq!(events[0], events[1]);
}

/// Decimal fills are those of ticks but for the point, also where they are continued behind records
/// that were retired.
#[test]
fn decimal_fills_are_exact_and_continued() {
    let place = TestDir::new("flow_rules", "fills");
    let limits = "--orders 65536 --segment-bytes 64K --snapshot-bytes 64K --io append";
    let run = |data: &str, more: &str| {
        place.done(&format!("run --data {data} --fills {data}.f {limits} {more}"))
    };
    run("ticks", "--limit 30000");
    run("whole", "--limit 30000 --prices decimal");
    for _ in 0..3 {
        run("parts", "--limit 10000 --prices decimal --keep snapshot");
        place.done("snapshot --data parts --keep snapshot");
    }
    let first = place.join("parts").join("0000000000000001.log");
    assert!(!first.exists(), "the beginning was retired");
    let (ticks, decimal) = (place.read("ticks.f"), place.read("whole.f"));
    assert_eq!(place.read("parts.f"), decimal);
    assert!(decimal.starts_with("aggressor_seq,fill_no,resting_order_id,price,qty\n"));
    assert_eq!(ticks.lines().count(), decimal.lines().count());
    assert!(ticks.lines().count() > 1_000);
    for (ticks, decimal) in ticks.lines().zip(decimal.lines()).skip(1) {
        let fields: Vec<&str> = ticks.split(',').collect();
        let price: u64 = fields[3].parse().unwrap();
        let price = format!("{}.{:02}", price / 100, price % 100);
        let expected = [fields[0], fields[1], fields[2], &price, fields[4]].join(",");
        assert_eq!(decimal, expected);
    }
    // Another form is another file.
    let other = place.call(&format!("run --data parts --fills parts.f {limits} --limit 1"));
    assert!(other.expect_code(1).stderr.contains("or another file"));
}
