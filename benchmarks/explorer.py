"""Latency of a slider of the explorer: of the server alone, and in headless Chromium at rest and while dragging.

    python benchmarks/explorer.py

Needs playwright and Chromium. Prints a table and writes results/bench_explorer.json, which docs/explorer.md shows.
"""

import json
import os
import shutil
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import parse_qsl, urlencode

import torch
from playwright.sync_api import sync_playwright

from doppelganger.explorer.api import Api
from doppelganger.explorer.server import Server
from synths import provenance
from synths.commands._tables import show

OUT = Path(__file__).parents[1] / "results" / "bench_explorer.json"
RATES = 16000, 44100
N_REQUESTS, N_MOVES, REST_S, DRAG_S, MOVE_S, GOAL_MS = 20, 8, 2.0, 3.0, 1 / 60, 300
LINK = {"synth": "voice", "seconds": "1.0", "index": "3", "n": "3"}
KNOB = "#panel input[type=range]:not([disabled])"


def main() -> None:
    """Measures the server and the page, prints a table and writes results/bench_explorer.json."""
    figures: dict = {"load": os.getloadavg()[0]}
    with Server(Api("log-mel")) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for rate in RATES:
            figures[f"server alone, {rate} Hz"] = _summary(_server(server, rate), N_REQUESTS)
        figures |= _browser(server, playwright.chromium)
        server.shutdown()
    rows = [
        (name, *(f"{value:.0f}" for value in row.values())) for name, row in figures.items() if isinstance(row, dict)
    ]
    show(("measured", "median ms", "95 % below, ms", "moves", "sounds"), rows)
    config = {"link": LINK, "threads": torch.get_num_threads(), "drag_s": DRAG_S, "goal_ms": GOAL_MS}
    OUT.write_text(json.dumps(provenance.record(config, 0, figures), indent=2) + "\n", encoding="utf-8")
    print(f"load {figures['load']:.1f}; wrote {OUT}")


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


def _browser(server: Server, chromium) -> dict[str, dict[str, float]]:
    browser = chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(120_000)
    page.goto(f"{server.url}?{urlencode(LINK)}")
    page.locator("#similarity li").first.wait_for()
    knob = page.locator(KNOB).first
    knob.scroll_into_view_if_needed()
    box = knob.bounding_box()
    place = lambda share: (box["x"] + share * box["width"], box["y"] + box["height"] / 2)  # noqa: E731

    page.mouse.click(*place(0.9))
    page.wait_for_timeout(1000 * REST_S)
    for i in range(N_MOVES):
        page.mouse.click(*place(0.2 + 0.6 * i / N_MOVES))
        page.wait_for_timeout(1000 * REST_S)
    at_rest = _summary(_lags(page)[1:], N_MOVES)

    page.evaluate("performance.clearMarks()")
    page.mouse.move(*place(0.2))
    page.mouse.down()
    start = time.perf_counter()
    while (passed := time.perf_counter() - start) < DRAG_S:
        page.mouse.move(*place(0.2 + 0.6 * passed / DRAG_S))
        time.sleep(MOVE_S)
    page.mouse.up()
    page.wait_for_timeout(1000 * REST_S)
    n_moves = len(page.evaluate("performance.getEntriesByName('slider moves').map((mark) => mark.startTime)"))
    dragging = _summary(_lags(page), n_moves)
    browser.close()
    return {"browser, at rest": at_rest, "browser, dragging": dragging}


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


def _summary(seconds: list[float], n_moves: int) -> dict[str, float]:
    below = quantiles(seconds, n=20, method="inclusive")[-1]
    return {
        "median_ms": 1000 * median(seconds),
        "below_ms": 1000 * below,
        "moves": n_moves,
        "sounds_heard": len(seconds),
    }


if __name__ == "__main__":
    main()
