"""What has to be built again when targets are taken away."""

import random

from trigger_service.domain.closure import Maker, of_run, of_urls, ordered
from trigger_service.domain.place import Place
from trigger_service.domain.run import Run, TaskExecution, Trigger

HERE, STAGING = Place(), Place("default", "staging")


def maker(name, inputs=(), place=HERE, outputs=None):
    made = (f"/{name}",) if outputs is None else outputs
    return Maker(place, "jobs", f"{name}_1", name, {}, made, tuple(f"/{each}" for each in inputs))


class Catalogue:
    """What is on record, and how often it was asked."""

    def __init__(self, *makers):
        self.makers = makers
        self.asked = 0

    def makers_of(self, urls):
        return [each for each in self.makers if set(each.outputs) & set(urls)]

    def readers_of(self, urls):
        self.asked += 1
        return [each for each in self.makers if set(each.inputs) & set(urls)]

    def closure(self, *urls):
        return [each.family for each in of_urls(urls, self.makers_of, self.readers_of)]


def test_the_closure_of_a_url_is_its_task_and_all_that_was_built_from_it():
    # a -> b, c; b, c -> d; e stands alone, and a itself was built from x
    catalogue = Catalogue(maker("d", "bc"), maker("e"), maker("c", "a"), maker("b", "a"), maker("a", "x"), maker("x"))
    found = catalogue.closure("/a")
    assert found[0] == "a"
    assert sorted(found[1:3]) == ["b", "c"]
    assert found[3:] == ["d"]


def test_the_catalogue_is_asked_once_for_each_step_away_and_not_for_each_target():
    chain = Catalogue(*(maker(f"n{i}", [f"n{i - 1}"] if i else []) for i in range(5)))
    assert chain.closure("/n0") == [f"n{i}" for i in range(5)]
    assert chain.asked == 5
    wide = Catalogue(maker("a"), *(maker(f"b{i}", ["a"]) for i in range(100)))
    assert len(wide.closure("/a")) == 101
    assert wide.asked == 2


def test_a_task_counts_as_a_whole_with_what_was_built_from_its_other_targets():
    catalogue = Catalogue(maker("a", outputs=("/a", "/side")), maker("b", ["side"]))
    assert catalogue.closure("/a") == ["a", "b"]


def test_the_closure_goes_on_into_other_places():
    catalogue = Catalogue(maker("a"), maker("b", "a", STAGING), maker("c", "b"))
    assert catalogue.closure("/a") == ["a", "b", "c"]


def test_a_url_that_nobody_wrote_has_the_closure_of_its_readers():
    assert Catalogue(maker("b", "a")).closure("/a") == ["b"]
    assert Catalogue(maker("b", "a")).closure("/nothing") == []


def test_circles_end():
    catalogue = Catalogue(maker("a", "b"), maker("b", "a"), maker("self", ["self"]))
    assert sorted(catalogue.closure("/a")) == ["a", "b"]
    assert catalogue.closure("/self") == ["self"]


def test_whatever_the_order_of_the_records_what_is_required_stands_first():
    for seed in range(50):
        chance = random.Random(seed)
        edges = {i: [j for j in range(i) if chance.random() < 0.3] for i in range(12)}
        makers = [maker(f"n{i}", [f"n{j}" for j in sources]) for i, sources in edges.items()]
        found = Catalogue(*chance.sample(makers, 12)).closure("/n0")
        reached = {0}
        for i, sources in edges.items():
            reached |= {i} if reached & set(sources) else set()
        assert set(found) == {f"n{i}" for i in reached}, seed
        for i in reached:
            before = found[: found.index(f"n{i}")]
            assert {f"n{j}" for j in edges[i] if j in reached} <= set(before), seed


def run(*tasks):
    about = {"id": "r", "state": "succeeded", "pipeline": "d", "module": "jobs", "parameters": {}, "texts": {}}
    place = {"location": "lab", "environment": "staging"}
    made = Run(task_id="d_1", trigger=Trigger("api"), created_at=0.0, **about, **place)
    return made, [execution(*task) for task in tasks]


def execution(name, requires="", status="done"):
    dependencies = tuple(f"{each}_1" for each in requires)
    return TaskExecution("r", 1, f"{name}_1", name, status, {"n": "1"}, dependencies, (f"out/{name}",))


DIAMOND = (("d", "bc"), ("b", "a"), ("c", "a"), ("a", "", "complete"))


def test_all_of_a_run_is_what_it_built_or_found_complete():
    found = of_run(*run(*DIAMOND))
    assert [each.family for each in found] == ["a", "b", "c", "d"]
    assert [each.root for each in found] == [False, False, False, True]
    assert {each.place for each in found} == {Place("lab", "staging")}
    assert (found[0].outputs, found[0].parameters, found[0].module) == (("out/a",), {"n": "1"}, "jobs")


def test_from_a_task_on_is_that_task_and_what_requires_it():
    assert [each.family for each in of_run(*run(*DIAMOND), "b_1")] == ["b", "d"]
    assert [each.family for each in of_run(*run(*DIAMOND), "d_1")] == ["d"]
    assert [each.family for each in of_run(*run(*DIAMOND), "a_1")] == ["a", "b", "c", "d"]
    assert of_run(*run(*DIAMOND), "nobody_1") == ()


def test_a_chain_of_ten_thousand_is_no_deeper_than_python_can():
    chain = [Maker(HERE, "jobs", f"n{i}_1", f"n{i}", {}, requires=(f"n{i - 1}_1",) if i else ()) for i in range(10_000)]
    assert [each.family for each in ordered(reversed(chain))] == [f"n{i}" for i in range(10_000)]
