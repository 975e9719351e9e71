//! What is not, to the last bit, the snapshot that was written is refused.
//!
//! Rows of `docs/recovery.md`.

use highwater::block::Chain;
use highwater::book::{Book, ImageFault};
use highwater::command::{Action, ClientBytes, Command, Conditions, Definition, NewOrder};
use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::snapshot::{
    Compression, RestoreFault, SNAPSHOT_VERSION, SnapshotFault, SnapshotOrigin,
    read_snapshot_header, restore_snapshot, write_snapshot,
};
use highwater::types::{
    AccountId, Band, Capacities, ClientSequence, InstrumentId, InstrumentTerms, LogId, Lots,
    OrderId, OrderType, SelfTrade, SessionId, Side, Symbol, Ticks, TimeInForce,
};
use tests::snapshots::{Parts, chain_behind, restored, seal, written};

const CAPACITIES: Capacities = Capacities { orders: 400, instruments: 2, sessions: 3 };

/// A snapshot of a book with so many plain bids, and an order of every other kind; its last block
/// is the third with 130 of them.
fn snapshot(bid_count: u64, chain: fn(&Book<'_>) -> Chain) -> Vec<u8> {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 1).expect("enough memory");
    let terms = InstrumentTerms {
        tick: Ticks(2),
        lot: Lots(10),
        band: Band { low: Ticks(2), high: Ticks(1_000) },
        quantity_max: Lots(1_000_000),
        ..InstrumentTerms::OPEN
    };
    for (symbol, terms) in [(b"AAA", InstrumentTerms::OPEN), (b"BBB", terms)] {
        let symbol = Symbol::new(symbol).expect("a symbol");
        say(&mut book, 0, Action::DefineInstrument(Definition { symbol, terms }));
    }
    say(&mut book, 0, Action::Clock { now_ns: 50 });
    let session = SessionId(2);
    say(&mut book, 0, Action::LimitSession { session, open_orders_max: 3_000 });
    (1..=bid_count).for_each(|order| say(&mut book, 1, new(order, Side::Buy, 100)));
    say(&mut book, 2, new(1_001, Side::Buy, 90));
    say(&mut book, 2, new(1_002, Side::Sell, 110));
    say(&mut book, 1, new(1_003, Side::Buy, 110));
    say(&mut book, 1, new(1_004, Side::Sell, 200));
    for order in conditional_orders() {
        say(&mut book, 1, Action::New(order));
    }
    written(&book, chain(&book), 1)
}

/// An iceberg that expires, two stops and a stop-limit on the second instrument.
fn conditional_orders() -> Vec<NewOrder> {
    let plain = NewOrder { instrument: InstrumentId(1), ..limit(0, Side::Sell, 200) };
    let iceberg = Conditions { display: Lots(20), expiry_ns: 99, ..Conditions::NONE };
    let stop = |trigger, minimum| Conditions {
        trigger: Ticks(trigger),
        minimum: Lots(minimum),
        self_trade: SelfTrade::CancelBoth,
        ..Conditions::NONE
    };
    let time_in_force = TimeInForce::GoodTillDate;
    let order_type = OrderType::Stop;
    vec![
        NewOrder { order: OrderId(1), conditions: iceberg, time_in_force, ..plain },
        NewOrder { order: OrderId(2), conditions: stop(300, 30), order_type, ..plain },
        NewOrder { order: OrderId(3), conditions: stop(300, 0), order_type, ..plain },
        NewOrder {
            order: OrderId(4),
            conditions: stop(400, 10),
            order_type: OrderType::StopLimit,
            ..plain
        },
    ]
}

const fn new(order: u64, side: Side, price: u32) -> Action {
    Action::New(limit(order, side, price))
}

const fn limit(order: u64, side: Side, price: u32) -> NewOrder {
    NewOrder {
        instrument: InstrumentId(0),
        order: OrderId(order),
        account: AccountId(7),
        side,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::GoodTillCancel,
        price: Ticks(price),
        quantity: Lots(50),
        conditions: Conditions::NONE,
        client_bytes: ClientBytes::EMPTY,
    }
}

fn say(book: &mut Book<'_>, session: u16, action: Action) {
    let session = SessionId(session);
    let client_sequence = ClientSequence(book.last_client_sequence(session).0 + 1);
    let command = Command { session, client_sequence, action };
    book.apply(book.last_sequence().next(), &command, &mut |event: &Event| {
        assert!(!event.kind.is_rejected(), "{event:?}");
    });
}

/// Why a snapshot is not taken.
#[track_caller]
fn refusal(bytes: &[u8]) -> SnapshotFault {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let book = Book::new(&mut memory, CAPACITIES, 2).expect("enough memory");
    restored(bytes, book).expect_err("it is refused")
}

#[track_caller]
fn assert_taken(bytes: &[u8]) {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let book = Book::new(&mut memory, CAPACITIES, 2).expect("enough memory");
    let (_, book) = restored(bytes, book).expect("it is taken");
    assert_eq!(book.check(), Ok(()));
}

#[test]
fn an_undamaged_snapshot_is_taken() {
    let bytes = snapshot(130, chain_behind);
    assert_eq!(bytes.len(), 3 * BLOCK_BYTES, "a header and two blocks");
    assert_taken(&bytes);
    assert_taken(&Parts::of(&bytes).sealed());
    assert_eq!(Parts::of(&bytes).sealed(), bytes);
}

#[test]
fn every_flipped_bit_of_a_snapshot() {
    let mut bytes = snapshot(130, chain_behind);
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let fault = refusal(&bytes);
        let block = (bit / 8 / BLOCK_BYTES) as u64;
        let wanted =
            if block == 0 { SnapshotFault::Header } else { SnapshotFault::Corrupt { block } };
        assert_eq!(fault, wanted, "bit {bit}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn snapshot_that_ends_at_any_byte() {
    let bytes = snapshot(130, chain_behind);
    for kept in 0..bytes.len() {
        assert_eq!(refusal(&bytes[..kept]), SnapshotFault::Torn, "{kept} bytes");
    }
}

#[test]
fn snapshot_with_any_sector_zeroed() {
    let bytes = snapshot(130, chain_behind);
    for sector in 0..bytes.len() / 512 {
        let mut torn = bytes.clone();
        torn[sector * 512..(sector + 1) * 512].fill(0);
        let fault = refusal(&torn);
        let block = (sector / 8) as u64;
        let wanted =
            if block == 0 { SnapshotFault::Header } else { SnapshotFault::Corrupt { block } };
        assert_eq!(fault, wanted, "sector {sector}");
    }
}

#[test]
fn snapshot_with_blocks_out_of_place() {
    let bytes = snapshot(300, chain_behind);
    let block = |number: usize| bytes[number * BLOCK_BYTES..(number + 1) * BLOCK_BYTES].to_vec();
    assert_eq!(bytes.len(), 4 * BLOCK_BYTES);
    let of = |numbers: &[usize]| numbers.iter().flat_map(|number| block(*number)).collect();
    let refusal_of = |numbers: &[usize]| refusal(&Vec::<u8>::from_iter::<Vec<u8>>(of(numbers)));
    assert_taken(&bytes);
    assert_eq!(refusal_of(&[0, 2, 1, 3]), SnapshotFault::Foreign { block: 1 });
    assert_eq!(refusal_of(&[0, 1, 1, 2, 3]), SnapshotFault::Foreign { block: 2 });
    assert_eq!(refusal_of(&[0, 1, 3]), SnapshotFault::Foreign { block: 2 });
    assert_eq!(refusal_of(&[0, 1, 0, 3]), SnapshotFault::Foreign { block: 2 });
    assert_eq!(refusal_of(&[1, 2, 3]), SnapshotFault::Header);
    assert_eq!(refusal_of(&[0, 1, 2, 3, 3]), SnapshotFault::Behind);
    assert_eq!(refusal_of(&[0, 1, 2]), SnapshotFault::Torn);
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(refusal(&longer), SnapshotFault::Behind);
}

#[test]
fn snapshot_with_a_block_of_another() {
    let bytes = snapshot(300, chain_behind);
    let later = snapshot(301, chain_behind);
    let other_log = snapshot(300, |book| Chain { log_id: LogId([9; 16]), ..chain_behind(book) });
    for other in [later, other_log] {
        for number in 1..4 {
            let mut mixed = bytes.clone();
            let place = number * BLOCK_BYTES..(number + 1) * BLOCK_BYTES;
            mixed[place.clone()].copy_from_slice(&other[place]);
            assert_eq!(refusal(&mixed), SnapshotFault::Foreign { block: number as u64 });
        }
        let mut mixed = bytes.clone();
        mixed[..BLOCK_BYTES].copy_from_slice(&other[..BLOCK_BYTES]);
        assert_eq!(refusal(&mixed), SnapshotFault::Foreign { block: 1 });
    }
    // What follows the place in the log alone differs: the book is the same.
    let later_place = snapshot(300, |book| Chain { next_number: 132, ..chain_behind(book) });
    assert_eq!(later_place[BLOCK_BYTES..], bytes[BLOCK_BYTES..]);
}

#[test]
fn snapshot_of_another_version() {
    let version = |number: u32| {
        let mut bytes = snapshot(1, chain_behind);
        bytes[8..12].copy_from_slice(&number.to_le_bytes());
        let unsealed = bytes.clone();
        seal(&mut bytes[..BLOCK_BYTES]);
        (refusal(&unsealed), refusal(&bytes))
    };
    for newer in [SNAPSHOT_VERSION + 1, u32::MAX] {
        let fault = SnapshotFault::NewerVersion(newer);
        assert_eq!(version(newer), (SnapshotFault::Header, fault));
    }
    assert_eq!(version(0), (SnapshotFault::Header, SnapshotFault::Header));
}

#[test]
fn snapshot_with_an_impossible_header() {
    let parts = Parts::of(&snapshot(3, chain_behind));
    let with = |at: usize, bytes: &[u8]| {
        let mut parts = parts.clone();
        parts.header[at..at + bytes.len()].copy_from_slice(bytes);
        refusal(&parts.sealed())
    };
    let word = |number: u64| number.to_le_bytes();
    let block = BLOCK_BYTES as u64;
    let too_far = (1_u64 << 62) + 1;
    for (at, number) in [
        (40, 512),                        // size of a block
        (48, too_far),                    // sequence
        (48, u64::MAX),                   // sequence, which has no next one
        (56, 0),                          // segment
        (56, too_far),                    // segment
        (64, block),                      // a segment too small
        (64, (1 << 40) + block),          // one too large
        (64, 64 * block + 1),             // one of no whole blocks
        (72, 0),                          // position
        (72, 5 * block + 1),              // position inside a block
        (72, 65 * block),                 // position behind the segment
        (80, 0),                          // number of the next block
        (80, too_far),                    // number of the next block
        (88, too_far),                    // incarnation
        (100, 1),                         // zeros, and the running hash
        (120, 1 << 63),                   // clock
        (128, 0),                         // capacities
        (128, (1 << 28) + 1),             // capacities
        (136, 1),                         // capacities
        (152, u64::from(u32::MAX)),       // orders and places
        (156, u64::from(u32::MAX)),       // places
        (160, u64::from(u32::MAX) << 32), // spans, and the flow that there is none of
        (176, 1),                         // name of the flow that there is none of
    ] {
        assert_eq!(with(at, &word(number)), SnapshotFault::Header, "{at}");
    }
    for (at, byte) in [(13, 1), (13, 2), (14, 1), (15, 1)] {
        let fault = with(at, &[byte]);
        let binds_flow = (at, byte) == (13, 1);
        let is_right = if binds_flow {
            matches!(fault, SnapshotFault::HashMismatch { .. })
        } else {
            fault == SnapshotFault::Header
        };
        assert!(is_right, "{at}: {fault}");
    }
    // How a body is compressed is the host's business.
    let mut compressed = parts;
    compressed.header[12] = 200;
    let header = read_snapshot_header(&compressed.sealed()).expect("a header");
    assert_eq!(header.compression, Compression(200));
}

#[test]
fn snapshot_that_counts_otherwise_than_it_holds() {
    let parts = Parts::of(&snapshot(3, chain_behind));
    for at in (140..164).step_by(4) {
        for change in [1_u8, u8::MAX] {
            let mut parts = parts.clone();
            parts.header[at] = parts.header[at].wrapping_add(change);
            let fault = refusal(&parts.sealed());
            let is_right = matches!(
                fault,
                SnapshotFault::Header
                    | SnapshotFault::Image(ImageFault::Counts)
                    | SnapshotFault::NeedsCapacities(_)
            );
            assert!(is_right, "{at}: {fault}");
        }
    }
    for gone in 0..parts.entries.len() {
        let mut parts = parts.clone();
        parts.entries.remove(gone);
        let fault = refusal(&parts.sealed());
        assert!(matches!(fault, SnapshotFault::Image(_)), "{gone}: {fault}");
    }
    let empty = Parts { entries: Vec::new(), ..parts };
    assert_eq!(refusal(&empty.sealed()), SnapshotFault::Image(ImageFault::Counts));
}

/// What becomes of a snapshot in the smallest memory that its header asks for.
fn in_what_it_needs(bytes: &[u8]) -> Result<(), SnapshotFault> {
    let needs = read_snapshot_header(bytes).expect("a header").image.needs();
    let mut memory = vec![0; Book::bytes_needed(needs)];
    let book = Book::new(&mut memory, needs, 2).expect("enough memory");
    restored(bytes, book).map(|_| ())
}

#[test]
fn snapshot_that_needs_more_room_than_it_says() {
    // The last order takes two places.
    let mut parts = Parts::of(&snapshot(20, chain_behind));
    parts.header[128..132].copy_from_slice(&1_u32.to_le_bytes());
    let places = u32::from_le_bytes(parts.header[156..160].try_into().expect("4 bytes"));
    let fault = in_what_it_needs(&parts.sealed()).expect_err("the capacities are others");
    assert!(matches!(fault, SnapshotFault::HashMismatch { .. }), "{fault}");
    for less in 1..4 {
        parts.header[156..160].copy_from_slice(&(places - less).to_le_bytes());
        let fault = in_what_it_needs(&parts.sealed());
        assert_eq!(fault, Err(SnapshotFault::Image(ImageFault::Counts)), "{less}");
    }
    // Orders so far from each other that they need more spans than so many orders have.
    let strewn = strewn_snapshot(40);
    let needs = read_snapshot_header(&strewn).expect("a header").image.needs();
    assert_eq!(needs, Capacities { orders: 59, instruments: 1, sessions: 3 });
    assert_eq!(in_what_it_needs(&strewn), Ok(()));
    let mut parts = Parts::of(&strewn);
    for spans in [0_u32, 158] {
        parts.header[160..164].copy_from_slice(&spans.to_le_bytes());
        let fault = in_what_it_needs(&parts.sealed());
        assert_eq!(fault, Err(SnapshotFault::Image(ImageFault::Counts)), "{spans}");
    }
}

/// A snapshot of a book with so many bids, each of which has four spans of its own, made after the
/// capacities were lowered to what it holds.
fn strewn_snapshot(bid_count: u32) -> Vec<u8> {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 1).expect("enough memory");
    let symbol = Symbol::new(b"AAA").expect("a symbol");
    say(&mut book, 0, Action::DefineInstrument(Definition::open(symbol)));
    for number in 1..=bid_count {
        say(&mut book, 1, new(u64::from(number), Side::Buy, number << 24));
    }
    let capacities = Capacities { orders: bid_count, instruments: 1, sessions: 3 };
    say(&mut book, 0, Action::Configure(capacities));
    written(&book, chain_behind(&book), 1)
}

#[test]
fn snapshot_whose_book_hashes_otherwise() {
    let mut parts = Parts::of(&snapshot(3, chain_behind));
    let header = read_snapshot_header(&parts.header).expect("a header");
    parts.set_state_hash(!header.state_hash);
    let fault = SnapshotFault::HashMismatch { state_hash: header.state_hash };
    assert_eq!(refusal(&parts.sealed()), fault);
}

#[test]
fn block_with_an_absurd_length() {
    let bytes = snapshot(3, chain_behind);
    for length in [BLOCK_BYTES - 47, BLOCK_BYTES, 65_535] {
        let mut bytes = bytes.clone();
        let length = u16::try_from(length).expect("16 bits").to_le_bytes();
        bytes[BLOCK_BYTES + 40..BLOCK_BYTES + 42].copy_from_slice(&length);
        seal(&mut bytes[BLOCK_BYTES..]);
        assert_eq!(refusal(&bytes), SnapshotFault::Corrupt { block: 1 });
    }
    // A block that says neither that it is the last nor that it is not, and one with a zero that is
    // none.
    for (at, byte) in [(42, 2), (43, 1), (47, 1)] {
        let mut bytes = bytes.clone();
        bytes[BLOCK_BYTES + at] = byte;
        seal(&mut bytes[BLOCK_BYTES..]);
        assert_eq!(refusal(&bytes), SnapshotFault::Foreign { block: 1 });
    }
    // An entry is cut off where the block says that it ends.
    let mut bytes = bytes;
    bytes[BLOCK_BYTES + 40] -= 1;
    seal(&mut bytes[BLOCK_BYTES..]);
    assert_eq!(refusal(&bytes), SnapshotFault::Image(ImageFault::Entry));
}

/// A change of an entry's bytes: of which entry, from where, and to what.
type Change<'c> = (usize, usize, &'c [u8]);

