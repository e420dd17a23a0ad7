from __future__ import annotations

import pytest

from indexing.sentences import sentence_spans


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        pytest.param("One. Two! Three?", ["One.", "Two!", "Three?"], id="marks"),
        pytest.param("Ks. esim. luku 3. Sitten muuta.", ["Ks. esim. luku 3.", "Sitten muuta."], id="abbreviations"),
        pytest.param("Alkaen 1.1.2025 kaikki muuttuu.", ["Alkaen 1.1.2025 kaikki muuttuu."], id="date"),
        pytest.param("4. luokka alkaa. Se on iso.", ["4. luokka alkaa.", "Se on iso."], id="ordinal"),
        pytest.param("M. Virtanen tuli. Hyvä.", ["M. Virtanen tuli.", "Hyvä."], id="initial"),
        pytest.param("هل تريد؟ نعم.", ["هل تريد؟", "نعم."], id="arabic"),
        pytest.param("你好。再见？好！", ["你好。", "再见？", "好！"], id="chinese"),
        pytest.param("他说：“好！”她走了。", ["他说：“好！”", "她走了。"], id="closing-quote"),
        pytest.param("See www.espoo.fi. Yes.", ["See www.espoo.fi.", "Yes."], id="address"),
        pytest.param("No mark\nNew line", ["No mark", "New line"], id="line-break"),
        pytest.param("  \n ", [], id="blank"),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences
