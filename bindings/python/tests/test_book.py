"""The book: single commands, arrays of them, and what can be asked."""

import copy
import pickle
from decimal import Decimal
from enum import IntEnum

import numpy as np
import pytest
from conftest import limits

import highwater as hw
from highwater import EventKind, Side, _enums, _highwater


def test_the_names_are_those_of_the_engine() -> None:
    short = {"good_till_cancel": "gtc"}
    kinds = [kind for kind in vars(_enums).values() if isinstance(kind, type)]
    kinds = [kind for kind in kinds if issubclass(kind, IntEnum) and kind is not IntEnum]
    assert len(kinds) == 12
    for kind in kinds:
        named = [(member.value, member.name.lower()) for member in kind]
        engine = [(code, short.get(name, name)) for code, name in _highwater.names(kind.__name__)]
        assert named == engine, kind


def test_a_trade_and_what_is_left(book: hw.Book) -> None:
    book.new(1, Side.SELL, quantity=10, price=101, account=7)
    events = book.new(2, Side.BUY, quantity=4, price=101, time_ns=55)
    assert [EventKind(kind) for kind in events["kind"]] == [EventKind.ACCEPTED, EventKind.TRADE]
    trade = events.trades[0]
    assert (trade["order"], trade["other_order"], trade["price"]) == (1, 2, 101)
    assert (trade["quantity"], trade["remaining"], trade["number"]) == (4, 6, 0)
    assert trade["time_ns"] == 55 and trade["side"] == Side.BUY
    assert book.best(Side.SELL) == 101 and book.best(Side.BUY) is None
    order = book.order(1)
    assert order is not None and (order.remaining, order.account, order.side) == (6, 7, Side.SELL)
    assert book.order(2) is None
    assert book.state() == (hw.Phase.CONTINUOUS, False, 101, 2)


def test_depth_levels_and_queues(book: hw.Book) -> None:
    for order, (price, quantity) in enumerate([(100, 5), (100, 7), (99, 3), (100, 9)], 1):
        book.new(order, Side.BUY, quantity, price, display=3 if order == 2 else 0)
    depth = book.depth(Side.BUY)
    assert depth.dtype == hw.LEVEL_DTYPE
    assert depth["price"].tolist() == [100, 99] and depth["visible"].tolist() == [17, 3]
    assert book.level(Side.BUY, 100) == (17, 21, 3) and book.level(Side.BUY, 98) is None
    assert book.queue_ahead(4) == (2, 12) and book.queue_ahead(1) == (0, 0)
    assert book.queue_ahead(99) is None
    assert book.orders(Side.BUY) == [1, 2, 4, 3]
    assert len(book.depth(Side.BUY, levels=1)) == 1 and len(book.depth(Side.BUY, instrument=3)) == 0
    book.cancel(1)
    assert book.queue_ahead(4) == (1, 7)


def test_every_kind_of_command(book: hw.Book) -> None:
    assert book.instrument("TIN") == 0 and book.symbols == ["TIN"]
    book.define("LEAD", decimals=3, tick=5)
    assert (
        book.new(1, Side.BUY, 1, 7, instrument="LEAD").rejects["detail"]
        == hw.RejectReason.BAD_PRICE
    )
    assert book.control(hw.Control.HALT)["kind"] == EventKind.STATE_CHANGED
    assert book.new(1, Side.BUY, 1, 7).rejects["detail"] == hw.RejectReason.HALTED
    book.control(hw.Control.RESUME)
    book.control(hw.Control.START_AUCTION)
    book.new(1, Side.BUY, 5, 101)
    book.new(2, Side.SELL, 3, 99)
    indicative = book.indicative()
    assert indicative is not None and (indicative.volume, indicative.imbalance) == (3, 2)
    assert book.control(hw.Control.UNCROSS).trades["quantity"].tolist() == [3]
    book.new(3, Side.SELL, 5, order_type=hw.OrderType.STOP, trigger=90)
    assert book.stops() == [3]
    assert book.replace(1, 1, 101)["detail"].tolist() == [1], "kept"
    assert book.replace(1, 2, 100, new_order=9)["kind"].tolist() == [7, 4]
    assert book.reduce(9, 1)["kind"] == EventKind.REDUCED
    book.set_band(90, 110)
    assert book.new(4, Side.BUY, 1, 111).rejects["detail"] == hw.RejectReason.PRICE_BAND
    book.clock(1_000)
    assert book.clock_ns == 1_000
    book.limit_session(1, 2)
    assert book.new(4, Side.BUY, 1, 100).rejects["detail"] == hw.RejectReason.MAX_ORDERS
    assert book.note(7, 9, client_bytes=b"x")["kind"] == EventKind.NOTED
    assert book.end_of_day()["kind"] == EventKind.DAY_ENDED
    assert book.mass_cancel()["kind"].tolist() == [15, 5, 5] and book.open_orders == 0
    assert (
        book.new(5, Side.BUY, 1, 100, session=8).rejects["detail"] == hw.RejectReason.SESSIONS_FULL
    )


def test_arrays_give_what_single_commands_give(book: hw.Book) -> None:
    other = book.copy()
    rows = limits(500)
    events = book.apply(rows)
    singly = [other.new(int(r["order"]), Side.BUY, 1, int(r["price"])) for r in rows]
    assert np.array_equal(events, np.concatenate(singly))
    assert book.state_hash() == other.state_hash() and book.running_hash() == other.running_hash()
    assert not events.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        events["price"] = 1


def test_nothing_is_no_mistake(book: hw.Book) -> None:
    assert len(book.apply(hw.commands(0))) == 0
    assert len(hw.commands(order=[])) == 0 and len(hw.commands()) == 1


def test_a_copy_an_image_and_a_pickle_go_their_own_ways(book: hw.Book) -> None:
    book.apply(limits(100))
    others = [book.copy(), copy.deepcopy(book), hw.Book.restore(book.image())]
    others.append(pickle.loads(pickle.dumps(book)))
    before = book.state_hash()
    for other in others:
        assert other.state_hash() == before
        other.cancel(1)
        assert other.state_hash() != before
    assert book.state_hash() == before
    book.reset()
    assert book.open_orders == 0 and book.last_sequence == 0 and book.symbols == []


def test_a_damaged_image_is_refused(book: hw.Book) -> None:
    book.apply(limits(20))
    image = bytearray(book.image())
    for place in range(0, len(image), 17):
        broken = bytearray(image)
        broken[place] ^= 64
        with pytest.raises(hw.HighwaterError):
            hw.Book.restore(bytes(broken))
    with pytest.raises(hw.HighwaterError):
        hw.Book.restore(b"")


def test_prices_are_exact_or_refused() -> None:
    assert hw.ticks("101.25", 2) == hw.ticks(Decimal("101.250"), 2) == 10_125
    assert hw.price(10_125, 2) == Decimal("101.25") and hw.ticks(7, 0) == 7
    for wrong in ("101.255", "-1", "x", Decimal("NaN"), Decimal("1e300"), "1e3"):
        with pytest.raises(ValueError):
            hw.ticks(wrong, 2)
    with pytest.raises(TypeError, match="Decimal"):
        hw.ticks(101.25, 2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="0 to 9"):
        hw.price(1, 10)
