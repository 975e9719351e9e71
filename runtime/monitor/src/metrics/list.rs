//! The list of all metrics.

use super::{Metric, Reading, SYNC_BOUNDS_NS, Value, times_of};
use highwater_gateway::GatewayCounts;

/// All metrics, in the order in which they are shown.
pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "build",
        unit: None,
        help: "The program's version",
        value: |it| Some(Value::Info("version", it.version.clone())),
    },
    Metric {
        name: "up",
        unit: None,
        help: "1 while the engine runs, 0 once it has ended",
        value: |it| Some(Value::Gauge(u64::from(it.is_running))),
    },
    Metric {
        name: "commands",
        unit: None,
        help: "The last sequence that was appended to the log, is durable, or has its answers out",
        value: |it| {
            let all = vec![
                of("appended", it.statistics.appended.0),
                of("durable", it.statistics.durable.0),
                of("released", it.statistics.released.0),
            ];
            Some(Value::Counters("state", all))
        },
    },
    Metric {
        name: "durable_lag",
        unit: Some("commands"),
        help: "Commands that are appended and not durable yet",
        value: |it| {
            let lag = it.statistics.appended.0.saturating_sub(it.statistics.durable.0);
            Some(Value::Gauge(lag))
        },
    },
    Metric {
        name: "durable_lag",
        unit: Some("seconds"),
        help: "How long commands have waited to become durable without any doing so",
        value: |it| Some(Value::SecondsGauge(it.durable_lag_ns)),
    },
    Metric {
        name: "ring_waiting",
        unit: None,
        help: "What waits in each ring: commands, records or events",
        value: |it| {
            let of = |ring, waiting: usize| of(ring, waiting as u64);
            let all = vec![
                of("input", it.statistics.rings.input),
                of("records", it.statistics.rings.records),
                of("events", it.statistics.rings.events),
                of("session_commands", it.statistics.submitted_waiting),
                of("session_events", it.statistics.events_waiting),
            ];
            Some(Value::Gauges("ring", all))
        },
    },
    Metric {
        name: "log_appends",
        unit: None,
        help: "Appends handed to the system",
        value: |it| Some(Value::Counter(it.statistics.log.append_count)),
    },
    Metric {
        name: "log_appended",
        unit: Some("bytes"),
        help: "Bytes of the log that were appended, whole blocks",
        value: |it| Some(Value::Counter(it.statistics.log.appended_bytes)),
    },
    Metric {
        name: "log_sync_duration",
        unit: Some("seconds"),
        help: "How long syncs took; each is shown up to an eighth longer than it was",
        value: |it| {
            Some(Value::Times {
                total_ns: it.statistics.log.sync_ns_total,
                count: it.statistics.log.sync_count,
                bounds_ns: &SYNC_BOUNDS_NS,
                classes: it.sync_classes.to_vec(),
            })
        },
    },
    Metric {
        name: "log_segments",
        unit: None,
        help: "Segments of the log: begun, prepared ahead, and made of retired ones",
        value: |it| {
            let log = &it.statistics.log;
            let all = vec![
                of("begun", log.begin_count),
                of("prepared", log.prepared_count),
                of("reused", log.reused_count),
            ];
            Some(Value::Counters("what", all))
        },
    },
    Metric {
        name: "log_segment_wait",
        unit: Some("seconds"),
        help: "Time that the log writer waited because the next segment was not ready",
        value: |it| Some(Value::SecondsCounter(it.statistics.log.spare_wait_ns_total)),
    },
    Metric {
        name: "snapshots",
        unit: None,
        help: "Snapshots that were made, and that failed",
        value: |it| {
            let snapshots = &it.statistics.snapshots;
            let all = vec![of("made", snapshots.made_count), of("failed", snapshots.failed_count)];
            Some(Value::Counters("result", all))
        },
    },
    Metric {
        name: "snapshot_newest_sequence",
        unit: None,
        help: "The last sequence of the newest snapshot that was made; 0 before the first",
        value: |it| Some(Value::Gauge(it.statistics.snapshots.newest.0)),
    },
    Metric {
        name: "snapshot_behind",
        unit: Some("bytes"),
        help: "How far the log has grown behind the newest snapshot",
        value: |it| Some(Value::Gauge(it.statistics.snapshots.lag.bytes)),
    },
    Metric {
        name: "snapshot_holds",
        unit: None,
        help: "How often commands were held until a snapshot was made",
        value: |it| Some(Value::Counter(it.statistics.snapshots.lag.hold_count)),
    },
    Metric {
        name: "log_retired",
        unit: Some("bytes"),
        help: "Bytes of segments that were retired because a snapshot covers them",
        value: |it| Some(Value::Counter(it.statistics.snapshots.retired_bytes)),
    },
    Metric {
        name: "slots",
        unit: None,
        help: "Handles of the host: slots for sessions that are taken and free, taps that are taken",
        value: |it| {
            let of = |state, count: usize| of(state, count as u64);
            let statistics = &it.statistics;
            let free = statistics.slots.saturating_sub(statistics.slots_taken);
            let all = vec![
                of("taken", statistics.slots_taken),
                of("free", free),
                of("taps", statistics.taps_taken),
            ];
            Some(Value::Gauges("state", all))
        },
    },
    Metric {
        name: "lagging_sessions",
        unit: None,
        help: "Sessions and taps that miss events until they catch up",
        value: |it| Some(Value::Gauge(it.statistics.lagging_count)),
    },
    Metric {
        name: "wakeups",
        unit: None,
        help: "Callers that were woken",
        value: |it| Some(Value::Counter(it.statistics.wake_count)),
    },
    Metric {
        name: "connections",
        unit: None,
        help: "Connections of the gateway",
        value: |it| counts(it).map(|it| Value::Gauge(it.connections)),
    },
    Metric {
        name: "connections_opened",
        unit: None,
        help: "Connections that were accepted, and that were turned away",
        value: |it| {
            let all =
                |it: &GatewayCounts| vec![of("ok", it.accepted), of("turned_away", it.turned_away)];
            counts(it).map(|it| Value::Counters("result", all(it)))
        },
    },
    Metric {
        name: "logins",
        unit: None,
        help: "Logins that were let in, and that were refused",
        value: |it| {
            let all =
                |it: &GatewayCounts| vec![of("ok", it.logins), of("refused", it.logins_refused)];
            counts(it).map(|it| Value::Counters("result", all(it)))
        },
    },
    Metric {
        name: "clients",
        unit: None,
        help: "Clients that are logged in, by what they read",
        value: |it| {
            let logins = &it.gateway.as_ref()?.logins;
            let count = |service: &str| {
                let of_it = logins.iter().filter(|login| login.service == service);
                (service.to_owned(), of_it.count() as u64)
            };
            Some(Value::Gauges("service", vec![count("orders"), count("feed")]))
        },
    },
    Metric {
        name: "client_behind_max",
        unit: Some("messages"),
        help: "Messages that the slowest client has not been sent yet",
        value: |it| {
            let behind = it.gateway.as_ref()?.logins.iter().map(|login| login.behind);
            Some(Value::Gauge(behind.max().unwrap_or(0)))
        },
    },
    Metric {
        name: "replaying",
        unit: None,
        help: "Connections that read old messages",
        value: |it| counts(it).map(|it| Value::Gauge(it.replaying)),
    },
    Metric {
        name: "order_messages",
        unit: None,
        help: "Messages of order entry that came: all of them, and those that could not be read",
        value: |it| {
            let all = |it: &GatewayCounts| vec![of("all", it.messages), of("unsound", it.unsound)];
            counts(it).map(|it| Value::Counters("what", all(it)))
        },
    },
    Metric {
        name: "gateway_commands",
        unit: None,
        help: "Commands that the gateway has handed to the engine",
        value: |it| counts(it).map(|it| Value::Counter(it.commands)),
    },
    Metric {
        name: "gateway_waits",
        unit: None,
        help: "How often the engine had no room for a command, so that its connection waited",
        value: |it| counts(it).map(|it| Value::Counter(it.waits)),
    },
    Metric {
        name: "answer_duration",
        unit: Some("seconds"),
        help: "From when a command was taken from its connection to when its answer could be sent",
        value: |it| counts(it).map(|it| times_of(&it.answers)),
    },
    Metric {
        name: "rejects",
        unit: None,
        help: "Commands that the engine rejected",
        value: |it| {
            let rejects = it.gateway.as_ref()?.rejects.iter();
            let all = rejects.map(|(reason, count)| (reason.name().to_owned(), *count));
            Some(Value::Counters("reason", all.collect()))
        },
    },
    Metric {
        name: "trades",
        unit: None,
        help: "Trades of the day, of all instruments",
        value: |it| {
            let traded = it.gateway.as_ref()?.traded.iter();
            Some(Value::Gauge(traded.map(|traded| traded.count).sum()))
        },
    },
    Metric {
        name: "published",
        unit: Some("bytes"),
        help: "Bytes of messages that were published",
        value: |it| {
            let all = |it: &GatewayCounts| {
                vec![of("feed", it.feed_bytes), of("answers", it.answer_bytes)]
            };
            counts(it).map(|it| Value::Counters("stream", all(it)))
        },
    },
    Metric {
        name: "packets",
        unit: None,
        help: "Packets of the feed that were sent by MoldUDP64",
        value: |it| counts(it).map(|it| Value::Counter(it.packets)),
    },
    Metric {
        name: "packet_requests",
        unit: None,
        help: "Requests for lost messages: answered, and dropped",
        value: |it| {
            let all = |it: &GatewayCounts| {
                vec![of("answered", it.requests_answered), of("dropped", it.requests_dropped)]
            };
            counts(it).map(|it| Value::Counters("result", all(it)))
        },
    },
];

fn counts(reading: &Reading) -> Option<&GatewayCounts> {
    reading.gateway.as_ref().map(|gateway| &gateway.counts)
}

/// The value behind one value of a label.
fn of(label: &str, value: u64) -> (String, u64) {
    (label.to_owned(), value)
}
