//! One module of models for each thing that threads share.

mod bell;
mod halt;
mod latch;
mod ring;
mod watermark;
