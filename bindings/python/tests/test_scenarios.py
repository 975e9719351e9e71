"""The scenarios through the API: the events and books of each that Python can express."""

import json
from pathlib import Path

import pytest
from conftest import PROJECT, SHARED

import highwater as hw

OWN = sorted((PROJECT / "tests" / "scenarios").glob("*.json"))
OTHERS = SHARED / "scenarios" / "scenarios.json"

QUIET = {
    "reduced",
    "mass_cancelled",
    "state_changed",
    "band_set",
    "clock_set",
    "day_ended",
    "session_limited",
    "instrument_defined",
    "configured",
}
"""Events that are compared only where a scenario names them, or is strict."""

BEYOND = 2**64 - 1
ORDERS_MIN = 1_024
CONTROLS = {
    "halt": hw.Control.HALT,
    "resume": hw.Control.RESUME,
    "start_auction": hw.Control.START_AUCTION,
    "uncross": hw.Control.UNCROSS,
}


class Inexpressible(Exception):
    """A name that no field can hold: conform answers it itself, without the engine."""


def number(value: int | None, bits: int, instead: int = 0) -> int:
    """A number that is rejected for the same reason where its field cannot hold it."""
    if value is None:
        return instead
    if value < 0:
        return 0
    return min(value, 2**bits - 1)


def name(value: int, bits: int) -> int:
    if not 0 <= value < 2**bits:
        raise Inexpressible
    return value


def instrument_of(value: int | None) -> int | None:
    return value if value is None or 0 <= value < 2**32 else 2**32 - 1


def bounds(band: list[int | None] | None) -> tuple[int, int]:
    low, high = band or (None, None)
    if low is not None and high is not None and low > high:
        # Upside down, it takes no price: 0 is none.
        return 0, 0
    return number(low, 32), number(high, 32, 2**32 - 1)


def terms(said: dict) -> dict:
    return {
        "tick": number(said.get("tick"), 32, 1),
        "lot": number(said.get("lot"), 64, 1),
        "band": bounds(said.get("price_band")),
        "quantity_max": number(said.get("max_qty"), 64, hw.QUANTITY_MAX),
        "notional_max": number(said.get("max_notional"), 128, hw.NOTIONAL_MAX),
        "decimals": number(said.get("decimals"), 8, 2) if said.get("decimals", 2) >= 0 else 255,
    }


def set_up(scenario: dict) -> hw.Book:
    config = scenario["config"]
    listed = config.get("instruments", 1)
    instruments = listed if isinstance(listed, list) else [{}] * listed
    commands = scenario["commands"]
    defined = sum(command["cmd"] == "define" for command in commands)
    room = {
        "orders": max(ORDERS_MIN, 4 * len(commands)),
        "instruments": max(1, len(instruments) + defined),
        "sessions": 256,
    } | config.get("capacities", {})
    book = hw.Book(**room)
    for index, own in enumerate(instruments):
        said = config | own
        book.define(own.get("symbol", f"I{index}"), **terms(said))
    return book


def new(book: hw.Book, c: dict, common: dict) -> hw.Events:
    def coded(kinds, value):
        return kinds[value.upper()]

    return book.new(
        name(c["id"], 64),
        coded(hw.Side, c["side"]),
        number(c.get("qty"), 64),
        number(c.get("price"), 32),
        account=name(c.get("acct", 0), 32),
        order_type=coded(hw.OrderType, c.get("type") or "limit"),
        time_in_force=coded(hw.TimeInForce, c.get("tif") or "gtc"),
        trigger=number(c.get("trigger"), 32),
        self_trade=coded(hw.SelfTrade, c.get("stp") or "allow"),
        post_only=bool(c.get("post_only")),
        expiry_ns=number(c.get("expiry"), 64),
        display=shown(c),
        minimum=large(c.get("min_qty") or 0),
        client_bytes=bytes.fromhex(c.get("client_bytes") or ""),
        **common,
    )


def large(value: int) -> int:
    """A number where a negative one is rejected as one that is too large is."""
    return value if 0 <= value <= BEYOND else BEYOND


def shown(c: dict) -> int:
    if c.get("peak") is None:
        return 0
    # A field of 0 would say that there is no display.
    return large(c["peak"] or BEYOND)


def replace(book: hw.Book, c: dict, common: dict, account: int) -> hw.Events:
    order = name(c["id"], 64)
    now = book.order(order, common["instrument"])
    trigger, quantity = c.get("trigger"), c.get("qty")
    sizing = hw.ReplaceSizing[(c.get("sizing") or "open").upper()]
    if quantity is None:
        quantity = now.remaining if now and sizing == hw.ReplaceSizing.OPEN else 0
    elif quantity < 0:
        # Less by the largest number would cancel.
        sizing = hw.ReplaceSizing.OPEN
    return book.replace(
        order,
        large(quantity),
        number(c.get("price"), 32, now.price if now else 0),
        new_order=name(c.get("new_id") or order, 64),
        account=account,
        trigger=0 if trigger is None else number(trigger, 32) or 2**32 - 1,
        rule=hw.ReplaceRule[(c.get("rule") or "modify").upper()],
        sizing=sizing,
        client_bytes=bytes.fromhex(c.get("client_bytes") or ""),
        **common,
    )


