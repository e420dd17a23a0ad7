"""Passwords: how they are kept, and which are refused (NIST SP 800-63B: length, no rules of composition).

WeakPassword  the password is refused; says why
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 256
"""Characters."""

# OWASP's recommendation: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Made with the same parameters from random words that nobody has.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$ww2yRLgJqvvUQ5yMV4MKvw$TWRNeBEPbKIEyE+ALu2a5yGP73ticy1VtI8sJoU0SnM"

_COMMON = """
password passw0rd passord salasana salis lösenord losenord kayttaja käyttäjä administrator admin advisor editor
evaluator neuvo neuvoja neuvonta espoo esbo helloespoo hello helsinki suomi finland finlande welcome tervetuloa
valkommen välkommen letmein iloveyou minarakastansinua qwerty qwertyuiop asdfghjkl zxcvbnm azerty abcdefgh abc kissa
koira kesa kesä talvi summer winter spring autumn syksy kevat kevät monday football jalkapallo jaakiekko hockey
perkele jumala princess dragon monkey sunshine superman batman master secret salainen hemlig changeme vaihdatama
correcthorsebatterystaple test testi temp user login root guest default trustno1 starwars pokemon
"""
_RUNS = ("abcdefghijklmnopqrstuvwxyzåäö", "qwertyuiopåasdfghjklöäzxcvbnm", "0123456789")


class Weakness(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    NAME = "name"
    COMMON = "common"


class WeakPassword(Exception):
    """The password is refused."""

    def __init__(self, weakness: Weakness) -> None:
        super().__init__(weakness.value)
        self.weakness = weakness


def check_password(password: str, *names: str) -> None:
    """Raises WeakPassword. ``names`` are the account's: no password is made of one."""
    text = _normal(password)
    if len(text) < SHORTEST:
        raise WeakPassword(Weakness.SHORT)
    if len(text) > LONGEST:
        raise WeakPassword(Weakness.LONG)
    letters = re.sub(r"[\W\d_]+", "", text.casefold())
    own = [folded for name in names for part in (name, *name.split()) if len(folded := _letters(part)) >= 3]
    if _made_of(letters, own):
        raise WeakPassword(Weakness.NAME)
    if _made_of(letters, [*_COMMON.split(), *own]) or _is_run(text.casefold()) or len(set(text)) < 5:
        raise WeakPassword(Weakness.COMMON)


def hash_password(password: str) -> str:
    """Argon2id in PHC form."""
    return _HASHER.hash(_normal(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one; takes as long where there is none."""
    try:
        return _HASHER.verify(stored or _NOBODY, _normal(password[: 4 * LONGEST])) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """The same letters typed on another keyboard are the same password."""
    return unicodedata.normalize("NFKC", password)


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", _normal(text).casefold())


def _made_of(letters: str, words: list[str]) -> bool:
    """Whether ``letters``, without figures and signs, are one of ``words``, two, or one over and over."""
    known = {_letters(word) for word in words} - {""}
    if any(letters and not letters.replace(word, "") for word in known):
        return True
    return any(letters[:cut] in known and letters[cut:] in known for cut in range(1, len(letters)))


def _is_run(text: str) -> bool:
    """Whether it goes along the alphabet, a keyboard or the figures, either way."""
    runs = [run * 3 for run in _RUNS]
    return any(text in run or text in run[::-1] for run in runs)
