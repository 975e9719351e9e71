//! Properties of every message: what is encoded decodes to the same, what decodes is encoded to the
//! same bytes, and no bytes at all make a decoder panic.

use crate::sample::{Sample, Source};
use crate::soup::{BODY_BYTES_MAX, ClientPacket, Frame, Packet, Packets, ServerPacket};
use crate::{CodecError, glimpse, itch, mold, ouch};
use alloc::vec::Vec;
use proptest::prelude::*;

/// Room for every message, and more.
const ROOM: usize = 512;

/// The bytes that something is encoded to.
fn encoded(emit: impl Fn(&mut [u8]) -> Result<usize, CodecError>) -> Vec<u8> {
    let mut room = [0xEE; ROOM];
    let length = emit(&mut room).expect("there is room");
    assert!(room[length..].iter().all(|byte| *byte == 0xEE), "nothing is written behind it");
    for less in 0..length {
        let refused = emit(&mut room[..less]);
        assert_eq!(refused, Err(CodecError::NoRoom { needed: length }), "{less} bytes");
    }
    room[..length].to_vec()
}

/// Bytes near to good ones: cut off anywhere, with a byte more, with any bit of any byte flipped.
fn neighbours(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = (0..bytes.len()).map(|end| bytes[..end].to_vec()).collect();
    found.extend([0, 1, b' ', 0xFF].map(|more| [bytes, &[more]].concat()));
    for at in 0..bytes.len() {
        found.extend((0..8).map(|bit| {
            let mut flipped = bytes.to_vec();
            flipped[at] ^= 1 << bit;
            flipped
        }));
    }
    found
}

/// Makes the checks of one kind of message.
macro_rules! checks {
    ($($name:ident: $message:ty),*) => { $(
        mod $name {
            use super::*;

            /// The same message from its bytes, and the same bytes from what they decode to.
            fn check_good(message: &$message) -> Vec<u8> {
                let bytes = encoded(|out| message.emit(out));
                assert_eq!(bytes.len(), message.length());
                assert_eq!(<$message>::parse(&bytes).as_ref(), Ok(message), "{bytes:?}");
                bytes
            }

            pub(super) fn check_any(bytes: &[u8]) {
                if let Ok(message) = <$message>::parse(bytes) {
                    assert_eq!(check_good(&message), bytes, "{message:?}");
                }
            }

            pub(super) fn check_samples(samples: &[$message]) {
                for message in samples {
                    for bytes in neighbours(&check_good(message)) {
                        check_any(&bytes);
                    }
                }
            }
        }
    )* };
}

checks!(itch_checks: itch::AnyMessage, inbound: ouch::Inbound, outbound: ouch::Outbound);

/// Numbers in digits may be padded in another way: they decode to the same again.
fn check_packet<'a, P: Packet<'a> + PartialEq + core::fmt::Debug>(
    bytes: &'a [u8],
    again: &'a mut [u8],
) {
    let Ok(Frame::Whole { packet, bytes: length }) = P::read(bytes, BODY_BYTES_MAX) else { return };
    assert!(length <= bytes.len());
    assert_eq!(packet.emit(again), Ok(length));
    assert_eq!(P::read(again, BODY_BYTES_MAX), Ok(Frame::Whole { packet, bytes: length }));
}

fn check_stream(bytes: &[u8]) {
    let mut room = [0; ROOM];
    check_packet::<ServerPacket<'_>>(bytes, &mut room);
    let mut room = [0; ROOM];
    check_packet::<ClientPacket<'_>>(bytes, &mut room);
    let mut packets = Packets::<ClientPacket<'_>>::new(bytes, 100);
    assert!(packets.by_ref().count() <= bytes.len());
    assert!(packets.consumed_bytes() <= bytes.len());
}

fn check_mold(bytes: &[u8]) {
    if let Ok(packet) = mold::Packet::parse(bytes) {
        assert_eq!(encoded(|out| packet.emit(out)), bytes);
        let count = match packet.content() {
            mold::Content::Messages(count) => count,
            mold::Content::Heartbeat | mold::Content::EndOfSession => 0,
        };
        assert_eq!(packet.messages().count(), usize::from(count));
    }
    if let Ok(request) = mold::Request::parse(bytes) {
        assert_eq!(encoded(|out| request.emit(out)), bytes);
    }
}

fn check_glimpse(bytes: &[u8]) {
    if let Ok(message) = glimpse::AnyMessage::parse(bytes) {
        let again = encoded(|out| message.emit(out));
        assert_eq!(glimpse::AnyMessage::parse(&again), Ok(message));
        assert_eq!(again.len(), bytes.len());
    }
}

