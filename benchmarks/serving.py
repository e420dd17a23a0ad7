"""Times and memory of the product as its users meet it, on a data folder of its own.

    python benchmarks/serving.py [--passages 10000]

Printed: ``neuvo ask`` from a cold process; the server's start, resident memory and answer latency p50/p95
over HTTP; and, over ``--passages`` passages of made-up text, the time of ``neuvo build`` after one document
changed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median, quantiles

from corpus.storage import DocumentStore
from tests.fakes import document

PORT = 8711
QUESTIONS = [
    "How long is integration training?",
    "Kuinka kauan Testipisteen testi kestää?",
    "Сколько дней длится ориентация?",
    "من المسؤول عن خطة الاندماج للعاطلين عن العمل؟",
    "What does a litre of milk cost?",
]


def neuvo(data: Path, *arguments: str) -> tuple[float, str]:
    """Seconds and output of one command."""
    started = time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-m", "web.cli", *arguments],
        env={**os.environ, "NEUVO_DATA": str(data)},
        capture_output=True,
        text=True,
        check=True,
    )
    return time.perf_counter() - started, result.stdout.strip()


def serve(data: Path) -> None:
    command = [sys.executable, "-m", "web.cli", "serve", "--build", "--port", str(PORT)]
    started = time.perf_counter()
    environment = {**os.environ, "NEUVO_DATA": str(data)}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        base = f"http://127.0.0.1:{PORT}"
        while True:
            try:
                urllib.request.urlopen(f"{base}/readyz", timeout=1)
                break
            except OSError:
                time.sleep(0.05)
        print(f"second start of the server until ready: {time.perf_counter() - started:.1f} s")
        times = []
        for _ in range(20):
            for question in QUESTIONS:
                body = json.dumps({"question": question}).encode()
                request = urllib.request.Request(f"{base}/api/v1/ask", body, {"Content-Type": "application/json"})
                asked = time.perf_counter()
                urllib.request.urlopen(request).read()
                times.append(1000 * (time.perf_counter() - asked))
        print(f"answer over HTTP: p50 {median(times):.0f} ms, p95 {quantiles(times, n=20)[-1]:.0f} ms")
        status = Path(f"/proc/{server.pid}/status").read_text()
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        print(f"server's resident memory: {int(resident.split()[1]) / 1024:.0f} MB")
    finally:
        server.terminate()
        server.wait()


def made_up(passages: int) -> list[str]:
    """Texts of about 100 words each, the same at every run."""
    chance = random.Random(7)
    syllables = [a + b for a in "bdfghjklmnprstv" for b in ("a", "e", "i", "o", "u", "aa", "en", "is")]
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(20000)]
    texts = []
    for _ in range(passages // 10):
        sections = []
        for number in range(10):
            body = " ".join(chance.choices(words, k=45)).capitalize() + "."
            sections.append(f"# Section {number}\n{body}")
        texts.append("\n".join(sections))
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=10000)
    parser.add_argument("--data", type=Path, help="keep the large data folder here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "data"
        first, _ = neuvo(data, "build")
        print(f"first neuvo build of the shipped cards: {first:.1f} s")
        cold = [neuvo(data, "ask", QUESTIONS[0])[0] for _ in range(5)]
        print(f"neuvo ask, cold process: {median(cold):.1f} s (median of 5)")
        serve(data)

        large = arguments.data or Path(temporary) / "large"
        store = DocumentStore(large / "documents")
        for number, text in enumerate(made_up(arguments.passages)):
            store.put(document(f"made-up-{number}", text))
        first, said = neuvo(large, "build")
        print(f"first build of {arguments.passages:,} passages: {first:.0f} s ({said})")
        store.put(document("made-up-0", "# Changed\nThis document has changed since the last build."))
        again, said = neuvo(large, "build")
        print(f"rebuild after one changed document: {again:.1f} s ({said})")
        serve(large)


if __name__ == "__main__":
    main()
