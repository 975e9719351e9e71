//! The C interface as hosts in C and C++ see it: the header, the libraries, and programs.
//!
//! Where there is no compiler for a language, its tests say so in a line and check nothing.

mod compiler;
#[expect(dead_code, reason = "the example's main is not called here")]
#[path = "../../examples/header.rs"]
mod example;
mod header;
mod hosts;
mod unwinding;
