//! A venue with TLS: who may connect, what comes of those who break off, and that the bytes inside
//! are the same.

mod broken;
mod foreign;
mod line;
mod refused;
mod resumed;
mod trades;
