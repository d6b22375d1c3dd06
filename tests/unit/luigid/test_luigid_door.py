"""Whom luigid lets in."""

import pytest

from trigger_service.luigid.door import Door

DOOR = Door("boot", frozenset({"flights.example"}))


@pytest.mark.parametrize(
    "host", ["localhost:8082", "LOCALHOST", "127.0.0.1", "127.1.2.3:1", "[::1]:8082", "flights.example"]
)
def test_its_own_names_are_let_in(host: str) -> None:
    assert DOOR.refusal(host, None) == ""
    assert DOOR.refusal(host, f"http://{host}") == ""
    assert DOOR.refusal(host, f"https://{host}") == ""


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "",
        "[",
        "10.0.0.1",
        "evil@10.0.0.1",
        "0.0.0.0:1",
    ],
)
def test_other_names_are_refused(host: str) -> None:
    assert "Host" in DOOR.refusal(host, None)


@pytest.mark.parametrize(
    "origin", ["null", "", "http://evil.example", "http://127.0.0.1:1", "http://127.0.0.1", "http://["]
)
def test_foreign_origins_are_refused(origin: str) -> None:
    assert "Origin" in DOOR.refusal("127.0.0.1:8082", origin)
