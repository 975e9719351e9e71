"""Commands, events and levels as rows of fixed size, and the checks on rows that somebody gives."""

import struct
from operator import index
from typing import Any

import numpy as np

from . import _highwater as native

OPERATOR = 0
"""The session of the operator, who defines instruments and controls them."""

BYTES_MAX = 32

COMMAND_DTYPE = np.dtype(
    [
        ("time_ns", "<u8"),
        ("client_sequence", "<u8"),
        ("order", "<u8"),
        ("new_order", "<u8"),
        ("quantity", "<u8"),
        ("display", "<u8"),
        ("minimum", "<u8"),
        ("expiry_ns", "<u8"),
        ("instrument", "<u4"),
        ("account", "<u4"),
        ("price", "<u4"),
        ("trigger", "<u4"),
        ("session", "<u2"),
        ("of_session", "<u2"),
        ("kind", "u1"),
        ("side", "u1"),
        ("order_type", "u1"),
        ("time_in_force", "u1"),
        ("self_trade", "u1"),
        ("post_only", "u1"),
        ("rule", "u1"),
        ("sizing", "u1"),
        ("choice", "u1"),
        ("decimals", "u1"),
        ("byte_count", "u1"),
        ("reserved", "u1"),
        ("bytes", f"S{BYTES_MAX}"),
    ]
)
"""A command, 128 bytes. Fields that its kind does not read are 0: the README has the table."""

EVENT_DTYPE = np.dtype(
    [
        ("sequence", "<u8"),
        ("order", "<u8"),
        ("other_order", "<u8"),
        ("quantity", "<u8"),
        ("remaining", "<u8"),
        ("number", "<u8"),
        ("price", "<u4"),
        ("instrument", "<u4"),
        ("session", "<u2"),
        ("owner", "<u2"),
        ("kind", "u1"),
        ("side", "u1"),
        ("detail", "<u2"),
        ("time_ns", "<u8"),
    ]
)
"""An event, 64 bytes, and the time of its command: the README has the table."""

LEVEL_DTYPE = np.dtype(
    [("visible", "<u8"), ("quantity", "<u8"), ("price", "<u4"), ("orders", "<u4")]
)
"""A level: lots that are shown, all open lots, price in ticks, orders."""

_ROW = struct.Struct("<8Q4I2H12B32s")
_FIELDS: tuple[str, ...] = COMMAND_DTYPE.names or ()
_LARGEST = {name: 2 ** (8 * COMMAND_DTYPE[name].itemsize) - 1 for name in _FIELDS[:-1]}


def row_of(**fields: Any) -> bytes:
    """One command as bytes.

    Raises ValueError or TypeError with the name of a field whose value does not fit.
    """
    text = fields.pop("bytes", b"")
    values = [fields.get(name, 0) for name in _FIELDS[:-1]]
    try:
        return _ROW.pack(*values, text)
    except struct.error:
        pass
    for name, value in fields.items():
        _check_number(name, value)
    raise ValueError("the command does not fit its row")


def _check_number(name: str, value: Any) -> None:
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}: {_whole(name)}") from None
    if not 0 <= number <= _LARGEST[name]:
        raise ValueError(f"{name} is {number}: use 0 to {_LARGEST[name]}")


def _whole(name: str) -> str:
    if name in ("price", "trigger"):
        return "use whole ticks, which highwater.ticks() makes of a decimal price"
    return "use a whole number"


def client_bytes(text: bytes) -> dict[str, Any]:
    """The fields that hold the bytes of a client."""
    if not isinstance(text, (bytes, bytearray, memoryview)):
        raise TypeError(f"client_bytes is {text!r}: use bytes, at most {BYTES_MAX}")
    if len(text) > BYTES_MAX:
        raise ValueError(f"client_bytes has {len(text)} bytes: use at most {BYTES_MAX}")
    return {"byte_count": len(text), "bytes": bytes(text)}


