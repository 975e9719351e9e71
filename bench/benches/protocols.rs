//! Messages of protocols: orders of OUCH in and out, and what a feed of ITCH shows of them.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use highwater_protocols::ouch::{self, Appendage, Element, Inbound, Outbound, tags};
use highwater_protocols::{Alpha, CodecError, Price4, Time48, Time64, WidePrice4, YesNo, itch};
use std::hint::black_box;

/// Few enough that they stay in the nearest cache, as messages on their way do.
const MESSAGES: u32 = 256;

/// Room for each message.
const ROOM: usize = ouch::MESSAGE_BYTES_MAX;

fn symbol() -> Alpha<8> {
    Alpha::new(b"GOLD").expect("at most 8 characters")
}

fn appendage() -> Appendage<{ tags::ENTER_ORDER }> {
    let mut appendage = Appendage::new();
    for element in [Element::Firm(Alpha::BLANK), Element::MinQuantity(100)] {
        appendage.push(element).expect("it may be there");
    }
    appendage
}

fn enter_order(user_ref_num: u32) -> Inbound {
    let order = ouch::EnterOrder {
        user_ref_num,
        side: if user_ref_num.is_multiple_of(2) { ouch::Side::Buy } else { ouch::Side::Sell },
        quantity: 100,
        symbol: symbol(),
        price: WidePrice4(1_000_000 + u64::from(user_ref_num)),
        time_in_force: ouch::TimeInForce::Day,
        display: ouch::Display::Visible,
        capacity: ouch::Capacity::Agency,
        is_sweep: YesNo::No,
        cross_type: ouch::CrossType::Continuous,
        cl_ord_id: Alpha::BLANK,
        appendage: appendage(),
    };
    order.into()
}

fn executed(user_ref_num: u32) -> Outbound {
    let executed = ouch::OrderExecuted {
        timestamp: Time64(1),
        user_ref_num,
        quantity: 100,
        price: WidePrice4(1_000_000),
        liquidity_flag: ouch::LiquidityFlag::Added.into(),
        match_number: u64::from(user_ref_num),
        appendage: Some(Appendage::new()),
    };
    executed.into()
}

fn header() -> itch::Header {
    let timestamp = Time48::new(1).expect("48 bits");
    itch::Header { stock_locate: 1, tracking_number: 0, timestamp }
}

fn added(number: u32) -> itch::AnyMessage {
    let added = itch::AddOrder {
        header: header(),
        order_reference: u64::from(number),
        side: if number.is_multiple_of(2) { itch::Side::Buy } else { itch::Side::Sell },
        shares: 100,
        stock: symbol(),
        price: Price4(1_000_000 + number),
    };
    added.into()
}

fn traded(number: u32) -> itch::AnyMessage {
    let traded = itch::OrderExecuted {
        header: header(),
        order_reference: u64::from(number),
        executed_shares: 100,
        match_number: u64::from(number),
    };
    traded.into()
}

/// Both directions of some messages, each time all of them.
fn measure<M>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    message: impl Fn(u32) -> M,
    emit: impl Fn(&M, &mut [u8]) -> Result<usize, CodecError>,
    parse: impl Fn(&[u8]) -> Result<M, CodecError>,
) {
    let messages: Vec<M> = (0..MESSAGES).map(message).collect();
    let mut room = vec![0; messages.len() * ROOM];
    let mut lengths = vec![0; messages.len()];
    group.bench_function(format!("{name}/encode"), |bencher| {
        bencher.iter(|| {
            let places = room.chunks_exact_mut(ROOM).zip(&mut lengths);
            for (message, (place, length)) in black_box(&messages).iter().zip(places) {
                *length = emit(message, place).expect("there is room");
            }
        });
    });
    // The bench above may have been left out.
    for (message, (place, length)) in
        messages.iter().zip(room.chunks_exact_mut(ROOM).zip(&mut lengths))
    {
        *length = emit(message, place).expect("there is room");
    }
    group.bench_function(format!("{name}/decode"), |bencher| {
        bencher.iter(|| {
            for (place, length) in black_box(&room).chunks_exact(ROOM).zip(&lengths) {
                black_box(parse(&place[..*length]).expect("a good message"));
            }
        });
    });
}

fn messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("protocols");
    group.throughput(Throughput::Elements(u64::from(MESSAGES)));
    measure(&mut group, "ouch/enter", enter_order, Inbound::emit, Inbound::parse);
    measure(&mut group, "ouch/executed", executed, Outbound::emit, Outbound::parse);
    measure(&mut group, "itch/add", added, itch::AnyMessage::emit, itch::AnyMessage::parse);
    measure(&mut group, "itch/executed", traded, itch::AnyMessage::emit, itch::AnyMessage::parse);
    group.finish();
}

criterion_group!(benches, messages);
criterion_main!(benches);
