//! What each address of the monitor answers.

use super::client::Doing;
use super::{Access, Server};
use crate::http::{Method, Request, Status, answer, stream};
use crate::live::{Live, whole_of};
use crate::metrics::{Reading, SYNC_BOUNDS_NS, text_of};
use crate::watched::BookThere;
use crate::worker::{Answer, BookQuestion, Worker};
use highwater_platform::Platform;
use std::collections::BTreeSet;

/// Levels of each side of a book of the past, unless somebody asks for fewer.
const DEPTH_MAX: usize = 100;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const ICON: &str = "image/svg+xml";
const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
const EVENTS: &str = "text/event-stream";

/// The files of the page: they are part of the program, and need nothing from elsewhere.
const FILES: [(&str, &str, &str); 7] = [
    ("/", HTML, include_str!("../page/page.html")),
    ("/page.css", CSS, include_str!("../page/page.css")),
    ("/page.js", SCRIPT, include_str!("../page/page.js")),
    ("/charts.js", SCRIPT, include_str!("../page/charts.js")),
    ("/format.js", SCRIPT, include_str!("../page/format.js")),
    ("/operator.js", SCRIPT, include_str!("../page/operator.js")),
    ("/icon.svg", ICON, include_str!("../page/icon.svg")),
];

impl<P: Platform> Server<P> {
    /// Answers a request that may be answered.
    pub(super) fn respond(&mut self, index: usize, request: &Request, now_ns: u64) {
        if request.method == Method::Post {
            return self.operate(index, request, now_ns);
        }
        let path = request.path.as_str();
        if let Some((_, kind, text)) = FILES.iter().find(|(name, ..)| *name == path) {
            return self.reply(index, &answer(Status::Ok, kind, text.as_bytes()), now_ns);
        }
        match path {
            "/metrics" => self.metrics(index, now_ns),
            "/healthz" => self.health(index, now_ns),
            "/readyz" => self.readiness(index, now_ns),
            "/api/state" => self.state(index, request, now_ns),
            "/api/live" => self.watch(index, request, now_ns),
            "/api/book" => self.ask_history(index, request, now_ns),
            _ => self.refuse(index, Status::NotFound, now_ns),
        }
    }

    fn metrics(&mut self, index: usize, now_ns: u64) {
        self.note_durable(now_ns);
        let reading = Reading {
            version: self.about.version.clone(),
            statistics: self.watched.engine.statistics(),
            sync_classes: self.watched.engine.sync_classes(&SYNC_BOUNDS_NS),
            durable_lag_ns: now_ns.saturating_sub(self.durable.1),
            is_running: self.watched.engine.end().is_none(),
            gateway: self.watched.gateway(),
        };
        match text_of(reading) {
            Ok(text) => self.reply(index, &answer(Status::Ok, PROMETHEUS, text.as_bytes()), now_ns),
            Err(_) => self.refuse(index, Status::Unavailable, now_ns),
        }
    }

    /// Whether the process does its work: the engine has not ended.
    fn health(&mut self, index: usize, now_ns: u64) {
        let end = self.watched.engine.end().map(|end| format!("{end}\n"));
        self.say_state(index, end, now_ns);
    }

    /// Whether it is of use now.
    fn readiness(&mut self, index: usize, now_ns: u64) {
        let statistics = self.watched.engine.statistics();
        let is_recovering = self.watched.engine.book() == BookThere::Soon;
        let why = match self.watched.engine.end() {
            Some(end) => Some(format!("{end}\n")),
            None if is_recovering => Some("the book for questions is being recovered\n".to_owned()),
            None if statistics.lagging_count > 0 => {
                Some(format!("{} sessions miss events\n", statistics.lagging_count))
            }
            None => None,
        };
        self.say_state(index, why, now_ns);
    }

    fn say_state(&mut self, index: usize, wrong: Option<String>, now_ns: u64) {
        let (status, text) = match wrong {
            None => (Status::Ok, "ok\n".to_owned()),
            Some(why) => (Status::Unavailable, why),
        };
        self.reply(index, &answer(status, PLAIN, text.as_bytes()), now_ns);
    }

    /// The state once, for programs.
    fn state(&mut self, index: usize, request: &Request, now_ns: u64) {
        let instrument = match self.look_for(request, now_ns) {
            Ok(instrument) => instrument,
            Err(wrong) => return self.refuse(index, wrong, now_ns),
        };
        let state = whole_of(instrument, &self.view, &self.about, &self.series).to_string();
        self.reply(index, &answer(Status::Ok, JSON, state.as_bytes()), now_ns);
    }

