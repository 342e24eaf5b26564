"""Latency of a slider of the explorer: of the server alone, and in headless Chromium at rest and while dragging.

    python benchmarks/explorer.py

Prints the sentences that docs/explorer.md quotes. The browser's need playwright and Chromium.
"""

import os
import shutil
import threading
import time
from http.client import HTTPConnection
from statistics import median, quantiles
from urllib.parse import parse_qsl, urlencode

import torch

from doppelganger.explorer.api import Api
from doppelganger.explorer.server import Server

N_REQUESTS, N_MOVES, REST_S, DRAG_S, MOVE_S = 20, 8, 2.0, 3.0, 1 / 60
LINK = {"synth": "voice", "seconds": "1.0", "index": "3", "n": "3"}
KNOB = "#panel input[type=range]:not([disabled])"


def main() -> None:
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {torch.get_num_threads()} threads of torch")
    with Server(Api("log-mel")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for rate in (16000, 44100):
            print(f"server, {rate} Hz: {_summary(_server(server, rate))} of {N_REQUESTS} moves")
        try:
            from playwright.sync_api import sync_playwright
        except ImportError:
            print("no playwright: the browser's figures are left out")
        else:
            with sync_playwright() as playwright:
                _browser(server, playwright.chromium)
        server.shutdown()


def _server(server: Server, rate: int) -> list[float]:
    """Seconds from the request to the answer of one sound, each of another value."""
    connection, took = HTTPConnection("127.0.0.1", server.server_address[1]), []
    for i in range(N_REQUESTS + 1):
        query = urlencode({**LINK, "rate": rate, "set": f"keyboard.midi_f0={50 + i / 4}", "view": ""})
        start = time.perf_counter()
        connection.request("GET", f"/api/sound.wav?{query}")
        connection.getresponse().read()
        took.append(time.perf_counter() - start)
    return took[1:]  # the first makes the synth


def _browser(server: Server, chromium) -> None:
    browser = chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(120_000)
    page.goto(f"{server.url}?{urlencode(LINK)}")
    page.locator("#similarity li").first.wait_for()
    knob = page.locator(KNOB).first
    knob.scroll_into_view_if_needed()
    box = knob.bounding_box()
    place = lambda share: (box["x"] + share * box["width"], box["y"] + box["height"] / 2)  # noqa: E731

    page.mouse.click(*place(0.5))
    page.wait_for_timeout(1000 * REST_S)
    for i in range(N_MOVES):
        page.mouse.click(*place(0.2 + 0.6 * i / N_MOVES))
        page.wait_for_timeout(1000 * REST_S)
    print(f"browser, at rest: {_summary(_lags(page)[1:])} of {N_MOVES} moves")

    page.evaluate("performance.clearMarks()")
    page.mouse.move(*place(0.2))
    page.mouse.down()
    start = time.perf_counter()
    while (passed := time.perf_counter() - start) < DRAG_S:
        page.mouse.move(*place(0.2 + 0.6 * passed / DRAG_S))
        time.sleep(MOVE_S)
    page.mouse.up()
    page.wait_for_timeout(1000 * REST_S)
    lags = _lags(page)
    n_moves = len(page.evaluate("performance.getEntriesByName('slider moves').map((mark) => mark.startTime)"))
    print(f"browser, dragging {DRAG_S:g} s: {_summary(lags)}; {len(lags)} sounds of {n_moves} moves")
    browser.close()


def _lags(page) -> list[float]:
    """For each sound of a slider's move that started: seconds since the move whose value it has."""
    marks = "performance.getEntriesByName('{}').map(({{ startTime, detail }}) => [startTime, detail])"
    moved = {detail: at for at, detail in page.evaluate(marks.format("slider moves"))}
    lags = {}
    for at, url in page.evaluate(marks.format("sound starts")):
        values = [f"set={value}" for key, value in parse_qsl(url.partition("?")[2]) if key == "set"]
        for value in values:
            if value in moved:
                lags.setdefault(value, (at - moved[value]) / 1000)
    return list(lags.values())


def _summary(seconds: list[float]) -> str:
    worst = quantiles(seconds, n=20, method="inclusive")[-1]
    return f"median {1000 * median(seconds):.0f} ms, 95 % below {1000 * worst:.0f} ms"


if __name__ == "__main__":
    main()
