//! Connections that are lost.

use crate::program::{TestDir, json, number};
use crate::proxy::Proxy;
use crate::venue::{Open, PASSWORD, Venue, count, messages};
use highwater_platform::Platform;
use runtime_linux::Linux;

#[test]
fn a_client_reads_on_behind_a_crash_and_enters_each_order_once() {
    let place = TestDir::new("client", "crash");
    let mut venue = Venue::start(&place);
    let mut client = venue.open("A1", "--json", "client");
    client.until_told("next_user_ref_num");
    let (mut entered, mut feed) = (0, venue.open("A2", "--json", "other"));
    feed.until_told("next_user_ref_num");
    for round in 0..3 {
        // Some arrive before the kill, some are lost with it, some find nobody.
        for _ in 0..20 {
            entered += 1;
            client.line(&format!("buy GOLD 1 {entered} ref=o{entered}"));
        }
        if round > 0 {
            client.until_told(&format!("\"o{}\"", entered - 20));
        }
        venue.kill();
        entered += 1;
        client.line(&format!("buy GOLD 1 {entered} ref=o{entered}"));
        client.until_said("logging in again at number");
        venue.run();
        client.until_told(&format!("\"o{entered}\""));
    }
    let ended = client.end(0).expect_said("logged in again at number");
    let told = messages(&ended.stdout);
    let orders: Vec<String> = (1..=entered).map(|number| format!("o{number}")).collect();
    let accepted: Vec<&str> = told
        .iter()
        .filter(|message| message["type"] == "A")
        .map(|message| message["cl_ord_id"].as_str().unwrap())
        .collect();
    assert_eq!(accepted, orders, "each once, in order");
    assert_eq!(count(&venue.told("A1"), "A"), entered, "the venue says the same");
    feed.end(0);
}

#[test]
fn what_was_lost_on_the_line_is_told_again_and_nothing_twice() {
    let place = TestDir::new("client", "line");
    let venue = Venue::start(&place);
    let proxy = Proxy::to(&venue.ouch);
    let args = format!("client --ouch {} --user A1 --password {PASSWORD} --json", proxy.address);
    let mut client = Open::start(&place, &args, "client");
    let feed = format!("client --itch {} --user R --password {PASSWORD} --from 1", venue.itch);
    let mut feed = Open::start(&place, &feed, "feed");
    client.until_told("next_user_ref_num");
    for round in 1..=3 {
        // The venue has both orders and says so, and the client hears of the first alone.
        client.line(&format!("buy GOLD {round} 1"));
        client.until_told(&format!("\"quantity\":{round},"));
        proxy.lose();
        client.line(&format!("buy GOLD {} 1", 100 * round));
        feed.until_told(&format!("shares={} ", 100 * round));
        proxy.cut();
        client.until_told(&format!("\"quantity\":{},", 100 * round));
    }
    let ended = client.end(0).expect_said("logging in again at number 4");
    assert_eq!(messages(&ended.stdout), venue.told("A1")[..ended.stdout.lines().count()]);
    assert_eq!(count(&messages(&ended.stdout), "A"), 6);
}

/// Times of the day from now on, every few seconds.
fn soon() -> Vec<String> {
    let now = Linux.wall_clock_ns() / 1_000_000_000;
    let text = |at: u64| format!("{:02}:{:02}:{:02}", at / 3_600 % 24, at / 60 % 60, at % 60);
    (1..40).map(|step| text(now + 3 * step)).collect()
}

#[test]
fn a_session_that_has_ended_is_followed_by_the_next() {
    let place = TestDir::new("client", "next_session");
    let venue = Venue::scheduled(&place, &soon());
    // So many messages that an answer in the next session has a lower number than this login.
    venue.script("A1", "", &"buy GOLD 5 1 ioc\n".repeat(30)).expect_code(0);
    let more = format!("--json --from 1 --itch {}", venue.itch);
    let mut client = venue.open("A1", &more, "client");
    client.until_told("next_user_ref_num");
    client.until_said("ouch: the session has ended; going on with the next, from number 1");
    client.until_said("itch: the session has ended");
    client.line("buy GOLD 5 1 ref=next");
    client.until_told("\"cl_ord_id\":\"next\"");
    let ended = client.end(0);
    let ouch = ended.stdout.lines().map(json).filter(|message| message["stream"] == "ouch");
    let numbers: Vec<u64> = ouch.map(|message| number(&message, "number")).collect();
    let is_next = |pair: &[u64]| pair[1] == pair[0] + 1 || pair[1] == 1;
    assert!(numbers.windows(2).all(is_next), "{ended:?}");
    // Whoever logs in afterwards is served.
    venue.script("A2", "", "buy GOLD 5 1\n").expect_code(0);
}

#[test]
fn a_venue_that_stays_away_is_given_up() {
    let place = TestDir::new("client", "away");
    let mut venue = Venue::start(&place);
    let mut client = venue.open("A1", "--patience 300ms", "client");
    client.until_told("next_user_ref_num=1");
    venue.stop();
    let ended = client.wait(1).expect_said("the venue closed the connection; logging in again");
    ended.expect_said("ouch: gave up: no connection to");
}

#[test]
fn a_later_login_takes_over_and_the_earlier_does_not_come_back() {
    let place = TestDir::new("client", "taken_over");
    let venue = Venue::start(&place);
    let mut first = venue.open("A1", "", "first");
    first.until_told("next_user_ref_num=1");
    let mut second = venue.open("A1", "", "second");
    second.until_told("next_user_ref_num=1");
    let ended = first.wait(1).expect_said("a later login of this user took over");
    assert!(!ended.stderr.contains("again"), "{ended:?}");
    second.line("buy GOLD 1 1");
    second.until_told("OrderAccepted user_ref_num=1");
    second.end(0);
}
