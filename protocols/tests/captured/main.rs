//! Messages that were captured on real markets decode, and are encoded to the same bytes again.
//!
//! They are not a part of this project; without them the tests skip.

mod archive;
mod capture;

use archive::{files_in, unpacked};
use capture::{Transport, frames_of};
use core::fmt::Debug;
use highwater_protocols::CodecError;
use highwater_protocols::itch::AnyMessage;
use highwater_protocols::itch::file::{Messages, Piece, first_piece};
use highwater_protocols::mold;
use highwater_protocols::ouch::{Inbound, Outbound};
use highwater_protocols::soup::{ClientPacket, Frame, Packet, ServerPacket};
use std::collections::BTreeMap;
use std::path::Path;

/// How many messages there were of each type.
type Counts = BTreeMap<char, usize>;

/// What is in a compressed file next to this project's folder; `None` when it is not there.
fn found(name: &str) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/codec");
    let path = folder.join(name);
    if path.exists() {
        Some(unpacked(&path))
    } else {
        println!("skipped: captured messages are not here: {}", path.display());
        None
    }
}

/// Decodes and encodes a message of the feed.
fn check_itch(bytes: &[u8], counts: &mut Counts) -> AnyMessage {
    let message = AnyMessage::parse(bytes).unwrap_or_else(|error| panic!("{bytes:02X?}: {error}"));
    let mut out = [0; 64];
    let length = message.emit(&mut out).expect("there is room");
    assert_eq!(out[..length], *bytes, "{message:?}");
    assert!(!format!("{message:?}").contains("Unlisted"), "every code is listed: {message:?}");
    *counts.entry(char::from(bytes[0])).or_default() += 1;
    message
}

#[test]
fn the_beginning_of_a_day() {
    let Some(file) = found("nasdaq_session_head_1000.itch.gz") else { return };
    let mut counts = Counts::new();
    let mut messages = Messages::new(&file);
    let mut last = None;
    for bytes in messages.by_ref() {
        last = Some(check_itch(bytes, &mut counts));
    }
    assert!(last.is_some());
    println!("{counts:?}, behind them {:?}", first_piece(messages.rest()));
    assert_eq!(counts.values().sum::<usize>(), 1_000);
    assert!(matches!(first_piece(messages.rest()), Piece::End | Piece::Incomplete { .. }));
}

/// This file has two zeros before each message instead of its length.
#[test]
fn a_file_with_messages_of_many_types() {
    let Some(file) = found("ex20101224.TEST_ITCH_50.gz") else { return };
    let (mut rest, mut counts) = (&file[..], Counts::new());
    while let Some([0, 0, code]) = rest.first_chunk() {
        let (message, behind) = rest[2..].split_at(length_of(*code));
        check_itch(message, &mut counts);
        rest = behind;
    }
    println!("{counts:?}");
    assert_eq!((rest.len(), counts.values().sum::<usize>()), (0, 12_012));
}

/// The lengths as the protocol's tables list them.
fn length_of(code: u8) -> usize {
    let lengths = "S12 R39 H25 Y20 L26 V35 W12 K28 J35 h21 A36 F40 E31 C36 X23 D19 U35 P44 Q40 B19 \
        I50 N20 O48";
    let mut entries = lengths.split(' ').filter_map(|entry| entry.split_at_checked(1));
    let found = entries.find(|(letter, _)| letter.as_bytes() == [code]);
    found.and_then(|(_, length)| length.parse().ok()).expect("it is in the tables")
}

fn captures() -> Option<Vec<(String, Vec<u8>)>> {
    let archive = found("omi-data-packets_nasdaq_cboe_asx_jnx_iex.tar.gz")?;
    Some(files_in(&archive).into_iter().filter(|(name, _)| name.contains(".pcap")).collect())
}

#[test]
fn datagrams_of_the_feed() {
    let Some(captures) = captures() else { return };
    let (mut counts, mut datagrams) = (Counts::new(), 0);
    for (name, file) in captures.iter().filter(|(name, _)| name.contains("TotalView.Itch.v5.0")) {
        for (transport, bytes) in frames_of(file) {
            assert_eq!(transport, Transport::Udp, "{name}");
            let packet = mold::Packet::parse(&bytes)
                .unwrap_or_else(|error| panic!("{name}: {error}: {bytes:02X?}"));
            let mut out = vec![0; packet.length()];
            assert_eq!(packet.emit(&mut out), Ok(bytes.len()));
            assert_eq!(out, bytes);
            for (_, message) in packet.messages() {
                check_itch(message, &mut counts);
            }
            datagrams += 1;
        }
    }
    println!("{datagrams} datagrams: {counts:?}");
    assert!(datagrams > 40 && counts.len() > 12);
}

