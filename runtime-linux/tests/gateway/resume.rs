//! After a kill everybody reads on, byte for byte, and what was sent again is taken once.

use crate::venue::{Client, Enter, Venue, cancel, number, place, replace};
use highwater_flows::random::Random;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;
use tests::itch_reader::ItchReader;
use tests::ouch_reader::OuchReader;

/// How often the venue is killed; `HIGHWATER_KILLS` says otherwise.
const KILLS: u32 = 6;

const TRADERS: u16 = 3;

/// What a trader has sent, and what it was told.
#[derive(Debug, Default)]
struct Trader {
    /// Orders by their numbers; the last may not have arrived.
    sent: Vec<Vec<u8>>,
    told: Vec<Vec<u8>>,
}

impl Trader {
    /// Reads on, sends everything again whose fate it does not know, and then more, until the venue
    /// is gone.
    fn trade(&mut self, venue: &Venue, session: u16, random: &mut Random) {
        let user = format!("DEMO{session}");
        let next = u64::try_from(self.told.len()).unwrap() + 1;
        let Ok(mut client) = Client::log_in(&venue.ouch, &user, &venue.password, next) else {
            return;
        };
        assert_eq!(client.next, next);
        let known = self.known();
        for (at, order) in (1_u32..).zip(&self.sent) {
            if !known.contains_key(&at) {
                client.order(order);
            }
        }
        loop {
            for _ in 0..=random.below(40) {
                self.send_something(&mut client, random);
            }
            // Some answers are left unread, so that kills come anywhere.
            for _ in 0..random.below(40) {
                match client.message() {
                    Some(message) => self.told.push(message),
                    None => return,
                }
            }
        }
    }

    fn send_something(&mut self, client: &mut Client, random: &mut Random) {
        let last = u32::try_from(self.sent.len()).unwrap();
        let some = 1 + random.below(last.max(1));
        match random.below(10) {
            0 => client.order(&cancel(some, random.below(3) * 20)),
            1 => client.order(&replace(some, last + 1_000_000, 1 + random.below(200), 1_000_000)),
            _ => {
                let side = if random.chance(1, 2) { b'B' } else { b'S' };
                let symbol =
                    ["GOLD", "TIN", "NOPE"][random.below_usize(3).min(random.below_usize(3))];
                let enter = Enter {
                    number: last + 1,
                    side,
                    quantity: 1 + random.below(100),
                    symbol,
                    price: (9_990 + u64::from(random.below(20))) * 100,
                    ..Enter::default()
                };
                self.sent.push(enter.bytes());
                client.order(self.sent.last().unwrap());
            }
        }
    }

    /// How often each number of an order was accepted or refused.
    fn known(&self) -> BTreeMap<u32, u32> {
        let mut known = BTreeMap::new();
        for message in &self.told {
            if b"AJ".contains(&message[0]) {
                let number = u32::try_from(number(&message[9..13])).unwrap();
                *known.entry(number).or_default() += 1;
            }
        }
        known
    }
}

/// The stream of a client from its first message on.
fn whole(mut client: Client, count: usize) -> Vec<Vec<u8>> {
    client.messages(count)
}

/// Messages behind their lengths, as files have them.
fn framed(messages: &[Vec<u8>]) -> Vec<u8> {
    let frame =
        |message: &Vec<u8>| [vec![0, u8::try_from(message.len()).unwrap()], message.clone()];
    messages.iter().flat_map(frame).flatten().collect()
}

fn highwater(place: &Path, arguments: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    let done = command.current_dir(place).args(arguments.split_whitespace()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn nothing_is_lost_or_sent_twice_over_kills() {
    let kills = std::env::var("HIGHWATER_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let place = place("resume-kills");
    let mut traders: Vec<Trader> = (0..TRADERS).map(|_| Trader::default()).collect();
    let mut feed: Vec<Vec<u8>> = Vec::new();
    for kill in 0..kills {
        let venue = Venue::start(&place);
        let mut reader =
            Client::log_in(&venue.itch, "DEMO4", &venue.password, 1 + feed.len() as u64).unwrap();
        thread::scope(|scope| {
            for (session, trader) in (1_u16..).zip(&mut traders) {
                let venue = &venue;
                let mut random = Random::new(kill.into(), session.into());
                scope.spawn(move || trader.trade(venue, session, &mut random));
            }
            let feed = &mut feed;
            scope.spawn(move || {
                while let Some(message) = reader.message() {
                    feed.push(message);
                }
            });
            // Long enough for some syncs, and never at the same place.
            thread::park_timeout(Duration::from_millis(150 + u64::from(kill) * 37 % 400));
            venue.kill();
        });
    }
    let venue = Venue::start(&place);
    for (session, trader) in (1_u16..).zip(&mut traders) {
        let again = whole(venue.trader(session, 1), trader.told.len());
        assert_eq!(again, trader.told, "session {session} is told the same");
        // What is still unknown is sent once more, and everything is answered once.
        let mut client = venue.trader(session, 1 + trader.told.len() as u64);
        for order in &trader.sent {
            client.order(order);
        }
        let last = u32::try_from(trader.sent.len()).unwrap() + 1;
        client.order(b"Q");
        loop {
            let message = client.message().unwrap();
            let is_last = message[0] == b'Q' && number(&message[9..13]) >= u64::from(last);
            trader.told.push(message);
            if is_last {
                break;
            }
        }
        let known = trader.known();
        for at in 1..last {
            let answers = known.get(&at).copied().unwrap_or(0);
            // A replacement has a higher number: what is below it counts as sent before.
            assert!(
                answers == 1 || (answers == 0 && is_below_a_replacement(trader, at)),
                "{at}: {answers}"
            );
        }
        OuchReader::default().read(&framed(&trader.told)).unwrap();
    }
    let again =
        whole(Client::log_in(&venue.itch, "DEMO4", &venue.password, 1).unwrap(), feed.len());
    assert_eq!(again, feed);
    ItchReader::default().read(&framed(&feed)).unwrap();
    venue.stop();
    // What was published while the engine ran is what its log gives.
    highwater(&place, "verify --data data");
    highwater(&place, "publish --data data --itch again --ouch answers");
    let same = |live: &str, again: &str| {
        assert!(
            std::fs::read(place.join(live)).unwrap() == std::fs::read(place.join(again)).unwrap(),
            "{live}"
        );
    };
    same("data/streams/feed.itch", "again");
    for session in 1..=TRADERS {
        let file = format!("day-1/session-{session}.ouch");
        same(&format!("data/streams/answers/{file}"), &format!("answers/{file}"));
    }
}

/// Whether a replacement with a higher number was told.
fn is_below_a_replacement(trader: &Trader, at: u32) -> bool {
    let replaced = trader.told.iter().filter(|message| message[0] == b'U');
    replaced.map(|message| number(&message[13..17])).any(|number| number > at.into())
}
