//! An entry that is nothing but its key, for tests of the pool and the index.

use super::Keyed;
use crate::book::store::pool::entry_by_link;
use bytemuck::{Pod, Zeroable};

/// An entry with a key.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(in crate::book) struct Named {
    pub(in crate::book) key: u64,
    link: u32,
    reserved: u32,
}

impl Named {
    pub(in crate::book) fn new(key: u64) -> Self {
        Self { key, ..Self::zeroed() }
    }
}

entry_by_link!(Named);

impl Keyed for Named {
    fn key(&self) -> (u64, u64) {
        (0, self.key)
    }
}
