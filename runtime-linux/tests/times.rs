//! The time of a command reaches fills and events, the same live and from the log.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{TestDir, json};

const FLOW: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n\
                    1,1,NEW,1,B,100,9,,A\n2,1,NEW,2,S,100,3,,A\n3,1,CANCEL,77,,,,,A\n";
const RUN: &str = "run --data d --flow flow.csv --times --fills f.csv --events e.jsonl";

#[test]
fn each_command_ends_with_its_time_and_its_fills_have_it() {
    let place = TestDir::new("times", "both");
    place.write("flow.csv", FLOW);
    place.done(RUN);
    let (fills, events) = (place.read("f.csv"), place.read("e.jsonl"));
    let mut times = Vec::new();
    let mut last = 0;
    for line in events.lines().map(json) {
        let sequence = line["sequence"].as_u64().unwrap();
        assert!(sequence > times.len() as u64, "an event behind the end of its command: {line}");
        if line["kind"] == "command_end" {
            assert_eq!((sequence, last), (times.len() as u64 + 1, sequence), "{line}");
            times.push(line["timestamp_ns"].as_u64().unwrap());
        }
        last = sequence;
    }
    assert_eq!(times.len() as u64, last);
    assert!(times.iter().all(|time| *time > 0) && times.is_sorted());
    let mut lines = fills.lines();
    assert!(lines.next().unwrap().ends_with(",qty,timestamp_ns"), "{fills}");
    // The second of the flow's three commands, which are the last, traded.
    let time = times[times.len() - 2];
    assert_eq!(lines.collect::<Vec<_>>(), [format!("2,0,1,100,3,{time}")]);
    // What is written anew from the log has the times of the log.
    place.done(RUN);
    assert_eq!((place.read("f.csv"), place.read("e.jsonl")), (fills, events));
}

#[test]
fn without_the_flag_nothing_of_it_is_written() {
    let place = TestDir::new("times", "none");
    place.write("flow.csv", FLOW);
    place.done("run --data d --flow flow.csv --fills f.csv --events e.jsonl");
    assert!(place.read("f.csv").ends_with("2,0,1,100,3\n"));
    assert!(!place.read("e.jsonl").contains("timestamp_ns"));
}
