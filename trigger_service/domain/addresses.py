"""Addresses: from where the service can be reached, and who counts as one caller."""

from __future__ import annotations

import ipaddress
from typing import Optional, Union

_Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
#: One household or machine has a whole network of this length.
_IPV6_CALLER = 64


def is_loopback(host: str) -> bool:
    """Whether what listens on `host` is out of reach of other machines; a name that is not `localhost` is not."""
    address = _parsed(host)
    return host == "localhost" if address is None else address.is_loopback


def is_every(host: str) -> bool:
    """Whether what listens on `host` listens on all addresses of the machine."""
    address = _parsed(host)
    return address is not None and address.is_unspecified


def from_here(host: str) -> str:
    """Where this machine itself reaches what listens on `host`."""
    if not is_every(host):
        return host
    return "::1" if ":" in host else "127.0.0.1"


def caller(address: str) -> str:
    """What a remote address is counted as: it itself or, where one caller has very many, the network of them."""
    if ":" not in address:
        return address
    parsed = _parsed(address)
    if not isinstance(parsed, ipaddress.IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), _IPV6_CALLER), strict=False))


def _parsed(host: str) -> Optional[_Address]:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
