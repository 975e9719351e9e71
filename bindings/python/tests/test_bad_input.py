"""What callers do wrong: an exception that says what to change, and how much was applied."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from conftest import limits

import highwater as hw
from highwater import Side

ROWS = limits(4)


def other_order() -> np.ndarray:
    """The same fields at other places."""
    names = list(hw.COMMAND_DTYPE.names)[::-1]
    return np.zeros(2, [(name, hw.COMMAND_DTYPE[name]) for name in names])


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (np.zeros(3), "highwater.commands"),
        (np.zeros(3, "u1"), "highwater.commands"),
        (ROWS.astype(hw.COMMAND_DTYPE.newbyteorder(">")), "make them anew"),
        (ROWS[["order", "price"]], "no field time_ns"),
        (np.zeros(2, [("speed", "u8")]), "speed"),
        (other_order(), "other places|make them anew"),
        (ROWS[::2], "ascontiguousarray"),
        (ROWS[::-1], "ascontiguousarray"),
        (ROWS.reshape(2, 2), "reshape"),
        (np.ma.masked_array(ROWS, mask=False), "masked"),
        ([1, 2], "list"),
        ({"order": [1]}, "dict"),
        (None, "NoneType"),
        (b"\0" * 128, "bytes"),
        ("commands", "str"),
    ],
)
def test_what_is_no_array_of_commands(book: hw.Book, rows: object, sentence: str) -> None:
    before = book.state_hash()
    with pytest.raises((TypeError, ValueError), match=sentence):
        book.apply(rows)
    assert book.state_hash() == before


def test_layouts_that_are_right() -> None:
    whole = np.zeros(5 * 128 + 1, "u1")
    unaligned = whole[1:].view(hw.COMMAND_DTYPE)
    unaligned[:] = limits(5)
    assert unaligned.ctypes.data % 8 != 0
    frozen = limits(5)
    frozen.flags.writeable = False
    for rows in (unaligned, frozen, limits(5).view(np.recarray), limits(10)[:5]):
        book = hw.Book(orders=100)
        book.define("TIN")
        assert len(book.apply(rows)) == 10
    book = hw.Book(orders=100)
    book.define("TIN")
    assert len(book.apply(limits(5)[0])) == 2


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("kind", 0, "kind is 0"),
        ("kind", 99, "1 \\(new\\)"),
        ("side", 3, "side is 3"),
        ("order_type", 9, "order_type"),
        ("time_in_force", 200, "time_in_force"),
        ("self_trade", 9, "self_trade"),
        ("post_only", 2, "post_only"),
        ("byte_count", 33, "0 to 32"),
    ],
)
def test_a_row_that_is_no_command(book: hw.Book, field: str, value: int, sentence: str) -> None:
    rows = limits(20_000 - 10_000 + 100)
    rows[field][9_000] = value
    with pytest.raises(hw.ApplyError, match=sentence) as caught:
        book.apply(rows)
    assert "commands[9000]" in str(caught.value)
    assert caught.value.applied == 9_000 and book.open_orders == 9_000
    assert isinstance(caught.value.events, hw.Events) and len(caught.value.events) == 18_000


def test_a_used_client_sequence(book: hw.Book) -> None:
    rows = limits(3)
    rows["client_sequence"] = [1, 2, 2]
    with pytest.raises(hw.ApplyError, match="reset the book") as caught:
        book.apply(rows)
    assert caught.value.applied == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda b: b.new(1, Side.BUY, 1.5, 1),
        lambda b: b.new(1, Side.BUY, -1, 1),
        lambda b: b.new(2**64, Side.BUY, 1, 1),
        lambda b: b.new("1", Side.BUY, 1, 1),
        lambda b: b.new(1, "buy", 1, 1),
        lambda b: b.new(1, Side.BUY, 1, 1, client_bytes=b"x" * 33),
        lambda b: b.new(1, Side.BUY, 1, 1, client_bytes="text"),
        lambda b: b.new(1, Side.BUY, 1, 1, session=70_000),
        lambda b: b.new(1, Side.BUY, 1, 1, instrument="NONE"),
        lambda b: b.define(""),
        lambda b: b.define("x" * 17),
        lambda b: b.define("TIN", notional_max=-1),
        lambda b: b.best(7),
        lambda b: b.best(Side.BUY, instrument=-1),
        lambda b: b.depth(Side.BUY, levels=-1),
        lambda b: b.order(-1),
        lambda b: hw.commands(order=[1, 2], price=[1, 2, 3]),
        lambda b: hw.commands(speed=1),
        lambda b: hw.commands(price=1.5),
        lambda b: hw.commands(price=-1),
        lambda b: hw.commands(price=2**32),
        lambda b: hw.commands(price=[[1]]),
        lambda b: hw.commands(bytes=b"x" * 33),
        lambda b: hw.Book(orders=0),
        lambda b: hw.Book(orders=2**40),
        lambda b: hw.Book(sessions=1),
        lambda b: hw.Book(orders=1.5),
        lambda b: hw.replay("/nowhere.csv"),
        lambda b: hw.replay("/"),
        lambda b: hw.replay("/nowhere.csv", "parquet"),
        lambda b: hw.replay("/nowhere.csv", chunk=0),
        lambda b: hw.replay("/nowhere.csv", decimals=3),
        lambda b: hw.Log("/nowhere"),
        lambda b: hw.Host("/nowhere/data/x"),
        lambda b: hw.Host("/nowhere", sync="fast"),
        lambda b: hw.to_hftbacktest(np.zeros(3)),
    ],
)
def test_arguments_that_do_not_fit(book: hw.Book, call: Callable[[hw.Book], object]) -> None:
    before = book.state_hash()
    with pytest.raises((TypeError, ValueError, OverflowError, hw.HighwaterError)) as caught:
        call(book)
    assert len(str(caught.value)) > 15, "a sentence"
    assert book.state_hash() == before


def big_book() -> hw.Book:
    book = hw.Book(orders=2_000_000)
    book.define("TIN")
    return book


def test_one_book_from_two_threads() -> None:
    book, rows = big_book(), limits(1_000_000)
    caught: list[hw.BusyError] = []
    worker = threading.Thread(target=book.apply, args=(rows,))
    worker.start()
    while worker.is_alive():
        try:
            book.best(Side.BUY)
        except hw.BusyError as error:
            caught.append(error)
    worker.join()
    assert caught and "copy()" in str(caught[0])
    assert book.open_orders == 1_000_000


def test_commands_that_change_meanwhile() -> None:
    book, rows = big_book(), limits(1_000_000)
    is_done = False

    def change() -> None:
        while not is_done:
            rows["price"][-1] = 1 + rows["price"][-1] % 1_000

    worker = threading.Thread(target=change)
    worker.start()
    try:
        with pytest.raises(hw.ApplyError, match="were changed") as caught:
            for _ in range(100):
                book.reset()
                book.define("TIN")
                book.apply(rows)
    finally:
        is_done = True
        worker.join()
    assert caught.value.applied == book.open_orders


def test_an_array_cannot_be_freed_meanwhile() -> None:
    book, rows = big_book(), limits(500_000)
    worker = threading.Thread(target=book.apply, args=(rows,))
    worker.start()
    del rows
    worker.join()
    assert book.open_orders == 500_000


def test_ctrl_c_says_how_much_was_applied() -> None:
    book, rows = big_book(), limits(1_900_000)
    timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        for _ in range(500):
            book.reset()
            book.define("TIN")
            book.apply(rows)
    timer.join()
    if hasattr(caught.value, "applied"):
        assert caught.value.applied == book.open_orders
        assert len(caught.value.events) == 2 * book.open_orders


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_has_no_host(tmp_path: object) -> None:
    program = """
