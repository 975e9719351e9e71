"""Looks at the page of a venue in a browser: what it shows, and what becomes of it when the venue ends.

check.py CHROMIUM HIGHWATER FOLDER [screenshots PICTURES | leak MINUTES]
"""

import sys
import time

from browser import Browser
from venue import Venue

PRICES = "[...document.querySelectorAll('#%s tr td:nth-child(3)')].map((it) => it.textContent).join(' ')"
STATUS = "(document.getElementById('status')?.textContent ?? '')"
SELECTED = "document.querySelector('#rows tr[aria-selected=true]')?.dataset.symbol"
AT = "Number(document.getElementById('at').value)"


def first_trades(venue):
    """Orders and a trade in GOLD, which has no maker."""
    venue.trade(["buy GOLD 100 99.50", "buy GOLD 300 99.25", "sell GOLD 200 100.75"])
    venue.trade(["sell GOLD 40 99.50"], user="DEMO2")


def shows_the_book(browser, venue):
    browser.open(venue.page + "#GOLD")
    browser.wait(f"{STATUS} === 'live'", "it is live")
    browser.wait("!document.getElementById('no-orders').hidden", "there are no orders yet")
    first_trades(venue)
    browser.wait(f"{PRICES % 'bids'} === '99.50 99.25'", "the bids")
    browser.wait(f"{PRICES % 'asks'} === '100.75'", "the asks")
    quantity = "document.querySelector('#bids tr td:nth-child(2)').textContent"
    browser.wait(f"{quantity} === '60'", "what is left of the first order")
    browser.wait("document.querySelector('#trade-rows td:nth-child(2)')?.textContent === 'S'", "the trade")
    browser.wait("document.title.startsWith('GOLD 99.50')", "the title")


def goes_back_in_time(browser):
    browser.value("document.getElementById('at').value = 5")
    browser.value("document.getElementById('at').dispatchEvent(new Event('change'))")
    browser.wait(f"{STATUS}.startsWith('past: sequence 5')", "the past is marked")
    browser.wait("document.querySelectorAll('#bids tr').length === 0", "no order had come then")
    browser.press("]")
    browser.wait(f"{AT} === 6", "one command on")
    browser.press("l")
    browser.wait(f"{STATUS} === 'live' && {PRICES % 'bids'} === '99.50 99.25'", "back to now")


def obeys_keys(browser):
    browser.press("ArrowDown")
    browser.wait(f"{SELECTED} === 'SILVER'", "the next instrument")
    browser.wait("document.querySelectorAll('#bids tr').length > 2", "its maker's orders")
    browser.press("ArrowUp")
    browser.wait(f"{SELECTED} === 'GOLD'", "the one before")
    browser.press("?")
    browser.wait("document.getElementById('help').open", "the keys")
    browser.press("Escape")
    browser.value("document.getElementById('help').close()")


def obeys_an_operator(browser, folder):
    halted = "document.querySelector('#rows tr[aria-selected=true] .tag')?.textContent"
    answer = "document.getElementById('operator-answer').textContent"
    press = "document.querySelector('#operator [data-wish=%s]').click()"
    browser.press("o")
    browser.wait("document.getElementById('operator').open", "what an operator may do")
    browser.value("document.getElementById('operator-token').value = 'wrong'")
    for _ in range(2):
        browser.value(press % "halt")
    browser.wait(f"{answer}.startsWith('This is not the token')", "a wrong token")
    with open(f"{folder}/admin/page-token") as token:
        browser.value(f"document.getElementById('operator-token').value = '{token.read().strip()}'")
    browser.value(press % "halt")
    browser.wait(f"{halted} === undefined", "one press does nothing")
    browser.value(press % "halt")
    browser.wait(f"{halted} === 'halted'", "the halt")
    for _ in range(2):
        browser.value(press % "resume")
    browser.wait(f"{halted} === undefined", "it trades again")
    browser.value("document.getElementById('operator').close()")


def comes_back(browser, venue, program, folder):
    venue.kill()
    browser.wait(f"{STATUS} === 'disconnected'", "it is lost")
    browser.wait("!document.getElementById('problem').hidden", "it says so")
    again = Venue(program, folder, page=venue.page.removeprefix("http://").rstrip("/"))
    browser.wait(f"{STATUS} === 'live'", "it is there again")
    browser.wait(f"{PRICES % 'bids'} === '99.50 99.25'", "with the same book")
    return again


def check(browser, venue, program, folder):
    shows_the_book(browser, venue)
    goes_back_in_time(browser)
    obeys_keys(browser)
    obeys_an_operator(browser, folder)
    return comes_back(browser, venue, program, folder)


def screenshots(browser, venue, pictures):
    first_trades(venue)
    browser.size(1400, 1010)
    browser.open(venue.page + "#TIN")
    browser.wait("document.querySelectorAll('#trade-rows tr').length > 12", "trades")
    browser.value("localStorage.setItem('theme', 'light')")
    browser.open("about:blank")
    browser.open(venue.page + "#TIN")
    browser.wait(f"{STATUS} === 'live' && document.querySelectorAll('#bids tr').length > 2", "the book")
    time.sleep(1)
    browser.picture(f"{pictures}/page-light.png")
    browser.press("t")
    browser.press("[")
    browser.wait(f"{STATUS}.startsWith('past')", "the past")
    time.sleep(1)
    browser.picture(f"{pictures}/page-past.png")


def leak(browser, venue, minutes):
    """The heap behind so many minutes is not much larger than behind the first."""
    heap = lambda: browser.call("Runtime.getHeapUsage")["usedSize"]
    browser.open(venue.page + "#TIN")
    sizes = []
    for _ in range(minutes):
        time.sleep(60)
        browser.call("HeapProfiler.collectGarbage")
        sizes.append(heap())
        print(f"{sizes[-1]:,} bytes", flush=True)
    assert sizes[-1] < 1.5 * sizes[0] + 2_000_000, "the page's memory grows"


def main():
    chromium, program, folder, *mode = sys.argv[1:]
    venue = Venue(program, folder)
    browser = Browser(chromium)
    try:
        match mode:
            case []:
                venue = check(browser, venue, program, folder)
            case ["screenshots", pictures]:
                screenshots(browser, venue, pictures)
            case ["leak", minutes]:
                leak(browser, venue, int(minutes))
            case _:
                sys.exit(__doc__)
        assert not browser.errors, browser.errors
        venue.stop()
    finally:
        browser.close()
        venue.process.kill()
    print("the page shows what the venue has")


main()