/// Other markets' messages in the same datagrams.
#[test]
fn datagrams_of_other_feeds() {
    let Some(captures) = captures() else { return };
    let others = ["Asx/Ntp.Itch", "Jnx/JnxEquities.Pts.Itch", "Bbo.Itch", "NlsPlus.Itch"];
    let mut contents = BTreeMap::<String, usize>::new();
    for (name, file) in &captures {
        if !others.iter().any(|other| name.contains(other)) {
            continue;
        }
        for (transport, bytes) in frames_of(file) {
            assert_eq!(transport, Transport::Udp, "{name}");
            let packet = mold::Packet::parse(&bytes)
                .unwrap_or_else(|error| panic!("{name}: {error}: {bytes:02X?}"));
            let mut out = vec![0; packet.length()];
            assert_eq!(packet.emit(&mut out), Ok(bytes.len()));
            assert_eq!(out, bytes);
            *contents.entry(format!("{:?}", packet.content())).or_default() += 1;
        }
    }
    println!("{contents:?}");
    assert!(contents.contains_key("Heartbeat") && contents.contains_key("Messages(1)"));
}

#[test]
fn orders_and_what_became_of_them() {
    let Some(captures) = captures() else { return };
    let mut kinds = Vec::new();
    for (name, bytes) in streams(&captures, "Nasdaq.Nsm.Ouch.v5.0") {
        let message = match check_packet(&name, &bytes) {
            Ok(ServerPacket::SequencedData(body)) => {
                encoded_again(body, Outbound::parse, Outbound::emit)
            }
            Err(ClientPacket::UnsequencedData(body)) => {
                encoded_again(body, Inbound::parse, Inbound::emit)
            }
            Ok(other) => format!("{other:?}"),
            Err(other) => format!("{other:?}"),
        };
        kinds.push(message.split('(').next().unwrap_or_default().to_owned());
    }
    kinds.sort();
    let expected =
        ["CancelOrder", "Canceled", "EnterOrder", "Heartbeat", "Heartbeat", "OrderAccepted"];
    assert_eq!(kinds, expected);
}

/// Logins of a market whose messages are others.
#[test]
fn logins() {
    let Some(captures) = captures() else { return };
    let mut packets = Vec::new();
    for (name, bytes) in streams(&captures, "Pts.Ouch") {
        packets.push(match check_packet(&name, &bytes) {
            Ok(packet) => format!("{packet:?}"),
            Err(packet) => format!("{packet:?}"),
        });
    }
    for part in ["LoginRequest { user: \"user  \"", "LoginAccepted { session: \"1689192121\""] {
        assert!(packets.iter().any(|packet| packet.contains(part)), "{part}: {packets:?}");
    }
    assert_eq!(packets.len(), 5);
}

/// The names and the bytes of streams in captures of a market.
fn streams(captures: &[(String, Vec<u8>)], market: &str) -> Vec<(String, Vec<u8>)> {
    let of_market = captures.iter().filter(|(name, _)| name.contains(market));
    let frames = of_market.flat_map(|(name, file)| {
        frames_of(file).into_iter().map(move |(transport, bytes)| {
            assert_eq!(transport, Transport::Tcp, "{name}");
            (name.clone(), bytes)
        })
    });
    frames.collect()
}

/// Decodes and encodes the one packet of a stream: the client's, or else the server's. Servers of
/// these markets send no unsequenced data, whose type is the client's too.
fn check_packet<'a>(name: &str, bytes: &'a [u8]) -> Result<ServerPacket<'a>, ClientPacket<'a>> {
    let mut out = [0; 256];
    if let Ok(Frame::Whole { packet, bytes: length }) = ClientPacket::read(bytes, 200) {
        assert_eq!(packet.emit(&mut out), Ok(length), "{name}");
        assert_eq!(out[..length], *bytes, "{name}");
        return Err(packet);
    }
    match ServerPacket::read(bytes, 200) {
        Ok(Frame::Whole { packet, bytes: length }) => {
            assert_eq!(packet.emit(&mut out), Ok(length), "{name}");
            assert_eq!(out[..length], *bytes, "{name}");
            Ok(packet)
        }
        other => panic!("{name}: {other:?}"),
    }
}

/// Decodes and encodes a message of OUCH, and shows it.
fn encoded_again<M: Debug>(
    bytes: &[u8],
    parse: impl Fn(&[u8]) -> Result<M, CodecError>,
    emit: impl Fn(&M, &mut [u8]) -> Result<usize, CodecError>,
) -> String {
    let message = parse(bytes).unwrap_or_else(|error| panic!("{bytes:02X?}: {error}"));
    let mut out = [0; 256];
    let length = emit(&message, &mut out).expect("there is room");
    assert_eq!(out[..length], *bytes, "{message:?}");
    format!("{message:?}")
}
