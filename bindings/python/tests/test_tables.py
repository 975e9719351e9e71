"""Events and commands as tables of others: pyarrow, polars and pandas by the capsules of Arrow."""

import numpy as np
import pytest
from conftest import limits

import highwater as hw
from highwater import Side

pa = pytest.importorskip("pyarrow")


def traded(book: hw.Book) -> hw.Events:
    book.apply(limits(50))
    return book.new(1_000, Side.SELL, 60, 1)


def test_events_as_a_record_batch(book: hw.Book) -> None:
    events = traded(book)
    batch = pa.record_batch(events)
    assert batch.num_rows == len(events) and batch.validate(full=True) is None
    kinds = batch.column("kind").to_pylist()
    assert kinds[:2] == ["accepted", "trade"] and kinds[-1] == "rested"
    assert batch.column("price").to_pylist() == events["price"].tolist()
    trades = [row for row in batch.to_pylist() if row["kind"] == "trade"]
    assert all(row["other_remaining"] is not None and row["visible"] is None for row in trades)
    assert trades[0]["side"] == "sell"


def test_parts_of_events_are_tables_as_well(book: hw.Book) -> None:
    events = traded(book)
    assert pa.table(events.trades).num_rows == 50
    assert pa.table(events[::7]).num_rows == len(events[::7])
    assert type(events["price"]) is np.ndarray and isinstance(events[:3], hw.Events)
    assert type(events["price"] > 3) is np.ndarray
    with pytest.raises(TypeError, match="not all fields"):
        pa.table(events[["price", "order"]].view(hw.Events))
    assert pa.table(book.apply(hw.commands(0))).num_rows == 0


def test_polars_and_pandas_take_them(book: hw.Book) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(pa.table(traded(book)))
    assert frame.filter(polars.col("kind") == "trade")["quantity"].sum() == 50
    direct = polars.from_arrow(pa.RecordBatchReader.from_stream(book.cancel(1_000)))
    assert direct["reason"].to_list() == ["user"]
    pytest.importorskip("pandas")
    assert set(pa.table(book.new(1, Side.BUY, 1, 1)).to_pandas()["kind"]) == {"accepted", "rested"}


def columns(count: int) -> dict[str, object]:
    rows = limits(count)
    return {name: rows[name] for name in ("kind", "session", "order", "side", "price", "quantity")}


def test_commands_from_tables(book: hw.Book) -> None:
    expected = book.copy().apply(limits(100))
    batch = pa.record_batch(columns(100))
    for rows in (batch, pa.table(columns(100)), pa.Table.from_batches([batch[:30], batch[30:]])):
        assert np.array_equal(book.copy().apply(rows), expected)
    frames = []
    if polars := pytest.importorskip("polars"):
        frames.append(polars.DataFrame(columns(100)))
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(columns(100))
    if hasattr(frame, "__arrow_c_stream__"):
        frames.append(frame)
    for rows in frames:
        assert np.array_equal(book.copy().apply(rows), expected)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"price": [1.5]}, "whole numbers"),
        ({"price": ["x"]}, "whole numbers"),
        ({"price": [-1]}, "does not fit"),
        ({"price": [2**40]}, "does not fit"),
        ({"speed": [1]}, "no field"),
        ({"price": [1, None]}, "no value in row 1"),
        ({"kind": [b"new"]}, "whole numbers"),
    ],
)
def test_tables_that_are_none_of_commands(
    book: hw.Book, table: dict[str, list[object]], sentence: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=sentence):
        book.apply(pa.table(table))
    assert book.last_sequence == 1


def test_an_array_that_is_no_batch(book: hw.Book) -> None:
    with pytest.raises(TypeError, match="record batch"):
        book.apply(pa.array([1, 2, 3]))
