"""Which runs may start."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from trigger_service.domain.admission import Candidate, Limits, Plan, plan, pools_of, saturated_pipelines

PIPELINES = ("Flights", "Weather", "Planes")
POOLS = ("database", "disk")

limits = st.builds(
    Limits,
    runs=st.integers(0, 8),
    runs_per_pipeline=st.integers(0, 3),
    pipelines=st.dictionaries(st.sampled_from(PIPELINES), st.integers(0, 3)),
    pools=st.dictionaries(st.sampled_from(POOLS), st.integers(1, 3)),
)


@st.composite
def candidates(draw: st.DrawFn, prefix: str) -> list[Candidate]:
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(PIPELINES),
                st.integers(-2, 2),
                st.integers(0, 5),
                st.lists(st.sampled_from(POOLS), unique=True),
            ),
            max_size=20,
        )
    )
    return [Candidate(f"{prefix}{n}", p, priority, float(t), tuple(x)) for n, (p, priority, t, x) in enumerate(rows)]


def held(runs: list[Candidate]) -> Counter[str]:
    return Counter(pool for run in runs for pool in pools_of(run))


def decide(queued: list[Candidate], live: list[Candidate], bounds: Limits) -> tuple[Plan, list[Candidate]]:
    decision = plan(queued, live, bounds)
    by_id = {run.id: run for run in queued}
    return decision, [by_id[run_id] for run_id in decision.start]


@given(candidates("q"), candidates("l"), limits)
def test_no_limit_is_ever_exceeded(queued, live, bounds):
    _, started = decide(queued, live, bounds)
    after = held([*live, *started])
    for pool in held(started):
        assert not bounds.slots(pool) or after[pool] <= bounds.slots(pool)


@given(candidates("q"), candidates("l"), limits)
def test_every_run_either_starts_or_has_one_line_that_names_who_holds_it_up(queued, live, bounds):
    decision, started = decide(queued, live, bounds)
    assert {*decision.start, *decision.reasons} == {run.id for run in queued}
    assert not set(decision.start) & set(decision.reasons)
    holders = {run.id for run in [*live, *started]}
    for reason in decision.reasons.values():
        assert "\n" not in reason
        assert holders & set(reason.replace(",", " ").split())


@given(candidates("q"), candidates("l"), limits)
def test_no_slot_stays_free_that_a_waiting_run_could_use(queued, live, bounds):
    decision, started = decide(queued, live, bounds)
    after = held([*live, *started])
    for run in queued:
        if run.id in decision.reasons:
            assert any(bounds.slots(pool) and after[pool] >= bounds.slots(pool) for pool in pools_of(run))


@given(candidates("q"), candidates("l"), limits)
def test_runs_of_one_kind_start_by_priority_and_then_by_age(queued, live, bounds):
    decision, started = decide(queued, live, bounds)
    order = [(-run.priority, run.created_at, run.id) for run in started]
    assert order == sorted(order)
    first_waiting = {}
    for run in sorted(queued, key=lambda r: (-r.priority, r.created_at, r.id)):
        kind = pools_of(run)
        if run.id in decision.reasons:
            first_waiting.setdefault(kind, run.id)
        else:
            assert kind not in first_waiting


@given(candidates("l"), limits)
def test_nothing_of_a_saturated_pipeline_would_start(live, bounds):
    for name in saturated_pipelines(live, bounds):
        assert plan([Candidate("new", name, 100, 0.0)], live, bounds).start == ()


def test_a_run_that_waits_for_its_own_pipeline_does_not_hold_up_the_next():
    # Given a pipeline at its limit, and another that has none
    bounds = Limits(runs=10, pipelines={"Flights": 1})
    live = [Candidate("a", "Flights", 0, 0.0)]
    queued = [Candidate("b", "Flights", 5, 1.0), Candidate("c", "Weather", 0, 2.0)]
    # Then only the other's starts, whatever its place
    decision = plan(queued, live, bounds)
    assert decision.start == ("c",)
    assert decision.reasons["b"] == "waits for a slot: pipeline Flights may have 1 live at once, held by a"


def test_zero_means_no_limit():
    queued = [Candidate(str(n), "Flights", 0, float(n)) for n in range(100)]
    assert len(plan(queued, [], Limits(runs=0)).start) == 100
