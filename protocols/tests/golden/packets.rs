//! Packets of SoupBinTCP and MoldUDP64, and files of ITCH.

use super::{alpha, bytes};
use core::fmt::Debug;
use highwater_protocols::itch::file::{self, Messages, Piece, first_piece};
use highwater_protocols::mold::{self, Content, PacketBuilder, Request, Session};
use highwater_protocols::soup::{
    ClientPacket, Frame, LoginAccepted, LoginRejected, LoginRequest, Packet, Packets, Password,
    RejectCode, ServerPacket,
};
use highwater_protocols::{Alpha, AsciiNumber, CodecError};

/// A packet is these bytes, and every part of them is incomplete.
fn check<'a, P: Packet<'a> + PartialEq + Debug>(packet: P, golden: &'a [u8]) {
    let mut out = [0; 100];
    assert_eq!(packet.emit(&mut out), Ok(golden.len()));
    assert_eq!(out[..golden.len()], *golden, "{packet:?}");
    assert_eq!(P::read(golden, 10), Ok(Frame::Whole { packet, bytes: golden.len() }));
    for end in 0..golden.len() {
        let needed = if end < 3 { 3 } else { golden.len() };
        assert_eq!(P::read(&golden[..end], 10), Ok(Frame::Incomplete { needed }));
    }
}

fn login() -> LoginRequest {
    LoginRequest {
        user: alpha("USER"),
        password: Password(alpha("SECRET")),
        session: Alpha::BLANK,
        sequence_number: AsciiNumber::of(1),
        heartbeat_timeout_ms: None,
    }
}

#[test]
fn packets_of_a_client() {
    let fixed = "'LUSER__SECRET______________ '___________________1";
    let mut request = login();
    check(ClientPacket::LoginRequest(request), &bytes(&format!("002F {fixed}")));
    request.heartbeat_timeout_ms = AsciiNumber::new(15_000);
    check(ClientPacket::LoginRequest(request), &bytes(&format!("0034 {fixed} '15000")));
    check(ClientPacket::UnsequencedData(b"OUCH"), &bytes("0005 'UOUCH"));
    check(ClientPacket::UnsequencedData(b""), &bytes("0001 'U"));
    check(ClientPacket::Heartbeat, &bytes("0001 'R"));
    check(ClientPacket::LogoutRequest, &bytes("0001 'O"));
    check(ClientPacket::Debug(b"text"), &bytes("0005 '+text"));
    assert!(!format!("{request:?}").contains("SECRET"), "a password is not shown");
}

#[test]
fn packets_of_a_server() {
    let session = Alpha::right_justified(b"DAY1").expect("it fits");
    let accepted = LoginAccepted { session, sequence_number: AsciiNumber::of(u64::MAX) };
    check(ServerPacket::LoginAccepted(accepted), &bytes("001F 'A______DAY1 '18446744073709551615"));
    let rejected = LoginRejected { reason: RejectCode::SessionNotAvailable.into() };
    check(ServerPacket::LoginRejected(rejected), &bytes("0002 'JS"));
    check(ServerPacket::SequencedData(b"OUCH"), &bytes("0005 'SOUCH"));
    check(ServerPacket::UnsequencedData(b"OUCH"), &bytes("0005 'UOUCH"));
    check(ServerPacket::Heartbeat, &bytes("0001 'H"));
    check(ServerPacket::EndOfSession, &bytes("0001 'Z"));
    check(ServerPacket::Debug(b"text"), &bytes("0005 '+text"));
}

#[test]
fn sessions_and_numbers_are_read_with_any_padding() {
    for text in ["'A______DAY1 '__________________42", "'ADAY1______ '42__________________"] {
        let packet = bytes(text);
        let Ok(ServerPacket::LoginAccepted(accepted)) = ServerPacket::parse(&packet) else {
            panic!("a good packet: {text}");
        };
        assert_eq!(accepted.session.text(), b"DAY1");
        assert_eq!(accepted.sequence_number.get(), 42);
    }
}