/// Checks that each change of an entry is refused with its fault. The entries are three sessions;
/// the first instrument, two bids at 100, one at 90, an ask at 200; the second, an iceberg, two
/// stops and a stop-limit.
fn assert_refused(changes: &[(Change<'_>, ImageFault)]) {
    let parts = Parts::of(&snapshot(2, chain_behind));
    let kinds: Vec<u8> = parts.entries.iter().map(|entry| entry[0]).collect();
    assert_eq!(kinds, [1, 1, 1, 2, 3, 3, 3, 3, 2, 4, 4, 4, 4]);
    for ((entry, at, bytes), fault) in changes {
        let mut parts = parts.clone();
        parts.entries[*entry][*at..*at + bytes.len()].copy_from_slice(bytes);
        let fault = SnapshotFault::Image(*fault);
        assert_eq!(refusal(&parts.sealed()), fault, "{entry} {at} {bytes:?}");
    }
}

#[test]
fn snapshot_with_an_impossible_session_or_instrument() {
    let session = ImageFault::Session(SessionId(1));
    let [first, second] = [0, 1].map(|number| ImageFault::Instrument(InstrumentId(number)));
    assert_refused(&[
        ((0, 0, &[0]), ImageFault::Entry),
        ((0, 0, &[5]), ImageFault::Entry),
        ((0, 1, &[1]), ImageFault::Entry),
        ((3, 36, &[1]), ImageFault::Entry),
        ((1, 2, &[0]), ImageFault::Misplaced),
        ((2, 2, &[1]), ImageFault::Misplaced),
        ((1, 8, &lots(0)), session),
        ((2, 2, &[3]), ImageFault::Session(SessionId(3))),
        ((3, 1, &[3]), first),
        ((3, 3, &[8]), first),
        ((3, 3, &[253]), first),
        ((3, 2, &[2]), first),
        ((3, 8, &[0]), first),
        ((3, 12, b"A"), first),
        ((8, 8, b"AAA"), second),
        ((8, 24, &ticks(0)), second),
        ((8, 28, &ticks(1_001)), second),
        ((8, 40, &lots(0)), second),
        ((8, 4, &ticks(3)), second),
        ((8, 4, &ticks(1 << 31)), second),
    ]);
}

#[test]
fn snapshot_with_an_impossible_order() {
    let order = |instrument, order| ImageFault::Order(InstrumentId(instrument), OrderId(order));
    let (bid, iceberg, stop, limit) = (order(0, 1), order(1, 1), order(1, 2), order(1, 4));
    assert_refused(&[
        ((4, 6, &[1]), ImageFault::Entry),
        ((9, 7, &[1]), ImageFault::Entry),
        ((9, 68, &[1]), ImageFault::Entry),
        // Bids at 100 and an ask at 200 that is one at 90; asks that are bids.
        ((7, 12, &ticks(90)), ImageFault::Crossed(InstrumentId(0))),
        ((7, 12, &ticks(100)), ImageFault::Crossed(InstrumentId(0))),
        ((6, 12, &ticks(101)), ImageFault::Misplaced),
        ((7, 1, &[0]), ImageFault::Misplaced),
        ((4, 1, &[1]), ImageFault::Misplaced),
        ((4, 1, &[4]), bid),
        ((4, 1, &[2]), bid),
        ((5, 16, &lots(1)), bid),
        ((4, 12, &ticks(0)), bid),
        ((4, 12, &ticks(1 << 31)), bid),
        ((4, 24, &lots(0)), bid),
        ((4, 24, &lots((1 << 62) + 1)), bid),
        ((4, 24, &lots(u64::MAX)), bid),
        ((4, 4, &[1]), bid),
        ((4, 4, &[2]), bid),
        ((4, 4, &[4]), bid),
        ((4, 4, &[5]), bid),
        ((4, 4, &[7]), bid),
        ((4, 4, &[64]), bid),
        ((4, 5, &[1]), bid),
        ((4, 2, &[3]), bid),
        ((4, 2, &[0xff, 0xff]), bid),
        ((9, 4, &[0]), iceberg),
        ((9, 12, &ticks(201)), iceberg),
        ((9, 24, &lots(21)), iceberg),
        ((9, 24, &lots(30)), iceberg),
        ((9, 24, &lots(0)), iceberg),
        ((9, 32, &lots(0)), iceberg),
        ((9, 32, &lots(25)), iceberg),
        ((9, 32, &lots(u64::MAX - 5)), iceberg),
        ((9, 40, &lots(1)), iceberg),
        ((9, 40, &lots(1_000_000)), iceberg),
        // One part of 10 lots more than an iceberg may have.
        ((9, 24, &[lots(10), lots(10), lots(100_000)].concat()), iceberg),
        ((9, 40, &lots(u64::MAX - 5)), iceberg),
        ((9, 48, &lots(50)), iceberg),
        ((9, 48, &lots(0)), iceberg),
        ((9, 48, &lots(1 << 63)), iceberg),
        ((9, 56, &lots(10)), iceberg),
        ((9, 64, &ticks(10)), iceberg),
        ((10, 12, &ticks(301)), stop),
        ((10, 12, &ticks(0)), stop),
        ((10, 40, &lots(10)), stop),
        ((10, 48, &lots(99)), stop),
        ((10, 56, &lots(35)), stop),
        ((10, 56, &lots(60)), stop),
        ((10, 24, &lots(1_000_010)), stop),
        ((12, 64, &ticks(201)), limit),
        ((12, 64, &ticks(1 << 31)), limit),
        // The last trade of the second instrument reaches its sell stops.
        ((8, 4, &ticks(400)), ImageFault::Triggered(InstrumentId(1))),
    ]);
}

/// The bytes of a field of lots.
const fn lots(lots: u64) -> [u8; 8] {
    lots.to_le_bytes()
}

/// The bytes of a field of ticks.
const fn ticks(ticks: u32) -> [u8; 4] {
    ticks.to_le_bytes()
}

#[test]
fn snapshot_with_entries_out_of_place() {
    let parts = Parts::of(&snapshot(2, chain_behind));
    let moved = |from: usize, to: usize| {
        let mut parts = parts.clone();
        let entry = parts.entries.remove(from);
        parts.entries.insert(to, entry);
        refusal(&parts.sealed())
    };
    let misplaced = SnapshotFault::Image(ImageFault::Misplaced);
    // A session behind an instrument, an order before all of them, a better bid behind a worse.
    assert_eq!(moved(2, 3), misplaced);
    assert_eq!(moved(4, 3), misplaced);
    assert_eq!(moved(4, 6), misplaced);
}

#[test]
fn what_reading_and_writing_fail_with_is_told() {
    let bytes = snapshot(130, chain_behind);
    let header = read_snapshot_header(&bytes).expect("a header");
    for failing in 0..3 {
        let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
        let book = Book::new(&mut memory, CAPACITIES, 2).expect("enough memory");
        let (mut buffer, mut reads) = (vec![0; BLOCK_BYTES], 0);
        let mut read = |into: &mut [u8]| {
            let from = (1 + reads) * BLOCK_BYTES;
            reads += 1;
            if reads > failing {
                return Err(reads);
            }
            into.copy_from_slice(&bytes[from..from + BLOCK_BYTES]);
            Ok(BLOCK_BYTES)
        };
        let failed = restore_snapshot(book, &header, &mut buffer, &mut read);
        assert_eq!(failed.err(), Some(RestoreFault::Read(failing + 1)));
        let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
        let book = Book::new(&mut memory, CAPACITIES, 2).expect("enough memory");
        let (_, book) = restored(&bytes, book).expect("sound");
        let origin = SnapshotOrigin {
            chain: header.chain,
            created_at_ns: 1,
            compression: Compression::PLAIN,
            host: [0, 0],
        };
        let mut writes = 0;
        let failed = write_snapshot(&book, &origin, &mut buffer, &mut |_: &[u8]| {
            writes += 1;
            if writes > failing { Err(writes) } else { Ok(()) }
        });
        assert_eq!(failed, Err(failing + 1));
    }
}
