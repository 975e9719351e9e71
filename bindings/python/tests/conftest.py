"""What the tests share."""

import signal
from pathlib import Path

import numpy as np
import pytest

import highwater as hw

PROJECT = Path(__file__).parents[3]
SHARED = PROJECT.parent / "shared"


@pytest.fixture(autouse=True)
def hears_ctrl_c() -> None:
    """Ctrl-C is heard here and in what is started, also where a script runs in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def book() -> hw.Book:
    """A book of one instrument, TIN."""
    made = hw.Book(orders=10_000, instruments=4, sessions=8)
    made.define("TIN", decimals=2)
    return made


def limits(count: int, **fields: object) -> np.ndarray:
    """Orders that do not trade, one below the other."""
    columns = {
        "kind": hw.CommandKind.NEW,
        "session": 1,
        "order": range(1, count + 1),
        "side": hw.Side.BUY,
        "price": [1 + number % 1_000 for number in range(count)],
        "quantity": 1,
    }
    return hw.commands(**(columns | fields))
