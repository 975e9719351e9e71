//! The laboratory: what measures an engine or a machine, and what shows that an engine conforms.

#![forbid(unsafe_code)]

pub mod auction;
pub mod bench;
pub mod conform;
pub mod disk;
pub mod import;
pub mod prices;
