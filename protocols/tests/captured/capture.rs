//! Captures of a network: what IP carried in each frame.

/// What carried the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// What UDP or TCP carried in each frame of a capture, without empty ones.
pub(crate) fn frames_of(capture: &[u8]) -> Vec<(Transport, Vec<u8>)> {
    let is_little_endian = match capture[..4] {
        [0xD4, 0xC3, 0xB2, 0xA1] | [0x4D, 0x3C, 0xB2, 0xA1] => true,
        [0xA1, 0xB2, 0xC3, 0xD4] | [0xA1, 0xB2, 0x3C, 0x4D] => false,
        _ => panic!("a capture begins with its mark"),
    };
    let (mut rest, mut found) = (&capture[24..], Vec::new());
    while let Some((header, behind)) = rest.split_at_checked(16) {
        let bytes = <[u8; 4]>::try_from(&header[8..12]).expect("four");
        let bytes = bytes.map(usize::from);
        let [a, b, c, d] = bytes;
        let length = if is_little_endian {
            (d << 24) | (c << 16) | (b << 8) | a
        } else {
            (a << 24) | (b << 16) | (c << 8) | d
        };
        let (frame, next) = behind.split_at(length);
        found.push(carried(frame));
        rest = next;
    }
    found.retain(|(_, bytes)| !bytes.is_empty());
    found
}

/// What an Ethernet frame carries. Behind that there may be what the capturing device added.
fn carried(frame: &[u8]) -> (Transport, Vec<u8>) {
    let mut ip = &frame[12..];
    while ip[..2] == [0x81, 0x00] {
        ip = &ip[4..];
    }
    assert_eq!(ip[..2], [0x08, 0x00], "version 4 of IP");
    let ip = &ip[2..];
    let ip = &ip[..pair(&ip[2..])];
    let inner = &ip[usize::from(ip[0] & 0x0F) * 4..];
    match ip[9] {
        // Some captures have no lengths in UDP's header.
        17 => (Transport::Udp, inner[8..].to_vec()),
        6 => (Transport::Tcp, inner[usize::from(inner[12] >> 4) * 4..].to_vec()),
        other => panic!("protocol {other}"),
    }
}

fn pair(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}