def commands(count: int | None = None, /, **columns: Any) -> np.ndarray:
    """An array of commands; each column is a number, or one number for each command.

    `commands(1000)` has a thousand empty rows to be filled. `commands(kind=CommandKind.NEW,
    order=ids, side=sides, price=prices, quantity=1, session=1)` has a row for each id. Unlike an
    assignment to a field of an array, it refuses what does not fit: ValueError and TypeError name
    the column.
    """
    checked = {name: _column(name, values) for name, values in columns.items()}
    shapes = [values.shape for values in checked.values()]
    if count is not None:
        shapes.append((index(count),))
    try:
        (length,) = np.broadcast_shapes((1,), *shapes)
    except ValueError:
        lengths = ", ".join(f"{name} {len(np.atleast_1d(v))}" for name, v in checked.items())
        raise ValueError(
            f"the columns have different lengths ({lengths}): give each one value, or as many as "
            "the others have"
        ) from None
    rows = np.zeros(length, COMMAND_DTYPE)
    for name, values in checked.items():
        rows[name] = values
    return rows


def _column(name: str, given: Any) -> np.ndarray:
    if name not in _FIELDS:
        raise ValueError(f"{name} is no field of a command: use those of highwater.COMMAND_DTYPE")
    values: np.ndarray = np.asarray(given)
    if values.ndim > 1:
        raise ValueError(f"{name} has {values.ndim} dimensions: use one value for each command")
    if name == "bytes":
        if values.dtype.kind != "S" or values.dtype.itemsize > BYTES_MAX:
            raise ValueError(f"bytes has the type {values.dtype}: use bytes, at most {BYTES_MAX}")
        return values
    if values.size == 0:
        return np.zeros(0, COMMAND_DTYPE[name])
    if values.dtype.kind == "O":
        for value in values.flat:
            _check_number(name, value)
    elif values.dtype.kind not in "iub":
        raise TypeError(f"{name} has the type {values.dtype}: {_whole(name)}")
    for value in (values.min(), values.max()):
        _check_number(name, value)
    checked: np.ndarray = values.astype(COMMAND_DTYPE[name])
    return checked


def buffer_of(rows: Any) -> Any:
    """The bytes of commands that somebody gives, or an exception that says what to change."""
    if isinstance(rows, np.void):
        rows = np.asarray(rows).reshape(1)
    if isinstance(rows, np.ma.MaskedArray):
        raise TypeError(
            "the commands are a masked array: give the rows that count, commands.compressed()"
        )
    if isinstance(rows, np.ndarray):
        return _checked(rows)
    given = native.commands_of(rows)
    if given is None:
        raise TypeError(
            f"the commands are a {type(rows).__name__}: give a numpy array of "
            "highwater.COMMAND_DTYPE, which highwater.commands() makes, or an Arrow record batch "
            "or data frame with its columns"
        )
    return given


def _checked(rows: np.ndarray) -> np.ndarray:
    if rows.dtype != COMMAND_DTYPE:
        raise TypeError(_other_type(rows.dtype))
    if rows.ndim != 1:
        raise ValueError(f"the commands have {rows.ndim} dimensions: use commands.reshape(-1)")
    if not rows.flags.c_contiguous:
        raise ValueError("the commands are not contiguous: use numpy.ascontiguousarray(commands)")
    return rows.view(np.ndarray).view(np.uint8)


def _other_type(dtype: np.dtype) -> str:
    again = "make them anew: highwater.commands(**{name: old[name] for name in old.dtype.names})"
    if dtype.names is None:
        return (
            f"the commands have the type {dtype}: use an array of highwater.COMMAND_DTYPE, which "
            "highwater.commands() makes"
        )
    for name in dtype.names:
        if name not in _FIELDS:
            return f"{name} is no field of highwater.COMMAND_DTYPE: drop it, and {again}"
    for name in _FIELDS:
        if name not in dtype.names:
            return f"the commands have no field {name}: {again}"
        found, wanted = dtype[name].str, COMMAND_DTYPE[name].str
        if found != wanted:
            return f"the field {name} has the type {found} and not {wanted}: {again}"
    return f"the fields have other places than in highwater.COMMAND_DTYPE: {again}"
