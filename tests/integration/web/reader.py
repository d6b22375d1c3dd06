"""Who reads pages over HTTP and sends their forms."""

import html
import re

#: What a browser says of where a form stands.
ORIGIN = {"Origin": "http://localhost"}


def text(answer):
    """What a person reads."""
    return words(answer.text)


def words(page):
    """The same of the HTML of a page, or of a part of one."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def form_token(http, headers=()):
    """What proves that a form is one of the reader's own pages."""
    page = http.get("/limits", headers=dict(headers)).text
    return re.search(r'name="form_token" value="(\w+)"', page)[1]


def send(http, path, headers=(), **fields):
    """A form as a browser sends it; `headers` say who."""
    sent = {"form_token": form_token(http, headers), **fields}
    return http.post(path, data=sent, headers={**ORIGIN, **dict(headers)})