def execute(book: hw.Book, c: dict) -> hw.Events:
    kind = c["cmd"]
    is_traders = kind in ("new", "cancel", "reduce", "replace", "note") or (
        kind == "mass_cancel" and c.get("acct") is not None
    )
    common = {"session": name(c.get("session", 1 if is_traders else 0), 16)}
    instrument = {"instrument": instrument_of(c.get("instrument", 0))}
    account = name(c.get("acct") or 0, 32)
    match kind:
        case "new":
            return new(book, c, common | instrument)
        case "cancel":
            return book.cancel(name(c["id"], 64), account=account, **common | instrument)
        case "reduce":
            by = number(c["by"], 64)
            return book.reduce(name(c["id"], 64), by, account=account, **common | instrument)
        case "replace":
            return replace(book, c, common | instrument, account)
        case "mass_cancel":
            side = hw.Side[c["side"].upper()] if c.get("side") else None
            of_session = c.get("of_session")
            return book.mass_cancel(
                instrument=instrument_of(c.get("instrument")),
                account=None if c.get("acct") is None else account,
                side=side,
                of_session=None if of_session is None else name(of_session, 16),
                **common,
            )
        case "set_matching":
            switch = hw.Control.MATCHING_ON if c["on"] else hw.Control.MATCHING_OFF
            return book.control(switch, **common | instrument)
        case "set_band":
            return book.set_band(*bounds(c.get("band")), **common | instrument)
        case "time":
            return book.clock(large(c["now"]), **common)
        case "end_of_day":
            return book.end_of_day(**common)
        case "limit_session":
            orders = number(c["max_orders"], 32)
            return book.limit_session(name(c["of_session"], 16), orders, **common)
        case "define":
            return book.define(c["symbol"], **terms(c), **common)
        case "configure":
            wanted = [c["orders"], c["instruments"], c["sessions"]]
            fits = all(0 <= value < 2**32 for value in wanted)
            return book.configure(*(wanted if fits else [0, 0, 0]), **common)
        case "note":
            text = bytes.fromhex(c.get("bytes") or "")
            return book.note(c["code"], name(c.get("id", 0), 64), client_bytes=text, **common)
    return book.control(CONTROLS[kind], **common | instrument)


def told(event) -> dict:
    """An event in the words of a scenario."""
    kind = hw.EventKind(event["kind"])
    e = {field: int(event[field]) for field in event.dtype.names}
    common = {key: e[key] for key in ("instrument", "session", "owner")}
    word = kind.name.lower().replace("canceled", "cancelled")
    more: dict = {}
    match kind:
        case hw.EventKind.ACCEPTED | hw.EventKind.TRIGGERED:
            more = {"id": e["order"]}
        case hw.EventKind.REJECTED:
            reason = hw.RejectReason(e["detail"]).name.lower()
            more = {"id": e["order"], "reason": reason}
        case hw.EventKind.TRADE | hw.EventKind.AUCTION_TRADE:
            first, second = ("maker", "taker") if kind == hw.EventKind.TRADE else ("buy", "sell")
            other = "maker_session" if kind == hw.EventKind.TRADE else "sell_session"
            more = {first: e["order"], second: e["other_order"], "price": e["price"]}
            more |= {"qty": e["quantity"], other: e["detail"]}
            more |= {f"{first}_remaining": e["remaining"], f"{second}_remaining": e["number"]}
        case hw.EventKind.RESTED:
            more = {"id": e["order"], "price": e["price"], "qty": e["quantity"]}
            more |= {"visible": e["remaining"], "side": hw.Side(e["side"]).name.lower()}
        case hw.EventKind.CANCELED:
            reason = hw.CancelReason(e["detail"]).name.lower()
            more = {"id": e["order"], "qty": e["quantity"], "reason": reason}
        case hw.EventKind.REDUCED:
            more = {"id": e["order"], "qty": e["quantity"], "visible": e["remaining"]}
        case hw.EventKind.REPLACED:
            more = {"id": e["order"], "new_id": e["other_order"], "price": e["price"]}
            more |= {"qty": e["quantity"], "visible": e["remaining"]}
            more |= {"kept_priority": bool(e["detail"])}
        case hw.EventKind.REPLENISHED:
            more = {"id": e["order"], "visible": e["remaining"]}
        case hw.EventKind.UNCROSSED:
            more = {"price": e["price"], "volume": e["quantity"]}
        case hw.EventKind.MASS_CANCELED:
            more = {"count": e["quantity"]}
        case hw.EventKind.STATE_CHANGED:
            phase = hw.Phase(e["detail"] & 255).name.lower()
            more = {"phase": phase, "halted": bool(e["detail"] >> 8)}
        case hw.EventKind.BAND_SET:
            more = {"low": e["price"], "high": e["quantity"]}
        case hw.EventKind.CLOCK_SET:
            more = {"now": e["quantity"]}
        case hw.EventKind.SESSION_LIMITED:
            more = {"of_session": e["detail"], "max_orders": e["quantity"]}
        case hw.EventKind.INSTRUMENT_DEFINED:
            more = {"new": bool(e["detail"])}
        case hw.EventKind.CONFIGURED:
            more = {"orders": e["quantity"], "instruments": e["remaining"]}
            more |= {"sessions": e["other_order"]}
        case hw.EventKind.NOTED:
            more = {"id": e["order"], "code": e["detail"]}
    return {"ev": word, **common, **more}


