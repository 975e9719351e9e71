//! Promise: whatever a host hands over, a call ends with a status that says what is the matter, and
//! no event comes out before its command is durable.

mod allocation;
mod book;
mod ends;
mod host;
mod prices;
mod refused;
mod running;
