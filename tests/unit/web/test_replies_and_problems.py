"""How replies are encoded, and which problem document an error becomes."""

import json

from trigger_service.domain import errors
from trigger_service.web.errors import problem_document
from trigger_service.web.problems import status_of
from trigger_service.web.replies import encode_json, iso


def test_times_are_utc_with_milliseconds():
    assert iso(0.0015) == "1970-01-01T00:00:00.001Z"
    assert iso(None) is None


def test_numbers_that_json_does_not_have_become_text():
    assert json.loads(encode_json({"a": [float("nan"), 1.5, float("-inf")]})) == {"a": ["nan", 1.5, "-inf"]}


def test_text_that_is_no_text_can_still_be_sent():
    assert json.loads(encode_json({"text": "\ud800"})) == {"text": "\ud800"}


def test_every_error_of_the_product_has_a_status_that_fits():
    fits = {
        errors.RunNotFound(run_id="x"): 404,
        errors.PipelineNotFound(name="x"): 404,
        errors.StateConflict(run_id="x", state="failed", verb="cancelled"): 409,
        errors.AlreadyActive(run_id="x", state="running"): 409,
        errors.AmbiguousPipeline(name="x", modules="a, b", key="module"): 409,
        errors.IdempotencyMismatch(key="k"): 422,
        errors.InvalidParameters([]): 422,
        errors.InvalidCursor(cursor="c"): 422,
        errors.PipelineBroken(module="m", reason="r"): 409,
        errors.StoreUnavailable(reason="disk full"): 503,
        errors.InvalidSpec(reason="r"): 500,
    }
    assert {type(error).__name__: status_of(error) for error in fits} == {
        type(error).__name__: status for error, status in fits.items()
    }


def test_a_conflict_names_the_run_and_its_state_for_machines():
    document = problem_document(errors.AlreadyActive(run_id="r1", state="running"))

    assert (document["run_id"], document["state"]) == ("r1", "running")
    assert document["type"] == "/problems/already-active"
    assert document["title"] == "Already active"


def test_a_broken_module_is_told_with_the_traceback_of_the_users_code():
    document = problem_document(errors.PipelineBroken(module="m", reason="r", traceback="Traceback ..."))

    assert document["traceback"] == "Traceback ..."