def compare_events(expected: list[dict], events: hw.Events, is_strict: bool, where: str) -> None:
    named = {event["ev"] for event in expected}
    # A reject without an order is of a command that names none.
    has_plain_reject = any(e["ev"] == "rejected" and "id" not in e for e in expected)
    seen = []
    for event in map(told, events):
        is_quiet = event["ev"] in QUIET and event["ev"] not in named
        is_quiet |= event["ev"] == "rejected" and event["id"] == 0 and not has_plain_reject
        if is_strict or not is_quiet:
            seen.append(event)
    assert len(seen) == len(expected), f"{where}: {seen} and not {expected}"
    for want, got in zip(expected, seen, strict=True):
        want = {
            key: 0 if key == "price" and value is None else value for key, value in want.items()
        }
        assert {key: got.get(key) for key in want} == want, f"{where}: {got} and not {want}"


def compare_book(expected: dict, book: hw.Book, instrument: int, where: str) -> None:
    for field, side in (("bids", hw.Side.BUY), ("asks", hw.Side.SELL)):
        levels = book.depth(side, 10_000, instrument)
        orders = iter(book.orders(side, instrument))
        seen = []
        for level in levels:
            ids = [next(orders) for _ in range(level["orders"])]
            seen.append([int(level["price"]), int(level["visible"]), int(level["orders"]), ids])
        assert seen == expected[field], f"{where}: {field}"
    state = book.state(instrument)
    assert sorted(book.stops(instrument)) == sorted(expected["pending_stops"]), where
    assert state.last_trade == expected["last_trade"], where
    assert state.phase.name.lower() == expected.get("phase", state.phase.name.lower()), where
    assert state.is_halted == expected.get("halted", state.is_halted), where


def run(scenario: dict) -> bool:
    """Runs a scenario; False where a command names what no field can hold."""
    book = set_up(scenario)
    for index, (command, expected) in enumerate(
        zip(scenario["commands"], scenario["expect_events"], strict=True)
    ):
        where = f"{scenario['id']}, command {index}"
        if command["cmd"] == "indicative":
            seen = book.indicative(command.get("instrument", 0))
            assert (seen and seen._asdict()) == command["expect"], where
            continue
        try:
            events = execute(book, command)
        except Inexpressible:
            return False
        compare_events(expected, events, scenario.get("strict", False), where)
    books = scenario.get("expect_books", {})
    if "expect_book" in scenario:
        books = books | {"0": scenario["expect_book"]}
    for instrument, expected in books.items():
        compare_book(expected, book, int(instrument), scenario["id"])
    same = hw.Book.restore(book.image())
    assert same.state_hash() == book.state_hash() == book.copy().state_hash()
    return True


def scenarios(path: Path) -> list[dict]:
    return json.loads(path.read_text())["scenarios"]


BEYOND_FIELDS = {"extreme-ids-and-accounts", "note-takes-a-client-sequence", "sessions-full"}
"""The scenarios with a name that no field can hold: what goes before it is compared."""


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_own_scenarios(path: Path) -> None:
    left = {scenario["id"] for scenario in scenarios(path) if not run(scenario)}
    assert left == BEYOND_FIELDS & {scenario["id"] for scenario in scenarios(path)}


def test_scenarios_of_other_engines() -> None:
    if not OTHERS.exists():
        pytest.skip("the scenarios of other engines are not here")
    assert all([run(scenario) for scenario in scenarios(OTHERS)])


def test_a_wrong_expectation_is_found() -> None:
    scenario = scenarios(OWN[0])[0]
    wrong = json.loads(json.dumps(scenario))
    events = next(events for events in wrong["expect_events"] if events)
    events.append({"ev": "triggered", "id": 1})
    with pytest.raises(AssertionError):
        run(wrong)
