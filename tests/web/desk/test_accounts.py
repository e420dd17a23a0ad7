"""``/desk/accounts`` and ``neuvo account``."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from desk.conftest import Office, Person
from web.cli import app
from web.configuration import read_web_settings
from web.desk.accounts import Account, Accounts, Role
from web.desk.audit import AuditLog, Filter
from web.desk.passwords import hash_password
from web.desk.tables import account_table
from web.storage import open_database


@pytest.fixture
def administrator(office: Office) -> Person:
    person = office.sign_in(Role.ADMINISTRATOR, name="outi")
    settle(office, person.account)
    return person


def settle(office: Office, account: Account) -> None:
    """Give the account a password, so that it can sign in."""
    with office.desk.engine.begin() as connection:
        mine = account_table.c.id == account.id
        connection.execute(account_table.update().where(mine).values(password_hash=hash_password("x" * 12)))


def link(text: str) -> str:
    return re.findall(r"/desk/welcome\?code=([\w-]{43})", text)[0]


def test_an_administrator_creates_an_account_and_hands_a_link_over(office: Office, administrator: Person) -> None:
    form = administrator.form(name="Aino.K", display_name="Aino Korhonen", language="sv")
    response = administrator.client.post("/desk/accounts", data=form | {"roles": ["advisor", "editor"]})
    account = office.desk.accounts.invited(link(response.text))
    assert account
    assert (account.name, account.display_name, account.language) == ("aino.k", "Aino Korhonen", "sv")
    assert account.roles == {Role.ADVISOR, Role.EDITOR}
    assert response.headers["cache-control"] == "no-store"
    page = administrator.client.get("/desk/accounts").text
    assert "aino.k" in page
    assert link(response.text) not in page
    entry = office.desk.audit.find(Filter(action="account.created"))[0]
    assert (entry.account_name, entry.subject) == ("outi", str(account.id))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        pytest.param({"name": "a"}, "Käyttäjätunnuksessa on oltava", id="too short a name"),
        pytest.param({"name": "aino korhonen"}, "Käyttäjätunnuksessa on oltava", id="a space"),
        pytest.param({"name": "<b>aino"}, "Käyttäjätunnuksessa on oltava", id="markup"),
        pytest.param({"name": "OUTI"}, "Tämä käyttäjätunnus on jo olemassa", id="a name that is taken"),
        pytest.param({"roles": []}, "Valitse vähintään yksi rooli", id="no role"),
        pytest.param({"roles": ["king"]}, "Valitse vähintään yksi rooli", id="no such role"),
    ],
)
def test_an_account_that_cannot_be_is_not_created(
    office: Office, administrator: Person, changes: dict[str, str], text: str
) -> None:
    form = administrator.form(name="aino", display_name="Aino") | {"roles": ["advisor"]} | changes
    response = administrator.client.post("/desk/accounts", data=form)
    assert response.status_code == 422
    assert text in response.text
    assert len(office.desk.accounts.all()) == 1


def test_new_roles_end_the_sessions_of_the_account(office: Office, administrator: Person) -> None:
    aino = office.sign_in(Role.ADVISOR)
    path = f"/desk/accounts/{aino.account.id}"
    administrator.client.post(f"{path}/roles", data=administrator.form() | {"roles": ["advisor"]})
    assert aino.client.get("/desk/ask").status_code == 200
    administrator.client.post(f"{path}/roles", data=administrator.form() | {"roles": ["evaluator"]})
    assert aino.client.get("/desk/ask").status_code == 303
    changed = office.desk.accounts.get(aino.account.id)
    assert changed
    assert changed.roles == {Role.EVALUATOR}
    assert [one.details["roles"] for one in office.desk.audit.find(Filter(action="account.roles"))] == [["evaluator"]]


def test_a_closed_account_is_out_at_once_and_may_come_back(office: Office, administrator: Person) -> None:
    aino = office.sign_in(Role.ADVISOR)
    path = f"/desk/accounts/{aino.account.id}"
    administrator.client.post(f"{path}/close", data=administrator.form())
    assert aino.client.get("/desk/ask").status_code == 303
    assert office.desk.sessions.of(aino.account.id) == []
    assert "Avaa tunnus uudelleen" in administrator.client.get(path).text
    administrator.client.post(f"{path}/reopen", data=administrator.form())
    assert office.desk.accounts.get(aino.account.id)


def test_a_reset_gives_a_new_link_and_ends_everything(office: Office, administrator: Person) -> None:
    aino = office.sign_in(Role.ADVISOR)
    settle(office, aino.account)
    response = administrator.client.post(f"/desk/accounts/{aino.account.id}/reset", data=administrator.form())
    assert office.desk.accounts.invited(link(response.text)) == aino.account
    assert not office.desk.credentials.means(aino.account.id).password
    assert aino.client.get("/desk/ask").status_code == 303


def test_an_administrator_unlocks(office: Office, administrator: Person) -> None:
    aino = office.sign_in(Role.ADVISOR)
    for _ in range(5):
        office.desk.attempts.begin("aino", "192.0.2.1")
    path = f"/desk/accounts/{aino.account.id}"
    assert "Lukittu epäonnistuneiden yritysten vuoksi" in administrator.client.get(path).text
    administrator.client.post(f"{path}/unlock", data=administrator.form())
    assert office.desk.attempts.locked_until("aino") is None


@pytest.mark.parametrize("action", ["close", "roles"])
def test_the_last_administrator_stays_one(office: Office, administrator: Person, action: str) -> None:
    office.desk.accounts.create("invited", [Role.ADMINISTRATOR])
    path = f"/desk/accounts/{administrator.account.id}/{action}"
    response = administrator.client.post(path, data=administrator.form() | {"roles": ["editor"]})
    assert response.status_code == 422
    assert "viimeinen pääkäyttäjä" in response.text
    assert administrator.client.get("/desk/accounts").status_code == 200


def test_roles_of_a_city_account_are_the_citys(office: Office, administrator: Person) -> None:
    account = office.desk.accounts.create("aino", [Role.ADVISOR], subject="https://login.example 1")
    path = f"/desk/accounts/{account.id}"
    administrator.client.post(f"{path}/roles", data=administrator.form() | {"roles": ["administrator"]})
    administrator.client.post(f"{path}/reset", data=administrator.form())
    assert office.desk.accounts.get(account.id) == account
    assert "kaupungin tunnistuksesta" in administrator.client.get(path).text


def test_an_account_that_is_not_there_leads_to_the_list(administrator: Person) -> None:
    for action in ("close", "reset", "roles"):
        response = administrator.client.post(f"/desk/accounts/999/{action}", data=administrator.form())
        assert response.headers["location"] == "/desk/accounts"
    assert administrator.client.get("/desk/accounts/999").headers["location"] == "/desk/accounts"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where an operator works."""
    monkeypatch.chdir(tmp_path)
    for name in ("NEUVO_DATABASE", "NEUVO_DESK_KEY", "NEUVO_DATA"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def neuvo(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["account", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_first_administrator_comes_from_the_command_line(folder: Path) -> None:
    status, printed, told = neuvo("create-administrator", "outi", "--display-name", "Outi Virtanen")
    assert status == 0
    assert "once, within an hour" in told
    engine = open_database(f"sqlite:///{folder / 'data' / 'web.sqlite3'}")
    account = Accounts(engine).invited(link(printed))
    assert account
    assert (account.display_name, account.roles) == ("Outi Virtanen", {Role.ADMINISTRATOR})
    entry = AuditLog(engine).find(Filter())[0]
    assert (entry.account_name, entry.action, entry.details["by"]) == ("-", "account.created", "command line")
    engine.dispose()


def test_an_operator_sees_and_mends_accounts(folder: Path) -> None:
    (folder / "neuvo.toml").write_text('[web.desk.hand_off]\npublic_url = "https://neuvo.example.fi/"\n', "utf-8")
    assert neuvo("list") == (0, "no accounts\n", "")
    first = neuvo("create-administrator", "outi")[1]
    assert first.startswith("https://neuvo.example.fi/desk/welcome?code=")
    assert neuvo("create-administrator", "OUTI")[0] == 1
    assert neuvo("create-administrator", "no name")[0] == 2
    again = neuvo("reset", "outi")[1]
    assert link(again) != link(first)
    assert neuvo("unlock", "outi") == (0, "outi is unlocked\n", "")
    assert neuvo("list")[1] == "outi  invited  administrator\n"
    assert neuvo("close", "outi") == (0, "outi is closed\n", "")
    (described,) = json.loads(neuvo("list", "--json")[1])
    assert described["state"] == "closed"
    assert described["roles"] == ["administrator"]
    assert neuvo("reset", "outi")[0] == 1


@pytest.mark.parametrize("command", ["reset", "unlock", "close"])
def test_an_account_that_is_not_there_is_said(folder: Path, command: str) -> None:
    assert neuvo(command, "nobody") == (1, "", 'neuvo: there is no account "nobody"\n')


def test_the_commands_of_the_documentation_run_as_they_stand(folder: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
    section = text.split("## Accounts of the desk\n")[1].split("\n## ")[0]
    commands = re.findall(r"^neuvo account (.+)$", section, re.MULTILINE)
    assert {shlex.split(command)[0] for command in commands} == {
        "create-administrator",
        "list",
        "unlock",
        "reset",
        "close",
    }
    for command in commands:
        assert neuvo(*shlex.split(command))[0] == 0, command


def test_the_settings_of_the_documentation_are_some(folder: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
    section = text.split("### The city's own sign-in\n")[1]
    (folder / "neuvo.toml").write_text(section.split("```toml\n")[1].split("```")[0], "utf-8")
    oidc = read_web_settings({"NEUVO_OIDC_SECRET": "s"}, folder).desk.sign_in.oidc
    assert oidc.roles["neuvo-chiefs"] == {"advisor", "editor"}
    assert oidc.client_secret
    assert oidc.client_secret.get_secret_value() == "s"