fn check_everything(bytes: &[u8]) {
    itch_checks::check_any(bytes);
    inbound::check_any(bytes);
    outbound::check_any(bytes);
    check_stream(bytes);
    check_mold(bytes);
    check_glimpse(bytes);
    let messages = itch::file::Messages::new(bytes);
    assert!(messages.count() <= bytes.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_message_comes_back_and_its_neighbours_do_no_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..6000),
    ) {
        let mut source = Source::new(bytes);
        itch_checks::check_samples(&itch::AnyMessage::samples(&mut source));
        inbound::check_samples(&ouch::Inbound::samples(&mut source));
        outbound::check_samples(&ouch::Outbound::samples(&mut source));
    }

    #[test]
    fn every_packet_comes_back_and_its_neighbours_do_no_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        body in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut source = Source::new(bytes);
        let server = [
            ServerPacket::Debug(&body),
            ServerPacket::LoginAccepted(Sample::sample(&mut source)),
            ServerPacket::LoginRejected(Sample::sample(&mut source)),
            ServerPacket::SequencedData(&body),
            ServerPacket::UnsequencedData(&body),
            ServerPacket::Heartbeat,
            ServerPacket::EndOfSession,
        ];
        for packet in server {
            let bytes = encoded(|out| packet.emit(out));
            let whole = Ok(Frame::Whole { packet, bytes: packet.length() });
            prop_assert_eq!(ServerPacket::read(&bytes, body.len()), whole);
            for bytes in neighbours(&bytes) {
                check_stream(&bytes);
            }
        }
        let client = [
            ClientPacket::Debug(&body),
            ClientPacket::LoginRequest(Sample::sample(&mut source)),
            ClientPacket::UnsequencedData(&body),
            ClientPacket::Heartbeat,
            ClientPacket::LogoutRequest,
        ];
        for packet in client {
            let bytes = encoded(|out| packet.emit(out));
            let whole = Ok(Frame::Whole { packet, bytes: packet.length() });
            prop_assert_eq!(ClientPacket::read(&bytes, body.len()), whole);
            for bytes in neighbours(&bytes) {
                check_stream(&bytes);
            }
        }
        let end = glimpse::EndOfSnapshot::sample(&mut source);
        let bytes = encoded(|out| crate::Message::emit(&end, out));
        let parsed = glimpse::AnyMessage::parse(&bytes);
        prop_assert_eq!(parsed, Ok(glimpse::AnyMessage::EndOfSnapshot(end)));
        for bytes in neighbours(&bytes) {
                check_glimpse(&bytes);
            }
    }

    #[test]
    fn every_datagram_comes_back_and_its_neighbours_do_no_harm(
        session in any::<[u8; 10]>(),
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..9),
        first in any::<u32>(),
        room in 20_usize..120,
    ) {
        let mut room = alloc::vec![0xEE; room];
        let limit = room.len();
        let mut builder = mold::PacketBuilder::new(&mut room, mold::Session(session), first.into())
            .expect("there is room for the header");
        let mut fitting = Vec::new();
        for body in &bodies {
            let before = builder.packet().len();
            match builder.push(body) {
                Ok(()) => fitting.push(body.clone()),
                Err(CodecError::NoRoom { needed }) => prop_assert!(needed > limit),
                Err(CodecError::TooLong { most }) => prop_assert!(most < body.len()),
                Err(other) => prop_assert!(false, "{other}"),
            }
            let taken = builder.packet().len() - before;
            prop_assert!(taken == 0 || taken == 2 + body.len());
        }
        let count = builder.message_count();
        prop_assert_eq!(usize::from(count), fitting.len());
        let packet = mold::Packet::parse(builder.packet()).expect("it is whole");
        let numbers = u64::from(first)..;
        let expected: Vec<(u64, &[u8])> =
            numbers.zip(fitting.iter().map(Vec::as_slice)).collect();
        prop_assert_eq!(packet.messages().collect::<Vec<_>>(), expected);
        prop_assert_eq!(packet.next_sequence_number(), u64::from(first) + u64::from(count));
        for bytes in neighbours(builder.packet()) {
                check_mold(&bytes);
            }
    }

    #[test]
    fn no_bytes_do_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..140),
        code in prop::sample::select(&b"ABCDEFGHIJKLMNOPQRSTUVWXYZh+"[..]),
    ) {
        check_everything(&bytes);
        check_everything(&[&[code], &bytes[..]].concat());
        check_everything(&[&[0, 3, code], &bytes[..]].concat());
    }
}

/// Not a property, but the reason why the others mean something.
#[test]
fn samples_have_every_element_and_every_code() {
    let mut bytes: Vec<u8> = Vec::new();
    let mut random = 1_u64;
    for _ in 0..100_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        bytes.push(random.to_le_bytes()[7]);
    }
    let mut source = Source::new(bytes);
    let (mut tags, mut reasons) = (0_u32, Vec::new());
    for _ in 0..100 {
        let accepted = ouch::OrderAccepted::sample(&mut source);
        tags = accepted.appendage.elements().fold(tags, |tags, it| tags | 1 << it.tag());
        reasons.push(ouch::Rejected::sample(&mut source).reason.known().is_some());
    }
    assert_eq!(tags, ouch::tags::ORDER_ACCEPTED);
    assert!(reasons.contains(&true) && reasons.contains(&false), "listed ones and others");
}
