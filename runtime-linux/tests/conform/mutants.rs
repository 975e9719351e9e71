//! Scenarios with one wrong expectation each: every event, field, level and indicative price in
//! turn.

use crate::scenarios::QUIET;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The fields of an object as text, so that numbers of any size stay what they are.
pub(crate) type Fields = BTreeMap<String, Box<RawValue>>;

/// Of a scenario with more events than that only every so many are made wrong.
const EVENTS_MAX: usize = 60;

/// The text of a value.
macro_rules! raw {
    ($value:expr) => {
        to_raw_value($value).unwrap()
    };
}

/// Every scenario that expects one thing else than this one.
pub(crate) fn mutants_of(scenario: &Fields) -> Vec<Fields> {
    let mut mutants = Vec::new();
    let mut add = |field: &str, wrong: Box<RawValue>| {
        let id = format!("{} #{}", text(&scenario["id"]), mutants.len());
        let mut mutant = scenario.clone();
        mutant.insert(field.to_owned(), wrong);
        mutant.insert("id".to_owned(), raw!(&id));
        mutants.push(mutant);
    };
    for wrong in wrong_events(scenario) {
        add("expect_events", raw!(&wrong));
    }
    for wrong in wrong_commands(scenario) {
        add("commands", raw!(&wrong));
    }
    if let Some(book) = scenario.get("expect_book") {
        for wrong in wrong_books(&value(book)) {
            add("expect_book", raw!(&wrong));
        }
    }
    if let Some(books) = scenario.get("expect_books") {
        let books = value(books);
        for (number, book) in books.as_object().unwrap() {
            for wrong in wrong_books(book) {
                let mut all = books.clone();
                all[number] = wrong;
                add("expect_books", raw!(&all));
            }
        }
    }
    mutants
}

type Events = Vec<Vec<Box<RawValue>>>;

fn wrong_events(scenario: &Fields) -> Vec<Events> {
    let events: Events = serde_json::from_str(scenario["expect_events"].get()).unwrap();
    let is_strict = scenario.get("strict").is_some_and(|strict| strict.get() == "true");
    let stride = 1 + events.iter().map(Vec::len).sum::<usize>() / EVENTS_MAX;
    let mut wrong = Vec::new();
    let mut count = 0;
    for (command, list) in events.iter().enumerate() {
        let mut put = |list: Vec<Box<RawValue>>| {
            let mut all = events.clone();
            all[command] = list;
            wrong.push(all);
        };
        if command % stride == 0 {
            let one_more = raw!(&json!({"ev": "triggered", "id": 424_242}));
            put(list.iter().cloned().chain([one_more]).collect());
        }
        for (index, event) in list.iter().enumerate() {
            count += 1;
            if count % stride == 0 {
                let event = value(event);
                for other in wrong_fields(&event) {
                    put(with(list, index, raw!(&other)));
                }
                if is_strict || !is_quiet(&event) {
                    put(without(list, index));
                }
                if index > 0 && list[index - 1].get() != list[index].get() {
                    let mut swapped = list.clone();
                    swapped.swap(index - 1, index);
                    put(swapped);
                }
            }
        }
    }
    wrong
}

/// The event with another value in each of its fields in turn. Numbers above 64 bits stay.
fn wrong_fields(event: &Value) -> Vec<Value> {
    let fields = event.as_object().unwrap();
    let is_exact = fields.values().all(|value| !value.is_f64());
    let names = fields.keys().filter(|_| is_exact);
    let wrong = names.filter_map(|name| {
        let mut other = event.clone();
        other[name] = match &event[name] {
            Value::Number(number) => json!(number.as_i64().map_or(1, |number| number - 1)),
            Value::Bool(flag) => json!(!flag),
            Value::String(word) => json!(other_word(event, name, word)?),
            Value::Null | Value::Array(_) | Value::Object(_) => panic!("{event}"),
        };
        Some(other)
    });
    wrong.collect()
}

