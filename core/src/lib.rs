//! Highwater's core: the order book, the rings, the record format and the stages of a durable
//! matching engine.
//!
//! ```
//! use highwater::book::Book;
//! use highwater::command::{Action, Command, Definition};
//! use highwater::event::Event;
//! use highwater::types::{Capacities, ClientSequence, Sequence, SessionId, Symbol};
//!
//! const CAPACITIES: Capacities = Capacities { orders: 100, instruments: 1, sessions: 2 };
//! let mut memory = [0; Book::bytes_needed(CAPACITIES)];
//! let mut book = Book::new(&mut memory, CAPACITIES, 1)?;
//!
//! let symbol = Symbol::new(b"GOLD").expect("1 to 16 bytes");
//! let action = Action::DefineInstrument(Definition::open(symbol));
//! let (session, client_sequence) = (SessionId::OPERATOR, ClientSequence(1));
//! let command = Command { session, client_sequence, action };
//! book.apply(Sequence(1), &command, &mut |event: &Event| println!("{:?}", event.kind));
//! assert_eq!(book.instrument_count(), 1);
//! # Ok::<(), highwater::book::BookFault>(())
//! ```
//!
//! It decides everything and touches nothing: no allocation, no clock, no input or output. Time,
//! bytes and room come in as arguments; files come in behind [`log_file::LogFile`]; what happened
//! goes out as [`event::Event`]s, and none of them is released before the command that caused it is
//! on stable storage.
//!
//! A host reads its log back with [`recovery::recover`], or from a [`snapshot`] on, splits an
//! [`engine::Engine`] into its stages once, and steps each of them on a thread of its own, or all
//! of them on one.

#![no_std]
#![deny(missing_docs)]
#![deny(unsafe_code)]
#![deny(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::alloc_instead_of_core,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::float_arithmetic
)]

// Floor 0, the ground.
mod atomic;
pub mod decimal;
pub mod limits;
mod little_endian;
pub mod padded;
mod prefetch;
pub mod types;

// Floor 1, the way between threads.
pub mod ring;

// Floor 2, the facts.
pub mod command;
pub mod event;
pub mod log_file;
pub mod stage;
pub mod sync_mode;
pub mod trade;
pub mod watermark;

// Floor 3, the machines.
pub mod book;
pub mod checksum;
pub mod record;
mod seal;

// Floor 4, the file.
pub mod segment;

// Floor 5, the chain.
pub mod block;
pub mod snapshot;

// Floor 6, the stages.
pub mod log_writer;
pub mod pacing;
pub mod recovery;
pub mod releaser;
pub mod sequencer;
pub mod snapshot_plan;
pub mod syncer;

// Floor 7, all of it.
pub mod engine;
