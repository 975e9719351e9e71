//! Has nothing of its own: the benches stand in `benches`.