/// Another word that may stand there.
fn other_word(event: &Value, name: &str, word: &str) -> Option<&'static str> {
    let pair = match (name, event["ev"].as_str().unwrap()) {
        ("ev", "accepted") => ["triggered", "triggered"],
        ("ev", "triggered") => ["accepted", "accepted"],
        ("reason", "cancelled") => ["user", "expired"],
        ("reason", "rejected") => ["halted", "bad_price"],
        ("phase", _) => ["continuous", "auction"],
        ("side", _) => ["buy", "sell"],
        _ => return None,
    };
    Some(if word == pair[0] { pair[1] } else { pair[0] })
}

fn is_quiet(event: &Value) -> bool {
    QUIET.contains(&event["ev"].as_str().unwrap())
        || (event["ev"] == "rejected" && event["id"].is_null())
}

/// The commands with another indicative price expected.
fn wrong_commands(scenario: &Fields) -> Vec<Vec<Box<RawValue>>> {
    let commands: Vec<Box<RawValue>> = serde_json::from_str(scenario["commands"].get()).unwrap();
    let mut wrong = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        let fields: Fields = serde_json::from_str(command.get()).unwrap();
        let Some(expected) = fields.get("expect") else { continue };
        let mut put = |other: Box<RawValue>| {
            let mut fields = fields.clone();
            fields.insert("expect".to_owned(), other);
            wrong.push(with(&commands, index, raw!(&fields)));
        };
        if expected.get() == "null" {
            put(raw!(&json!({"price": 1, "volume": 1, "imbalance": 0})));
            continue;
        }
        put(raw!(&Value::Null));
        let numbers: Fields = serde_json::from_str(expected.get()).unwrap();
        for name in numbers.keys() {
            let mut numbers = numbers.clone();
            let number: i128 = numbers[name].get().parse().unwrap();
            numbers.insert(name.clone(), raw!(&(number - 1)));
            put(raw!(&numbers));
        }
    }
    wrong
}

/// The book with another level, id, stop, price, phase or halt.
fn wrong_books(book: &Value) -> Vec<Value> {
    let mut wrong = Vec::new();
    let mut put = |field: &str, other: Value| {
        let mut all = book.clone();
        all[field] = other;
        wrong.push(all);
    };
    for side in ["bids", "asks"] {
        for other in wrong_levels(book[side].as_array().unwrap()) {
            put(side, other);
        }
    }
    let stops = book["pending_stops"].as_array().unwrap();
    put("pending_stops", json!([stops.as_slice(), &[json!(424_242)]].concat()));
    if !stops.is_empty() {
        put("pending_stops", json!(without(stops, 0)));
    }
    put("last_trade", json!(book["last_trade"].as_u64().unwrap_or_default() + 1));
    if !book["last_trade"].is_null() {
        put("last_trade", Value::Null);
    }
    if let Some(phase) = book["phase"].as_str() {
        put("phase", json!(if phase == "auction" { "continuous" } else { "auction" }));
    }
    if let Some(halted) = book["halted"].as_bool() {
        put("halted", json!(!halted));
    }
    wrong
}

fn wrong_levels(levels: &[Value]) -> Vec<Value> {
    let mut wrong = vec![json!([levels, &[json!([1, 1, 1, [424_242]])]].concat())];
    for (index, level) in levels.iter().enumerate() {
        wrong.push(json!(without(levels, index)));
        for part in 0..3 {
            let mut other = level.clone();
            other[part] = json!(level[part].as_u64().unwrap() - 1);
            wrong.push(json!(with(levels, index, other)));
        }
        let ids = level[3].as_array().unwrap();
        let mut other = level.clone();
        other[3] = json!(ids.iter().rev().collect::<Vec<_>>());
        if ids.len() < 2 {
            other[3] = json!([424_242]);
        }
        wrong.push(json!(with(levels, index, other)));
    }
    wrong
}

fn with<T: Clone>(list: &[T], index: usize, element: T) -> Vec<T> {
    let mut list = list.to_vec();
    list[index] = element;
    list
}

fn without<T: Clone>(list: &[T], index: usize) -> Vec<T> {
    let mut list = list.to_vec();
    list.remove(index);
    list
}

fn value(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap()
}

fn text(raw: &RawValue) -> String {
    serde_json::from_str(raw.get()).unwrap()
}
