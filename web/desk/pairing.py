"""Pairing an authenticator app: the secret travels sealed in the form, so that nothing is kept before it is proven."""

from __future__ import annotations

import json
from dataclasses import dataclass

from web.desk.accounts import Account
from web.desk.totp import new_secret, otpauth_uri, qr_code
from web.desk.vault import Vault

SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Pairing:
    """What the page shows. ``sealed`` is its form's."""

    secret: str
    sealed: str
    uri: str
    svg: str

    @property
    def spaced(self) -> str:
        """In groups of four, to be typed."""
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))


def pairing(vault: Vault, account: Account, sealed: str = "") -> Pairing:
    """The one that ``sealed`` is of, else a new one."""
    secret = secret_of(vault, account, sealed)
    if secret is None:
        secret = new_secret()
        sealed = vault.seal(json.dumps([account.id, secret]))
    uri = otpauth_uri(secret, account.name)
    return Pairing(secret, sealed, uri, qr_code(uri))


def secret_of(vault: Vault, account: Account, sealed: str) -> str | None:
    """The secret that this account's page showed; None for another's, or for one shown too long ago."""
    opened = vault.open(sealed, SECONDS)
    if opened is None:
        return None
    id, secret = json.loads(opened)
    return str(secret) if id == account.id else None
