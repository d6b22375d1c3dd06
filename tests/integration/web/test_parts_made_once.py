"""Parts of pages that several browsers ask for at once."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from served import service


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A service of its own, so that nobody else makes news."""
    with service(tmp_path_factory.mktemp("parts") / "home") as running:
        yield running


def moment(served):
    """That of a page which is made now."""
    return re.search(r'data-moment="([^"]+)"', requests.get(f"{served.url}/limits", timeout=30).text)[1]


def part(served, told, **headers):
    """The part with the pools, as somebody gets it whose browser was told of a moment; forms make each one another."""
    headers = {"X-Parts": "pools", "X-Moment": told, **headers}
    answer = requests.get(f"{served.url}/limits", headers=headers, timeout=30)
    assert answer.status_code == 200
    assert 'id="pools"' in answer.text
    return answer.text


def test_those_who_ask_at_once_for_the_same_get_what_is_made_once(served):
    told = moment(served)
    with ThreadPoolExecutor(8) as browsers:
        answers = list(browsers.map(lambda _: part(served, told), range(16)))
    assert len(set(answers)) == 1
    # and who wants it compressed, or who was told of nothing, gets one of their own
    assert len({answers[0], part(served, told, **{"Accept-Encoding": "identity"}), part(served, "")}) == 3


def test_what_is_older_than_the_news_is_made_again(served):
    # Given a part, and news
    old = part(served, moment(served))
    run = requests.post(
        f"{served.url}/api/v1/runs", json={"pipeline": "Hello", "parameters": {"who": "ada"}}, timeout=30
    )
    served.ended(run.json()["id"])
    # Then who was told of them gets another
    assert part(served, moment(served)) != old


def test_who_may_not_read_gets_nothing_that_others_have_had_made(tmp_path):
    with service(tmp_path / "home", token_needed=True) as guarded:
        answer = requests.get(f"{guarded.url}/limits", headers={"X-Parts": "pools", "X-Moment": "a.1"}, timeout=30)
        assert answer.status_code == 401
        assert 'id="pools"' not in answer.text
