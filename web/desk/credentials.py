"""Signing in with an account of the desk's own: password, and a code of an authenticator app or a recovery code.

SignInError   not signed in
  WrongCredentials  name, password or code is not right; which one, nobody is told
  MustSetUp   the password is right, but the account has no authenticator app yet: ``code`` invites to set one up
WrongCode     a code shown to prove an authenticator app does not fit
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, or_, select, update

from web.desk import totp
from web.desk.accounts import Account, Accounts, invitation_digest, normal_name
from web.desk.attempts import Attempts
from web.desk.audit import AuditLog
from web.desk.passwords import check_password, hash_password, is_outdated, verify_password
from web.desk.tables import account_table as table
from web.desk.vault import Vault

_NO_SECRET = totp.new_secret()


class SignInError(Exception):
    """Not signed in."""


class WrongCredentials(SignInError):
    """Name, password or code is not right."""


class MustSetUp(SignInError):
    """The password is right, but the account has no authenticator app yet."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code


class WrongCode(Exception):
    """A code shown to prove an authenticator app does not fit."""


@dataclass(frozen=True, slots=True)
class Means:
    """What an account signs in with."""

    password: bool
    totp: bool
    recovery_codes: int


class Credentials:
    """Passwords and authenticator apps in the database. Blocks, also to compute."""

    def __init__(
        self,
        engine: Engine,
        accounts: Accounts,
        attempts: Attempts,
        audit: AuditLog,
        vault: Vault,
        *,
        code_required: bool,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._attempts = attempts
        self._audit = audit
        self._vault = vault
        self._now = now
        self.code_required = code_required

    def sign_in(self, name: str, password: str, code: str, client: str) -> Account:
        """The account. ``client`` is where it came from. Raises MustWait, WrongCredentials, MustSetUp."""
        self._attempts.begin(name, client)
        account = self._verified(name, password, code)
        if account is None:
            listed = self._accounts.named(name)
            # Names that no account has are not kept: they may be a password in the wrong field.
            self._audit.note(listed.account if listed else None, "sign_in.failed")
            raise WrongCredentials
        self._attempts.succeeded(name, client)
        if self.code_required and not self.means(account.id).totp:
            raise MustSetUp(self._accounts.invite(account.id))
        return account

    def confirm(self, account: Account, password: str, client: str) -> None:
        """Somebody signed in shows their password again. Raises MustWait, WrongCredentials."""
        self._attempts.begin(account.name, client)
        with self._engine.connect() as connection:
            stored = connection.execute(select(table.c.password_hash).where(table.c.id == account.id)).scalar_one()
        if not verify_password(stored, password):
            self._audit.note(account, "password.wrong")
            raise WrongCredentials
        self._attempts.succeeded(account.name, client)

    def means(self, id: int) -> Means:
        columns = (table.c.password_hash, table.c.totp_secret, table.c.recovery_codes)
        with self._engine.connect() as connection:
            row = connection.execute(select(*columns).where(table.c.id == id)).one()
        return Means(bool(row.password_hash), bool(row.totp_secret), len((row.recovery_codes or "").split()))

    def set_password(self, account: Account, password: str) -> None:
        """Raises WeakPassword."""
        check_password(password, account.name, account.display_name)
        self._set(account.id, password_hash=hash_password(password))

    def set_totp(self, account: Account, secret: str, code: str) -> list[str]:
        """Pair an authenticator app that shows ``code``; fresh recovery codes. Raises WrongCode."""
        step = totp.matching_step(secret, code, self._now())
        if step is None:
            raise WrongCode
        self._set(account.id, totp_secret=self._vault.seal(secret), totp_last_step=step)
        return self.new_recovery_codes(account)

    def new_recovery_codes(self, account: Account) -> list[str]:
        """To show once; earlier ones are no longer good."""
        codes = totp.new_recovery_codes()
        self._set(account.id, recovery_codes=" ".join(map(totp.recovery_digest, codes)))
        return codes

    def set_up(self, invitation: str, password: str, secret: str, code: str) -> tuple[Account, list[str]] | None:
        """Accept an invitation, once; None if it is not good any more. ``code`` may be empty where none is required.

        Raises WeakPassword, WrongCode.
        """
        account = self._accounts.invited(invitation)
        if account is None:
            return None
        check_password(password, account.name, account.display_name)
        step = totp.matching_step(secret, code, self._now()) if code or self.code_required else None
        if step is None and (code or self.code_required):
            raise WrongCode
        codes = totp.new_recovery_codes() if step is not None else []
        values = {
            "password_hash": hash_password(password),
            "totp_secret": self._vault.seal(secret) if step is not None else None,
            "totp_last_step": step,
            "recovery_codes": " ".join(map(totp.recovery_digest, codes)) or None,
            "invitation": None,
            "invited_until": None,
        }
        # Of two who have the link, one gets in.
        good = (table.c.id == account.id, table.c.invitation == invitation_digest(invitation))
        with self._engine.begin() as connection:
            if connection.execute(update(table).where(*good).values(values)).rowcount != 1:
                return None
        self._attempts.unlock(account.name)
        return account, codes

    def reset(self, id: int) -> str:
        """Take password, authenticator app and recovery codes away; the code of an invitation to set new ones."""
        self._set(id, password_hash=None, totp_secret=None, totp_last_step=None, recovery_codes=None)
        return self._accounts.invite(id)

    def _verified(self, name: str, password: str, code: str) -> Account | None:
        """Does the same work whether there is such an account or not."""
        with self._engine.connect() as connection:
            found = connection.execute(select(table).where(table.c.name == normal_name(name), table.c.active))
            row = found.mappings().one_or_none()
        right = verify_password(row["password_hash"] if row else None, password)
        secret = self._vault.open(row["totp_secret"]) if row and row["totp_secret"] else None
        step = totp.matching_step(secret or _NO_SECRET, code, self._now())
        if row is None or not right:
            return None
        if row["totp_secret"] and not self._spend(row["id"], step if secret else None, code):
            return None
        if is_outdated(row["password_hash"]):
            self._set(row["id"], password_hash=hash_password(password))
        return self._accounts.get(row["id"])

    def _spend(self, id: int, step: int | None, code: str) -> bool:
        """Use a code up; False if it is none, or was used."""
        with self._engine.begin() as connection:
            mine = table.c.id == id
            if step is not None:
                fresh = or_(table.c.totp_last_step.is_(None), table.c.totp_last_step < step)
                return connection.execute(update(table).where(mine, fresh).values(totp_last_step=step)).rowcount == 1
            before = connection.execute(select(table.c.recovery_codes).where(mine)).scalar_one() or ""
            digest = totp.recovery_digest(code)
            if digest not in before.split():
                return False
            left = " ".join(one for one in before.split() if one != digest)
            # Only where nobody used one meanwhile.
            unchanged = table.c.recovery_codes == before
            return connection.execute(update(table).where(mine, unchanged).values(recovery_codes=left)).rowcount == 1

    def _set(self, id: int, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(table).where(table.c.id == id).values(values))
