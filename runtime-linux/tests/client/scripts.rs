//! Scripts in, lines out.

use crate::program::TestDir;
use crate::venue::{PASSWORD, Venue, count, messages, start};
use rustix::process::Signal;
use std::fs;
use std::io::Write;
use std::process::Stdio;

/// Lines without their times and the market's own numbers.
fn plain(text: &str) -> Vec<String> {
    let is_kept = |word: &&str| {
        !word.contains(':') && !word.starts_with("order_reference") && !word.starts_with("match_n")
    };
    let words = |line: &str| line.split(' ').filter(is_kept).collect::<Vec<_>>().join(" ");
    text.lines().map(words).collect()
}

const SCRIPT: &str = "# an order that rests, one that takes a part of it, and what can be done then
buy GOLD 100 99.5 ref=first
sell GOLD 40 99.50 ioc

replace 1 120 99.25 id=10
cancel 10 50
buy NOPE 1 1
buy GOLD 10 MKT fok
disable
buy GOLD 1 1
enable
buy GOLD 7 98 post-only gtt=600
mass-cancel GOLD buy
query
quit
buy GOLD 1 1
";

/// What both orders say that give no more than they must.
const USUAL: &str = "capacity=Other is_sweep=No cross_type=Continuous state=Live cl_ord_id=";

#[test]
fn a_script_is_told_what_became_of_each_line() {
    let place = TestDir::new("client", "script");
    let venue = Venue::start(&place);
    let ended = venue.script("A1", "", SCRIPT).expect_code(0);
    let order = |number: u32, rest: &str, words: &str| {
        format!("OrderAccepted user_ref_num={number} {rest} display=Visible {USUAL}{words}")
    };
    let day = "time_in_force=Day";
    let ioc = "time_in_force=ImmediateOrCancel";
    let expected = [
        "SystemEvent event_code=StartOfDay(S)".to_owned(),
        "AccountQueryResponse next_user_ref_num=1".to_owned(),
        order(1, &format!("side=Buy quantity=100 symbol=GOLD price=99.5000 {day}"), "first"),
        order(2, &format!("side=Sell quantity=40 symbol=GOLD price=99.5000 {ioc}"), "-"),
        "OrderExecuted user_ref_num=1 quantity=40 price=99.5000 liquidity_flag=Added(A)".to_owned(),
        "OrderExecuted user_ref_num=2 quantity=40 price=99.5000 liquidity_flag=Removed(R)"
            .to_owned(),
        format!(
            "OrderReplaced orig_user_ref_num=1 user_ref_num=10 side=Buy quantity=80 symbol=GOLD \
             price=99.2500 {day} display=Visible {USUAL}-"
        ),
        "Canceled user_ref_num=10 quantity=70 reason=User(U)".to_owned(),
        "Rejected user_ref_num=11 reason=InvalidSymbol(0x0017) cl_ord_id=-".to_owned(),
        order(
            12,
            &format!("side=Buy quantity=10 symbol=GOLD price=MKT {ioc}"),
            "- min_quantity=10",
        ),
        "Canceled user_ref_num=12 quantity=10 reason=ImmediateOrCancel(I)".to_owned(),
        "DisableOrderEntryResponse user_ref_num=13 firm=-".to_owned(),
        "Rejected user_ref_num=14 reason=FirmNotAuthorized(0x000C) cl_ord_id=-".to_owned(),
        "EnableOrderEntryResponse user_ref_num=15 firm=-".to_owned(),
        order(
            16,
            "side=Buy quantity=7 symbol=GOLD price=98.0000 time_in_force=GoodTillTime",
            "- post_only=PostOnly expire_time=600",
        ),
        "MassCancelResponse user_ref_num=17 firm=- symbol=GOLD side=Buy".to_owned(),
        "Canceled user_ref_num=10 quantity=10 reason=User(U)".to_owned(),
        "Canceled user_ref_num=16 quantity=7 reason=User(U)".to_owned(),
        "AccountQueryResponse next_user_ref_num=18".to_owned(),
        "AccountQueryResponse next_user_ref_num=18".to_owned(),
    ];
    let expected: Vec<String> =
        (1..).zip(expected).map(|(number, line)| format!("ouch {number} {line}")).collect();
    assert_eq!(without_order(&plain(&ended.stdout)), without_order(&expected), "{}", ended.stdout);

    // The next run goes on behind the numbers; from 1 it is told all of the day once more, and
    // does not take an old answer for its own.
    let again = venue.script("A1", "--from 1 --json", "buy TIN 5 1.25\n").expect_code(0);
    let again = messages(&again.stdout);
    assert_eq!(again[0]["number"], 1);
    assert_eq!(again.len(), 23, "20 of the first run, and three: {again:?}");
    let accepted = &again[21];
    assert_eq!(
        (accepted["user_ref_num"].as_u64(), &accepted["price"]),
        (Some(18), &"1.2500".into())
    );
    for (name, value) in [("side", "B"), ("symbol", "TIN"), ("message", "OrderAccepted")] {
        assert_eq!(accepted[name], value, "{accepted}");
    }
    assert_eq!(again[8]["reason"], "0x0017");
}

/// The words of each line sorted: optional values come in the venue's order.
fn without_order(lines: &[String]) -> Vec<Vec<String>> {
    let sorted = |line: &String| {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        words.sort();
        words
    };
    lines.iter().map(sorted).collect()
}

