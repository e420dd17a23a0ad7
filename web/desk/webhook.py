"""Hand-offs to any system that takes a signed POST.

``Neuvo-Signature`` is the HMAC-SHA256, in hex, of ``<Neuvo-Timestamp>.<body>`` under the shared secret; the timestamp
is in seconds since 1970, so that a receiver can turn old requests away. ``Idempotency-Key`` is the same for each try of
the same parcel. Replies are written at the desk.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence

from web.desk.handing_on import OutsideReply, Parcel
from web.desk.outside import Outside


class Webhook:
    """``clock`` gives seconds since 1970."""

    name = "webhook"

    def __init__(self, outside: Outside, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._outside = outside
        self._secret = secret
        self._clock = clock

    def deliver(self, parcel: Parcel) -> str | None:
        content = {"event": parcel.event, "id": parcel.hand_off, "hand_off": parcel.content, "text": parcel.text}
        body = json.dumps(content, ensure_ascii=False).encode()
        timestamp = str(int(self._clock()))
        headers = {
            "Idempotency-Key": parcel.key,
            "Neuvo-Timestamp": timestamp,
            "Neuvo-Signature": f"sha256={signature(self._secret, timestamp, body)}",
        }
        answer = self._outside.send("POST", content=body, headers=headers)
        external = answer.get("id") if isinstance(answer, dict) else None
        return f"webhook {external}"[:200] if isinstance(external, str | int) else None

    def replies(self, external: str) -> Sequence[OutsideReply]:
        return ()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What a receiver compares with what was sent."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
