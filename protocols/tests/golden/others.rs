//! What belongs to no single protocol: unknown messages, the end of a snapshot, numbers as text.

use super::bytes;
use highwater_protocols::itch::AnyMessage;
use highwater_protocols::ouch::{Inbound, Outbound};
use highwater_protocols::{
    Alpha, AsciiNumber, CodecError, Price4, Price8, SignedPrice4, WidePrice4, glimpse,
};

#[test]
fn a_wrong_message_is_told_from_an_unknown_one() {
    assert_eq!(AnyMessage::parse(b"~"), Err(CodecError::UnknownType(b'~')));
    assert_eq!(AnyMessage::parse(b""), Err(CodecError::TooShort { needed: 1 }));
    assert_eq!(AnyMessage::parse(b"D"), Err(CodecError::TooShort { needed: 19 }));
    assert_eq!(AnyMessage::parse(&[b'D'; 20]), Err(CodecError::TooLong { most: 19 }));
    assert_eq!(Inbound::parse(b"A"), Err(CodecError::UnknownType(b'A')), "from the market");
    assert_eq!(Outbound::parse(b"O"), Err(CodecError::UnknownType(b'O')), "to the market");
}

#[test]
fn the_end_of_a_snapshot() {
    let end = glimpse::EndOfSnapshot { sequence_number: AsciiNumber::of(42) };
    let golden = bytes("'G '__________________42");
    assert_eq!(glimpse::AnyMessage::parse(&golden), Ok(glimpse::AnyMessage::EndOfSnapshot(end)));
    for same in ["'G '00000000000000000042", "'G '42__________________"] {
        let same = bytes(same);
        let parsed = glimpse::AnyMessage::parse(&same);
        assert_eq!(parsed, Ok(glimpse::AnyMessage::EndOfSnapshot(end)));
    }
    let error = CodecError::BadValue { field: "sequence_number" };
    for wrong in [
        "'G '18446744073709551616",
        "'G '____________________",
        "'G '_________________4_2",
        "'G '__________________-1",
        "'G '_________________42 09",
    ] {
        let parsed = glimpse::AnyMessage::parse(&bytes(wrong));
        assert_eq!(parsed, Err(error), "{wrong}");
    }
}

#[test]
fn prices_are_decimals() {
    assert_eq!(Price4(1_234_567).to_string(), "123.4567");
    assert_eq!(Price8(1).to_string(), "0.00000001");
    assert_eq!(SignedPrice4(-500).to_string(), "-0.0500");
    assert_eq!(SignedPrice4(i32::MIN).to_string(), "-214748.3648");
    assert_eq!(WidePrice4::MARKET.to_string(), "214748.3647");
}

#[test]
fn text_is_padded_and_printable() {
    let left = Alpha::<4>::new(b"AB").expect("it fits");
    let right = Alpha::<4>::right_justified(b"AB").expect("it fits");
    assert_eq!((left.as_bytes(), right.as_bytes()), (b"AB  ", b"  AB"));
    assert_eq!((left.text(), right.text()), (&b"AB"[..], &b"AB"[..]));
    assert_eq!(format!("{left}|{left:>4}|{right:?}"), "AB|  AB|\"  AB\"");
    assert_eq!(Alpha::<4>::new(b"ABCDE"), None);
    assert_eq!(Alpha::<4>::right_justified(b"ABCDE"), None);
    for unprintable in [b"\0", b"\n", b"\x7F", b"\xE9"] {
        assert_eq!(Alpha::<4>::new(unprintable), None);
    }
    assert_eq!(AsciiNumber::<5>::new(100_000), None);
    assert_eq!(AsciiNumber::<5>::new(99_999).map(AsciiNumber::get), Some(99_999));
}

/// Errors say what is wrong.
#[test]
fn errors_are_sentences() {
    let said = |error: CodecError| error.to_string();
    assert_eq!(said(CodecError::UnknownType(b'?')), "type 0x3F is not known in this direction");
    let field = "side";
    assert_eq!(said(CodecError::BadValue { field }), "the field side has a value it can't have");
    let short = CodecError::TooShort { needed: 9 };
    assert_eq!(said(short), "the bytes end too early: 9 are needed at least");
}
