//! The page of a venue over HTTP: it shows what the venue has, and nobody who asks harms it.

mod asking;
mod shown;
