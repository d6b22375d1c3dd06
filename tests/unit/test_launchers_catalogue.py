"""Which pipeline a name means."""

import pytest

from trigger_service.domain.errors import AmbiguousPipeline, PipelineNotFound, PipelineUnknown
from trigger_service.launchers.base import BrokenModule, Catalogue, Pipeline

LOAD, OTHER, REPORT = Pipeline("Load", "sales"), Pipeline("Load", "stock"), Pipeline("Report", "sales")
CATALOGUE = Catalogue((LOAD, OTHER, REPORT))


def test_a_name_that_one_module_has_is_enough():
    assert CATALOGUE.find("Report") is REPORT
    assert CATALOGUE.find("Report", "sales") is REPORT


def test_of_several_the_one_of_the_named_module_is_meant():
    assert CATALOGUE.find("Load", "stock") is OTHER


def test_a_name_that_several_modules_have_is_refused_with_all_of_them():
    with pytest.raises(AmbiguousPipeline, match=r"'Load': sales \(.*\), stock \(.*\)"):
        CATALOGUE.find("Load")


def test_a_name_that_is_not_there_is_told_with_what_may_have_been_meant():
    with pytest.raises(PipelineNotFound, match=r"'Raport'\. The nearest names: Report\.$"):
        CATALOGUE.find("Raport")
    with pytest.raises(PipelineNotFound, match=r"'Report of stock'\. The nearest names: Report of sales"):
        CATALOGUE.find("Report", "stock")


def test_a_name_that_is_not_there_may_be_in_a_broken_module():
    broken = Catalogue((LOAD,), (BrokenModule("stock", "SyntaxError", ""),))
    with pytest.raises(PipelineNotFound, match="what cannot be imported now: stock"):
        broken.find("Turnover")


def test_a_name_may_be_in_a_module_that_has_not_answered_yet():
    slow = Catalogue((LOAD,), (BrokenModule("sales", "SyntaxError", ""), BrokenModule("stock", "no answer", "", True)))
    with pytest.raises(PipelineUnknown, match=r"'Turnover' is not known now: stock: no answer\."):
        slow.find("Turnover")
    assert slow.find("Load") is LOAD
