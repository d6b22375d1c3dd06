"""Hands a message on: to Slack, to a mail server, to a webhook, to apprise."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.parse import urlsplit

from trigger_service.domain import notice_texts as texts
from trigger_service.domain.notices import Channel, Message
from trigger_service.domain.outside import Outside, Smtp
from trigger_service.domain.signatures import WebhookSource, secret_fault, sign
from trigger_service.service import mail, outgoing
from trigger_service.service.outgoing import NotSent, Refused

#: The members of what is sealed of a channel.
URL, SECRET = "url", "secret"
#: What is sealed of each kind of channel.
SEALED: Mapping[str, tuple[str, ...]] = {"mail": (), "slack": (URL,), "webhook": (URL, SECRET), "apprise": (URL,)}
#: How webhooks are signed.
SIGNED = WebhookSource("standard")
#: The status of a receiver that wants no more.
GONE = 410
#: Seconds that apprise may take, with its start.
_APPRISE_S = 30.0
#: A part of an address of so many characters may be what it is secret for.
_SECRET_CHARACTERS = 4
_MISSING = "apprise is not installed where the service runs; install luigi-trigger[apprise] there"


class TryLater(NotSent):
    """The receiver asks for some seconds of rest, the second argument."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


@dataclass(frozen=True)
class Channels:
    """The ways out, as luigi.cfg has them."""

    outside: Outside
    smtp: Smtp = field(default_factory=Smtp)
    #: Of the user of `smtp`.
    password: str = field(default="", repr=False)
    #: Seconds that a request may take.
    timeout_s: float = outgoing.TIMEOUT_S

    def send(self, channel: Channel, secrets: Mapping[str, str], message: Message) -> None:
        """Hand a message on; returns when somebody has taken it.

        Raises Refused where nobody ever will, NotSent (TryLater) where it may be tried again. No error has more of an
        address in it than its host.
        """
        link = f"{self.outside.public_url}/api/v1/runs/{message.notice.run_id}"
        if channel.kind == "mail":
            self._mail(channel, message, link)
        elif channel.kind == "apprise":
            self._apprise(secrets[URL], message, link)
        else:
            self._post(channel, secrets, message, link)

    def faults(self, channel: Channel, secrets: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """What of a channel cannot be used, by member, and why."""
        needed = SEALED[channel.kind]
        yield from ((name, f"does not go with {channel.kind}") for name in secrets if name not in needed)
        if channel.kind == "mail":
            yield from self._mail_faults(channel)
        elif channel.to:
            yield "to", f"goes with mail; {channel.kind} has a url"
        if channel.kind == "apprise" and find_spec("apprise") is None:
            yield "kind", _MISSING
        for name in needed:
            value = secrets.get(name, "")
            fault = self._url_fault(channel, value) if name == URL else secret_fault(SIGNED.scheme, value)
            if fault:
                yield name, fault

    def _url_fault(self, channel: Channel, url: str) -> str:
        if not url:
            return "expected the address to which messages go"
        if channel.kind == "apprise":
            return "" if "://" in url else "expected an address as apprise has them, as in discord://..."
        if fault := outgoing.url_fault(url):
            return fault
        if not self.outside.allow_private and outgoing.is_private_literal(urlsplit(url).hostname or ""):
            return "it is a private address; allow_private = true in [notifications] of luigi.cfg allows it"
        return ""

    def _mail_faults(self, channel: Channel) -> Iterator[tuple[str, str]]:
        if not self.smtp.host:
            yield "kind", "no mail can be sent: set host and sender in [mail] of luigi.cfg, and restart"
        if not channel.to:
            yield "to", "expected at least one address of mail"
        yield from (("to", fault) for fault in map(mail.address_fault, channel.to) if fault)

    def _mail(self, channel: Channel, message: Message, link: str) -> None:
        notice = message.notice
        letter = mail.Letter(
            message.id, channel.to, texts.subject(notice), texts.body(notice, link), texts.html_body(notice, link)
        )
        if not self.smtp.host:
            raise Refused("there is no [mail] host in luigi.cfg any more")
        mail.send(letter, self.smtp, self.password)

    def _post(self, channel: Channel, secrets: Mapping[str, str], message: Message, link: str) -> None:
        headers = {"Content-Type": "application/json"}
        if channel.kind == "webhook":
            content = json.dumps(texts.webhook(message.notice, link)).encode()
            headers |= sign(SIGNED, secrets[SECRET], content, message.id, time.time())
        else:
            content = json.dumps(texts.slack(message.notice, link)).encode()
        url = secrets[URL]
        answer = outgoing.post(
            url, content, headers, allow_private=self.outside.allow_private, timeout_s=self.timeout_s
        )
        if 200 <= answer.status < 300:
            return
        said = "" if _gives_away(url, answer.text) else answer.text
        told = f"{urlsplit(url).hostname} answered {answer.status}{': ' if said else ''}{said}"
        if answer.status == GONE:
            raise Refused(told)
        if answer.retry_after_s is not None:
            raise TryLater(told, answer.retry_after_s)
        raise NotSent(told)

    def _apprise(self, url: str, message: Message, link: str) -> None:
        """In a process of its own; its address goes by standard input, which nobody else can read."""
        if find_spec("apprise") is None:
            raise NotSent(_MISSING)
        notice = message.notice
        asked = {"url": url, "title": texts.subject(notice), "body": texts.body(notice, link)}
        command = [sys.executable, "-P", "-m", "trigger_service.service.apprise_child"]
        try:
            done = subprocess.run(
                command,
                input=json.dumps({**asked, "allow_private": self.outside.allow_private}),
                capture_output=True,
                text=True,
                timeout=_APPRISE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NotSent(f"apprise was not done within {_APPRISE_S:g} seconds") from None
        said = done.stdout.strip()
        if done.returncode:
            raise NotSent(f"apprise ended with {done.returncode}")
        if said:
            raise Refused(said) if said.startswith("refused") else NotSent(said)


def _gives_away(url: str, text: str) -> bool:
    """Whether a text has some of what an address may be secret for."""
    parts = urlsplit(url)
    words = [*parts.path.split("/"), *parts.query.replace("=", "&").split("&")]
    return any(word in text for word in words if len(word) >= _SECRET_CHARACTERS)
