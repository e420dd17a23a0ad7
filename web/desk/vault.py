"""The desk's key: encrypts what must be read again, and makes digests that nobody can try out without it.

VaultError  the key cannot be read or made
"""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from web.desk.settings import SignInSettings
from web.storage import StorageError


class VaultError(StorageError):
    """The desk's key cannot be read or made."""


class Vault:
    """``keys`` are Fernet keys, the one in use first; what the others encrypted can still be read.

    Raises VaultError for what is none.
    """

    def __init__(self, *keys: str) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise VaultError("the desk's key is none: 32 bytes in URL-safe base 64") from error
        self._digest_key = keys[0].encode()

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str, seconds: int | None = None) -> str | None:
        """What was sealed, not longer than ``seconds`` ago; None for what this key never sealed."""
        try:
            return self._fernet.decrypt(sealed.encode(), ttl=seconds).decode()
        except InvalidToken:
            return None

    def digest(self, *parts: str) -> str:
        """64 hex digits."""
        return hmac.new(self._digest_key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()


def open_vault(settings: SignInSettings) -> Vault:
    """With the key of the settings, else of the file they name, which is made if it is missing; else one that is lost
    with the process. Raises VaultError."""
    if settings.key is not None:
        return Vault(*settings.key.get_secret_value().replace(",", " ").split())
    if settings.key_file is None:
        return Vault(Fernet.generate_key().decode())
    try:
        return Vault(*_read_or_make(settings.key_file).split())
    except (OSError, UnicodeDecodeError) as error:
        raise VaultError(f"the desk's key cannot be read: {type(error).__name__} ({settings.key_file})") from error


def _read_or_make(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written whole under another name and then linked: of two processes that start at once, one makes the key, and
    # neither reads half of one.
    if not path.exists():
        made = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text(encoding="ascii")
