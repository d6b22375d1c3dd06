"""The running service, its luigid, what a killed one has left, and what it needs: a token, and where targets go."""

from __future__ import annotations

import http.client
import json
import tempfile
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from trigger_service.cli.checks.finding import Finding
from trigger_service.config import Settings
from trigger_service.domain.errors import TriggerError
from trigger_service.domain.place import SERVICE_FILE
from trigger_service.store.schema import open_as_it_is
from trigger_service.supervisor.tokens import MEND, lacking_token

#: Seconds that an answer may take; seconds by which clocks may differ.
_PATIENCE_S, _SKEW_S = 5.0, 5.0
_AGAIN = "Start it again with `luigi-trigger up`."
_MENDS = {
    "database": "Look into service.log; on a full disk, make room.",
    "luigid": "The supervisor starts it again; where it does not come back, its log (logs/luigid.log) says why.",
    "zygote": "The supervisor starts it again; where it does not come back, its log (logs/zygote.log) says why.",
}


def check_announcement(home: Path) -> Iterator[Finding]:
    """What service.json says: whether its service is there, and is ours."""
    file = home / SERVICE_FILE
    if not file.exists():
        return
    try:
        told = json.loads(file.read_text())
        url, pid = str(told["url"]), int(told["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        yield _left(file, "It cannot be read", "Delete it.")
        return
    if not Path(f"/proc/{pid}").exists():
        yield _left(file, f"The service that it names (pid {pid}) was killed", _AGAIN)
    elif b"trigger_service" not in (command := _command_of(pid)):
        running = command.replace(b"\0", b" ").decode(errors="replace").strip()[:100]
        yield _left(file, f"Pid {pid}, which it names, is another program now: {running}", f"Delete it. {_AGAIN}")
    elif "ready" not in (_answer(url, "/readyz")[1] or {}):
        yield _left(file, f"What answers at {url}, which it names, is no Luigi Trigger service", f"Delete it. {_AGAIN}")


def check_service(url: str, home: Path, config: Path) -> Iterator[Finding]:
    """The service at `url`: is it ready, in every place, and does it go by luigi.cfg as it is now."""
    _, readiness = _answer(url, "/readyz")
    if readiness is None:
        what = f"The service at {url} does not answer"
        mend = f"Look into {home / 'logs/service.log'}; end `luigi-trigger up` and start it again."
        yield Finding("service-silent", what, url, "nothing can be triggered", mend)
        return
    if "checks" not in readiness and not readiness.get("ready"):
        what = f"The service at {url} is not ready, and says why only to who shows a token"
        yield Finding("not-ready", what, str(home / "logs"), "runs are not started", "Look into the logs there.")
    places: Mapping[str, Any] = {"default/default": readiness.get("checks", {}), **readiness.get("places", {})}
    for place, checks in places.items():
        for name, check in checks.items():
            if not check["ok"]:
                what = f"{name} is not ready: {check['reason']}"
                why = "runs of this place are not started"
                yield Finding("not-ready", what, f"place {place}, {home / 'logs'}", why, _MENDS.get(name, _AGAIN))
    if config.is_file() and config.stat().st_mtime > (home / SERVICE_FILE).stat().st_mtime:
        yield Finding(
            "config-newer",
            "luigi.cfg was changed after the service was started",
            str(config),
            "settings of Luigi Trigger are read once, at the start; the service goes by the old ones",
            "If a section of Luigi Trigger was changed: end `luigi-trigger up` and start it again.",
            "warning",
        )


def check_clock(url: str, now: float) -> Iterator[Finding]:
    """Whether the luigid at `url` has our time."""
    date, _ = _answer(url, "/")
    if date is not None and abs(date - now) > _SKEW_S:
        yield Finding(
            "clock-luigid",
            f"The clock of luigid is {date - now:+.0f} s from that of this machine",
            url,
            "workers count as dead too early or too late, and times of tasks are wrong",
            "Synchronise the clocks (NTP).",
        )


def check_token(settings: Settings, now: float) -> Iterator[Finding]:
    """Whether there is a token where `up` asks for one."""
    try:
        lacking = lacking_token(settings, now, open_as_it_is)
    except TriggerError:  # of what is wrong with the database, others tell
        return
    if lacking:
        what = f"{lacking[:1].upper()}{lacking[1:]}"
        mend = f"{MEND[:1].upper()}{MEND[1:]}."
        yield Finding("token-missing", what, "[trigger_service] host", "`luigi-trigger up` refuses to start", mend)


def check_roots(settings: Settings) -> Iterator[Finding]:
    """Whether targets can be written where the environments want them."""
    for name, environment in settings.environments.items():
        for variable, root in environment.roots.items():
            reason = "" if "://" in root else _unwritable(Path(root))
            if reason:
                yield Finding(
                    "root-unwritable",
                    f"{root} cannot be written to: {reason}",
                    f"[environment:{name}] roots, {variable}",
                    "every run in this environment fails when it writes its targets",
                    "Make the folder and give yourself the right to write there, or name another one.",
                )


def _unwritable(folder: Path) -> str:
    """Why nothing can be written to a folder, which may be one that is yet to be made; empty where it can."""
    where = next(path for path in (folder, *folder.parents) if path.exists() or path == path.parent)
    try:
        with tempfile.NamedTemporaryFile(prefix=".doctor", dir=where):
            return ""
    except OSError as error:
        return f"{where}: {error.strerror}"


def _left(file: Path, what: str, mend: str) -> Finding:
    why = "commands look there for the service, and do not find it"
    return Finding("service-file", what, str(file), why, mend)


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _answer(url: str, path: str) -> tuple[float | None, dict[str, Any] | None]:
    """The `Date` of an answer in seconds since the epoch, and its JSON object; None for each that there is not."""
    parts = urlsplit(url)
    try:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_S)
        connection.request("GET", path)
        response = connection.getresponse()
        date, body = response.getheader("Date"), response.read()
        connection.close()
    except (OSError, http.client.HTTPException, ValueError):
        return None, None
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    return parsedate_to_datetime(date).timestamp() if date else None, document if isinstance(document, dict) else None
