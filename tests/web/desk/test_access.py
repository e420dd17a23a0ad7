from __future__ import annotations

import pytest

from desk.conftest import Office
from web.desk.accounts import Role


def test_nobody_signed_in_is_led_to_signing_in(office: Office) -> None:
    response = office.client.get("/desk")
    assert (response.status_code, response.headers["location"]) == (303, "/desk/sign-in?next=/desk")


@pytest.mark.parametrize(
    ("role", "path"),
    [
        pytest.param(Role.ADVISOR, "/desk/ask", id="an advisor asks"),
        pytest.param(Role.EDITOR, "/desk/ask", id="an editor asks"),
        pytest.param(Role.EVALUATOR, "/desk/review", id="an evaluator reviews"),
        pytest.param(Role.ADMINISTRATOR, "/desk/insight", id="an administrator reads the indicators"),
    ],
)
def test_the_desk_begins_with_the_first_place_of_a_role(office: Office, role: Role, path: str) -> None:
    response = office.sign_in(role).client.get("/desk")
    assert (response.status_code, response.headers["location"]) == (303, path)
