//! The progress bar of a run, on standard error when that is a terminal.

use highwater_platform::Platform;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often the bar is drawn.
const DRAWN_EVERY: Duration = Duration::from_millis(100);
/// How soon the end of a short run is noticed.
const LOOKED_EVERY: Duration = Duration::from_millis(2);
/// Looks between two drawings.
const LOOKS_PER_DRAWING: u32 = 50;

/// Draws the progress of `expected` commands (`None`: as many as the flow has) until `is_finished`;
/// returns at once where nobody sees it.
pub fn watch<P: Platform>(
    platform: P,
    done_count: &AtomicU64,
    expected: Option<u64>,
    is_finished: impl Fn() -> bool,
) {
    let bar = bar_of(expected);
    if bar.is_hidden() {
        return;
    }
    let mut looks = 0;
    while !is_finished() {
        platform.sleep(if looks < LOOKS_PER_DRAWING { LOOKED_EVERY } else { DRAWN_EVERY });
        looks += 1;
        if looks > LOOKS_PER_DRAWING {
            bar.set_position(done_count.load(Ordering::Relaxed));
        }
    }
    bar.finish_and_clear();
}

fn bar_of(expected: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(expected, ProgressDrawTarget::stderr());
    let template = if expected.is_some() {
        "{bar:40} {human_pos} of {human_len} commands, {per_sec}, {eta} left"
    } else {
        "{spinner} {human_pos} commands, {per_sec}"
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Bytes from which reading them takes long enough to show how far it is.
const SHOWN_FROM_BYTES: u64 = 256 << 20;

/// A bar for work on `total_bytes` bytes, which shows itself where that is much and standard error
/// is a terminal; `done` is what is done to them, in a word.
pub fn bytes_bar(total_bytes: u64, done: &'static str) -> ProgressBar {
    if total_bytes < SHOWN_FROM_BYTES || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(total_bytes), ProgressDrawTarget::stderr());
    let template = format!("{{bar:40}} {{bytes}} of {{total_bytes}} {done}, {{eta}} left");
    match ProgressStyle::with_template(&template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
