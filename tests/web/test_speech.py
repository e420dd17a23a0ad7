"""Read-aloud: which languages, how much, how long, and that what comes is Opus."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ANSWERS, FakeAssistant
from fastapi.testclient import TestClient

from assistant.answers import Answer, Sentence
from assistant.languages import load_languages
from web.app import create_app
from web.settings import SpeechSettings, WebSettings
from web.speech import MOST_CHARACTERS, TRIAL_VOICES, VOICES, Speech, SpeechError, byte_range, script

KEY = "key-0123456789_a"
ADDRESS = f"/api/v1/answers/{KEY}/speech"

installed = pytest.mark.skipif(
    not (shutil.which("espeak-ng") and shutil.which("opusenc")), reason="espeak-ng or opusenc is not installed"
)


def saying(*sentences: tuple[str, str]) -> Answer:
    spoken = tuple(Sentence(text, language, "ltr") for language, text in sentences)
    return replace(ANSWERS["answered"], sentences=spoken)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs of those names that pass on what they get; ``calls`` beside them holds their arguments."""
    for name in ("espeak-ng", "opusenc"):
        program(
            tmp_path / name, f'echo "{name} $*" >> {tmp_path}/calls; [ {name} = espeak-ng ] && printf %44s; /bin/cat'
        )
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def open_speech(**settings: Any) -> Speech:
    return Speech(SpeechSettings(**settings))


def read(speech: Speech, answer: Answer) -> bytes:
    return speech._read(script(answer))


def test_every_language_is_decided() -> None:
    assert set(load_languages()) - set(VOICES) - set(TRIAL_VOICES) == {"ar", "uk", "so"}
    assert not set(VOICES) & set(TRIAL_VOICES)


def test_languages_on_trial_are_off_until_set(programs: Path) -> None:
    assert open_speech().languages == set(VOICES)
    assert open_speech(trial=("fa",)).languages == {*VOICES, "fa"}
    assert open_speech(enabled=False).languages == set()
    with pytest.raises(ValueError, match="trial"):
        open_speech(trial=("ar",))


def test_without_a_program_no_language_is_read(programs: Path) -> None:
    (programs / "opusenc").unlink()
    assert open_speech().languages == set()


@pytest.mark.parametrize(
    ("answer", "can"),
    [
        pytest.param(saying(("fi", "Kyllä.")), True, id="a voice"),
        pytest.param(saying(("fi", "Kyllä."), ("ru", "Да.")), True, id="two voices"),
        pytest.param(saying(("fi", "Kyllä."), ("ar", "نعم.")), False, id="a gap"),
        pytest.param(saying(("so", "Haa.")), False, id="no voice"),
        pytest.param(saying(), False, id="nothing to say"),
    ],
)
def test_what_can_be_read(programs: Path, answer: Answer, can: bool) -> None:
    assert open_speech().can_read(answer) is can


def test_sentences_of_one_language_are_read_together() -> None:
    answer = saying(("fi", "Yksi."), ("fi", "Kaksi."), ("ru", "Три."), ("fi", "Neljä."))
    assert script(answer) == [("fi", "Yksi.\nKaksi."), ("ru", "Три."), ("fi", "Neljä.")]


@pytest.mark.parametrize(
    ("lengths", "read_"),
    [
        pytest.param([1500, 500], [1500, 500], id="just fits"),
        pytest.param([1500, 501, 1], [1500], id="whole sentences, and none after a gap"),
        pytest.param([2500, 1], [2000], id="the beginning of the first"),
    ],
)
def test_the_length_is_bounded(lengths: list[int], read_: list[int]) -> None:
    assert MOST_CHARACTERS == 2000
    said = script(saying(*(("fi", "x" * length) for length in lengths)))
    assert [len(text) for _, text in said for text in text.split("\n")] == read_


def test_the_text_goes_to_the_program_as_it_is_and_to_no_shell(programs: Path) -> None:
    text = "-v en; $(touch pwned) `id` [[h@'loU]]"
    made = read(open_speech(), saying(("fi", text)))
    assert made.decode() == "-v en; $(touch pwned) `id` [h@'loU]"
    espeak, opusenc = (programs / "calls").read_text().splitlines()
    assert espeak == "espeak-ng -v fi -b 1 --stdin --stdout"
    assert "--bitrate 16" in opusenc
    assert not list(programs.glob("pwned"))


def test_the_latest_readings_are_kept(programs: Path) -> None:
    speech = open_speech()
    for text in ("Yksi.", "Yksi.", "Kaksi."):
        read(speech, saying(("fi", text)))
    assert (programs / "calls").read_text().count("espeak-ng") == 2
    assert (programs / "calls").read_text().count("opusenc") == 2


