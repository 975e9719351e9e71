"""Flows, logs and hosts: what goes in comes out, and damage is said."""

import time
from pathlib import Path

import numpy as np
import pytest
from conftest import SHARED

import highwater as hw
from highwater import Side

FLOW = """seq,command,order_id,side,qty,price_ticks,timestamp_ns
1,NEW,1,B,5,100,10
2,NEW,2,S,3,100,20
3,CANCEL,1,,,,30
"""


def test_a_flow_is_commands(tmp_path: Path) -> None:
    file = tmp_path / "flow.csv"
    file.write_text(FLOW)
    rows = hw.replay(file).read()
    assert rows["kind"].tolist()[-3:] == [1, 1, 2] and rows["time_ns"].tolist()[-3:] == [10, 20, 30]
    assert sum(len(chunk) for chunk in hw.replay(file, chunk=1)) == len(rows)
    assert hw.replay(file, chunk=2).read().tolist() == rows.tolist()
    book = hw.Book(orders=10)
    assert book.apply(rows).trades["quantity"].tolist() == [3] and book.open_orders == 0
    rows["quantity"] = 1


def test_a_bad_line_comes_behind_the_good_ones(tmp_path: Path) -> None:
    file = tmp_path / "flow.csv"
    file.write_text(FLOW + "4,NEW,3,UP,1,1,40\n")
    flow = hw.replay(file)
    assert len(next(flow)) >= 3
    with pytest.raises(hw.FlowError, match="line 5|:5"):
        next(flow)


LOBSTER = """34200.000001,1,11,100,2238200,1
34200.000002,1,12,50,2238300,-1
34200.000003,4,12,20,2238300,-1
34200.000004,3,11,100,2238200,1
"""


def test_lobster_messages(tmp_path: Path) -> None:
    file = tmp_path / "AMZN_message.csv"
    file.write_text(LOBSTER)
    rows = hw.replay(file, "lobster", symbol="AMZN", decimals=4).read()
    book = hw.Book(orders=100)
    events = book.apply(rows)
    assert book.symbols == ["AMZN"] and events.trades["quantity"].tolist() == [20]
    assert len(events.rejects) == 0 and book.open_orders == 1
    with pytest.raises(hw.FlowError):
        hw.replay(file, "itch50").read()


FLOWS = sorted((SHARED / "data").glob("*/*.flow.csv.gz"))
# Its sample begins with orders in the book, so that some of its fills cannot be told.
FLOWS = [file for file in FLOWS if file.parent.name != "lobster"]


def test_the_fills_of_exchanges() -> None:
    if not FLOWS:
        pytest.skip("the flows of exchanges are not here")
    for file in FLOWS:
        book = hw.Book(orders=1_000_000, instruments=1_000)
        trades = np.concatenate([book.apply(rows).trades for rows in hw.replay(file)])
        fills = np.loadtxt(str(file).replace(".flow.", ".fills."), "u8", delimiter=",", skiprows=1)
        for column, field in ((2, "order"), (3, "price"), (4, "quantity")):
            assert np.array_equal(trades[field], fills[:, column]), (file, field)


def filled(path: Path) -> int:
    """A log of a few orders; its last sequence."""
    with hw.Host(path, orders=1_000, instruments=2, sessions=4) as host:
        operator, maker, taker = (host.session(number) for number in range(3))
        operator.define("TIN", decimals=2)
        assert maker.new(1, Side.SELL, 10, 101)["kind"].tolist() == [1, 4]
        events = taker.new(2, Side.BUY, 4, 101, client_bytes=b"mine")
        assert events.trades["quantity"].tolist() == [4] and events["time_ns"].min() > 10**18
        told = maker.events(timeout=10)
        assert told.trades["remaining"].tolist() == [6]
        assert taker.last_client_sequence == 1 and host.ended is None
        assert host.recovered == 0 and host.warnings is not None
        assert maker.cancel(99).rejects["detail"] == hw.RejectReason.UNKNOWN_ORDER
        assert host.snapshot() is not None
        maker.new(3, Side.SELL, 1, 105)
        last = int(maker.new(4, Side.SELL, 1, 106)["sequence"][0])
    assert host.ended is not None
    host.stop()
    with pytest.raises(hw.HostError, match="stopped"):
        host.session(1)
    return last


def test_a_host_and_its_log(tmp_path: Path) -> None:
    last = filled(tmp_path / "data")
    log = hw.Log(tmp_path / "data")
    verified = log.verify()
    assert verified["state"] == "stopped" and verified["last_sequence"] >= last
    commands = log.commands().read()
    assert commands["bytes"].tolist().count(b"mine") == 1
    events = log.events(chunk=1).read()
    assert isinstance(events, hw.Events) and events.trades["quantity"].tolist() == [4]
    book = log.book()
    assert f"{book.state_hash():016x}" == verified["state_hash"]
    assert book.open_orders == 3 and book.best(Side.SELL) == 101
    at_trade = int(events.trades["sequence"][0])
    assert log.book(at_trade).open_orders == 1 and log.book(at_trade - 1).level(Side.SELL, 101) == (
        10,
        10,
        1,
    )
    assert log.events(at_trade, at_trade).read().trades.shape == (1,)
    with pytest.raises(hw.LogError, match="name one of them"):
        log.book(10_000)
    with pytest.raises(hw.LogError, match="begin at 1"):
        log.events(0)


