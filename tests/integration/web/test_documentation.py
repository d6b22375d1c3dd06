"""The OpenAPI document says what the routes do, and the pages about the API show it."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pydantic import BaseModel
from served import service

from trigger_service.domain import errors
from trigger_service.web import (
    backfill_documents,
    file_documents,
    hook_documents,
    insight_documents,
    notification_documents,
    operation_documents,
    pool_documents,
    preset_documents,
    responses,
    schedule_documents,
    schemas,
    sensor_documents,
    target_documents,
    verification_documents,
)
from trigger_service.web.openapi import completed
from trigger_service.web.problem_examples import example
from trigger_service.web.problems import HTTP_TITLES, kind_of_error, kind_of_status, kinds

#: Where the schemas of bodies and answers are.
PARTS = (
    schemas,
    responses,
    backfill_documents,
    file_documents,
    hook_documents,
    insight_documents,
    notification_documents,
    operation_documents,
    pool_documents,
    preset_documents,
    schedule_documents,
    sensor_documents,
    target_documents,
    verification_documents,
)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with service(tmp_path_factory.mktemp("documentation") / "home") as served:
        yield served


@pytest.fixture
def http(running):
    return running.app.test_client()


@pytest.fixture
def document(http):
    return http.get("/api/v1/openapi.json").json


def operations(document):
    return [(path, method, told) for path, item in document["paths"].items() for method, told in item.items()]


def contents(told):
    """Media type and what is said of it, of the body and of each answer that is no problem."""
    answers = [answer for status, answer in told["responses"].items() if int(status) < 400]
    return [entry for answer in (told.get("requestBody", {}), *answers) for entry in answer.get("content", {}).items()]


class Links(HTMLParser):
    """What a page leads to and loads, and the ids in it."""

    def __init__(self, page):
        super().__init__()
        self.links, self.loaded, self.ids, self.tags = set(), set(), [], set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.add(tag)
        assert not {"style", "onclick", "onload"} & set(found)
        self.ids += [found["id"]] if "id" in found else []
        if tag == "a":
            self.links.add(found["href"])
        elif tag in ("link", "script", "img"):
            self.loaded.add(found.get("href") or found["src"])


def test_each_route_of_the_api_is_in_the_document(running, document):
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in running.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/api/v1/", "/hooks/"))
    }
    about_itself = {("/api/v1/openapi.json", "get"), ("/api/v1/docs", "get")}
    assert routes - about_itself == {(path, method) for path, method, _ in operations(document)}


def test_each_body_and_each_answer_has_an_example_that_fits_its_schema(document):
    models = {name: model for part in PARTS for name, model in vars(part).items()}
    shown = [entry for _, _, told in operations(document) for entry in contents(told)]
    assert len(shown) >= 15
    for media_type, media in shown:
        assert "example" in media, (media_type, media["schema"])
        if "$ref" in media["schema"]:
            models[media["schema"]["$ref"].rsplit("/", 1)[-1]].model_validate_json(json.dumps(media["example"]))


def test_each_schema_has_a_name_of_its_own():
    models = {model for part in PARTS for model in vars(part).values() if isinstance(model, type)}
    names = [model.__name__ for model in models if issubclass(model, BaseModel)]
    assert len(names) > 80
    assert sorted(names) == sorted(set(names))


def test_each_parameter_and_each_member_of_a_body_is_described(document):
    for path, method, told in operations(document):
        for parameter in told["parameters"]:
            assert parameter.get("description"), (path, method, parameter["name"])
    for name, member in document["components"]["schemas"]["RunBody"]["properties"].items():
        assert member.get("description"), name


def test_what_a_route_is_answered_in_a_try_is_among_what_the_document_says(http, document):
    tries = {
        ("/api/v1/runs", "post"): [
            {"pipeline": "Nothing"}, {"pipeline": "Hello", "parameters": {"times": "x"}}, {"workers": 0},
        ],
        ("/api/v1/plans", "post"): [{"pipeline": "Nothing"}],
    }  # fmt: skip
    reads = [("/api/v1/runs/{run_id}", "run_id"), ("/api/v1/pipelines/{family}", "family")]
    answers = [(key, http.post(key[0], json=body)) for key, bodies in tries.items() for body in bodies]
    answers += [((path, "get"), http.get(path.replace(f"{{{name}}}", "nothing"))) for path, name in reads]
    answers += [(("/api/v1/runs", "get"), http.get("/api/v1/runs?cursor=x"))]
    for (path, method), answer in answers:
        told = document["paths"][path][method]["responses"][str(answer.status_code)]
        names = told["content"]["application/problem+json"]["examples"]
        assert answer.json["type"].removeprefix("/problems/") in names


def test_what_is_missing_inside_a_member_is_told_with_its_place(http):
    told = http.put("/api/v1/schedules/x", json={"pipeline": "Hello", "timing": {"expresion": "@daily"}}).json["errors"]
    assert [problem["pointer"] for problem in told] == ["/timing/expression", "/timing/expresion"]
    assert told[0]["detail"].startswith("Required: Five fields of cron")
    assert "did you mean 'expression'?" in told[1]["detail"]


def test_the_document_is_of_the_version_it_says_and_every_reference_leads_somewhere(document):
    assert document["openapi"].startswith("3.1")
    names = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert names <= set(document["components"]["schemas"])
    assert not re.search(r'"description": "[^"]*<br', json.dumps(document))


def test_a_route_that_names_no_problems_has_those_of_its_shape():
    operation = {"parameters": [{"name": "run_id", "in": "path", "schema": {}}], "responses": {"200": {"content": {}}}}
    told = completed({"info": {}, "paths": {"/api/v1/x/{run_id}": {"get": operation}}})

    answers = told["paths"]["/api/v1/x/{run_id}"]["get"]["responses"]
    assert set(answers) == {"200", "401", "403", "404", "414", "429", "500", "503"}
    assert list(answers["404"]["content"]["application/problem+json"]["examples"]) == ["run-not-found"]


def test_the_headers_of_answers_are_told(document, http):
    # Given headers that every answer has
    plain = {*http.get("/healthz").headers.keys(), "Date"}
    body = {"pipeline": "Hello", "parameters": {"who": "you"}}
    asked = [http.post("/api/v1/runs", json=body, headers={"Prefer": "wait=9", "Idempotency-Key": "k"}) for _ in "ab"]
    asked += [http.post("/api/v1/runs", json=body)]
    # When others come
    paths = {"/api/v1/runs": "/api/v1/runs?limit=1", "/api/v1/pipelines": "/api/v1/pipelines"}
    answers = [(path, "get", http.get(address)) for path, address in paths.items()]
    answers += [("/api/v1/runs", "post", answer) for answer in asked]
    # Then
    for path, method, answer in answers:
        told = document["paths"][path][method]["responses"][str(answer.status_code)]["headers"]
        assert set(answer.headers.keys()) - plain <= set(told), (path, method)
    assert "Link" in answers[0][2].headers
    assert "Location" in asked[2].headers
    assert "Preference-Applied" in asked[0].headers
    assert "Idempotency-Replayed" in asked[1].headers


@pytest.mark.parametrize("name", sorted(kinds()))
def test_the_example_of_a_problem_is_a_whole_document(name):
    shown = example(kinds()[name])
    assert responses.ProblemDocument.model_validate(shown).status == kinds()[name].status
    assert not re.search(r"<\w+>|\{\w+\}", shown["detail"])


@pytest.mark.parametrize("name", sorted(kinds()))
def test_each_kind_of_problem_has_a_page_at_its_type(http, name):
    kind = kinds()[name]
    page = http.get(kind.type)

    assert page.status_code == 200
    assert page.mimetype == "text/html"
    assert kind.title in page.text
    assert len(kind.prose()) > 50
    assert "`" not in page.text.split("<h2>")[0]


def test_there_is_no_page_without_a_problem(http, running):
    folder = running.app.root_path
    named = {file.stem for file in Path(folder, "problem_pages").iterdir()}

    assert named == set(kinds())
    assert http.get("/problems/nothing").status_code == 404


def test_every_error_of_the_product_and_every_status_is_a_kind():
    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert {kind_of_error(error).name for error in classes} <= set(kinds())
    assert {kind_of_status(status).name for status in HTTP_TITLES} <= set(kinds())
    assert kind_of_status(418) is None


def test_an_answer_to_a_wrong_address_has_a_page_too(http):
    wrong, method = http.get("/api/v1/nothing"), http.delete("/api/v1/runs")

    assert (wrong.json["type"], method.json["type"]) == ("/problems/not-found", "/problems/method-not-allowed")


def test_the_reference_shows_each_route_and_loads_nothing_but_its_own_style_and_icon(http, document):
    page = http.get("/api/v1/docs")
    found = Links(page.text)

    for path, method, _ in operations(document):
        name = path.removeprefix("/api/v1/").replace("/", "-").replace("{", "").replace("}", "")
        assert f"{method}-{name}" in found.ids
    assert found.loaded == {"/static/documentation.css", "/static/mark.svg"}
    assert not {"script", "style", "iframe"} & found.tags
    assert len(found.ids) == len(set(found.ids))
    inside = {link[1:] for link in found.links if link.startswith("#")}
    assert inside <= set(found.ids)
    for link in (link for link in found.links if link.startswith("/")):
        assert http.get(link).status_code == 200, link
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]


def test_pages_and_styles_are_not_sent_twice(http):
    for path in ("/api/v1/docs", "/api/v1/openapi.json", "/problems/", "/static/documentation.css"):
        first = http.get(path)
        again = http.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (first.status_code, again.status_code) == (200, 304), path
    assert http.get("/static/..%2Ffactory.py").status_code == 404


def test_the_document_is_whole_for_each_of_those_who_are_the_first_to_ask(served, document):
    with ThreadPoolExecutor(4) as askers:
        answers = list(askers.map(lambda _: served.app.test_client().get("/api/v1/openapi.json").json, range(4)))
    assert answers == [document] * 4
