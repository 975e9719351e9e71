//! An order book in memory of its own, for programs that need no log: simulators, backtests, tests.
//!
//! [`OwnedBook`] is the book of the [`highwater`] core without a lifetime. It numbers commands by
//! itself, can be copied, emptied, kept as bytes and restored, and answers a caller's mistake with
//! an error. Rules, events and hashes are those of the engine.
//!
//! ```
//! use highwater::command::{Action, ClientBytes, Conditions, Definition, NewOrder};
//! use highwater::types::*;
//! use highwater_book::OwnedBook;
//!
//! let mut book = OwnedBook::new(Capacities { orders: 1_000, instruments: 1, sessions: 2 })?;
//! let symbol = Symbol::new(b"AAPL").expect("a symbol");
//! book.submit(SessionId::OPERATOR, Action::DefineInstrument(Definition::open(symbol)), |_| ())?;
//! let order = NewOrder {
//!     instrument: InstrumentId(0),
//!     order: OrderId(1),
//!     account: AccountId(0),
//!     side: Side::Buy,
//!     order_type: OrderType::Limit,
//!     time_in_force: TimeInForce::Day,
//!     price: Ticks(19_999),
//!     quantity: Lots(100),
//!     conditions: Conditions::NONE,
//!     client_bytes: ClientBytes::EMPTY,
//! };
//! book.submit(SessionId(1), Action::New(order), |event| println!("{:?}", event.kind))?;
//! assert_eq!(book.book().best(InstrumentId(0), Side::Buy).map(Price::ticks), Some(19_999));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]

extern crate alloc;

mod cell;
mod error;
mod image;
mod owned_book;

pub use error::{BookError, RestoreError, SubmitError};
pub use owned_book::OwnedBook;