def test_a_replay_of_the_log_is_the_same(tmp_path: Path) -> None:
    filled(tmp_path / "data")
    log = hw.Log(tmp_path / "data")
    book = hw.Book(1_000, 2, 4)
    events = book.apply(log.commands().read())
    assert np.array_equal(events, log.events().read())
    assert book.state_hash() == log.book().state_hash()


def test_readers_of_arrow(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    filled(tmp_path / "data")
    log = hw.Log(tmp_path / "data")
    events = pa.RecordBatchReader.from_stream(log.events(chunk=2)).read_all()
    assert events.num_rows == len(log.events().read())
    assert pa.RecordBatchReader.from_stream(log.commands()).read_all().num_rows >= 7
    given = log.events()
    pa.RecordBatchReader.from_stream(given)
    with pytest.raises(hw.HighwaterError, match="open a new reader"):
        next(given)


def test_damage_is_said(tmp_path: Path) -> None:
    filled(tmp_path / "data")
    segment = next((tmp_path / "data").glob("*.log"))
    damaged = bytearray(segment.read_bytes())
    damaged[4_096 + 300] ^= 255
    segment.write_bytes(damaged)
    log = hw.Log(tmp_path / "data")
    with pytest.raises(hw.LogError):
        log.verify()


def test_a_second_host_in_the_directory(tmp_path: Path) -> None:
    with hw.Host(tmp_path / "data"), pytest.raises(hw.HostError):
        hw.Host(tmp_path / "data")


def test_a_running_log_can_be_read(tmp_path: Path) -> None:
    with hw.Host(tmp_path / "data") as host:
        host.session(0).define("TIN")
        session = host.session(1)
        session.new(1, Side.BUY, 1, 100)
        # What is durable is said in the log by a later block.
        until = time.monotonic() + 60
        while hw.Log(tmp_path / "data").book().best(Side.BUY) != 100:
            assert time.monotonic() < until
        with pytest.raises(TypeError, match="numbers"):
            session.new(2, Side.BUY, 1, 100, instrument="TIN")


def shown(rows: np.ndarray) -> dict[int, tuple[int, float, float]]:
    """The orders that a reader of level 3 has behind these rows."""
    orders: dict[int, tuple[int, float, float]] = {}
    for row in rows:
        kind, order = int(row["ev"]) & 0xFF, int(row["order_id"])
        side = 1 if int(row["ev"]) & 1 << 29 else 2
        match kind:
            case 10:
                assert order not in orders
                orders[order] = (side, row["px"], row["qty"])
            case 11:
                del orders[order]
            case 12:
                assert row["qty"] > 0
                orders[order] = (orders[order][0], row["px"], row["qty"])
            case 13:
                assert orders[order][2] >= row["qty"]
    return orders


def test_rows_for_hftbacktest_give_the_book() -> None:
    random = np.random.default_rng(7)
    count = 20_000
    rows = hw.commands(
        kind=hw.CommandKind.NEW,
        session=1,
        order=np.arange(1, count + 1),
        side=random.integers(1, 3, count),
        price=random.integers(990, 1_011, count),
        quantity=random.integers(1, 50, count),
        display=np.where(random.random(count) < 0.2, 7, 0),
        time_ns=np.arange(count) * 1_000,
    )
    rows["display"] = np.minimum(rows["display"], rows["quantity"])
    changes = np.nonzero(random.random(count) < 0.4)[0]
    for kind, rest in (
        (hw.CommandKind.CANCEL, 0),
        (hw.CommandKind.REPLACE, 1),
        (hw.CommandKind.REDUCE, 2),
    ):
        those = changes[changes % 3 == rest]
        rows["kind"][those] = kind
        rows["order"][those] = random.integers(1, those + 2)
        rows["new_order"][those] = rows["order"][those] + (those % 2) * 1_000_000
    book = hw.Book(orders=count)
    book.define("TIN")
    events = book.apply(rows)
    feed = hw.to_hftbacktest(events, decimals=2, latency_ns=5)
    assert feed.dtype.itemsize == 64 and (feed["local_ts"] - feed["exch_ts"] == 5).all()
    assert ((feed["ev"] & 0xFF) == 2).sum() == len(events.trades)
    orders = shown(feed)
    for side in (Side.BUY, Side.SELL):
        levels: dict[float, float] = {}
        for _, px, qty in (order for order in orders.values() if order[0] == side):
            levels[round(px * 100)] = levels.get(round(px * 100), 0) + qty
        depth = book.depth(side, 1_000)
        assert levels == {int(level["price"]): int(level["visible"]) for level in depth}
    assert len(orders) == book.open_orders > 100
    assert len(hw.to_hftbacktest(events, instrument=3)) == 0


def test_an_id_that_is_used_again_is_another_order_of_the_feed(book: hw.Book) -> None:
    first = [book.new(1, Side.BUY, 5, 100), book.replace(1, 4, 100, new_order=9)]
    again = [book.new(1, Side.BUY, 3, 99), book.cancel(9), book.new(7, Side.SELL, 1, 99)]
    feed = hw.to_hftbacktest(np.concatenate(first + again).view(hw.Events))
    assert list(shown(feed).values()) == [(1, 99.0, 2.0)]
    assert len({int(order) for order in feed["order_id"]} - {0}) == 2
