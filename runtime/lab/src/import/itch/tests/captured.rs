//! Real messages: the flow runs, and its book is that of the messages.
//!
//! They are not a part of this project; without them the tests skip.

use super::books::{Whole, compare};
use highwater_flows::flow::decompressed;
use highwater_flows::random::Random;
use highwater_protocols::CodecError;
use highwater_protocols::itch::AnyMessage;
use highwater_protocols::itch::file::Messages;
use std::fs::File;
use std::path::Path;

/// What is in a compressed file beside this project's folder; `None` when it is not there.
fn found(name: &str) -> Option<Vec<u8>> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let path = folders.map(|it| it.join("shared/data/codec").join(name)).find(|it| it.exists());
    let Some(path) = path else {
        println!("skipped: captured messages are not here: {name}");
        return None;
    };
    let mut bytes = Vec::new();
    let file = File::open(path).expect("it can be read");
    decompressed(file).and_then(|mut input| input.read_to_end(&mut bytes)).expect("it is whole");
    Some(bytes)
}

#[test]
fn the_beginning_of_a_day_has_no_orders() {
    let Some(file) = found("nasdaq_session_head_1000.itch.gz") else { return };
    let messages: Vec<_> = Messages::new(&file).map(AnyMessage::parse).collect();
    let messages = messages.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    let outcome = compare(&messages, &mut Random::from_seed(1), Whole::AsImported);
    let expected = "0 lines: nothing\nskipped messages: 993 directory entries, 4 notices about no \
                    order, 3 trading states";
    assert_eq!(outcome.summary, expected);
}

/// The messages of a file with two zeros before each instead of its length.
fn without_lengths(file: &[u8]) -> Vec<AnyMessage> {
    let (mut rest, mut messages) = (file, Vec::new());
    while let Some(body) = rest.strip_prefix(&[0, 0]) {
        let length = match AnyMessage::parse(body) {
            Ok(_) => body.len(),
            Err(CodecError::TooLong { most }) => most,
            Err(error) => panic!("{error}"),
        };
        messages.push(AnyMessage::parse(&body[..length]).unwrap());
        rest = &body[length..];
    }
    messages
}

#[test]
fn messages_of_many_types_give_their_book() {
    let Some(file) = found("ex20101224.TEST_ITCH_50.gz") else { return };
    let messages = without_lengths(&file);
    assert_eq!(messages.len(), 12_012);
    let outcome = compare(&messages, &mut Random::from_seed(1), Whole::AsImported);
    println!("{}, {} trades", outcome.summary, outcome.trades.len());
}
