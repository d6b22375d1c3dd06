"""The page of a whole year. Import this where it is drawn: it loads matplotlib."""

import calendar
from datetime import date

from tasks.flights import chapters
from tasks.flights.figures import Group, Summary, minutes, percent, thousands
from tasks.flights.month_page import AIRPORTS
from tasks.pages import plots
from tasks.pages.page import Cell, Section, figure, page, table

WEEKDAYS = [name[:3] for name in calendar.day_name]


def year_page(
    summaries: dict[date, Summary],
    whole: Summary,
    links: dict[date, str],
    *,
    origin: str,
    top_carriers: int,
    with_weather: bool,
) -> str:
    """Make the whole HTML text of a year's report; `links` leads from a month to its report."""
    year = next(iter(summaries)).year
    months = {month: summary.total for month, summary in summaries.items()}
    sections = [
        chapters.key_figures(whole),
        by_month(months),
        by_day(whole, year),
        chapters.carriers(whole, top_carriers),
        chapters.hours(whole),
        *([chapters.weather(whole)] if with_weather else []),
        chapters.destinations(whole),
        month_table(months, links),
    ]
    total = whole.total
    return page(
        eyebrow="New York departures",
        title=f"{AIRPORTS[origin]}, {year}",
        lead=f"<b>{thousands(total.measures.flights)}</b> flights were scheduled from {AIRPORTS[origin]} in {year}. "
        f"<b>{percent(total.late_share)}</b> of those that left did so a quarter of an hour late or more, "
        f"and {percent(total.cancelled_share)} were cancelled.",
        sections=sections,
        notes=chapters.NOTES,
        parameters={
            "year": str(year),
            "origin": origin,
            "top carriers": str(top_carriers),
            "weather": "yes" if with_weather else "no",
        },
    )


def by_month(months: dict[date, Group]) -> Section:
    """Which months are late."""
    shares = [group.late_share for group in months.values()]
    names = list(months)
    best, worst = shares.index(min(shares)), shares.index(max(shares))
    svg = plots.columns([f"{month:%b}" for month in names], shares, strong=[best, worst], unit="month of departure")
    description = ", ".join(f"{month:%B} {share:.0%}" for month, share in zip(names, shares, strict=True))
    heading = f"Latest in {names[worst]:%B}, most punctual in {names[best]:%B}"
    caption = "Share of late departures by month."
    return Section(heading, figure(svg, f"Late departures by month: {description}", caption))


def by_day(whole: Summary, year: int) -> Section:
    """Every day of the year, in weeks across and weekdays down."""
    first = date(year, 1, 1)
    shift = first.weekday()
    shares, month_starts = {}, {}
    for group in whole.groups["day"]:
        day = date.fromisoformat(group.key)
        place = (day - first).days + shift
        shares[place // 7, place % 7] = group.late_share
        if day.day == 1:
            month_starts[place // 7] = f"{day:%b}"
    weeks = [month_starts.get(week, "") for week in range(max(week for week, _ in shares) + 1)]
    svg = plots.heat(weeks, WEEKDAYS, shares, ticks=sorted(month_starts), unit="week of the year")
    worst = whole.by_lateness("day")[0]
    day = date.fromisoformat(worst.key)
    caption = "Share of late departures by day. Storms stand out as single days, holidays and summers as bands."
    heading = f"The worst day was {day.day} {day:%B}: {percent(worst.late_share, 0)} left late"
    return Section(heading, figure(svg, "Late departures of each day of the year", caption, chapters.heat_legend()))


def month_table(months: dict[date, Group], links: dict[date, str]) -> Section:
    """The months in figures, each with the way to its own report."""
    rows = [
        (
            Cell(f"{month:%B}", links[month]),
            thousands(group.measures.flights),
            percent(group.late_share),
            percent(group.cancelled_share),
            minutes(group.mean_departure_delay_min),
            minutes(group.mean_arrival_delay_min),
        )
        for month, group in months.items()
    ]
    head = ["Month", "Flights", "Left late", "Cancelled", "Mean departure delay", "Mean arrival delay"]
    return Section("Each month in its own report", table(head, rows))
