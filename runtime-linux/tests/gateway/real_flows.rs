//! Real flows entered over OUCH give the exchange's fills, and the feed gives the same trades.

use crate::shared::{gunzip, shared};
use crate::venue::{Client, Enter, Venue, big, cancel, number, place};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::thread;
use tests::itch_reader::ItchReader;

/// The hash of the password `secret`.
const SECRET: &str = "$argon2id$v=19$m=19456,t=2,p=1$Jq5ctY00cBpkF+omNJmc1w$\
                      ilahLCJRX2B4X432z0chegKoMASnM1E31hCLqcvVfCI";

/// A flow of the shared data as messages, each a packet; the line and the flow's id of each number.
struct Entered {
    packets: Vec<u8>,
    lines: Vec<(String, String)>,
}

fn entered(flow: &str) -> Entered {
    let (mut packets, mut lines, mut numbers) = (Vec::new(), Vec::new(), BTreeMap::new());
    for line in flow.lines().skip(1) {
        let [line, _, command, id, side, price, quantity, ..] =
            line.split(',').collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let message = match command {
            "NEW" | "IOC" => {
                lines.push((line.to_owned(), id.to_owned()));
                let number = u32::try_from(lines.len()).unwrap();
                numbers.insert(id, number);
                Enter {
                    number,
                    side: side.as_bytes()[0],
                    quantity: quantity.parse().unwrap(),
                    price: price.parse::<u64>().unwrap() * 100,
                    time_in_force: if command == "IOC" { b'3' } else { b'0' },
                    ..Enter::default()
                }
                .bytes()
            }
            // What was never entered, or is filled: silence, as the engine's reject is.
            "CANCEL" => cancel(numbers.get(id).copied().unwrap_or(u32::MAX), 0),
            other => panic!("{other} is not among these flows"),
        };
        packets.extend(big(u64::try_from(message.len()).unwrap() + 1, 2));
        packets.push(b'U');
        packets.extend(message);
    }
    Entered { packets, lines }
}

/// The fills that a client's answers tell, in the form of the exchange's.
fn fills(answers: &[Vec<u8>], lines: &[(String, String)]) -> String {
    let of = |number: u64| &lines[usize::try_from(number).unwrap() - 1];
    let (mut makers, mut takers) = (BTreeMap::new(), Vec::new());
    for answer in answers.iter().filter(|answer| answer[0] == b'E') {
        let order = number(&answer[9..13]);
        let fact = (order, number(&answer[13..17]), number(&answer[17..25]));
        let match_number = number(&answer[26..34]);
        match answer[25] {
            b'A' => drop(makers.insert(match_number, fact)),
            b'R' => takers.push((match_number, fact)),
            other => panic!("{other}"),
        }
    }
    let mut text = "aggressor_seq,fill_no,resting_order_id,price_ticks,qty\n".to_owned();
    let mut last = (0, 0);
    for (match_number, (taker, quantity, price)) in takers {
        last = if last.0 == taker { (taker, last.1 + 1) } else { (taker, 0) };
        let (maker, maker_quantity, maker_price) = makers[&match_number];
        assert_eq!((maker_quantity, maker_price), (quantity, price));
        let (line, maker) = (&of(taker).0, &of(maker).1);
        writeln!(text, "{line},{},{maker},{},{quantity}", last.1, price / 100).unwrap();
    }
    text
}

#[test]
fn real_flows_over_ouch_give_the_exchanges_fills() {
    let Some(shared) = shared() else { return };
    let place = place("real-flows");
    let file = format!(
        "[[instruments]]\nsymbol = \"GOLD\"\n[[users]]\nuser = \"ONE\"\npassword = \"{SECRET}\"\n\
         session = 1\n[engine]\nsync = \"group\"\n"
    );
    fs::write(place.join("venue.toml"), file).unwrap();
    for name in ["SSE_601825_20230711", "SSE_605580_20230711"] {
        let of = |kind: &str| gunzip(&shared.join(format!("data/sse/{name}.{kind}.csv.gz")));
        let Entered { packets, lines } = entered(&of("flow"));
        let data = place.join("data");
        if data.exists() {
            fs::remove_dir_all(&data).unwrap();
        }
        let venue = Venue::start(&place);
        let mut client = Client::log_in(&venue.ouch, "ONE", "secret", 1).unwrap();
        let mut socket = client.socket.try_clone().unwrap();
        let sender = thread::spawn(move || {
            socket.write_all(&packets).unwrap();
            socket.write_all(&[0, 2, b'U', b'Q']).unwrap();
        });
        let mut answers = Vec::new();
        while answers.last().is_none_or(|answer: &Vec<u8>| answer[0] != b'Q') {
            answers.push(client.message().expect("the venue is there"));
        }
        sender.join().unwrap();
        assert!(fills(&answers, &lines) == of("fills"), "{name}: not the exchange's fills");
        // What everybody is told of the trades is as much.
        let count = answers.iter().filter(|answer| answer[0] == b'E').count() / 2;
        let mut feed = Client::log_in(&venue.itch, "ONE", "secret", 1).unwrap();
        let (mut bytes, mut executed) = (Vec::new(), 0);
        while executed < count {
            let message = feed.message().unwrap();
            executed += usize::from(message[0] == b'E');
            bytes.extend(big(message.len() as u64, 2));
            bytes.extend(message);
        }
        ItchReader::default().read(&bytes).unwrap();
        venue.stop();
    }
}
