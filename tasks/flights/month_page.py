"""The page of one month. Import this where it is drawn: it loads matplotlib."""

from datetime import date

from tasks.flights import chapters
from tasks.flights.figures import Summary, percent, thousands
from tasks.pages import plots
from tasks.pages.page import Section, figure, page

AIRPORTS = {"all": "Newark, JFK and LaGuardia", "EWR": "Newark", "JFK": "JFK", "LGA": "LaGuardia"}


def month_page(summary: Summary, month: date, *, origin: str, top_carriers: int, with_weather: bool) -> str:
    """Make the whole HTML text of a month's report."""
    sections = [
        chapters.key_figures(summary),
        calendar(summary, month),
        chapters.carriers(summary, top_carriers),
        chapters.hours(summary),
        *([chapters.weather(summary)] if with_weather else []),
        chapters.destinations(summary),
    ]
    shown = {
        "month": f"{month:%Y-%m}",
        "origin": origin,
        "top carriers": str(top_carriers),
        "weather": "yes" if with_weather else "no",
    }
    return page(
        eyebrow="New York departures",
        title=f"{AIRPORTS[origin]}, {month:%B %Y}",
        lead=lead(summary, origin),
        sections=sections,
        notes=chapters.NOTES,
        parameters=shown,
    )


def lead(summary: Summary, origin: str) -> str:
    """Say the month in two sentences of HTML."""
    total = summary.total
    worst = summary.by_lateness("day")[0]
    return (
        f"<b>{thousands(total.measures.flights)}</b> flights were scheduled from {AIRPORTS[origin]}. "
        f"<b>{percent(total.late_share)}</b> of those that left did so a quarter of an hour late or more, "
        f"and {percent(total.cancelled_share)} were cancelled. The worst day was {worst.label}."
    )


def calendar(summary: Summary, month: date) -> Section:
    """Every hour of every day, coloured by its share of late departures."""
    cells = [group for group in summary.groups["day_hour"] if group.measures.departed]
    hours = sorted({group.key[-2:] for group in cells})
    days = [str(date.fromisoformat(group.key).day) for group in summary.groups["day"]]
    shares = {(int(group.key[8:10]) - 1, hours.index(group.key[-2:])): group.late_share for group in cells}
    svg = plots.heat(
        days,
        [f"{int(hour)}:00" for hour in hours],
        shares,
        ticks=range(len(days)),
        unit=f"day of {month:%B}",
    )
    worst, best = summary.by_lateness("day")[0], summary.by_lateness("day")[-1]
    caption = (
        "Share of late departures by day and scheduled hour. A bad day starts somewhere and spreads towards the night. "
        "No cell: no flight left."
    )
    description = f"Late departures by day and hour; worst day {worst.label}, best day {best.label}"
    heading = (
        f"{percent(worst.late_share, 0)} left late on {worst.label}, {percent(best.late_share, 0)} on {best.label}"
    )
    return Section(heading, figure(svg, description, caption, chapters.heat_legend()))