import os, sys, highwater as hw
host = hw.Host(sys.argv[1])
session = host.session(0)
session.define("TIN")
if os.fork() == 0:
    for call in (lambda: session.define("LEAD"), host.snapshot, lambda: host.session(1)):
        try:
            call()
        except hw.HostError as error:
            assert "spawn" in str(error), error
        else:
            os._exit(1)
    del host, session
    sys.exit(7)
_, status = os.wait()
assert os.waitstatus_to_exitcode(status) == 7, status
assert len(host.session(1).new(1, hw.Side.BUY, 1, 100)) == 2
host.stop()
print("whole")
"""
    done = run(program, f"{tmp_path}/data")
    assert done.stdout == "whole\n", done.stderr
    assert done.returncode == 0


def test_a_host_that_is_dropped_stops_cleanly(tmp_path: object) -> None:
    program = """
import sys, highwater as hw
host = hw.Host(sys.argv[1])
host.session(0).define("TIN")
"""
    done = run(program, f"{tmp_path}/data")
    assert done.returncode == 0, done.stderr
    assert hw.Log(f"{tmp_path}/data").verify()["state"] == "stopped"


def test_ctrl_c_in_a_call_leaves_a_sound_log(tmp_path: object) -> None:
    program = """
import sys, highwater as hw
with hw.Host(sys.argv[1]) as host:
    session = host.session(0)
    print("ready", flush=True)
    while True:
        session.events(timeout=60)
"""
    command = [sys.executable, "-c", program, f"{tmp_path}/data"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        time.sleep(0.2)
        child.send_signal(signal.SIGINT)
        _, error = child.communicate(timeout=60)
    assert b"KeyboardInterrupt" in error
    assert hw.Log(f"{tmp_path}/data").verify()["state"] == "stopped"
