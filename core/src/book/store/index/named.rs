//! An entry that is nothing but its key, for tests of the pool and the index.

use super::Keyed;
use crate::book::store::pool::Entry;
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

impl Entry for Named {
    fn linked(&self) -> u32 {
        self.link
    }

    fn link(&mut self, link: u32) {
        self.link = link;
    }
}

impl Keyed for Named {
    fn key(&self) -> (u64, u64) {
        (0, self.key)
    }
}
