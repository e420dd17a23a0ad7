"""Signing in with the desk's own accounts, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select, update

from web.desk.accounts import Account, Accounts, LastAdministrator, NameTaken, Role
from web.desk.attempts import Attempts, MustWait
from web.desk.audit import AuditLog, Filter
from web.desk.credentials import Credentials, MustSetUp, WrongCode, WrongCredentials
from web.desk.passwords import WeakPassword
from web.desk.sessions import Sessions, device_of
from web.desk.settings import SignInSettings
from web.desk.tables import account_table, attempt_table
from web.desk.vault import Vault

PASSWORD = "harmaa sillan alla virtaa"
HERE, THERE = "192.0.2.1", "198.51.100.7"


@dataclass
class Clock:
    now: datetime = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: int) -> None:
        self.now += timedelta(**time)


@dataclass
class Door:
    """Everything that signing in needs."""

    engine: Engine
    clock: Clock = field(default_factory=Clock)
    code_required: bool = True

    def __post_init__(self) -> None:
        self.vault = Vault(Fernet.generate_key().decode())
        self.accounts = Accounts(self.engine, self.clock)
        self.attempts = Attempts(self.engine, self.vault, self.clock)
        self.audit = AuditLog(self.engine, self.clock)
        self.credentials = Credentials(
            self.engine,
            self.accounts,
            self.attempts,
            self.audit,
            self.vault,
            code_required=self.code_required,
            now=self.clock,
        )

    def code(self, secret: str, steps: int = 0) -> str:
        return pyotp.TOTP(secret).at(for_time=self.clock.now, counter_offset=steps)

    def admit(self, name: str = "aino", *roles: Role) -> tuple[Account, str, list[str]]:
        """An account that is set up: with its secret and recovery codes."""
        account = self.accounts.create(name, roles or [Role.ADVISOR])
        secret = pyotp.random_base32()
        done = self.credentials.set_up(self.accounts.invite(account.id), PASSWORD, secret, self.code(secret))
        assert done is not None
        self.clock.wait(seconds=30)
        return account, secret, done[1]

    def sign_in(self, password: str = PASSWORD, code: str = "", name: str = "aino", client: str = HERE) -> Account:
        return self.credentials.sign_in(name, password, code, client)


@pytest.fixture
def door(database: Engine) -> Door:
    return Door(database)


def test_name_password_and_code_sign_in(door: Door) -> None:
    account, secret, _ = door.admit()
    assert door.sign_in(code=door.code(secret), name="  AINO ") == account


def test_the_code_of_an_authenticator_app_is_good_once(door: Door) -> None:
    _, secret, _ = door.admit()
    code = door.code(secret)
    door.sign_in(code=code)
    with pytest.raises(WrongCredentials):
        door.sign_in(code=code)
    door.clock.wait(seconds=30)
    with pytest.raises(WrongCredentials):  # still within the skew, but used
        door.sign_in(code=code)
    door.sign_in(code=door.code(secret))


def test_an_earlier_code_than_the_last_one_is_not_good(door: Door) -> None:
    _, secret, _ = door.admit()
    earlier = door.code(secret)
    door.sign_in(code=door.code(secret, 1))
    with pytest.raises(WrongCredentials):
        door.sign_in(code=earlier)


def test_the_code_that_paired_the_app_does_not_sign_in(door: Door) -> None:
    account = door.accounts.create("aino", [Role.ADVISOR])
    secret = pyotp.random_base32()
    code = door.code(secret)
    door.credentials.set_up(door.accounts.invite(account.id), PASSWORD, secret, code)
    with pytest.raises(WrongCredentials):
        door.sign_in(code=code)


def test_a_wrong_password_uses_no_code_up(door: Door) -> None:
    _, secret, _ = door.admit()
    with pytest.raises(WrongCredentials):
        door.sign_in("another password", door.code(secret))
    door.sign_in(code=door.code(secret))


def test_a_recovery_code_is_good_once_and_the_others_stay(door: Door) -> None:
    account, _, codes = door.admit()
    assert door.credentials.means(account.id).recovery_codes == 10
    door.sign_in(code=codes[3].upper())
    assert door.credentials.means(account.id).recovery_codes == 9
    with pytest.raises(WrongCredentials):
        door.sign_in(code=codes[3])
    door.sign_in(code=codes[4])


def test_new_recovery_codes_end_the_old_ones(door: Door) -> None:
    account, _, codes = door.admit()
    fresh = door.credentials.new_recovery_codes(account)
    with pytest.raises(WrongCredentials):
        door.sign_in(code=codes[0])
    door.sign_in(code=fresh[0])


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("aino", "another password", id="wrong password"),
        pytest.param("eero", PASSWORD, id="no such account"),
        pytest.param("", "", id="nothing"),
        pytest.param("x\x00'; drop table account; --", PASSWORD, id="nonsense"),
    ],
)
def test_whoever_is_refused_is_told_nothing(database: Engine, name: str, password: str) -> None:
    door = Door(database)
    _, secret, _ = door.admit()
    with pytest.raises(WrongCredentials) as caught:
        door.sign_in(password, door.code(secret), name)
    assert str(caught.value) == ""


def test_the_secret_of_an_app_is_kept_encrypted_and_no_code_readable(door: Door) -> None:
    account, secret, codes = door.admit()
    with door.engine.connect() as connection:
        row = connection.execute(select(account_table).where(account_table.c.id == account.id)).mappings().one()
    kept = " ".join(map(str, row.values()))
    assert PASSWORD not in kept
    assert secret not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_an_outdated_hash_is_made_anew(door: Door) -> None:
    account, secret, _ = door.admit()
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with door.engine.begin() as connection:
        connection.execute(update(account_table).values(password_hash=weak))
    door.sign_in(code=door.code(secret))
    with door.engine.connect() as connection:
        stored = connection.execute(select(account_table.c.password_hash)).scalar_one()
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert account.name == "aino"


def test_who_has_no_app_yet_sets_one_up_first(database: Engine) -> None:
    relaxed = Door(database, code_required=False)
    account = relaxed.accounts.create("aino", [Role.ADVISOR])
    assert relaxed.credentials.set_up(relaxed.accounts.invite(account.id), PASSWORD, pyotp.random_base32(), "") == (
        account,
        [],
    )
    assert relaxed.sign_in() == account
    strict = Door(database)
    with pytest.raises(MustSetUp) as caught:
        strict.sign_in()
    assert strict.accounts.invited(caught.value.code) == account


def test_an_app_that_is_paired_is_asked_for_where_none_is_required(database: Engine) -> None:
    relaxed = Door(database, code_required=False)
    _, secret, _ = relaxed.admit()
    with pytest.raises(WrongCredentials):
        relaxed.sign_in()
    relaxed.sign_in(code=relaxed.code(secret))


def test_an_invitation_is_good_once_and_for_an_hour(door: Door) -> None:
    account = door.accounts.create("aino", [Role.ADVISOR])
    secret = pyotp.random_base32()
    code = door.accounts.invite(account.id)
    door.clock.wait(minutes=59)
    assert door.accounts.invited(code) == account
    door.clock.wait(minutes=1)
    assert door.accounts.invited(code) is None
    assert door.credentials.set_up(code, PASSWORD, secret, door.code(secret)) is None
    first, second = door.accounts.invite(account.id), door.accounts.invite(account.id)
    assert door.accounts.invited(first) is None
    assert door.credentials.set_up(second, PASSWORD, secret, door.code(secret)) is not None
    assert door.credentials.set_up(second, "another one entirely", secret, door.code(secret)) is None


def test_a_weak_password_or_a_wrong_code_leaves_the_invitation_good(door: Door) -> None:
    account = door.accounts.create("aino", [Role.ADVISOR])
    code, secret = door.accounts.invite(account.id), pyotp.random_base32()
    with pytest.raises(WeakPassword):
        door.credentials.set_up(code, "aino", secret, door.code(secret))
    with pytest.raises(WrongCode):
        door.credentials.set_up(code, PASSWORD, secret, "")
    assert door.accounts.invited(code) == account
    assert not door.credentials.means(account.id).password


def test_a_reset_takes_everything_away(door: Door) -> None:
    account, secret, codes = door.admit()
    invitation = door.credentials.reset(account.id)
    for code in (door.code(secret), codes[0], ""):
        with pytest.raises(WrongCredentials):
            door.sign_in(code=code)
    assert door.accounts.invited(invitation) == account


def test_a_closed_account_signs_in_no_more(door: Door) -> None:
    account, secret, _ = door.admit()
    invitation = door.accounts.invite(account.id)
    door.accounts.close(account.id)
    with pytest.raises(WrongCredentials):
        door.sign_in(code=door.code(secret))
    assert door.accounts.invited(invitation) is None
    assert door.accounts.get(account.id) is None
    door.accounts.reopen(account.id)
    door.sign_in(code=door.code(secret))


@pytest.mark.parametrize("name", ["aino", "nobody-at-all"])
def test_waits_grow_and_are_the_same_for_a_name_that_no_account_has(door: Door, name: str) -> None:
    _, secret, _ = door.admit()

    def fail() -> None:
        with pytest.raises(WrongCredentials):
            door.sign_in("another password", name=name)

    for _ in range(5):
        fail()
    waits = []
    for _ in range(7):
        with pytest.raises(MustWait) as caught:
            door.sign_in(code=door.code(secret), name=name)
        waits.append(caught.value.seconds)
        door.clock.wait(seconds=caught.value.seconds)
        fail()
    # The fifth failure locks for half a minute, each further one for twice as long, at most a quarter of an hour.
    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_signing_in_and_a_day_forget_failures(door: Door) -> None:
    _, secret, _ = door.admit()
    for _ in range(4):
        with pytest.raises(WrongCredentials):
            door.sign_in("another password")
    door.sign_in(code=door.code(secret))
    for _ in range(4):
        with pytest.raises(WrongCredentials):
            door.sign_in("another password")
    door.clock.wait(days=1, seconds=1)
    for _ in range(4):
        with pytest.raises(WrongCredentials):
            door.sign_in("another password")
    assert door.attempts.locked_until("aino") is None


def test_an_administrator_unlocks(door: Door) -> None:
    _, secret, _ = door.admit()
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            door.sign_in("another password")
    assert door.attempts.locked_until("aino") == door.clock.now + timedelta(seconds=30)
    door.attempts.unlock("aino")
    door.sign_in(code=door.code(secret))


def test_a_client_that_tries_many_names_must_wait_for_all(door: Door) -> None:
    _, secret, _ = door.admit()
    for number in range(30):
        with pytest.raises(WrongCredentials):
            door.sign_in("another password", name=f"name{number}", client=THERE)
    with pytest.raises(MustWait):
        door.sign_in(code=door.code(secret), client=THERE)
    door.sign_in(code=door.code(secret), client=HERE)


def test_a_client_cannot_wipe_its_failures_out_with_an_account_of_its_own(door: Door) -> None:
    _, secret, _ = door.admit()
    for number in range(29):
        with pytest.raises(WrongCredentials):
            door.sign_in("another password", name=f"name{number}", client=THERE)
    door.sign_in(code=door.code(secret), client=THERE)
    with pytest.raises(WrongCredentials):
        door.sign_in("another password", name="one more", client=THERE)
    with pytest.raises(MustWait):
        door.sign_in("another password", name="and another", client=THERE)


def test_who_tried_is_kept_only_as_a_digest_and_not_for_long(door: Door) -> None:
    with pytest.raises(WrongCredentials):
        door.sign_in("another password", name="My Secret Passphrase", client=HERE)
    with door.engine.connect() as connection:
        rows = connection.execute(select(attempt_table)).mappings().all()
    assert len(rows) == 2
    assert all(len(row["key"]) == 64 for row in rows)
    assert door.audit.find(Filter(action="sign_in.failed"))[0].account_name == "-"
    door.clock.wait(days=1, seconds=1)
    assert door.attempts.purge() == 2


def test_a_failure_of_an_account_is_noted_with_it(door: Door) -> None:
    account, _, _ = door.admit()
    with pytest.raises(WrongCredentials):
        door.sign_in("another password")
    entry = door.audit.find(Filter(action="sign_in"))[0]
    assert (entry.action, entry.account) == ("sign_in.failed", account.id)


def test_the_password_is_shown_again_for_what_matters(door: Door) -> None:
    account, _, _ = door.admit()
    door.credentials.confirm(account, PASSWORD, HERE)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            door.credentials.confirm(account, "another password", HERE)
    with pytest.raises(MustWait):
        door.credentials.confirm(account, PASSWORD, HERE)


def test_the_last_administrator_stays_one(door: Door) -> None:
    account, _, _ = door.admit("aino", Role.ADMINISTRATOR, Role.EDITOR)
    # An invitation that nobody accepted yet administers nothing.
    invited = door.accounts.create("eero", [Role.ADMINISTRATOR])
    with pytest.raises(LastAdministrator):
        door.accounts.close(account.id)
    with pytest.raises(LastAdministrator):
        door.accounts.set_roles(account.id, [Role.EDITOR])
    door.accounts.close(invited.id)
    other, _, _ = door.admit("outi", Role.ADMINISTRATOR)
    door.accounts.set_roles(account.id, [Role.EDITOR])
    with pytest.raises(LastAdministrator):
        door.accounts.close(other.id)


def test_a_name_is_one_account_whatever_its_case(door: Door) -> None:
    door.accounts.create("Aino", [Role.ADVISOR])
    with pytest.raises(NameTaken):
        door.accounts.create(" AINO", [Role.ADVISOR])


def test_sessions_end_when_idle_and_in_the_end(door: Door) -> None:
    account, _, _ = door.admit()
    sessions = Sessions(door.engine, door.accounts, SignInSettings(idle_minutes=60, session_hours=2), door.clock)
    idle, used = sessions.begin(account, "Firefox, Linux"), sessions.begin(account)
    door.clock.wait(minutes=59)
    assert sessions.find(used) is not None
    door.clock.wait(minutes=1)
    assert sessions.find(idle) is None
    assert sessions.find(used) is not None
    assert [one.device for one in sessions.of(account.id)] == [""]
    door.clock.wait(minutes=58)
    assert sessions.find(used) is not None
    door.clock.wait(minutes=2)
    assert sessions.find(used) is None
    assert sessions.purge() == 2


def test_sessions_are_ended_one_by_one_and_together(door: Door) -> None:
    account, _, _ = door.admit()
    other, _, _ = door.admit("eero")
    sessions = Sessions(door.engine, door.accounts, SignInSettings(), door.clock)
    tokens = [sessions.begin(account) for _ in range(3)]
    theirs = sessions.begin(other)
    first, second, third = (found for token in tokens if (found := sessions.find(token)))
    assert not sessions.end_of(other.id, first.id)
    assert sessions.end_of(account.id, first.id)
    assert sessions.find(tokens[0]) is None
    renewed = sessions.renew(second)
    assert sessions.find(tokens[1]) is None
    found = sessions.find(renewed)
    assert found
    assert found.csrf != second.csrf
    assert sessions.end_all(account.id, but=third.id) == 1
    assert sessions.end_all(account.id) == 1
    assert sessions.find(theirs) is not None


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8.0", "?, ?"),
    ],
)
def test_a_device_is_a_browser_and_a_system(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device
