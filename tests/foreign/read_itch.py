"""Reads an ITCH file with a foreign package, builds its books, and compares them with the engine's.

    read_itch.py itchfeed|meatpy FILE BOOK.json

BOOK.json is what `highwater book --json --depth N` says. Exit code 0 when every level agrees.
"""

import datetime
import json
import sys
from collections import defaultdict

# Digits of a price in the feed.
FEED_DECIMALS = 4


def levels_of_itchfeed(path):
    """Levels by symbol and side, from messages that itchfeed decodes."""
    from itch.parser import MessageParser

    orders = {}
    with open(path, "rb") as file:
        for message in MessageParser().parse_file(file):
            kind = message.message_type
            if kind in (b"A", b"F"):
                side, symbol = message.buy_sell_indicator, message.stock
                orders[message.order_reference_number] = [
                    symbol.decode().strip(),
                    side.decode(),
                    message.price,
                    message.shares,
                ]
            elif kind in (b"E", b"C"):
                take(orders, message.order_reference_number, message.executed_shares)
            elif kind == b"X":
                take(orders, message.order_reference_number, message.cancelled_shares)
            elif kind == b"D":
                del orders[message.order_reference_number]
    levels = defaultdict(lambda: [0, 0])
    for symbol, side, price, shares in orders.values():
        level = levels[symbol, side, price]
        level[0] += shares
        level[1] += 1
    return {key: tuple(level) for key, level in levels.items()}


def take(orders, reference, shares):
    """An order shows less; it must show as much."""
    order = orders[reference]
    assert shares <= order[3], f"{shares} of {order}"
    order[3] -= shares
    if order[3] == 0:
        del orders[reference]


def levels_of_meatpy(path):
    """Levels by symbol and side, from the books that meatpy builds."""
    from meatpy.itch50 import ITCH50MarketProcessor, ITCH50MessageReader

    messages = list(ITCH50MessageReader().read_file(path))
    symbols = {message.stock for message in messages if message.type == b"R"}
    levels = {}
    for symbol in symbols:
        processor = ITCH50MarketProcessor(symbol, datetime.datetime(2026, 1, 1))
        for message in messages:
            processor.process_message(message)
        lob = processor.current_lob
        name = symbol.decode().strip()
        for side, found in (("B", lob and lob.bid_levels), ("S", lob and lob.ask_levels)):
            for level in found or []:
                shares = [order.volume for order in level.queue]
                levels[name, side, level.price] = (sum(shares), len(shares))
    return levels


def levels_of_engine(path):
    """Levels by symbol and side, as the engine reports them."""
    with open(path) as file:
        report = json.load(file)
    levels = {}
    for instrument in report["instruments"]:
        for side, key in (("B", "bids"), ("S", "asks")):
            for level in instrument[key]:
                price = feed_price(level["price"])
                shown = level["visible_lots"]
                levels[instrument["symbol"], side, price] = (shown, level["order_count"])
    return levels


def feed_price(text):
    """A decimal price in the feed's units."""
    whole, _, digits = str(text).partition(".")
    return int(whole + digits.ljust(FEED_DECIMALS, "0"))


def main():
    reader, feed, book = sys.argv[1:]
    read = {"itchfeed": levels_of_itchfeed, "meatpy": levels_of_meatpy}[reader]
    found, wanted = read(feed), levels_of_engine(book)
    different = sorted(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
    for key in different[:10]:
        print(f"{key}: {reader} has {found.get(key)}, the engine {wanted.get(key)}", file=sys.stderr)
    print(f"{feed}: {reader} agrees on {len(wanted) - len(different)} of {len(wanted)} levels")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
