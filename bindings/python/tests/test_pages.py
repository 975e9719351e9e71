"""The README, the tutorial and the example, run as they stand."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import highwater as hw

PACKAGE = Path(__file__).parents[1]


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (PACKAGE / page).read_text(), re.M | re.S)


def test_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = blocks("README.md")
    exec(block, {})
    assert capsys.readouterr().out == "[4]\n[(6, 6, 10125, 1)]\n"
    assert doctest.testmod(hw).failed == 0


def test_the_readme_names_what_there_is() -> None:
    text = (PACKAGE / "README.md").read_text()
    for name in vars(hw.Book):
        assert (
            name.startswith("_")
            or f"`{name}`" in text
            or name
            in (
                "configure",
                "symbols",
                "open_orders",
                "last_sequence",
                "clock_ns",
                "last_client_sequence",
            )
        ), name
    for field in hw.EVENT_DTYPE.names:
        assert f"`{field}`" in text, field
    for kind in hw.CommandKind:
        assert f"`{kind.name}`" in text, kind


def test_the_tutorial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("pyarrow", "polars", "matplotlib"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks("tutorial.md"):
        exec(block, names)
    assert (tmp_path / "depth.png").stat().st_size > 10_000
    assert len(names["trades"]) > 1_000 and len(names["places"]) > 1  # type: ignore[arg-type]


def test_the_example(tmp_path: Path) -> None:
    example = PACKAGE / "examples" / "market_maker.py"
    code = [line for line in example.read_text().splitlines() if line.strip()]
    assert len(code) <= 40
    random = np.random.default_rng(3)
    lines = ["seq,command,order_id,side,qty,price_ticks"]
    for number in range(1, 5_001):
        buys = random.random() < 0.5
        price = 1_000 + (-1 if buys else 1) * int(random.integers(-2, 9))
        lines.append(
            f"{number},NEW,{number},{'B' if buys else 'S'},{random.integers(1, 200)},{price}"
        )
    flow = tmp_path / "flow.csv"
    flow.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [sys.executable, example, flow], capture_output=True, text=True, timeout=120, check=True
    )
    fills = re.fullmatch(r"(\d+) fills, position -?\d+, profit -?\d+ tick-lots\n", done.stdout)
    assert fills and int(fills[1]) > 0, done.stdout
