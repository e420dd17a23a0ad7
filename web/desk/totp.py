"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds), and recovery codes for when it is lost."""

from __future__ import annotations

import hashlib
import hmac
import io
import re
import secrets
from datetime import datetime

import pyotp
import segno

ISSUER = "Neuvo"
STEP = 30
"""Seconds."""

RECOVERY_CODES = 10

# Without letters and figures that look alike.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """160 bits, in base 32."""
    return pyotp.random_base32()


def otpauth_uri(secret: str, account_name: str) -> str:
    """What an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=account_name, issuer_name=ISSUER)


def qr_code(text: str) -> str:
    """An ``svg`` element, in black on white, with a margin that cameras need."""
    written = io.BytesIO()
    code = segno.make(text, error="m")
    code.save(
        written, kind="svg", border=4, xmldecl=False, svgns=False, omitsize=True, dark="#000", light="#fff", nl=False
    )
    return written.getvalue().decode("ascii")


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step that ``code`` belongs to: this one, the one before or the one after."""
    digits = re.sub(r"\s", "", code)
    current = int(now.timestamp()) // STEP
    found = None
    generator = pyotp.TOTP(secret)
    for step in (current - 1, current, current + 1):
        # All three, however soon one fits: the time taken tells nothing.
        if hmac.compare_digest(generator.generate_otp(step).encode(), digits.encode()):
            found = step
    return found


def looks_like_totp(code: str) -> bool:
    return re.fullmatch(r"\d{6}", re.sub(r"\s", "", code)) is not None


def new_recovery_codes() -> list[str]:
    """Ten codes such as ``k7wd-9hx2-mbq4-z3tu``, of 79 bits each."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4)) for _ in range(RECOVERY_CODES)
    ]


def recovery_digest(code: str) -> str:
    """What is kept of a code. It is random enough for a plain hash."""
    return hashlib.sha256(re.sub(r"[\s-]", "", code).lower().encode()).hexdigest()
