"""The decisions are whole, and the protocol's page names what the code has."""

import re
from pathlib import Path

import pytest

from trigger_service.domain import events
from trigger_service.domain.spec import PROTOCOL_VERSION, ExitReport, RunFolder, RunSpec

CHECKOUT = Path(__file__).parents[2]
RECORDS = sorted((CHECKOUT / "docs/decisions").glob("0*.md"))


@pytest.fixture(scope="module")
def protocol():
    return (CHECKOUT / "docs/protocol.md").read_text()


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_decision_has_its_context_itself_and_its_consequences(record):
    headings = re.findall(r"^#+ (.*)", record.read_text(), re.MULTILINE)
    assert headings[0].startswith(f"{int(record.name[:4])}. ")
    assert headings[1:] == ["Context", "Decision", "Consequences"]


def test_each_decision_has_a_number_of_its_own_and_stands_in_the_list():
    listed = re.findall(r"\]\((0[^)]*)\)", (CHECKOUT / "docs/decisions/README.md").read_text())
    assert listed == [record.name for record in RECORDS]
    assert len({name[:4] for name in listed}) == len(listed)


def test_the_protocol_names_each_fail_point_and_no_other(protocol):
    listed = set(re.findall(r"^- `(.*)`$", protocol.split("## Fail points")[1], re.MULTILINE))
    sources = [file.read_text() for file in (CHECKOUT / "trigger_service").rglob("*.py")]
    named = {name for source in sources for name in re.findall(r'fail_point\("([^"]+)"\)', source)}
    assert listed == named
    assert len(named) >= 15


def test_the_protocol_names_each_kind_of_event_with_its_data(protocol):
    code = set(re.findall(r"^\| `(\w+)`", events.__doc__, re.MULTILINE))
    page = set(re.findall(r"^\| `(\w+)` \|", protocol.split("### Events")[1].split("###")[0], re.MULTILINE))
    assert page == code


def test_the_protocol_names_each_file_of_a_run_folder(protocol):
    folder = RunFolder(Path("/run"))
    files = [value.__get__(folder) for value in vars(RunFolder).values() if isinstance(value, property)]
    for file in (*files, folder.events_file(0)):
        assert re.search(rf"`(<writer>/|0/)?{re.escape(file.name)}/?`", protocol), file


def test_the_protocol_names_each_field_of_the_exit_report_and_its_own_version(protocol):
    for field in ExitReport.__dataclass_fields__:
        assert f"`{field}`" in protocol
    assert f"is {PROTOCOL_VERSION};" in protocol
    assert RunSpec.__dataclass_fields__["protocol"].default == PROTOCOL_VERSION


def test_the_protocol_names_each_operation_of_the_zygote(protocol):
    source = (CHECKOUT / "trigger_service/runner/base_zygote.py").read_text()
    operations = re.findall(r'^            "(\w+)": ', source, re.MULTILINE)
    assert len(operations) >= 7
    assert set(operations) == set(re.findall(r'"op": "(\w+)"', protocol))
