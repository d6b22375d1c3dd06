"""Who holds a port."""

import os
import socket
from pathlib import Path

from trigger_service.luigid.ports import holder_of


def test_the_holder_is_named_by_pid_and_command_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        holder = holder_of(server.getsockname()[1])

    assert holder.startswith(f"pid {os.getpid()} (")
    assert "py" in holder


def test_a_connection_from_that_port_is_no_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert holder_of(client.getsockname()[1]).startswith("an unknown process")


def test_where_nothing_can_be_read_the_holder_is_unknown(tmp_path: Path) -> None:
    assert holder_of(1, tmp_path).startswith("an unknown process")
