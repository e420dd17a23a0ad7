"""Who a request comes from, behind proxies that are trusted to say so."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from starlette.datastructures import Headers
from starlette.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

UNIX = "unix"
"""Among the trusted proxies: whoever connects through a Unix socket."""

UNKNOWN = "unknown"


class Clients:
    """Tells clients apart. ``trusted`` are addresses or networks of proxies, or UNIX.

    From anyone else, ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are only claims, and not read.
    """

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        trusted = tuple(trusted)
        self._unix = UNIX in trusted
        self._networks = tuple(ipaddress.ip_network(one) for one in trusted if one != UNIX)

    def name(self, scope: Scope) -> str:
        """What limits count by: the address; of an IPv6 address its /64 network, which is one household."""
        address = self._address(scope)
        if address is None:
            return UNKNOWN
        if address.version == 6:
            return str(ipaddress.ip_network((address, 64), strict=False))
        return str(address)

    def is_secure(self, scope: Scope) -> bool:
        """Whether the client came by HTTPS, to us or to a trusted proxy."""
        if self.is_trusted(scope) and (told := _last(Headers(scope=scope).getlist("x-forwarded-proto"))):
            return told == "https"
        return bool(scope.get("scheme") == "https")

    def is_trusted(self, scope: Scope) -> bool:
        """Whether the peer is a trusted proxy."""
        peer = _peer(scope)
        return self._unix if peer is None else self._trusts(peer)

    def _address(self, scope: Scope) -> Address | None:
        address = _peer(scope)
        if self.is_trusted(scope):
            for told in _forwarded(Headers(scope=scope).getlist("x-forwarded-for")):
                if told is None:
                    break
                address = told
                if not self._trusts(told):
                    break
        return address

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _peer(scope: Scope) -> Address | None:
    """``None`` for a Unix socket."""
    client = scope.get("client")
    return _parse(client[0]) if client else None


def _forwarded(headers: list[str]) -> Iterator[Address | None]:
    """Addresses from the nearest proxy's to the farthest; ``None`` for what is none."""
    for part in reversed(",".join(headers).split(",")):
        yield _parse(part)


def _parse(text: str) -> Address | None:
    """An address, also with a port or in brackets; an IPv4 address within IPv6 as itself."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].split("]")[0]
    elif text.count(":") == 1:
        text = text.split(":")[0]
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address


def _last(headers: list[str]) -> str:
    return ",".join(headers).split(",")[-1].strip().lower()
