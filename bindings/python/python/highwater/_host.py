"""A host: the durable engine in this process, with a session for each caller."""

import os
from types import TracebackType
from typing import Any, Literal

from . import _highwater as native
from ._commands import Commands
from ._enums import CommandKind
from ._events import Events, events_of
from ._rows import row_of

SyncMode = Literal["group", "full", "interval", "checkpoint", "off"]

TIMEOUT = 60.0
"""Seconds that a call waits for its answer, unless another number is said."""


class Host:
    """An engine with its log in a directory: `with Host(path) as host:` stops it cleanly.

    `sync` is `"group"` (every answer is durable), `"full"` (it survives a power cut on macOS, too),
    `"interval"`, `"checkpoint"` or `"off"`; the last three may lose what was answered, as
    docs/durability.md says. Capacities that are not said are those of the log, or the defaults.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        sync: SyncMode = "group",
        orders: int | None = None,
        instruments: int | None = None,
        sessions: int | None = None,
        callers: int = 64,
    ) -> None:
        capacities = (orders, instruments, sessions)
        self._native = native.Host(os.fspath(path), sync, capacities, callers)

    def session(self, number: int, *, timeout: float = TIMEOUT) -> "Session":
        """The session with this number, from 0 (the operator) on, for one thread at a time."""
        return Session(self._native.session(number), number, timeout)

    def snapshot(self) -> int | None:
        """Makes a snapshot; the sequence that it covers, None when there is nothing new."""
        return self._native.snapshot()

    @property
    def recovered(self) -> int:
        """The last sequence that was in the log at the start."""
        return self._native.recovered()

    @property
    def warnings(self) -> list[str]:
        """What there was to say of the start: a sentence each."""
        return self._native.warnings()

    @property
    def ended(self) -> str | None:
        """Why it has ended, None while it runs."""
        return self._native.ended()

    def stop(self) -> None:
        """Stops cleanly; a second time does nothing."""
        self._native.stop()

    def __enter__(self) -> "Host":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class Session(Commands):
    """A session of a host. A call returns its events once they may be told.

    TimeoutError and KeyboardInterrupt leave the command on its way: its events come from
    `events`. The host gives the times; `time_ns` and `session` of a command are not read.
    """

    __slots__ = ("_native", "_session", "timeout")

    def __init__(self, session: Any, number: int, timeout: float) -> None:
        self._native = session
        self._session = number
        self.timeout = timeout

    def __repr__(self) -> str:
        return f"<highwater.Session {self._session}>"

    def _send(self, session: int | None, kind: CommandKind, **fields: Any) -> Events:
        row = row_of(kind=kind, session=self._session, **fields)
        return events_of(self._native.call(row, self.timeout))

    def _number(self, instrument: int | str) -> int:
        if isinstance(instrument, (str, bytes)):
            raise TypeError(
                "a session knows instruments by their numbers: keep the one in define's event"
            )
        return instrument

    @property
    def number(self) -> int:
        """The number of the session."""
        return self._session

    @property
    def last_client_sequence(self) -> int:
        """The number of its last command that is durable."""
        return int(self._native.last_client_sequence())

    def events(self, timeout: float = 0.0) -> Events:
        """What it was told and no call returned: fills of resting orders, late answers.

        Waits so many seconds for the first of it.
        """
        return events_of(self._native.events(timeout))

    def catch_up(self) -> Events:
        """Reads from the log what the session missed, because nobody asked for its events."""
        return events_of(self._native.catch_up())
