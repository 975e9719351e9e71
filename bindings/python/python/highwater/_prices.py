"""Decimal prices to ticks and back, exactly or not at all."""

from decimal import Decimal

from . import _highwater as native


def ticks(price: Decimal | str | int, decimals: int) -> int:
    """The ticks of a price whose instrument has so many decimals (0 to 9).

    Raises ValueError for a price with more decimals, below 0 or beyond a 32-bit number of ticks,
    and TypeError for a float, which is seldom the price that it shows.
    """
    if isinstance(price, Decimal):
        return native.ticks_of(format(price, "f"), decimals)
    if isinstance(price, bool) or not isinstance(price, (str, int)):
        raise TypeError(f"the price is {price!r}: use decimal.Decimal, text or a whole number")
    return native.ticks_of(str(price), decimals)


def price(ticks: int, decimals: int) -> Decimal:
    """The price of so many ticks."""
    return Decimal(native.price_of(int(ticks), decimals))
