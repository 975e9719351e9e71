//! Metrics as text, by Prometheus' own client library.

use super::list::METRICS;
use super::{Metric, Reading, Value};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet, prometheus_text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::fmt::Error;

/// All metrics in Prometheus' text format.
///
/// # Errors
/// A metric could not be written.
pub(crate) fn text_of(reading: Reading) -> Result<String, Error> {
    let mut registry = Registry::with_prefix("highwater");
    registry.register_collector(Box::new(Scrape(reading)));
    let mut text = String::with_capacity(16 << 10);
    prometheus_text::encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct Scrape(Reading);

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        for Metric { name, unit, help, value } in METRICS {
            let Some(value) = value(&self.0) else { continue };
            let unit = unit.map(|unit| match unit {
                "seconds" => Unit::Seconds,
                "bytes" => Unit::Bytes,
                other => Unit::Other(other.to_owned()),
            });
            let encoder = encoder.encode_descriptor(name, help, unit.as_ref(), value.type_of())?;
            value.encode(encoder)?;
        }
        Ok(())
    }
}

impl Value {
    const fn type_of(&self) -> MetricType {
        match self {
            Self::Counter(_) | Self::SecondsCounter(_) | Self::Counters(..) => MetricType::Counter,
            Self::Gauge(_) | Self::SecondsGauge(_) | Self::Gauges(..) => MetricType::Gauge,
            Self::Info(..) => MetricType::Info,
            Self::Times { .. } => MetricType::Histogram,
        }
    }

    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), Error> {
        match self {
            Self::Counter(count) => ConstCounter::new(*count).encode(encoder),
            Self::SecondsCounter(ns) => ConstCounter::new(seconds(*ns)).encode(encoder),
            Self::Gauge(value) => ConstGauge::new(*value).encode(encoder),
            Self::SecondsGauge(ns) => ConstGauge::new(seconds(*ns)).encode(encoder),
            Self::Counters(label, counts) => counts.iter().try_for_each(|(of, count)| {
                let labels = [(*label, of.as_str())];
                ConstCounter::new(*count).encode(encoder.encode_family(&labels)?)
            }),
            Self::Gauges(label, values) => values.iter().try_for_each(|(of, value)| {
                let labels = [(*label, of.as_str())];
                ConstGauge::new(*value).encode(encoder.encode_family(&labels)?)
            }),
            Self::Info(label, of) => Info::new([(*label, of.as_str())]).encode(encoder),
            Self::Times { total_ns, count, bounds_ns, classes } => {
                let bounds = bounds_ns.iter().map(|ns| seconds(*ns));
                // What is above the last bound is in the count alone.
                let buckets: Vec<(f64, u64)> = bounds.zip(classes.iter().copied()).collect();
                encoder.encode_histogram::<NoLabelSet>(seconds(*total_ns), *count, &buckets, None)
            }
        }
    }
}

/// Nanoseconds in seconds; only shown, so that it need not be exact.
#[expect(clippy::cast_precision_loss, reason = "a time that is shown")]
fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}
