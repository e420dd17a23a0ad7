"""``neuvo corpus``: what it prints, what it writes, how it exits."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from corpus.card_schema import Audience, Status, Topic, Translation
from corpus.cards import load_cards
from corpus.checks import check_card
from corpus.text_checks import bounds
from tests.corpus.test_cards import SERVICE, write_card
from tests.corpus.test_checks import AR, EN, FI, PLAIN, line_holding
from web.cli import app

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def neuvo(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["corpus", *map(str, arguments)])


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    folder = tmp_path / "cards"
    write_card(folder, fi=FI, en=EN, ar=AR, **{"fi-selko": PLAIN})
    return folder


class Page(HTMLParser):
    """The tags of a page with their attributes, and its visible words."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_good_texts_pass(cards: Path) -> None:
    result = neuvo("check", "--cards", cards, "--languages", "fi,en,ar")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "1 cards, 4 texts: no findings\n"


def test_findings_are_printed_one_a_line_and_fail(cards: Path) -> None:
    text = EN.replace("last year", "in 2024").replace("(uimahalli)", "")
    (cards / "swimming" / "en.md").write_text(text, encoding="utf-8")
    result = neuvo("check", "--cards", cards, "--languages", "fi, en")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "swimming/en.md:5: the official name 'uimahalli' is missing; write it as it stands in service.toml",
        f"swimming/en.md:{line_holding(text, '2024')}: the number '2024' is no fact of the card; "
        "make it a fact with its source",
    ]


def test_every_language_is_expected_unless_limited(cards: Path) -> None:
    result = neuvo("check", "--cards", cards)
    assert result.exit_code == 1
    missing = re.findall(r"^swimming/(\S+)\.md:1: there is no such text", result.stdout, re.MULTILINE)
    assert {"sv", "uk", "zh", "ku"} <= set(missing)
    assert not {"fi", "en", "ar", "fi-selko"} & set(missing)


def test_the_language_of_a_text_is_identified(cards: Path) -> None:
    (cards / "swimming" / "fi.md").write_text(EN, encoding="utf-8")
    result = neuvo("check", "--cards", cards, "--languages", "fi")
    assert "swimming/fi.md:5: the text is in 'en', not in 'fi'" in result.stdout


