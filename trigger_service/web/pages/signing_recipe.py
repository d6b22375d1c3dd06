"""How somebody sends a delivery to a webhook by hand: commands that sign it, for a shell. Pure.

The secret stays in a file, so that it stands neither here nor in the history of the shell.
"""

from __future__ import annotations

import shlex

from trigger_service.domain.signatures import WebhookSource


def recipe(source: WebhookSource, name: str, base_url: str) -> str:
    """Lines that sign `payload.json` with the secret in `NAME.secret` and send it; `base_url` ends without a slash."""
    lines = {"standard": _standard, "github": _github}.get(source.scheme, _hmac)(source, f"{name}.secret")
    *before, headers = lines
    sent = ['-H "Content-Type: application/json"', *headers.split("\n"), "--data-binary @payload.json"]
    curl = " \\\n  ".join([f"curl -sf {shlex.quote(f'{base_url}/hooks/{name}')}", *sent])
    return "\n".join([*before, curl])


def _standard(_source: WebhookSource, secret: str) -> list[str]:
    return [
        f"key=$(sed 's/^whsec_//' {secret} | base64 -d | od -An -v -tx1 | tr -d ' \\n')",
        "id=msg_$(date +%s%N); t=$(date +%s)",
        _signed('printf "%s.%s." "$id" "$t"; ', 'sha256 -mac HMAC -macopt "hexkey:$key" -binary', " | base64 -w0"),
        '-H "webhook-id: $id"\n-H "webhook-timestamp: $t"\n-H "webhook-signature: v1,$signature"',
    ]


def _github(_source: WebhookSource, secret: str) -> list[str]:
    return [
        "id=$(date +%s%N)",
        _signed("", f'sha256 -hmac "$(cat {secret})" -r', _HEX),
        '-H "X-GitHub-Delivery: $id"\n-H "X-Hub-Signature-256: sha256=$signature"',
    ]


def _hmac(source: WebhookSource, secret: str) -> list[str]:
    is_hex = source.encoding == "hex"
    digest = f'{source.digest} -hmac "$(cat {secret})" {"-r" if is_hex else "-binary"}'
    stamped = 'printf "%s." "$t"; ' if source.timestamp_header else ""
    prefix = shlex.quote(source.prefix) if source.prefix else ""
    named = {source.header: f'{prefix}"$signature"', source.id_header: '"$id"', source.timestamp_header: '"$t"'}
    return [
        "id=$(date +%s%N); t=$(date +%s)",
        _signed(stamped, digest, _HEX if is_hex else " | base64 -w0"),
        "\n".join(f"-H {header}': '{value}" for header, value in named.items() if header),
    ]


_HEX = " | cut -d ' ' -f 1"


def _signed(before: str, digest: str, after: str) -> str:
    return f"signature=$({{ {before}cat payload.json; }} | openssl dgst -{digest}{after})"
