//! After kills a client with TLS reads on at its number, and loses nothing.

use super::line::{log_in, mutual_place};
use crate::venue::{Enter, Venue};

/// How often the venue is killed.
const KILLS: u32 = 4;

#[test]
fn a_client_reads_on_behind_kills_and_sees_the_same_bytes() {
    let place = mutual_place("tls-resumed");
    let mut told: Vec<Vec<u8>> = Vec::new();
    let mut number = 0;
    for _ in 0..KILLS {
        let venue = Venue::start(&place);
        let next = u64::try_from(told.len()).unwrap() + 1;
        let mut one = log_in(&venue.ouch, "alice", "ALICE", next).unwrap();
        assert_eq!(one.next, next);
        // Those that were under way are sent again: each is taken once.
        for again in number.max(1)..number + 2_000 {
            one.order(&Enter { number: again, price: 10_000, ..Enter::default() }.bytes());
        }
        number += 1_000;
        while told.len() <= usize::try_from(number).unwrap() {
            told.push(one.message().unwrap());
        }
        venue.kill();
        while let Some(message) = one.message() {
            told.push(message);
        }
    }
    let venue = Venue::start(&place);
    let mut all = log_in(&venue.ouch, "alice", "ALICE", 1).unwrap();
    assert_eq!(all.messages(told.len()), told);
    let numbers: Vec<&[u8]> = told[1..].iter().map(|message| &message[9..13]).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "nothing twice");
    venue.stop();
}
