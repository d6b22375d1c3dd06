import pytest
from served import service

from trigger_service.domain.run import RunRequest, Trigger
from trigger_service.web.pages.search import Piece, marked


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with service(tmp_path_factory.mktemp("search") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def run_id(served):
    """A run that has printed something, with a label."""
    asked = RunRequest("Hello", {"who": "<b>Ada</b>"}, labels={"team": "data"})
    found = served.services.triggers.submit(asked, Trigger("api")).run.id
    served.ended(found)
    return found


@pytest.fixture
def search(served, run_id):
    def ask(words):
        answer = served.app.test_client().get("/search", query_string={"q": words})
        assert answer.status_code == 200
        return answer.text

    return ask


def test_the_id_of_a_run_leads_to_its_page(served, run_id):
    answer = served.app.test_client().get("/search", query_string={"q": f" {run_id.upper()} "})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/runs/{run_id}")


def test_an_id_that_no_run_has_is_searched_for(search):
    assert "Nothing found" in search("01900000-0000-7000-8000-000000000000")


def test_pipelines_are_found_by_name_before_those_that_only_speak_of_it(search):
    shown = search("hello")
    assert shown.index("<mark>Hello</mark>") < shown.index(">Fails<")


@pytest.mark.parametrize("words", ["who=<b>Ada</b>", "team:data", "<b>ada"])
def test_runs_are_found_by_parameter_label_and_text_which_stays_text(search, run_id, words):
    shown = search(words)
    assert f'href="/runs/{run_id}"' in shown
    assert "<b>Ada" not in shown


def test_lines_of_logs_are_found_and_lead_to_the_line(search, run_id):
    shown = search("hello <b>ada")
    assert "<mark>hello &lt;b&gt;Ada</mark>" in shown
    assert f'href="/runs/{run_id}?q=hello%20%3Cb%3Eada&amp;line=1#L1"' in shown


def test_near_names_are_offered_where_nothing_is_found(search):
    assert '<a href="/search?q=Secretive">' in search("Secertive")


def test_without_words_it_says_what_can_be_found(search):
    assert "a whole id opens its run" in search("")


def test_hits_are_marked_in_any_case_and_what_is_between_them_stays():
    pieces = [Piece("a", True), Piece("b", False), Piece("A", True)]
    assert marked("abA", "a") == pieces
    assert marked("x.y", ".") == [Piece("x", False), Piece(".", True), Piece("y", False)]