#[test]
fn a_line_that_is_wrong_is_told_and_the_others_are_done() {
    let place = TestDir::new("client", "wrong_lines");
    let venue = Venue::start(&place);
    let script = b"buy GOLD 1 1\nfoo\nbuy GOLD 1 214748.3647\n\xFF\xFE\nbuy GOLD 2 1";
    let args = venue.client("A1", "--json --wait 0");
    let ended = place.call_with_input(&args, script).expect_code(2);
    let ended = ended.expect_said("line 2: 'foo' is no command").expect_said("line 3: ");
    ended.clone().expect_said("3 of 5 lines were not understood");
    assert_eq!(count(&messages(&ended.stdout), "A"), 2, "{ended:?}");
    // A number that was used is passed over by the venue, and the client says so.
    let ended = venue.script("A1", "--json", "buy GOLD 1 1 id=1\nhelp\nbuy GOLD 3 1\n");
    let ended = ended.expect_code(0).expect_said("number 1 is below the next, 3");
    assert_eq!(count(&messages(&ended.stdout), "A"), 1, "{ended:?}");
    ended.expect_said("mass-cancel [SYMBOL]");
}

#[test]
fn who_may_not_log_in_is_told_why() {
    let place = TestDir::new("client", "logins");
    let mut venue = Venue::start(&place);
    let ouch = venue.ouch.clone();
    for (args, code, said) in [
        ("--user A1 --password wrong", 1, "ouch: the login was refused: correct the user"),
        ("--user NOBODY --password Secret7", 1, "the login was refused"),
        ("--user R --password Secret7", 1, "open to one of the two listeners only"),
        ("--user A1 --password Secret7 --session OTHER", 1, "leave --session out"),
        ("--user A1", 2, "set HIGHWATER_PASSWORD"),
        ("--user A1 --password muchtoolong", 2, "1 to 10 characters"),
        ("--user TOOLONG --password x", 2, "the user 'TOOLONG' does not fit"),
    ] {
        let ended = place.call_with_input(&format!("client --ouch {ouch} {args}"), b"");
        let ended = ended.expect_code(code).expect_said(said);
        assert!(ended.stdout.is_empty() && !ended.stderr.contains("muchtoolong"), "{ended:?}");
    }
    place.call("client --user A1 --password x").expect_code(2).expect_said("--ouch");
    // The password may come by the environment.
    let mut command = place.command(&format!("client --ouch {ouch} --user A2 --wait 0"));
    let ended = place.start_command(command.env("HIGHWATER_PASSWORD", PASSWORD)).wait();
    assert!(ended.expect_code(0).stdout.contains("next_user_ref_num=1"));
    venue.stop();
    let ended = place.call_with_input(&venue.client("A1", ""), b"").expect_code(1);
    ended.expect_said(&format!("no connection to '{ouch}'"));
}

#[test]
fn the_feed_is_printed_until_somebody_has_enough() {
    let place = TestDir::new("client", "feed");
    let venue = Venue::start(&place);
    venue.script("A1", "", "buy GOLD 5 12.34\n").expect_code(0);
    let args =
        format!("client --itch {} --user R --password {PASSWORD} --from 1 --json", venue.itch);
    let mut feed = start(&place, &args, "feed");
    let read = || fs::read_to_string(place.join("feed.out")).unwrap_or_default();
    feed.until(|| read().contains("\"price\":\"12.3400\""));
    venue.script("A1", "", "cancel 1\n").expect_code(0);
    feed.until(|| read().contains("\"type\":\"D\""));
    feed.signal(Signal::TERM);
    assert_eq!(feed.wait().code, Some(0), "{}", place.read("feed.err"));
    let told = messages(&read());
    assert_eq!((told[0]["number"].as_u64(), &told[0]["stream"]), (Some(1), &"itch".into()));
    assert_eq!((count(&told, "R"), count(&told, "A"), count(&told, "D")), (2, 1, 1), "{told:?}");

    // Both streams at once.
    let both = venue.script("A1", &format!("--itch {}", venue.itch), "buy GOLD 5 12.34\n");
    let both = both.expect_code(0).stdout;
    for line in ["OrderAccepted user_ref_num=2", "AddOrder stock_locate=1"] {
        assert!(both.contains(line), "{both}");
    }
}

#[test]
fn a_closed_pipe_and_a_signal_end_it_cleanly() {
    let place = TestDir::new("client", "ends");
    let venue = Venue::start(&place);
    let mut command = place.command(&venue.client("A1", ""));
    let mut running = place.start_command(command.stdin(Stdio::piped()));
    running.close_stdout();
    let mut input = running.take_stdin();
    // It ends by itself, so the line may find nobody.
    let _closed = writeln!(input, "query");
    running.wait().expect_code(0);
    let mut client = venue.open("A2", "", "signaled");
    client.until_told("next_user_ref_num=1");
    client.signal(Signal::INT);
    client.wait(0);
}

#[test]
fn a_password_is_hashed_or_refused() {
    let place = TestDir::new("client", "password");
    let hash = |input: &str| place.call_with_input("password", input.as_bytes());
    let one = hash("Secret7\r\n").expect_code(0).stdout;
    assert!(one.starts_with("$argon2id$v=19$") && one.ends_with('\n'), "{one}");
    assert_ne!(hash("Secret7").expect_code(0).stdout, one, "each has a salt of its own");
    for input in ["", "\n", "elevenchars", "pass\u{e9}", "a\tb"] {
        hash(input).expect_code(1).expect_said("1 to 10 characters");
    }
    place.call("password Secret7").expect_code(2);
}
