"""Streams over a real socket, read by the client that ships with the product."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit

import pytest
import requests
from polling import until
from served import LUIGID, service
from sqlalchemy import Engine
from sqlalchemy import event as engine_events

from trigger_service.client import ApiError, Client, ServiceUnreachable, WaitedTooLong, parse_events
from trigger_service.web.responses import LogsDocument


@pytest.fixture
def client(served):
    return Client(served.url)


def stream(url, **headers):
    """An open stream; the caller closes it."""
    return requests.get(url, stream=True, headers=headers, timeout=20)


def events_of(response):
    return parse_events(response.iter_content(None))


def test_events_tell_a_run_from_its_beginning_to_its_end(client):
    handle = client.run("Hello", {"who": "you"})

    told = list(client.events(handle.id, timeout_s=20))

    states = [event.data["data"]["to"] for event in told if event.kind == "state"]
    assert states == ["queued", "starting", "running", "succeeded"]
    ids = [int(event.id) for event in told[:-1]]
    assert ids == sorted(set(ids))
    assert {event.kind for event in told} >= {"started", "discovered", "began", "ended", "status", "finished"}
    assert (told[-1].kind, told[-1].id, told[-1].data["state"]) == ("end", "end", "succeeded")


def test_events_arrive_while_the_run_goes_on(client, served):
    handle = client.run("Gated")
    told = client.events(handle.id, timeout_s=20)

    early = []
    for event in told:
        early.append(event.kind)
        if event.kind == "began":
            break
    assert "end" not in early
    served.gate.set()
    assert [event.kind for event in told][-1] == "end"


def test_a_client_that_was_cut_off_goes_on_after_the_last_event_it_saw(client, served):
    handle = client.run("Hello", {"who": "you"})
    everything = list(client.events(handle.id, timeout_s=20))
    middle = everything[3].id

    with stream(f"{served.url}/api/v1/runs/{handle.id}/events", **{"Last-Event-ID": middle}) as response:
        rest = list(events_of(response))

    assert rest == everything[4:]


def test_a_client_that_comes_back_after_everything_was_told_is_sent_away_for_good(client, served):
    handle = client.run("Hello", {"who": "you"})
    last = list(client.events(handle.id, timeout_s=20))[-1].id

    for path in ("events", "logs?follow=true"):
        with stream(f"{served.url}/api/v1/runs/{handle.id}/{path}", **{"Last-Event-ID": last}) as response:
            assert response.status_code == 204


def test_a_last_event_id_that_is_none_is_refused(client, served):
    handle = client.run("Hello", {"who": "you"})

    with stream(f"{served.url}/api/v1/runs/{handle.id}/events", **{"Last-Event-ID": "x"}) as response:
        assert response.status_code == 422


def test_a_silent_stream_shows_that_it_is_alive(tmp_path):
    with service(tmp_path / "home", heartbeat_s=0.1, grace_s=0.05) as served:
        handle = Client(served.url).run("Gated")
        with stream(f"{served.url}/api/v1/runs/{handle.id}/events") as response:
            seen = b""
            for chunk in response.iter_content(None):
                seen += chunk
                if b": alive\n\n" in seen:
                    break
        assert response.headers["Content-Type"].startswith("text/event-stream")


def test_streams_are_bounded_and_their_places_come_back(tmp_path):
    with service(tmp_path / "home", max_streams=1, heartbeat_s=0.05, grace_s=0.02) as served:
        handle = Client(served.url).run("Gated")
        url = f"{served.url}/api/v1/runs/{handle.id}/events"
        with stream(url) as first:
            assert first.status_code == 200
            with stream(url) as second:
                assert second.status_code == 429
                assert second.headers["Retry-After"]
                assert second.json()["detail"].startswith("All streams are taken")

        def free_again():
            with stream(url) as third:
                return third.status_code == 200

        until(free_again, "a stream is free again")


def test_a_client_waits_for_its_run_although_all_streams_are_taken(tmp_path):
    with service(tmp_path / "home", max_streams=1, heartbeat_s=0.05, grace_s=0.02) as served:
        client = Client(served.url)
        gated, quick = client.run("Gated"), client.run("Hello", {"who": "you"})
        holder = stream(f"{served.url}/api/v1/runs/{gated.id}/events")
        threading.Timer(0.3, holder.close).start()

        assert quick.wait(30)["state"] == "succeeded"


def test_a_hundred_open_streams_ask_the_database_nothing_while_nothing_changes(tmp_path):
    with service(tmp_path / "home", heartbeat_s=0.2, grace_s=0.1) as served, contextlib.ExitStack() as open_streams:
        # Given streams of a run that waits, each of which has told what there is and has been silent for a while
        handle = Client(served.url).run("Gated")
        url = f"{served.url}/api/v1/runs/{handle.id}"
        streams = [
            open_streams.enter_context(stream(f"{url}/{path}")).iter_content(None)
            for path in ("events", "logs?follow=true") * 50
        ]
        for told in streams:
            read_to(told, b"waiting", b'"began"')
            read_to(told, b": alive")
        # When they go on being silent (what was under way is over by the second round)
        statements, rounds = [], []

        def note(_connection, _cursor, statement, *_more):
            if "request" in threading.current_thread().name:
                statements.append(statement)

        engine_events.listen(Engine, "before_cursor_execute", note)
        try:
            while (not rounds or rounds[-1]) and len(rounds) < 5:
                statements.clear()
                for told in streams:
                    read_to(told, b": alive")
                rounds.append(list(statements))
        finally:
            engine_events.remove(Engine, "before_cursor_execute", note)
        # Then nothing was asked, and what happens next is told
        assert rounds[-1] == []
        served.gate.set()
        for told in streams:
            read_to(told, b"event: end")


def read_to(told, *wanted):
    """Read a stream until one of these was in it."""
    seen = b""
    while not any(word in seen for word in wanted):
        seen += next(told)


def test_open_streams_end_when_the_service_stops(client, served):
    handle = client.run("Gated")
    with stream(f"{served.url}/api/v1/runs/{handle.id}/events") as response:
        told = events_of(response)
        next(told)
        served.app.extensions["long_requests"].closing.set()
        assert all(event.kind != "end" for event in told)


def test_lines_are_given_by_level_task_stream_and_text(client):
    failed = client.run("Fails")
    failed.wait(30)
    hello = client.run("Hello", {"who": "you", "times": 3})
    hello.wait(30)

    assert [line["text"] for line in client.logs(hello.id)] == ["hello you 0", "hello you 1", "hello you 2"]
    assert [line["text"] for line in client.logs(hello.id, text="YOU 1")] == ["hello you 1"]
    assert [line["text"] for line in client.logs(failed.id, level="error")] == ["about to fail"]
    assert [line["text"] for line in client.logs(failed.id, stream="stderr")] == ["about to fail"]
    assert list(client.logs(failed.id, level="critical")) == []
    assert len(list(client.logs(hello.id, task="Hello"))) == 3
    assert list(client.logs(hello.id, task="Other")) == []


def test_lines_come_page_by_page_to_the_last(client, served):
    handle = client.run("Hello", {"who": "you", "times": 5})
    handle.wait(30)
    url = f"{served.url}/api/v1/runs/{handle.id}/logs"

    first = requests.get(url, params={"limit": 3}, timeout=20)
    LogsDocument.model_validate_json(first.content)
    rest = requests.get(url, params={"limit": 3, "cursor": first.json()["next_cursor"]}, timeout=20).json()

    assert [line["text"][-1] for line in first.json()["items"] + rest["items"]] == list("01234")
    assert first.json()["complete"] is False
    until(
        lambda: requests.get(url, params={"cursor": rest["next_cursor"]}, timeout=20).json()["complete"],
        "the log is whole",
    )


def test_followed_lines_arrive_while_the_run_goes_on_and_end_with_it(client, served):
    handle = client.run("Gated")
    lines = client.logs(handle.id, follow=True, timeout_s=20)

    assert next(lines)["text"] == "waiting"
    assert served.services.insights.run(handle.id).finished_at is None
    served.gate.set()
    assert [line["text"] for line in lines] == ["went on"]


def test_a_follower_that_was_cut_off_misses_no_line_and_sees_none_twice(client, served):
    handle = client.run("Gated")
    url = f"{served.url}/api/v1/runs/{handle.id}/logs?follow=true"
    with stream(url) as response:
        seen = next(events_of(response))
    served.gate.set()

    with stream(url, **{"Last-Event-ID": seen.id}) as response:
        rest = list(events_of(response))

    texts = [line["text"] for event in (seen, *rest) if event.kind == "lines" for line in event.data["items"]]
    assert texts == ["waiting", "went on"]


def test_waiting_for_a_run_has_an_end(client):
    handle = client.run("Gated")

    with pytest.raises(WaitedTooLong):
        handle.wait(0.2)


def test_a_refusal_reaches_the_client_with_all_its_problems(client):
    with pytest.raises(ApiError) as refused:
        client.run("Hello", {"whom": "x"}, workers=0)

    assert refused.value.status == 422
    assert {pointer for pointer, _ in refused.value.problems} == {"/workers", "/parameters/whom", "/parameters/who"}


def test_an_id_may_be_shortened_while_it_is_unique(client):
    handle = client.run("Hello", {"who": "you"})

    assert client.find(handle.id[:20]) == handle.id
    with pytest.raises(ApiError, match="no run"):
        client.find("ffffffff")


def test_an_address_without_a_service_is_said_at_once():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ServiceUnreachable, match="connection refused"):
            Client(url).runs()
        with pytest.raises(ServiceUnreachable):
            Client(url).wait("01890a5d-ac96-774b-bcce-b302099a8057")


def test_a_stream_outlives_the_death_of_its_connection(served):
    """A proxy that cuts every connection after its first bytes stands for a service that is killed again and again."""
    with cutting(served.url, after=600) as url:
        client = Client(url)
        handle = Client(served.url).run("Hello", {"who": "you", "times": 3})
        told = list(client.events(handle.id, timeout_s=30))

    assert told == list(Client(served.url).events(handle.id))


class cutting:  # noqa: N801 (reads as a verb)
    """A TCP proxy that closes each connection after so many bytes of the answer."""

    def __init__(self, url, after):
        self.target = urlsplit(url)
        self.after = after
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def serve(self):
        # each connection gets further than the one before, so that it ends some time
        allowed = self.after
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, socket.create_connection((self.target.hostname, self.target.port)) as server:
                server.sendall(client.recv(65536))
                left = allowed
                with contextlib.suppress(OSError):  # the client has left first
                    while left > 0 and (data := server.recv(min(left, 65536))):
                        client.sendall(data)
                        left -= len(data)
            allowed += 200


def test_the_visualizer_is_found_under_its_address(served):
    response = requests.get(f"{served.url}/luigid/", allow_redirects=False, timeout=20)

    assert (response.status_code, response.headers["Location"]) == (302, f"{LUIGID}/")
