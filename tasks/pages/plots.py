"""Plots as SVG text, drawn by matplotlib. Import this where a plot is drawn: it loads numpy and matplotlib.

The colours here are stand-ins that `_themed` turns into the page's CSS variables, so that one drawing fits the light
and the dark page; texts stay texts.
"""

import io
import re
from collections.abc import Callable, Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

WIDTH_PT = 760
INK, SOFT, LINE, BAR, STRONG, PAPER = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
HEAT = ["#a00000", "#a00001", "#a00002", "#a00003", "#a00004", "#a00005"]
KINDS = [f"#b0000{digit}" for digit in range(10)]
VARIABLES = {INK: "ink", SOFT: "soft", LINE: "line", BAR: "bar", STRONG: "strong", PAPER: "paper"}
VARIABLES |= {colour: f"heat-{step}" for step, colour in enumerate(HEAT)}
VARIABLES |= {colour: f"kind-{number}" for number, colour in enumerate(KINDS)}
#: Upper ends of the steps of the heat scale, as shares; the last is open.
HEAT_STEPS = (0.1, 0.2, 0.3, 0.45, 0.6)
#: Width of a character of a note, as a part of the longest bar's.
NOTE_ROOM = 0.021
STYLE = {
    "svg.fonttype": "none",
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}


def bars(labels: Sequence[str], shares: Sequence[float], notes: Sequence[str], strong: int) -> str:
    """Horizontal bars of shares (0 to 1) with their value and a note each; the one at `strong` stands out."""

    def draw(axes: Axes) -> None:
        places = range(len(labels))
        axes.barh(places, shares, height=0.62, color=[STRONG if place == strong else BAR for place in places])
        axes.set_yticks(places, labels, color=INK)
        axes.invert_yaxis()
        edge = max(shares, default=0) or 1
        room = edge * (1.1 + NOTE_ROOM * max(map(len, notes), default=0))
        axes.set_xlim(0, room)
        axes.set_xticks([])
        for place, share, note in zip(places, shares, notes, strict=True):
            axes.text(share + edge * 0.012, place, f"{share:.0%}", va="center", color=INK, weight="bold")
            axes.text(room, place, note, va="center", ha="right", color=SOFT)

    return _svg(draw, height_pt=26 * len(labels) + 14, salt="bars" + "".join(labels), left_pt=178)


def columns(labels: Sequence[str], shares: Sequence[float], strong: Sequence[int], unit: str) -> str:
    """Vertical bars of shares (0 to 1) along `labels`; those at `strong` stand out and carry their value."""

    def draw(axes: Axes) -> None:
        places = range(len(labels))
        axes.bar(places, shares, width=0.72, color=[STRONG if place in strong else BAR for place in places])
        axes.set_xticks(places, labels)
        axes.set_xlim(-0.6, len(labels) - 0.4)
        axes.set_ylim(0, (max(shares, default=0) or 1) * 1.15)
        axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0))
        axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axes.grid(axis="y", color=LINE, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.set_xlabel(unit)
        for place in strong:
            axes.text(place, shares[place], f"{shares[place]:.0%}", ha="center", va="bottom", weight="bold")

    return _svg(draw, height_pt=230, salt="columns" + unit, left_pt=44, bottom_pt=40)


def heat(
    across: Sequence[str], down: Sequence[str], shares: dict[tuple[int, int], float], ticks: Sequence[int], unit: str
) -> str:
    """Cells coloured by share: `shares` maps (column, row) to 0..1; columns at `ticks` are named, as is every row."""

    def draw(axes: Axes) -> None:
        for (column, row), share in shares.items():
            step = sum(share >= end for end in HEAT_STEPS)
            axes.add_patch(Rectangle((column - 0.46, row - 0.44), 0.92, 0.88, facecolor=HEAT[step], linewidth=0))
        axes.set_xlim(-0.6, len(across) - 0.4)
        axes.set_ylim(len(down) - 0.4, -0.6)
        axes.set_xticks(list(ticks), [across[tick] for tick in ticks])
        axes.set_yticks(range(len(down)), down)
        axes.set_xlabel(unit)

    return _svg(draw, height_pt=15 * len(down) + 52, salt="heat" + unit, left_pt=44, bottom_pt=40)


def stacks(labels: Sequence[str], shares: Sequence[Sequence[float]], notes: Sequence[str]) -> str:
    """Horizontal bars, each divided by shares that add up to 1, with a note each; the colours are those of KINDS."""

    def draw(axes: Axes) -> None:
        places = range(len(labels))
        starts = [0.0] * len(labels)
        for number, widths in enumerate(zip(*shares, strict=True)):
            axes.barh(places, widths, left=starts, height=0.66, color=KINDS[number], edgecolor=PAPER, linewidth=0.8)
            starts = [start + width for start, width in zip(starts, widths, strict=True)]
        _name_rows(axes, labels, notes, (0, 1.14))

    return _svg(draw, height_pt=26 * len(labels) + 14, salt="stacks" + "".join(labels), left_pt=92)


def ranges(labels: Sequence[str], spans: Sequence[Sequence[float]], notes: Sequence[str], unit: str) -> str:
    """How values spread: of each row the 10th, 25th, 50th, 75th and 90th percentile, and a note."""

    def draw(axes: Axes) -> None:
        for place, (least, low, middle, high, most) in enumerate(spans):
            axes.plot([least, most], [place, place], color=BAR, linewidth=2, solid_capstyle="round")
            axes.barh(place, high - low, left=low, height=0.5, color=BAR)
            axes.plot([middle, middle], [place - 0.36, place + 0.36], color=STRONG, linewidth=2.4)
        least, most = min(span[0] for span in spans), max(span[-1] for span in spans)
        edge = (most - least) * 0.15 or 1
        axes.set_axisbelow(True)
        axes.grid(axis="x", color=LINE, linewidth=0.8)
        _name_rows(axes, labels, notes, (least - edge, most + (most - least + edge) * 0.66))
        ticks = mpl.ticker.MaxNLocator(5).tick_values(least, most)
        axes.set_xticks([tick for tick in ticks if least - edge <= tick <= most + edge])
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}".replace(",", "\u202f"))
        axes.set_xlabel(unit, loc="left")

    return _svg(draw, height_pt=26 * len(labels) + 50, salt="ranges" + unit, left_pt=92, bottom_pt=40)


