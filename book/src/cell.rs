//! A book together with the memory that it borrows.

#![expect(
    clippy::mem_forget,
    clippy::disallowed_methods,
    reason = "code of the macro, proven by its authors: a value that borrows from its neighbour"
)]

use alloc::boxed::Box;
use highwater::book::Book;
use self_cell::{MutBorrow, self_cell};

self_cell!(
    /// A book and the memory that it lives in.
    pub(crate) struct Cell {
        owner: MutBorrow<Box<[u8]>>,

        #[covariant]
        dependent: Book,
    }
);