    /// A page is kept up to date from now on.
    fn watch(&mut self, index: usize, request: &Request, now_ns: u64) {
        let instrument = match self.look_for(request, now_ns) {
            Ok(instrument) => instrument,
            Err(wrong) => return self.refuse(index, wrong, now_ns),
        };
        let (live, event) = Live::begin(instrument, &self.view, &self.about, &self.series);
        let Some(client) = self.clients.get_mut(index) else { return };
        client.output = stream(EVENTS);
        client.output.extend_from_slice(&event);
        client.doing = Doing::Watching(live);
        self.push(index, now_ns);
    }

    /// Looks at the market with the instrument that a request names. Where there is none, it may
    /// still come: the books that are looked at may not have what was there at the start.
    fn look_for(&mut self, request: &Request, now_ns: u64) -> Result<u32, Status> {
        let symbol = request.parameter("instrument");
        let durable = self.watched.engine.statistics().durable;
        let begun = *self.begun.get_or_insert(durable);
        if self.view.instrument(symbol).is_none() || now_ns >= self.update_ns {
            self.look(now_ns);
        }
        let Some(instrument) = self.view.instrument(symbol) else {
            return Err(if self.view.has(begun) { Status::NotFound } else { Status::Unavailable });
        };
        if !self.view.has_ladder(instrument) {
            let watched = self.clients.iter().filter_map(|(_, client)| match &client.doing {
                Doing::Watching(live) => Some(live.instrument),
                Doing::Asking | Doing::Waiting | Doing::Leaving => None,
            });
            let wanted: BTreeSet<u32> = watched.chain([0, instrument]).collect();
            self.look_at(&wanted, now_ns);
        }
        Ok(instrument)
    }

    /// A book of the past is asked for.
    fn ask_history(&mut self, index: usize, request: &Request, now_ns: u64) {
        let number = |name| request.parameter(name).and_then(|text| text.parse::<u64>().ok());
        let depth = number("depth").and_then(|depth| usize::try_from(depth).ok());
        let depth = depth.unwrap_or(20).min(DEPTH_MAX);
        let (Some(at), Some(symbol)) = (number("at"), request.parameter("instrument")) else {
            return self.refuse(index, Status::BadRequest, now_ns);
        };
        let Some(client) = self.clients.get_mut(index) else { return };
        let question = BookQuestion { at, symbol: symbol.to_owned(), depth };
        match &self.access.books {
            Some(books) if books.ask(client.id, question) => client.doing = Doing::Waiting,
            Some(_) => self.refuse(index, Status::Unavailable, now_ns),
            None => self.refuse(index, Status::NotFound, now_ns),
        }
    }

    /// An operator wants something done. A page of another origin cannot send the header with the
    /// token, so it alone counts.
    fn operate(&mut self, index: usize, request: &Request, now_ns: u64) {
        if request.path != "/api/admin" {
            return self.refuse(index, Status::MethodNotAllowed, now_ns);
        }
        if !request.bearer.as_deref().is_some_and(|text| self.access.token.is(text)) {
            return self.refuse(index, Status::Unauthorized, now_ns);
        }
        let line = String::from_utf8_lossy(&request.body).into_owned();
        let Some(client) = self.clients.get_mut(index) else { return };
        match &self.access.operator {
            Some(operator) if operator.ask(client.id, line) => {
                client.doing = Doing::Waiting;
            }
            Some(_) => self.refuse(index, Status::Unavailable, now_ns),
            None => self.refuse(index, Status::NotFound, now_ns),
        }
    }

    /// Hands out the answers of the workers.
    pub(super) fn answer_work(&mut self, now_ns: u64) {
        while let Some((whose, made)) = self.next_answer() {
            // It may be gone by now.
            let found = self.clients.iter().find(|(_, client)| client.id == whose);
            let Some(index) = found.map(|(index, _)| index) else { continue };
            let bytes = match made {
                Ok(json) => answer(Status::Ok, JSON, json.as_bytes()),
                Err(sentence) => answer(Status::Refused, PLAIN, format!("{sentence}\n").as_bytes()),
            };
            self.reply(index, &bytes, now_ns);
        }
    }

    fn next_answer(&self) -> Option<Answer> {
        let Access { books, operator, .. } = &self.access;
        let book = books.as_ref().and_then(Worker::answer);
        book.or_else(|| operator.as_ref().and_then(Worker::answer))
    }
}