#[test]
fn what_is_wrong_is_said_before_the_body_comes() {
    let client = |text: &str| ClientPacket::read(&bytes(text), 10).map(|_| ());
    let server = |text: &str| ServerPacket::read(&bytes(text), 10).map(|_| ());
    for (answer, error) in [
        (client("0000"), CodecError::TooShort { needed: 1 }),
        (client("0001 'H"), CodecError::UnknownType(b'H')),
        (client("0005 'S"), CodecError::UnknownType(b'S')),
        (server("0001 'R"), CodecError::UnknownType(b'R')),
        (server("002F 'L"), CodecError::UnknownType(b'L')),
        (client("0002 'R"), CodecError::TooLong { most: 1 }),
        (client("000C 'U"), CodecError::TooLong { most: 11 }),
        (client("002E 'L"), CodecError::TooShort { needed: 47 }),
        (client("0030 'L"), CodecError::TooShort { needed: 52 }),
        (client("0035 'L"), CodecError::TooLong { most: 52 }),
        (server("0001 'J"), CodecError::TooShort { needed: 2 }),
        (server("0020 'A"), CodecError::TooLong { most: 31 }),
        (server("FFFF '?"), CodecError::UnknownType(b'?')),
    ] {
        assert_eq!(answer, Err(error));
    }
    assert_eq!(client("000B 'U"), Ok(()), "the longest that is taken");
}

#[test]
fn a_stream_ends_at_its_first_error() {
    let stream = bytes("0003 'SHi 0001 'H 0001 '? 0001 'H");
    let mut packets = Packets::<ServerPacket<'_>>::new(&stream, 10);
    assert_eq!(packets.next(), Some(Ok(ServerPacket::SequencedData(b"Hi"))));
    assert_eq!(packets.next(), Some(Ok(ServerPacket::Heartbeat)));
    assert_eq!(packets.next(), Some(Err(CodecError::UnknownType(b'?'))));
    assert_eq!((packets.next(), packets.consumed_bytes()), (None, 8));
}

#[test]
fn the_longest_body_is_65_534_bytes() {
    let (body, mut out) = (vec![7; 65_535], vec![0; 70_000]);
    let longest = ServerPacket::SequencedData(&body[1..]);
    assert_eq!(longest.emit(&mut out), Ok(65_537));
    assert_eq!(
        ServerPacket::read(&out, 65_534),
        Ok(Frame::Whole { packet: longest, bytes: 65_537 })
    );
    let longer = ServerPacket::SequencedData(&body);
    assert_eq!(longer.emit(&mut out), Err(CodecError::TooLong { most: 65_534 }));
}

fn session() -> Session {
    Session::new(b"DAY1").expect("it fits")
}

#[test]
fn datagrams() {
    let mut room = [0; 40];
    let mut builder = PacketBuilder::new(&mut room, session(), 0x0102).expect("room");
    let golden = "'DAY1______ 0000000000000102";
    assert_eq!(builder.packet(), bytes(&format!("{golden} 0000")), "a heartbeat");
    assert_eq!(builder.push(b"one"), Ok(()));
    assert_eq!(builder.push(b"twenty"), Ok(()));
    assert_eq!(builder.push(b"much longer"), Err(CodecError::NoRoom { needed: 46 }));
    assert_eq!(builder.push(b"longer than any packet"), Err(CodecError::TooLong { most: 18 }));
    assert_eq!(builder.push(b"last"), Ok(()), "it still fits");
    assert_eq!(builder.message_count(), 3);
    let golden = bytes(&format!("{golden} 0003 0003 'one 0006 'twenty 0004 'last"));
    assert_eq!(builder.packet(), golden);
    let packet = mold::Packet::parse(&golden).expect("it is whole");
    assert_eq!((packet.content(), packet.next_sequence_number()), (Content::Messages(3), 0x0105));
}

