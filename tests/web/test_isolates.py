from __future__ import annotations

import pytest

from web.isolates import isolated


@pytest.mark.parametrize(
    ("text", "html"),
    [
        pytest.param("يستغرق 220–300 يومًا", 'يستغرق <bdi dir="ltr">220–300</bdi> يومًا', id="range"),
        pytest.param("20 - 25 يوم", '<bdi dir="ltr">20 - 25</bdi> يوم', id="range with spaces"),
        pytest.param("في Koto-Espoo، لا", 'في <bdi dir="ltr">Koto-Espoo</bdi>، لا', id="name with a hyphen"),
        pytest.param(
            "(Espoo-Kauniainen työllisyysalue)",
            '(<bdi dir="ltr">Espoo-Kauniainen työllisyysalue</bdi>)',
            id="name of several words",
        ),
        pytest.param(
            "اتصل 09 2525 0113. نعم",
            'اتصل <bdi dir="ltr">09 2525 0113</bdi>. نعم',
            id="number in groups, full stop outside",
        ),
        pytest.param("+358 9 1", '<bdi dir="ltr">+358 9 1</bdi>', id="number with a plus"),
        pytest.param(
            "https://www.kela.fi/a?b=c#d",
            '<bdi dir="ltr">https://www.kela.fi/a?b=c#d</bdi>',
            id="address",
        ),
        pytest.param("1,700 و 5%", '<bdi dir="ltr">1,700</bdi> و <bdi dir="ltr">5%</bdi>', id="comma and per cent"),
        pytest.param("Omnia, نعم", '<bdi dir="ltr">Omnia</bdi>, نعم', id="comma outside"),
        pytest.param("۲۲۰ روز", "۲۲۰ روز", id="digits of the script itself"),
        pytest.param("<b>", '&lt;<bdi dir="ltr">b</bdi>&gt;', id="markup"),
    ],
)
def test_what_runs_from_left_to_right_is_isolated(text: str, html: str) -> None:
    assert isolated(text, "rtl") == html


@pytest.mark.parametrize("direction", ["ltr", "auto"])
def test_other_directions_need_nothing(direction: str) -> None:
    assert isolated("220–300 <b>", direction) == "220–300 &lt;b&gt;"
