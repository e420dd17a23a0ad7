from __future__ import annotations

from desk.conftest import Office
from web.desk.accounts import Role


def test_nobody_signed_in_is_led_to_signing_in(office: Office) -> None:
    response = office.client.get("/desk")
    assert (response.status_code, response.headers["location"]) == (303, "/desk/sign-in?next=/desk")


def test_somebody_signed_in_sees_the_desk_in_their_language(office: Office) -> None:
    response = office.sign_in(Role.ADVISOR).client.get("/desk")
    assert response.status_code == 200
    assert '<html lang="fi" dir="ltr">' in response.text
