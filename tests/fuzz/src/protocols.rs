//! Gives bytes to the decoders of every protocol; what decodes is encoded to the same bytes again.

#![no_main]

use highwater_protocols::itch::{self, file};
use highwater_protocols::ouch::{Inbound, Outbound};
use highwater_protocols::soup::{BODY_BYTES_MAX, ClientPacket, Packet, Packets, ServerPacket};
use highwater_protocols::{CodecError, glimpse, mold};
use libfuzzer_sys::fuzz_target;

/// Room for every message and every packet of the fuzzer's lengths.
const ROOM: usize = 8_192;

/// Good messages, whose letters a fuzzer would need long to find.
const GOOD: [&[u8]; 8] = [
    b"O\0\0\0\x01B\0\0\0\x64GOLD    \0\0\0\0\0\x0F\x42\x400YANNMINE          \0\x03\x02\x1C\x01",
    b"U\0\0\0\x01\0\0\0\x02\0\0\0\x64\0\0\0\0\0\x0F\x42\x400YNMINE          \0\0",
    b"A\0\0\0\0\0\0\0\x01\0\0\0\x01B\0\0\0\x64GOLD    \0\0\0\0\0\x0F\x42\x400Y\
      \0\0\0\0\0\0\0\x01ANNLMINE          \0\0",
    b"E\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x64\0\0\0\0\0\x0F\x42\x40A\0\0\0\0\0\0\0\x01\0\0",
    b"R\0\0\0\0\0\0\0\x01\0\0\0\x01R\0\x06\x05\x16\0\0\0\x64",
    b"A\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01B\0\0\0\x64GOLD    \0\x0F\x42\x40",
    b"R\0\x01\0\0\0\0\0\0\0\0GOLD    QN\0\0\0\x64NCZ PNN1N\0\0\0\0N",
    b"\0\x2FLUSER  SECRET                                 1",
];

fuzz_target!(|bytes: &[u8]| {
    check_all(bytes);
    for good in GOOD {
        assert!(!bytes.is_empty() || is_good(good), "{good:?}");
        check_all(&changed(good, bytes));
    }
});

/// Whether something decodes it.
fn is_good(bytes: &[u8]) -> bool {
    let is_login = matches!(Packets::<ClientPacket<'_>>::new(bytes, 0).next(), Some(Ok(_)));
    let is_order = Inbound::parse(bytes).is_ok() || Outbound::parse(bytes).is_ok();
    is_login || is_order || itch::AnyMessage::parse(bytes).is_ok()
}

/// A message with the bits flipped that `bytes` has, and the rest of them behind it.
fn changed(good: &[u8], bytes: &[u8]) -> Vec<u8> {
    let length = good.len().max(bytes.len());
    let at = |from: &[u8], index: usize| from.get(index).copied().unwrap_or_default();
    (0..length).map(|index| at(good, index) ^ at(bytes, index)).collect()
}

/// Every decoder.
fn check_all(bytes: &[u8]) {
    check_messages(bytes);
    check_server(bytes);
    check_client(bytes);
    check_datagram(bytes);
    let mut messages = file::Messages::new(bytes);
    messages.by_ref().for_each(check_messages);
    assert!(!matches!(file::first_piece(messages.rest()), file::Piece::Message(_)));
}

/// Every decoder of one message.
fn check_messages(bytes: &[u8]) {
    if let Ok(message) = itch::AnyMessage::parse(bytes) {
        assert_eq!(encoded(message.length(), |out| message.emit(out)), bytes, "{message:?}");
    }
    if let Ok(message) = Inbound::parse(bytes) {
        assert_eq!(encoded(message.length(), |out| message.emit(out)), bytes, "{message:?}");
    }
    if let Ok(message) = Outbound::parse(bytes) {
        assert_eq!(encoded(message.length(), |out| message.emit(out)), bytes, "{message:?}");
    }
    // The padding of its number may be another.
    if let Ok(message) = glimpse::AnyMessage::parse(bytes) {
        let again = encoded(message.length(), |out| message.emit(out));
        assert_eq!(glimpse::AnyMessage::parse(&again), Ok(message));
    }
}

/// Makes the check of a stream of one direction: its packets, and the messages in them. The padding
/// of a login's number may be another when it is encoded.
macro_rules! check_stream {
    ($name:ident, $packet:ident, $data:ident) => {
        fn $name(bytes: &[u8]) {
            let mut packets = Packets::<$packet<'_>>::new(bytes, BODY_BYTES_MAX);
            let mut begin = 0;
            while let Some(Ok(packet)) = packets.next() {
                let end = packets.consumed_bytes();
                let again = encoded(packet.length(), |out| packet.emit(out));
                assert_eq!((again.len(), &again[..3]), (end - begin, &bytes[begin..begin + 3]));
                assert_eq!($packet::parse(&again[2..]), Ok(packet));
                if let $packet::$data(body) = packet {
                    check_messages(body);
                }
                begin = end;
            }
            assert!(packets.consumed_bytes() <= bytes.len());
        }
    };
}

check_stream!(check_server, ServerPacket, SequencedData);
check_stream!(check_client, ClientPacket, UnsequencedData);

/// Packets and requests of a stream of datagrams.
fn check_datagram(bytes: &[u8]) {
    if let Ok(request) = mold::Request::parse(bytes) {
        assert_eq!(encoded(mold::HEADER_BYTES, |out| request.emit(out)), bytes);
    }
    let Ok(packet) = mold::Packet::parse(bytes) else { return };
    assert_eq!(encoded(packet.length(), |out| packet.emit(out)), bytes);
    let mold::Content::Messages(count) = packet.content() else { return };
    // A packet that is filled with the same messages is the same.
    let mut room = vec![0; bytes.len()];
    let first = packet.sequence_number();
    let mut builder = mold::PacketBuilder::new(&mut room, packet.session(), first).expect("room");
    for (_, message) in packet.messages() {
        check_messages(message);
        builder.push(message).expect("it fits");
    }
    assert_eq!((builder.message_count(), builder.packet()), (count, bytes));
}

/// What is encoded: it is as long as it should be, and a byte less is too little room.
fn encoded(length: usize, emit: impl Fn(&mut [u8]) -> Result<usize, CodecError>) -> Vec<u8> {
    let mut room = vec![0xEE; ROOM];
    assert_eq!(emit(&mut room), Ok(length));
    assert_eq!(emit(&mut vec![0; length - 1]), Err(CodecError::NoRoom { needed: length }));
    assert!(room[length..].iter().all(|byte| *byte == 0xEE));
    room.truncate(length);
    room
}