#[test]
fn a_datagram_has_65_534_messages_at_most() {
    let mut room = vec![0; 20 + 2 * 65_536];
    let mut builder = PacketBuilder::new(&mut room, session(), 1).expect("room");
    for _ in 0..65_534 {
        builder.push(b"").expect("it is not full");
    }
    assert_eq!(builder.push(b""), Err(CodecError::NoRoom { needed: 20 + 2 * 65_535 }));
    let packet = mold::Packet::parse(builder.packet()).expect("it is whole");
    assert_eq!(packet.content(), Content::Messages(65_534));
    let mut builder = PacketBuilder::new(&mut room, session(), u64::MAX).expect("room");
    assert_eq!(builder.push(b""), Err(CodecError::BadValue { field: "sequence_number" }));
    let refused = PacketBuilder::new(&mut room[..19], session(), 1).map(|_| ());
    assert_eq!(refused, Err(CodecError::NoRoom { needed: 20 }));
}

#[test]
fn ends_and_requests() {
    let mut out = [0; 20];
    let golden = bytes("'DAY1______ 0000000000000102 FFFF");
    assert_eq!(mold::write_end_of_session(session(), 0x0102, &mut out), Ok(20));
    assert_eq!(out[..], golden);
    let packet = mold::Packet::parse(&golden).expect("it is whole");
    assert_eq!(packet.content(), Content::EndOfSession);
    assert_eq!((packet.next_sequence_number(), packet.messages().count()), (0x0102, 0));
    let request = Request { session: session(), sequence_number: 0x0102, count: 7 };
    assert_eq!(request.emit(&mut out), Ok(20));
    assert_eq!(out[..], bytes("'DAY1______ 0000000000000102 0007"));
    assert_eq!(Request::parse(&out), Ok(request));
    assert_eq!(Request::parse(&[b' '; 21]), Err(CodecError::TooLong { most: 20 }));
}

#[test]
fn datagrams_that_do_not_fit_their_count() {
    let parse =
        |blocks: &str| mold::Packet::parse(&bytes(&format!("'DAY1______ {blocks}"))).map(|_| ());
    let first = "0000000000000001";
    assert_eq!(parse("00"), Err(CodecError::TooShort { needed: 20 }));
    assert_eq!(parse(&format!("{first} 0001")), Err(CodecError::TooShort { needed: 22 }));
    assert_eq!(parse(&format!("{first} 0001 0004 'one")), Err(CodecError::TooShort { needed: 26 }));
    assert_eq!(parse(&format!("{first} 0001 0002 'one")), Err(CodecError::TooLong { most: 24 }));
    assert_eq!(parse(&format!("{first} 0000 00")), Err(CodecError::TooLong { most: 20 }));
    assert_eq!(parse(&format!("{first} FFFF 00")), Err(CodecError::TooLong { most: 20 }));
    let error = Err(CodecError::BadValue { field: "sequence_number" });
    assert_eq!(parse("FFFFFFFFFFFFFFFF 0001 0000"), error);
}

#[test]
fn a_file_ends_with_a_length_of_zero() {
    let mut out = [0; 20];
    let mut length = file::write_message(b"one", &mut out).expect("room");
    length += file::write_message(b"two", &mut out[length..]).expect("room");
    length += file::write_end(&mut out[length..]).expect("room");
    assert_eq!(out[..length], bytes("0003 'one 0003 'two 0000"));
    let mut messages = Messages::new(&out[..length]);
    assert_eq!(messages.by_ref().collect::<Vec<_>>(), [b"one", b"two"]);
    assert_eq!(first_piece(messages.rest()), Piece::End);
    let mut messages = Messages::new(&out[..8]);
    assert_eq!(messages.by_ref().count(), 1);
    assert_eq!(first_piece(messages.rest()), Piece::Incomplete { needed: 5 });
    assert_eq!(first_piece(&[0]), Piece::Incomplete { needed: 2 });
    assert_eq!(file::write_message(b"", &mut out), Err(CodecError::TooShort { needed: 1 }));
}
