"""A backtest: a maker quotes around the flow's best prices, and its fills are what the rules give.

python market_maker.py FLOW.csv
"""

import sys

import highwater as hw

US, FLOW = 2, 1
book = hw.Book(orders=1_000_000)
quotes: dict[hw.Side, int] = {}
next_id, position, cash, fills = 1 << 40, 0, 0, 0

for chunk in hw.replay(sys.argv[1], chunk=200):
    trades = book.apply(chunk).trades
    for side, order in list(quotes.items()):
        ours = trades[(trades["order"] == order) | (trades["other_order"] == order)]
        lots = int(ours["quantity"].sum())
        sign = 1 if side == hw.Side.BUY else -1
        position += sign * lots
        cash -= sign * int((ours["quantity"] * ours["price"]).sum())
        fills += len(ours)
        if book.order(order) is None or book.best(side) != book.order(order).price:
            book.cancel(order, session=US)
            del quotes[side]
    for side in hw.Side:
        best = book.best(side)
        room = position < 500 if side == hw.Side.BUY else position > -500
        if best and side not in quotes and room:
            next_id += 1
            book.new(next_id, side, 100, best, session=US, post_only=True)
            quotes[side] = next_id

mark = ((book.best(hw.Side.BUY) or 0) + (book.best(hw.Side.SELL) or 0)) / 2
print(f"{fills} fills, position {position}, profit {cash + position * mark:.0f} tick-lots")
