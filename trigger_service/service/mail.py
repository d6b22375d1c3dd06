"""Mail, by the server that luigi.cfg names in [mail]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trigger_service.domain.outside import Smtp
from trigger_service.service.outgoing import TIMEOUT_S, NotSent, Refused

if TYPE_CHECKING:
    import smtplib
    from email.message import EmailMessage


@dataclass(frozen=True)
class Letter:
    """What is to be sent."""

    #: Unique; a letter that is sent again has it again.
    id: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str


def address_fault(address: str) -> str:
    """What is wrong with an address of mail; empty where nothing is."""
    local, at, domain = address.rpartition("@")
    sound = at and local and domain and address.isascii() and address.isprintable()
    if not sound or set(address) & set(' ,;:<>()[]"\\'):
        return f"{address!r} is no address of mail; expected one such as data@example.org"
    return ""


def send(letter: Letter, smtp: Smtp, password: str) -> None:
    """Hand a letter to the server. Raises Refused where the server never will take it, NotSent where it may later."""
    import smtplib  # noqa: PLC0415 (nobody who sends no mail waits for it at the start)

    try:
        with _session(smtp) as session:
            if smtp.user:
                session.login(smtp.user, password)
            left_out = session.send_message(_message(letter, smtp.sender), smtp.sender, letter.to)
    except smtplib.SMTPAuthenticationError as error:  # somebody may set the password right
        raise NotSent(f"{smtp.host} does not let {smtp.user} in: {error.smtp_code}") from None
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(smtp, next(iter(error.recipients.values()))) from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(smtp, (error.smtp_code, error.smtp_error)) from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise NotSent(f"{smtp.host}: {reason or type(error).__name__}") from None
    if left_out:  # the others have it; sending it again would tell them twice
        raise Refused(f"{smtp.host} has refused {', '.join(sorted(left_out))}")


def _session(smtp: Smtp) -> smtplib.SMTP:
    import smtplib  # noqa: PLC0415
    import ssl  # noqa: PLC0415

    context = ssl.create_default_context()
    if smtp.security == "tls":
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=TIMEOUT_S, context=context)
    session = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT_S)
    try:
        if smtp.security == "starttls":
            session.starttls(context=context)
    except BaseException:
        session.close()
        raise
    return session


def _message(letter: Letter, sender: str) -> EmailMessage:
    from email.message import EmailMessage  # noqa: PLC0415
    from email.utils import formatdate  # noqa: PLC0415

    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(letter.to)
    message["Subject"] = letter.subject
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def _refusal(smtp: Smtp, answer: Sequence[object]) -> NotSent:
    """A 5xx is the server's last word, except where it asks for another way to sign in."""
    code, text = answer
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    told = f"{smtp.host} answered {code}: {words}"
    return Refused(told) if isinstance(code, int) and 500 <= code < 600 else NotSent(told)
