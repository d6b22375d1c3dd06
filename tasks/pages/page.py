"""A page: one self-contained HTML file, filled from the template beside this module."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple

TEMPLATES = Path(__file__).with_name("template")


class Cell(NamedTuple):
    """A text with a link to another page."""

    text: str
    href: str


class Section(NamedTuple):
    """A heading that says the finding, and the HTML that shows it."""

    heading: str
    content: str


def page(
    *,
    eyebrow: str,
    title: str,
    lead: str,
    sections: Iterable[Section],
    notes: Iterable[str],
    parameters: dict[str, str],
) -> str:
    """Make a page; `lead` and the contents of sections are HTML, everything else is text."""
    body = "\n".join(f"<section>\n<h2>{escape(s.heading)}</h2>\n{s.content}\n</section>" for s in sections)
    made_with = ", ".join(f"{name} {value}" for name, value in parameters.items())
    return Template(TEMPLATES.joinpath("page.html").read_text(encoding="utf-8")).substitute(
        style=TEMPLATES.joinpath("style.css").read_text(encoding="utf-8"),
        eyebrow=escape(eyebrow),
        title=escape(title),
        lead=lead,
        body=body,
        notes="\n".join(f"<p>{escape(note)}</p>" for note in notes),
        parameters=escape(f"Made with {made_with}."),
    )


def figure(svg: str, description: str, caption: str, legend: str = "") -> str:
    """Make a plot with its caption; `description` is read out in place of the drawing."""
    drawing = f'<div class="plot scroll" role="img" aria-label="{escape(description)}" tabindex="0">{svg}</div>'
    return f"<figure>\n{drawing}\n{legend}<figcaption>{escape(caption)}</figcaption>\n</figure>"


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """Explain colours: pairs of a CSS variable's name and what it means."""
    items = (f'<li><i style="background:var(--{name})"></i>{escape(text)}</li>' for name, text in entries)
    return f'<ul class="legend">{"".join(items)}</ul>\n'


def table(head: Sequence[str], rows: Iterable[Sequence[str | Cell]], kind: str = "") -> str:
    """Make a table; the first column names the row."""
    top = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    lines = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0"><table class="{kind}">\n<thead><tr>{top}</tr></thead>\n'
        f"<tbody>\n{lines}\n</tbody>\n</table></div>"
    )


def _cell(content: str | Cell) -> str:
    if isinstance(content, Cell):
        return f'<td><a href="{escape(content.href)}">{escape(content.text)}</a></td>'
    return f"<td>{escape(content)}</td>"