def test_a_card_that_does_not_load_fails_with_one_line(cards: Path) -> None:
    (cards / "swimming" / "service.toml").write_text(SERVICE.replace('"target"', '"wish"'), encoding="utf-8")
    result = neuvo("check", "--cards", cards)
    assert result.exit_code == 1
    assert result.stderr.startswith("swimming/service.toml: facts.queue.status: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("languages", ["fi,xx", ",", "fi-selko"])
def test_unknown_languages_are_refused(cards: Path, languages: str) -> None:
    assert neuvo("check", "--cards", cards, "--languages", languages).exit_code == 2


def test_jsonl_holds_every_text_with_its_facts(cards: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    assert neuvo("export", "--format", "jsonl", "--out", out, "--cards", cards).exit_code == 0
    entries = [json.loads(line) for line in (out / "cards.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [entry["text_name"] for entry in entries] == ["fi", "en", "ar", "fi-selko"]
    arabic = entries[2]
    assert arabic["title"] == "المسبح"
    assert arabic["translation"] == "machine, not yet reviewed"
    assert arabic["facts"][0] == {
        "name": "visitors",
        "wording": "4300",
        "value": "4 300",
        "unit": "visitor",
        "status": "in force",
        "source": "report",
        "section": None,
        "valid_until": None,
        "source_title": "Raportti (Espoon kaupunki)",
    }
    assert arabic["municipalities"] == ["Espoo", "Kauniainen"]
    assert arabic["valid_from"] == "2025-01-01"


def test_pages_have_language_direction_facts_and_sources(cards: Path, tmp_path: Path) -> None:
    text = AR.replace("في أي وقت", "في <b>أي</b> وقت")
    (cards / "swimming" / "ar.md").write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    result = neuvo("export", "--format", "html", "--out", out, "--cards", cards)
    assert (result.exit_code, result.stdout) == (0, f"wrote 4 texts: {out / 'index.html'}\n")

    page = Page(out / "swimming" / "ar.html")
    assert page.open == []
    assert page.all("html") == [{"lang": "ar", "dir": "rtl"}]
    assert "<b>أي</b>" in page.words
    assert not page.all("script")
    assert not page.all("b")
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert "machine, not yet reviewed" in page.words
    for words in ("visitors", "4300", "in force", "target", "Raportti (Espoon kaupunki)", "Uimahallit"):
        assert words in page.words
    assert [cell.get("scope") for cell in page.all("th")[:5]] == ["col"] * 5
    links = [link["href"] for link in page.all("a")]
    assert links == ["../index.html", "fi.html", "en.html", "ar.html", "fi-selko.html"]

    index = Page(out / "index.html")
    assert index.all("html") == [{"lang": "en", "dir": "ltr"}]
    assert "Arabic *" in index.words
    assert "Finnish (selko)" in index.words
    assert all((out / str(link["href"])).is_file() for link in index.all("a"))


def test_an_export_can_be_limited_to_languages(cards: Path, tmp_path: Path) -> None:
    neuvo("export", "--format", "html", "--out", tmp_path / "out", "--cards", cards, "--languages", "en,ar")
    pages = sorted(path.name for path in (tmp_path / "out").rglob("*.html"))
    assert pages == ["ar.html", "en.html", "index.html"]


def test_only_web_addresses_become_links(cards: Path, tmp_path: Path) -> None:
    service = SERVICE.replace('name = "swimming-site"', 'name = "swimming-site"\nurl = "javascript:alert(1)"')
    (cards / "swimming" / "service.toml").write_text(service, encoding="utf-8")
    neuvo("export", "--format", "html", "--out", tmp_path / "out", "--cards", cards)
    hrefs = [link["href"] for link in Page(tmp_path / "out" / "swimming" / "en.html").all("a")]
    assert not any("javascript" in str(href) for href in hrefs)


def test_an_unwritable_folder_fails_clearly(cards: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = neuvo("export", "--format", "jsonl", "--out", tmp_path / "file" / "out", "--cards", cards)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1


def test_a_new_card_loads_and_is_refused_until_it_is_written(cards: Path) -> None:
    result = neuvo("new", "ice-skating", "--cards", cards)
    assert result.exit_code == 0
    assert "ice-skating" in result.stdout
    card = next(card for card in load_cards(cards) if card.slug == "ice-skating")
    findings = check_card(card)
    assert {finding.file for finding in findings} == {"service.toml", "fi.md", "en.md"}
    unwritten = [finding.problem for finding in findings if finding.file == "service.toml"]
    assert unwritten == [f"{key} is not written yet" for key in ("channel", "title", "publisher")]
    checked = neuvo("check", "--cards", cards, "--languages", "fi,en")
    assert checked.exit_code == 1
    assert "ice-skating/fi.md" in checked.stdout


@pytest.mark.parametrize("slug", ["Ice", "ice skating", "ice_skating", "-ice", "../ice", "", "jää", "swimming"])
def test_a_slug_that_is_wrong_or_taken_is_refused(cards: Path, slug: str) -> None:
    before = sorted(cards.rglob("*"))
    result = neuvo("new", "--cards", cards, "--", slug)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert sorted(cards.rglob("*")) == before


GUIDE = (Path(__file__).parents[2] / "docs" / "corpus.md").read_text(encoding="utf-8")
COMMANDS = dict.fromkeys(re.findall(r"^ *(neuvo corpus .+)$", GUIDE, re.MULTILINE))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_guide_are_true(
    command: str, cards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = neuvo(*command.split()[2:], "--cards", cards)
    missing = "check" in command and "--languages" not in command
    assert result.exit_code == int(missing), result.output


def test_the_guide_names_every_choice_and_file() -> None:
    for kind in (Topic, Audience, Status, Translation):
        for choice in kind:
            assert f"`{choice.value}`" in GUIDE
    root = Path(__file__).parents[2]
    for path in re.findall(r"`((?:corpus|assistant|web)/[\w./]+)`", GUIDE):
        assert "CODE" in path or (root / path).exists(), path
    assert "{}–{} words".format(*bounds("fi").length) in GUIDE
    assert "plain Finnish {}–{}".format(*bounds("fi-selko").length) in GUIDE


def test_the_shipped_cards_pass_in_every_language() -> None:
    result = neuvo("check")
    assert (result.exit_code, result.stdout) == (0, "")
