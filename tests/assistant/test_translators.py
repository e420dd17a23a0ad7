"""Real translations by tiny packages on CTranslate2: loading, chaining, bounds, and what argostranslate makes of the
same sentences."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from assistant import argos_engine
from assistant.argos_engine import ArgosTranslator
from assistant.argos_packages import find_packages, install_package
from assistant.config import TranslationConfig
from assistant.language_id import LanguageIdentifier
from assistant.languages import load_languages
from assistant.official_terms import OfficialTerms
from assistant.translation_checks import CheckedTranslator
from assistant.translators import NoRoute, PackageError, load_engine
from tests.assistant.tiny.folders import zipped

IDENTIFIER = LanguageIdentifier(load_languages())
TERMS = OfficialTerms(["Koto-Espoo"], {"kotoutumiskoulutus": {"en": ["integration training"]}})
FREE = "Kirjastokortti on maksuton kaikille asukkaille."
ADVICE = "Neuvoja auttaa sinua hakemuksessa."


def engine(folder: Path, **settings: Any) -> ArgosTranslator:
    return ArgosTranslator(find_packages(folder)[0], **{"beam": 1, **settings})


def texts(translator: Any, sentences: Sequence[str], source: str, target: str) -> list[str | None]:
    return [one.text for one in translator.translate(sentences, source, target).sentences]


def test_a_sentence_is_translated(tiny_packages: Path) -> None:
    translation = engine(tiny_packages).translate([FREE, ADVICE], "fi", "en")
    assert [one.text for one in translation.sentences] == [
        "The library card is free for all residents.",
        "The adviser helps you with the application.",
    ]
    assert (translation.engine, translation.pivot) == ("argos", ())
    assert 0.5 < translation.confidence <= 1


def test_a_pair_without_a_package_goes_through_another_language_and_says_so(tiny_packages: Path) -> None:
    translation = engine(tiny_packages).translate([FREE], "fi", "ar")
    assert [one.text for one in translation.sentences] == ["بطاقة المكتبة مجانية لجميع السكان."]
    assert translation.pivot == ("en",)


def test_confidence_through_a_pivot_is_that_of_both_together(tiny_packages: Path) -> None:
    translator = engine(tiny_packages)
    first = translator.translate([FREE], "fi", "en")
    second = translator.translate([first.sentences[0].text or ""], "en", "ar")
    both = translator.translate([FREE], "fi", "ar")
    assert both.confidence == pytest.approx(first.confidence * second.confidence, rel=1e-4)


def test_languages_that_can_be_reached(tiny_packages: Path) -> None:
    translator = engine(tiny_packages)
    assert translator.languages() == {"fi": {"en", "ar"}, "en": {"ar"}}
    with pytest.raises(NoRoute, match="neuvo languages install ar fi"):
        translator.translate(["مرحبا"], "ar", "fi")
    with pytest.raises(NoRoute):
        translator.translate([FREE], "fi", "fi")


def test_numbers_addresses_and_official_terms_come_through(tiny_packages: Path) -> None:
    checked = CheckedTranslator(engine(tiny_packages), IDENTIFIER, lambda: TERMS)
    given = [
        "Kotoutumiskoulutus kestää 220–300 päivää.",
        "Koto-Espoossa järjestää kursseja kotivanhemmille.",
        "Lue lisää osoitteessa https://espoo.fi/a_b.",
        "Soita numeroon 09 816 21.",
        "Kurssi kestää 20 viikkoa.",
    ]
    assert texts(checked, given, "fi", "en") == [
        "integration training (kotoutumiskoulutus) lasts 220–300 days.",
        "Koto-Espoo arranges courses for parents at home.",
        "Read more at https://espoo.fi/a_b.",
        "Call the number 09 816 21.",
        "The course lasts 20 weeks.",
    ]


def test_what_the_model_does_not_know_is_refused_or_has_the_same_numbers(tiny_packages: Path) -> None:
    """It has learnt a hundred sentences, and makes up the rest: the checks are what keeps its numbers true."""
    checked = CheckedTranslator(engine(tiny_packages), IDENTIFIER, lambda: TERMS)
    given = ["Vuonna 2025 Hello Espoon luona kävi 4 300 ihmistä kysymässä neuvoa.", "Zyx 17 wvut 3,5 qponm lkj."]
    for sentence, one in zip(given, checked.translate(given, "fi", "en").sentences, strict=True):
        digits = sorted(letter for letter in sentence if letter.isdigit())
        assert one.text is None or sorted(letter for letter in one.text if letter.isdigit()) == digits
        assert (one.text is None) == (one.refused is not None)


def test_six_first_calls_load_one_model(tiny_packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    load = argos_engine._load

    def counted(package: Any, threads: int) -> Any:
        loaded.append(package.name)
        return load(package, threads)

    monkeypatch.setattr(argos_engine, "_load", counted)
    translator = engine(tiny_packages)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: texts(translator, [FREE], "fi", "en"), range(6)))
    assert loaded == ["fi-en"]
    assert found == [["The library card is free for all residents."]] * 6


def test_only_the_models_used_last_stay_loaded(tiny_packages: Path) -> None:
    translator = engine(tiny_packages, models=1)
    translator.translate([FREE], "fi", "en")
    translator.translate(["The museum is free."], "en", "ar")
    assert list(translator._loaded) == ["en-ar"]
    assert texts(translator, [FREE], "fi", "en") == ["The library card is free for all residents."]
    assert list(translator._loaded) == ["fi-en"]


def test_a_translation_that_runs_on_is_refused(tiny_packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(argos_engine, "_TIMES", 0)
    monkeypatch.setattr(argos_engine, "_MORE", 4)
    [one] = engine(tiny_packages).translate([FREE], "fi", "en").sentences
    assert (one.text, one.refused) == (None, "runs on")


def test_a_damaged_model_names_its_folder_and_the_mend(tiny_packages: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_packages / "fi-en", tmp_path / "fi-en")
    (tmp_path / "fi-en" / "model" / "model.bin").write_bytes(b"damaged")
    with pytest.raises(PackageError, match=r"fi-en: cannot be loaded .*install it again"):
        engine(tmp_path).translate([FREE], "fi", "en")


def test_an_installed_file_translates(tiny_packages: Path, tmp_path: Path) -> None:
    file = zipped(tiny_packages / "fi-en", tmp_path / "translate-fi_en-0_1.argosmodel", top="translate-fi_en-0_1")
    install_package(file, tmp_path / "languages")
    chosen = load_engine(TranslationConfig(beam=1, warm=("fi-en",)), tmp_path / "languages")
    assert texts(chosen, [FREE], "fi", "en") == ["The library card is free for all residents."]
    with pytest.raises(NoRoute, match="fi to ar"):
        load_engine(TranslationConfig(warm=("fi-ar",)), tmp_path / "languages")


def test_a_package_for_several_languages_is_told_which(tiny_packages: Path, tmp_path: Path) -> None:
    """The first token of the translation says the language, and is not shown."""
    folder = shutil.copytree(tiny_packages / "fi-en", tmp_path / "fi-en")
    metadata = json.loads((folder / "metadata.json").read_text())
    (folder / "metadata.json").write_text(json.dumps({**metadata, "target_prefix": "▁The"}))
    [one] = engine(tmp_path).translate([FREE], "fi", "en").sentences
    assert one.text is not None
    assert "library card is free" in one.text


def test_argostranslate_makes_the_same_of_the_same_sentences(tiny_packages: Path) -> None:
    """Its tokeniser, its decoding and its own function, but for splitting sentences, which needs the network."""
    translate = pytest.importorskip("argostranslate.translate", reason="argostranslate is not installed: neuvo[argos]")
    package = pytest.importorskip("argostranslate.package")
    import ctranslate2

    from tests.assistant.tiny.training import phrases

    class Whole:
        def split_sentences(self, text: str) -> list[str]:
            return [text]

    for source, target in (("fi", "en"), ("en", "ar")):
        peer = package.Package(tiny_packages / f"{source}-{target}")
        model = ctranslate2.Translator(str(peer.package_path / "model"), compute_type="auto", intra_threads=1)
        given = [one.format(n=731, m=20) for one, _ in phrases(source, target)]
        given += ["Tätä lausetta malli ei ole nähnyt.", "This one was never learnt 45."]
        theirs = [translate.apply_packaged_translation(peer, text, model, Whole(), 1)[0].value for text in given]
        assert texts(engine(tiny_packages, beam=4), given, source, target) == theirs
