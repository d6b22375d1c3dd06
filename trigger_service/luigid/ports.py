"""Who listens on a port. Linux: read from /proc."""

from __future__ import annotations

from pathlib import Path

#: State of a listening socket in /proc/net/tcp.
LISTEN = "0A"


def holder_of(port: int, proc: Path = Path("/proc")) -> str:
    """`pid 123 (its command line)` of the process that listens on `port`; "an unknown process" where it is hidden."""
    sockets = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listening(proc / "net" / table, port)}
    for folder in proc.iterdir():
        if folder.name.isdigit() and sockets & _links(folder / "fd"):
            return f"pid {folder.name} ({_command_line(folder)})"
    return "an unknown process (of another user, or in another container)"


def _listening(table: Path, port: int) -> list[str]:
    """Inodes of the sockets in `table` that listen on `port`."""
    try:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return []
    return [row[9] for row in rows if row[3] == LISTEN and int(row[1].rpartition(":")[2], 16) == port]


def _links(folder: Path) -> set[str]:
    """What the descriptors in `folder` point to; none where it is not ours to read or its process has just ended."""
    try:
        entries = list(folder.iterdir())
    except OSError:
        return set()
    return {link for entry in entries if (link := _link(entry))}


def _link(entry: Path) -> str | None:
    try:
        return str(entry.readlink())
    except OSError:  # closed meanwhile, like the one by which the folder itself was listed
        return None


def _command_line(folder: Path) -> str:
    try:
        return folder.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "ended meanwhile"
