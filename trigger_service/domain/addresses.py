"""Addresses: from where the service can be reached, and who counts as one caller."""

from __future__ import annotations

import ipaddress
from typing import Optional, Union

_Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
#: One household or machine has a whole network of this length.
_IPV6_CALLER = 64
#: Of protocols, not of hosts: one cloud has its metadata there. Not every Python knows the whole network as such.
_OF_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")
#: Addresses of IPv6 whose last 32 bits are an address of IPv4 that a gateway connects to.
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))


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


def is_public(address: str) -> bool:
    """Whether an address, as the system resolves names to, is one of the Internet: none of this machine, of a private
    network or link (where clouds answer for their metadata), or of many receivers; also where it wraps one of IPv4.
    """
    parsed = _parsed(address)
    if parsed is None or parsed in _OF_PROTOCOLS:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        wrapped = _wrapped(parsed)
        if wrapped is not None:
            return is_public(str(wrapped))
        # what is left of old schemes for sites, and of addresses that stand for one of IPv4 without a prefix
        if parsed.is_site_local or int(parsed) >> 32 == 0:
            return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


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


def _wrapped(address: ipaddress.IPv6Address) -> Optional[ipaddress.IPv4Address]:
    """The address of IPv4 that one of IPv6 leads to; None where it is one of its own."""
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _parsed(host: str) -> Optional[_Address]:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
