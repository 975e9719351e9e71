//! Files of messages that tests make.

use highwater_protocols::itch::file::{write_end, write_message};
use highwater_protocols::itch::{
    AddOrder, AddOrderAttributed, AnyMessage, BrokenTrade, CrossTrade, Header, MESSAGE_BYTES_MAX,
    OrderCancel, OrderDelete, OrderExecuted, OrderExecutedWithPrice, OrderReplace, Side,
};
use highwater_protocols::{Alpha, Field, Message, Price4, Time48, YesNo};

/// A file that grows; its messages have the time that was set last.
#[derive(Debug, Default)]
pub(super) struct File {
    bytes: Vec<u8>,
    timestamp_ns: u64,
}

impl File {
    /// Later messages are made at this time.
    pub(super) const fn at(&mut self, timestamp_ns: u64) -> &mut Self {
        self.timestamp_ns = timestamp_ns;
        self
    }

    /// Appends a message, with its time.
    pub(super) fn push(&mut self, message: impl Into<AnyMessage>) -> &mut Self {
        let mut out = [0; MESSAGE_BYTES_MAX];
        let length = message.into().emit(&mut out).unwrap();
        // The time stands at the same place in every message.
        Time48::new(self.timestamp_ns).and_then(|time| time.write(&mut out[5..])).unwrap();
        self.bytes(&out[..length])
    }

    /// Appends any bytes as a message.
    pub(super) fn bytes(&mut self, message: &[u8]) -> &mut Self {
        let mut out = vec![0; message.len() + 2];
        write_message(message, &mut out).unwrap();
        self.bytes.extend_from_slice(&out);
        self
    }

    /// The whole file, with the mark of its end.
    pub(super) fn ended(&self) -> Vec<u8> {
        let mut end = [0; 2];
        write_end(&mut end).unwrap();
        [&self.bytes[..], &end].concat()
    }
}

fn header(stock_locate: u16) -> Header {
    Header { stock_locate, tracking_number: 9, timestamp: Time48::default() }
}

pub(super) fn add(
    order_reference: u64,
    stock: &str,
    side: Side,
    shares: u32,
    price: u32,
) -> AddOrder {
    let stock = Alpha::new(stock.as_bytes()).unwrap();
    AddOrder { header: header(1), order_reference, side, shares, stock, price: Price4(price) }
}

pub(super) fn attributed(add: AddOrder) -> AddOrderAttributed {
    let AddOrder { header, order_reference, side, shares, stock, price } = add;
    let attribution = Alpha::new(b"MPID").unwrap();
    AddOrderAttributed { header, order_reference, side, shares, stock, price, attribution }
}

pub(super) fn executed(order_reference: u64, executed_shares: u32) -> OrderExecuted {
    OrderExecuted { header: header(1), order_reference, executed_shares, match_number: 5 }
}

pub(super) fn executed_at(
    order_reference: u64,
    executed_shares: u32,
    printable: YesNo,
    price: u32,
) -> OrderExecutedWithPrice {
    OrderExecutedWithPrice {
        header: header(1),
        order_reference,
        executed_shares,
        match_number: 5,
        printable,
        execution_price: Price4(price),
    }
}

pub(super) fn cancel(order_reference: u64, canceled_shares: u32) -> OrderCancel {
    OrderCancel { header: header(1), order_reference, canceled_shares }
}

pub(super) fn delete(order_reference: u64) -> OrderDelete {
    OrderDelete { header: header(1), order_reference }
}

pub(super) fn replace(
    original_order_reference: u64,
    new_order_reference: u64,
    shares: u32,
    price: u32,
) -> OrderReplace {
    let (header, price) = (header(1), Price4(price));
    OrderReplace { header, original_order_reference, new_order_reference, shares, price }
}

/// A message of each type that is about no order: blank, with the letters that must be right.
pub(super) fn about_no_order() -> Vec<AnyMessage> {
    let blank = |code: u8, length: usize, letters: &[(usize, u8)]| {
        let mut bytes = vec![b' '; length];
        bytes[0] = code;
        for (place, letter) in letters {
            bytes[*place] = *letter;
        }
        AnyMessage::parse(&bytes).unwrap()
    };
    let (stock, match_number) = (Alpha::new(b"ACME").unwrap(), 5);
    let (header, price) = (header(1), Price4(10_000));
    let cross_type = highwater_protocols::Open::from_raw(b'O');
    let cross =
        CrossTrade { header, shares: 5, stock, cross_price: price, match_number, cross_type };
    assert_eq!(BrokenTrade::TYPE, b'B');
    vec![
        cross.into(),
        BrokenTrade { header, match_number }.into(),
        blank(b'S', 12, &[]),
        blank(b'R', 39, &[(25, b'N')]),
        blank(b'H', 25, &[]),
        blank(b'Y', 20, &[]),
        blank(b'L', 26, &[(23, b'Y')]),
        blank(b'V', 35, &[]),
        blank(b'W', 12, &[]),
        blank(b'K', 28, &[]),
        blank(b'J', 35, &[]),
        blank(b'h', 21, &[]),
        blank(b'P', 44, &[(19, b'B')]),
        blank(b'I', 50, &[]),
        blank(b'N', 20, &[]),
        blank(b'O', 48, &[(19, b'Y')]),
    ]
}
