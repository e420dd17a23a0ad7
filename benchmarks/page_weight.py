"""What the residents' page weighs, and how soon it works on a slow line.

    python benchmarks/page_weight.py http://127.0.0.1:8000 [language ...]

Over a running server: for each language the bytes that come over the wire for the first load (compressed HTML, style
sheet, scripts), the seconds until the question box takes a question with the script at work, and the seconds from
Enter to the first sentence of the answer, on a line of 400 kb/s with 400 ms delay each way round (Chromium's own
throttle; a new profile each time, nothing cached). The question is the first starter question of the second topic.
"""

from __future__ import annotations

import statistics
import sys
import time
import urllib.request
from typing import Any

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
KILOBITS, DELAY_MS = 400, 400
ROUNDS = 3
LANGUAGES = ["fi", "sv", "en", "ru", "uk", "ar", "fa", "so", "sq", "et", "zh", "fr", "es", "vi", "tr", "ku"]
READY = "() => document.getElementById('ask')?.noValidate"


def weights(browser: Browser, url: str) -> dict[str, int]:
    """Bytes over the wire by kind of resource, head included, and how many requests there were."""
    page = browser.new_page()
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    kinds: dict[str, str] = {}
    found = {"Document": 0, "Stylesheet": 0, "Script": 0, "Other": 0, "requests": 0}

    def responded(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]

    def finished(event: dict[str, Any]) -> None:
        kind = kinds.get(event["requestId"], "Other")
        found[kind if kind in found else "Other"] += int(event["encodedDataLength"])
        found["requests"] += 1

    client.on("Network.responseReceived", responded)
    client.on("Network.loadingFinished", finished)
    page.goto(url, wait_until="networkidle")
    page.close()
    return found


def times(browser: Browser, url: str) -> tuple[float, float]:
    """Seconds from navigation until the page takes questions, and from Enter to the first sentence."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    throughput = KILOBITS * 1000 / 8
    client.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": DELAY_MS, "downloadThroughput": throughput, "uploadThroughput": throughput},
    )
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_function(READY)
    usable = time.perf_counter() - began
    question = page.locator(".starters details").nth(1).locator("button").first.get_attribute("value") or ""
    page.locator("#question").fill(question)
    page.wait_for_timeout(1000)  # somebody reads what they wrote
    began = time.perf_counter()
    page.locator("#question").press("Enter")
    page.locator(".sentence").first.wait_for()
    answered = time.perf_counter() - began
    context.close()
    return usable, answered


def main() -> None:
    base, *languages = sys.argv[1:]
    base = base.rstrip("/")
    with urllib.request.urlopen(f"{base}/readyz") as response:
        print(f"{base}: {response.read().decode()}")
    print("| language | HTML | CSS | scripts | all KB | requests | usable s | first sentence s |")
    print("|---|---|---|---|---|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for code in languages or LANGUAGES:
            url = f"{base}/{code}/"
            weight = weights(browser, url)
            rounds = [times(browser, url) for _ in range(ROUNDS)]
            usable, answered = (statistics.median(column) for column in zip(*rounds, strict=True))
            parts = [weight[kind] / 1024 for kind in ("Document", "Stylesheet", "Script")]
            row = [f"{part:.1f}" for part in (*parts, sum(parts))]
            print(f"| {code} | {' | '.join(row)} | {weight['requests']} | {usable:.2f} | {answered:.2f} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
