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


def test_a_descriptor_that_was_closed_meanwhile_hides_no_later_one(tmp_path: Path) -> None:
    # Given a process whose first descriptor can no longer be read
    tables, descriptors = tmp_path / "net", tmp_path / "77" / "fd"
    tables.mkdir()
    descriptors.mkdir(parents=True)
    row = "0: 0100007F:0050 00000000:0000 0A 0:0 0:0 0 0 0 4711"
    tables.joinpath("tcp").write_text(f"the heading\n{row}\n")
    tmp_path.joinpath("77", "cmdline").write_bytes(b"python\0-m\0http.server\0")
    for number in range(3, 40):
        descriptors.joinpath(str(number)).touch()
    descriptors.joinpath("40").symlink_to("socket:[4711]")
    # Then the others are read all the same
    assert holder_of(80, tmp_path) == "pid 77 (python -m http.server)"


def test_a_connection_from_that_port_is_no_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert holder_of(client.getsockname()[1]).startswith("an unknown process")


def test_where_nothing_can_be_read_the_holder_is_unknown(tmp_path: Path) -> None:
    assert holder_of(1, tmp_path).startswith("an unknown process")