def test_what_is_kept_is_bounded(programs: Path) -> None:
    speech = open_speech(cache_megabytes=1)
    kept = speech._kept
    for number in range(3):
        kept.put(bytes([number]), b"x" * 400_000)
    kept.put(b"large", b"x" * 1_000_001)
    assert [kept.get(key) is not None for key in (b"\0", b"\1", b"\2", b"large")] == [False, True, True, False]
    assert kept._size == 800_000
    nothing = open_speech(cache_megabytes=0)
    nothing._kept.put(b"a", b"x")
    assert nothing._kept.get(b"a") is None


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param("/bin/sleep 20", "took more than", id="slow"),
        pytest.param("exit 3", "ended with status 3", id="failing"),
        pytest.param("exit 0", "ended with status 0", id="silent"),
    ],
)
def test_a_program_that_fails(programs: Path, monkeypatch: pytest.MonkeyPatch, body: str, problem: str) -> None:
    monkeypatch.setattr("web.speech.MOST_SECONDS", 0.2)
    program(programs / "espeak-ng", body)
    with pytest.raises(SpeechError, match=f"espeak-ng {problem}"):
        read(open_speech(), saying(("fi", "my-secret-matter")))


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None),
        ("bytes=0-", (0, 99)),
        ("bytes=0-1", (0, 1)),
        ("bytes=90-200", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-200", (0, 99)),
        ("bytes=100-", None),
        ("bytes=5-3", None),
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("lines=0-1", None),
        ("bytes=٣-", None),
    ],
)
def test_byte_ranges(header: str | None, wanted: tuple[int, int] | None) -> None:
    assert byte_range(header, 100) == wanted


# Over HTTP.


@pytest.fixture
def speaking(programs: Path, assistant: FakeAssistant) -> Iterator[TestClient]:
    with TestClient(create_app(lambda: assistant, WebSettings())) as client:
        yield client


def test_an_answer_is_read_by_its_key(speaking: TestClient) -> None:
    assert speaking.get(ADDRESS).status_code == 404
    speaking.post("/api/v1/ask", json={"question": "answered", "key": KEY})
    response = speaking.get(ADDRESS)
    assert (response.status_code, response.headers["content-type"]) == (200, "audio/ogg")
    assert response.headers["cache-control"] == "no-store"
    assert response.text == "It takes 220–300 days.\nThere are <paths>."
    part = speaking.get(ADDRESS, headers={"Range": "bytes=3-7"})
    assert (part.status_code, part.text, part.headers["content-range"]) == (206, "takes", "bytes 3-7/43")


def test_no_voice_is_404(speaking: TestClient) -> None:
    speaking.post("/api/v1/ask", json={"question": "partial", "key": KEY})
    assert speaking.get(ADDRESS).status_code == 404


def test_a_failure_tells_and_logs_nothing_of_the_text(
    speaking: TestClient, programs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program(programs / "espeak-ng", "exit 3")
    speaking.post("/api/v1/ask", json={"question": "answered", "key": KEY})
    response = speaking.get(ADDRESS)
    assert (response.status_code, response.json()["message"]) == (500, "[en error]")
    assert "Reading aloud failed: SpeechError" in caplog.text
    assert "220" not in caplog.text


def test_full_is_503_with_retry_after(speaking: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from web.pool import Busy

    async def busy(answer: Answer) -> bytes:
        raise Busy

    speaking.post("/api/v1/ask", json={"question": "answered", "key": KEY})
    monkeypatch.setattr(speaking.app_state["speech"], "read", busy)
    response = speaking.get(ADDRESS)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")


# With the programs themselves.


@installed
@pytest.mark.parametrize("language", [*VOICES, *TRIAL_VOICES])
def test_every_voice_makes_opus(language: str) -> None:
    texts = {"ru": "Обучение длится 220 дней.", "zh": "培训持续220天。", "fa": "آموزش ۲۲۰ روز است."}
    text = texts.get(language, "Koulutus kestää 220 päivää.")
    made = read(open_speech(trial=tuple(TRIAL_VOICES)), saying((language, text)))
    assert made.startswith(b"OggS")
    assert b"OpusHead" in made[:64]
    # 1.5 to 8 seconds at 16 kb/s, which is 2,000 bytes each, and the headers.
    assert 2_000 < len(made) < 20_000


@installed
def test_a_longer_text_is_a_longer_reading() -> None:
    speech = open_speech()
    short, long = (read(speech, saying(("fi", "Koulutus kestää 220 päivää. " * n))) for n in (2, 8))
    assert 2.5 < len(long) / len(short) < 5