def dots(
    across: Sequence[str], down: Sequence[str], sizes: dict[tuple[int, int], float], steps: dict[tuple[int, int], int]
) -> str:
    """A dot for each (column, row): its area is a share (0 to 1), its colour a step of the heat scale."""

    def draw(axes: Axes) -> None:
        axes.set_xlim(-0.7, len(across) - 0.3)
        axes.set_ylim(len(down) - 0.4, -0.6)
        axes.grid(color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        for place, share in sizes.items():
            axes.plot(*place, "o", markersize=1.2 + 13 * share**0.5, color=HEAT[steps[place]], markeredgewidth=0)
        axes.set_xticks(range(len(across)), across, rotation=90, style="italic")
        axes.set_yticks(range(len(down)), down, color=INK)

    return _svg(draw, height_pt=22 * len(down) + 84, salt="dots" + "".join(across), left_pt=196, bottom_pt=76)


def _name_rows(axes: Axes, labels: Sequence[str], notes: Sequence[str], limits: tuple[float, float]) -> None:
    places = range(len(labels))
    axes.set_yticks(places, labels, color=INK)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_xlim(*limits)
    axes.set_xticks([])
    for place, note in zip(places, notes, strict=True):
        axes.text(limits[1], place, note, va="center", ha="right", color=SOFT)


def _svg(draw: Callable[[Axes], None], height_pt: int, salt: str, left_pt: int, bottom_pt: int = 4) -> str:
    with mpl.rc_context({**STYLE, "svg.hashsalt": salt}):
        figure = Figure(figsize=(WIDTH_PT / 72, height_pt / 72), facecolor="none")
        FigureCanvasSVG(figure)
        box = (left_pt / WIDTH_PT, bottom_pt / height_pt, 1 - (left_pt + 6) / WIDTH_PT, 1 - (bottom_pt + 8) / height_pt)
        axes = figure.add_axes(box)
        for spine in axes.spines.values():
            spine.set_visible(False)
        draw(axes)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
    return _themed(buffer.getvalue())


def _themed(svg: str) -> str:
    """Make the drawing part of a page: its colours and fonts, no names that two drawings would share."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r'<svg \1 aria-hidden="true">', svg, count=1, flags=re.DOTALL)
    svg = re.sub(r' id="[a-z0-9.]+_\d+"', "", svg)
    svg = re.sub(r" font-family: [^;\"]*;?", "", svg)  # matplotlib 3.11
    svg = re.sub(r"(font: [^;\"']*?\d+(?:\.\d+)?px) [^;\"]*", r"\1 var(--sans)", svg)  # before
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return svg.strip()
