"""How a page is answered: whole, or only those of its parts that an open one asks for again."""

from __future__ import annotations

import gzip
import time
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, current_app, request
from jinja2 import Template

#: What an open page sends for its parts: their names, with spaces between. Each is a block of the template, in which
#: there is one element whose id is the block's name.
PARTS = "X-Parts"
#: Pages of fewer characters are sent as they are; the others are compressed quickly rather than well.
SMALL, QUICK = 1500, 4
#: What every page is framed by, which has parts of its own.
FRAME, FRAME_PARTS = "console.html", frozenset({"side", "health"})


def page(template: str, here: str, status: int = 200, *, within: Sequence[str] = (), **context: Any) -> Response:
    """The page, or the parts of it that the request names; `here` is the entry of the menu that it belongs to.

    `within` are templates that it includes, and that have parts.

    A part is made alone, so that it may use what stands in `context` and in `parts.html`, and nothing that is set or
    imported in another place of the template.
    """
    shown = {**context, "here": here, "now": time.time()}
    current_app.update_template_context(shown)
    made = current_app.jinja_env.get_template(template)
    wanted = request.headers.get(PARTS)
    sources = [made, *(current_app.jinja_env.get_template(name) for name in (*within, FRAME))]
    body = made.render(shown) if wanted is None else _parts(sources, wanted.split(), shown)
    # half of a pair of surrogates, in the name of a logger for instance, cannot be sent
    response = Response(body.encode(errors="replace"), status, mimetype="text/html")
    response.headers["Vary"] = f"{PARTS}, Accept-Encoding"
    if len(body) > SMALL and request.accept_encodings["gzip"]:
        response.set_data(gzip.compress(response.get_data(), QUICK, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def asks_for_frame_only() -> bool:
    """Whether an open page has news only of what frames it: then nobody waits for what takes long to be looked at."""
    return PARTS in request.headers and FRAME_PARTS.issuperset(request.headers[PARTS].split())


def _parts(sources: Sequence[Template], names: list[str], shown: Mapping[str, Any]) -> str:
    made = []
    for name in dict.fromkeys(names):
        for source in sources:
            if name in source.blocks:
                made.append("".join(source.blocks[name](source.new_context(dict(shown)))))
                break
    return "".join(made)
