//! What a page is sent: the whole state first, and then what has changed.

use crate::series::Series;
use crate::view::View;
use crate::watched::About;
use serde_json::{Value, json};
use std::sync::Arc;

/// A page that is kept up to date.
#[derive(Debug)]
pub(crate) struct Live {
    /// The instrument that it shows.
    pub(crate) instrument: u32,
    /// What it was sent last.
    seen: Arc<View>,
    /// How many seconds there were then.
    points: u64,
}

impl Live {
    /// The first event for a page.
    pub(crate) fn begin(
        instrument: u32,
        view: &Arc<View>,
        about: &About,
        series: &Series,
    ) -> (Self, Vec<u8>) {
        let state = whole_of(instrument, view, about, series);
        let live = Self { instrument, seen: Arc::clone(view), points: series.count() };
        (live, event("state", &state))
    }

    /// What has changed since the event before.
    pub(crate) fn update(&mut self, view: &Arc<View>, series: &Series) -> Vec<u8> {
        let mut changed = view.since(&self.seen, self.instrument);
        if series.count() != self.points {
            self.points = series.count();
            changed["point"] = json!(series.points().back());
            changed["price"] = json!(series.prices(self.instrument).last());
        }
        self.seen = Arc::clone(view);
        event("change", &changed)
    }
}

/// The whole state, for a page or a program.
pub(crate) fn whole_of(instrument: u32, view: &View, about: &About, series: &Series) -> Value {
    let mut whole = view.whole(instrument);
    whole.insert("about".to_owned(), json!(about));
    whole.insert("points".to_owned(), json!(series.points()));
    whole.insert("prices".to_owned(), json!(series.prices(instrument)));
    Value::Object(whole)
}

fn event(name: &str, data: &Value) -> Vec<u8> {
    format!("event: {name}\ndata: {data}\n\n").into_bytes()
}
