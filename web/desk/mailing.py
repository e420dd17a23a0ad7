"""E-mail to residents who left an address: that they have an answer, and where."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from web.desk.deliveries import Delivery, DeliveryError, Refused
from web.desk.hand_off import HandOff, Message, NoHandOff
from web.desk.hand_offs import HandOffs
from web.desk.settings import EmailSettings

MOST_ADDRESS = 254
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str


Writes = Callable[[HandOff, Message | None, str], Letter]
"""The letter, in the resident's language, about a message; ``None`` for one whose words must not be in it. The last is
the token of the resident's page."""


def is_address(text: str) -> bool:
    """Whether a text is one plain e-mail address: no name, no list, nothing that could begin another header."""
    return len(text) <= MOST_ADDRESS and _ADDRESS.fullmatch(text) is not None


class EmailCarrier:
    """Sends by SMTP. Blocks."""

    def __init__(self, settings: EmailSettings, hand_offs: HandOffs, write: Writes) -> None:
        self._settings = settings
        self._hand_offs = hand_offs
        self._write = write

    def carry(self, delivery: Delivery) -> str | None:
        try:
            found = self._hand_offs.get(delivery.hand_off)
            # The resident's own token is known to nobody: the link has one of its own.
            token = self._hand_offs.add_token(found.id)
        except NoHandOff:
            return None
        if not found.email:
            return None
        said = next((message for message in found.messages if message.id == delivery.message), None)
        letter = self._write(found, said if self._settings.include_text else None, token)
        self._send(found.email, letter)
        return None

    def _send(self, address: str, letter: Letter) -> None:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._settings.sender
        message["To"] = address
        message["Subject"] = letter.subject
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = make_msgid("neuvo", self._settings.sender.rpartition("@")[2] or "localhost")
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        message.set_content(letter.text)
        try:
            with self._server() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            if all(code >= 500 for code in codes):
                raise Refused("the mail server refused the address") from error
            raise DeliveryError("the mail server refused the address for now") from error
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(f"mail: {type(error).__name__}") from error

    def _server(self) -> smtplib.SMTP:
        settings = self._settings
        host = settings.host or ""
        if settings.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, settings.port, timeout=_SECONDS, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(host, settings.port, timeout=_SECONDS)
        try:
            if settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.user and settings.password:
                server.login(settings.user, settings.password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server
