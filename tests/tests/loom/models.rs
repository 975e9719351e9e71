//! One module of models for each thing that threads share.

mod halt;
mod latch;
mod ring;
mod wakeup;
mod watermark;
