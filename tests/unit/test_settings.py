"""luigi.cfg documents the settings: it is held against the code both ways; and what is said of mistakes."""

import re
import tomllib
from pathlib import Path

import pytest
from luigi.configuration import LuigiConfigParser

from targets.s3_settings import targets_s3
from targets.settings import targets
from tasks.flights.settings import flights
from trigger_service.config import Location, Settings
from trigger_service.domain.admission import Limits
from trigger_service.domain.errors import InvalidSettings
from trigger_service.domain.files import Inbox
from trigger_service.domain.outside import Outside, Smtp
from trigger_service.luigi_toml import as_cfg
from trigger_service.settings import NAMED, SECTIONS, limits, missing, pool, read_settings, trigger_service

LUIGI_CFG = Path(__file__).parents[2] / "luigi.cfg"
#: Keys whose value in this project's luigi.cfg is not the default, because they name what the project has.
OF_THE_PROJECT = {("trigger_service", "modules")}


@pytest.fixture
def shipped():
    config = LuigiConfigParser()
    config.read(LUIGI_CFG)
    return config


def parsed(text):
    config = LuigiConfigParser()
    config.read_string(text)
    return config


def settings_of(text):
    return read_settings(parsed(text), Path("/project"))


def faults_of(text):
    with pytest.raises(InvalidSettings) as caught:
        settings_of(text)
    return str(caught.value).splitlines()[1:]


@pytest.mark.parametrize("section", [*SECTIONS, targets, targets_s3, flights], ids=lambda section: section.__name__)
def test_each_key_of_the_code_stands_in_luigi_cfg_and_no_other(shipped, section):
    assert shipped.options(section.__name__) == [name for name, _ in section.get_params()]


@pytest.mark.parametrize("section", [*SECTIONS, targets, targets_s3], ids=lambda section: section.__name__)
def test_each_key_in_luigi_cfg_is_set_to_its_default(shipped, section):
    for name, key in section.get_params():
        if (section.__name__, name) not in OF_THE_PROJECT:
            assert key.parse(shipped.get(section.__name__, name)) == key._default, name


@pytest.mark.parametrize("section", [*SECTIONS, targets, targets_s3, flights], ids=lambda section: section.__name__)
def test_each_key_of_the_code_says_what_it_is(section):
    assert all(key.description for _, key in section.get_params())


def test_each_key_in_luigi_cfg_is_explained_by_a_comment_above_it():
    # Given
    lines = LUIGI_CFG.read_text().splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"[a-z_]+ *=", line)]
    # When
    bare = [lines[number] for number in keys if not lines[number - 1].startswith("# ")]
    # Then
    assert len(keys) > 20
    assert bare == []


@pytest.mark.parametrize("section", NAMED, ids=lambda section: section.__name__)
def test_each_key_of_a_named_section_is_shown_in_luigi_cfg_with_its_default(section):
    for name, key in section.get_params():
        default = ", ".join(key.default) if isinstance(key.default, tuple) else key.default
        assert f"\n#   {name} = {default}".rstrip() + "\n" in LUIGI_CFG.read_text()
    assert f"#   [{section.__name__}:" in LUIGI_CFG.read_text()


def test_the_shipped_file_is_read_without_a_fault(shipped):
    settings = read_settings(shipped, Path("/project"))
    assert settings.modules == ("tasks.flights", "tasks.cell_atlas", "tasks.examples")
    assert settings.home == Path("/project/.luigi-trigger")


def test_without_any_file_the_defaults_of_the_values_and_of_the_sections_agree():
    paths = {"home": Path("/project/.luigi-trigger"), "schedules": Path("/project/schedules.toml")}
    assert settings_of("") == Settings(**paths, limits=Limits())


def test_settings_survive_the_way_to_another_process():
    settings = settings_of('[trigger_service]\nmodules = a.b\nallowed_hosts = x.org\n[limits]\npipelines = {"A": 1}\n')
    assert Settings.from_json(settings.to_json()) == settings


def test_named_sections_are_pools():
    assert settings_of("[pool:db]\nslots = 3\n[pool:disk]\n").limits.pools == {"db": 3, "disk": 1}
    both = settings_of("[pool:db]\npipelines = A, B\n[pool:disk]\npipelines = B\n")
    assert both.limits.memberships == {"A": ("db",), "B": ("db", "disk")}
    assert Settings.from_json(both.to_json()) == both


def test_what_is_outside_is_named_and_a_password_is_only_named_by_its_variable():
    mail = "host = mx\nsender = a@b.org\nuser = u\npassword_variable = PW\nsecurity = tls\nport = 465"
    made = settings_of(f"[mail]\n{mail}\n[notifications]\nallow_private = true\npublic_url = https://x.org/")
    assert made.smtp == Smtp("mx", 465, "tls", "u", "PW", "a@b.org")
    assert made.outside == Outside(allow_private=True, public_url="https://x.org")
    assert Settings.from_json(made.to_json()) == made


def test_what_does_not_go_together_outside_is_told_with_the_mend():
    told = faults_of("[mail]\nhost = mx\nuser = x\n[notifications]\npublic_url = x\n")
    assert ["public_url = x cannot be used: expected" in told[0], "like https://" in told[0]] == [True, True]
    assert "[mail] sender = '' cannot be used: mail comes from an address, like luigi@example.org" in told[1]
    assert "[mail] user and password_variable go together: set both, or neither" in told[2]


def test_names_are_separated_by_commas_blanks_or_lines():
    assert settings_of("[trigger_service]\nmodules = a, b.c\n  d\n a").modules == ("a", "b.c", "d")


def test_an_absolute_home_stays_where_it_is():
    assert settings_of("[trigger_service]\nhome = /var/lib/trigger\n").home == Path("/var/lib/trigger")


def test_a_variable_of_the_environment_is_filled_in(monkeypatch):
    monkeypatch.setenv("TRIGGER_PORT", "9000")
    assert settings_of("[trigger_service]\nport = ${TRIGGER_PORT}\n").port == 9000


def test_keys_of_the_default_section_are_not_taken_for_ours():
    assert settings_of("[DEFAULT]\nowner = me\n[limits]\nruns = 2\n").limits.runs == 2


def test_a_key_with_dashes_is_known_as_it_is_to_luigi(recwarn):
    assert settings_of("[trigger_service]\nluigid-port = 9001\n").luigid_port == 9001


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[trigger_service]\nport = abc", "port = 'abc' cannot be used: expected a whole number from 0"),
        ("[trigger_service]\nport = 70000", "port = '70000' cannot be used: expected a whole number from 0 to 65535"),
        ("[trigger_service]\ngrace_s = -1", "grace_s = '-1' cannot be used: expected a number of seconds, 0 or more"),
        ("[mail]\nsecurity = ssl", "security = 'ssl' cannot be used: expected one of none, starttls, tls"),
        ("[trigger_service]\ngrace_s = nan", "grace_s = 'nan' cannot be used"),
        ("[trigger_service]\nhome =", "home = '' cannot be used: expected a text that is not empty"),
        ("[trigger_service]\nmodules = a-b", "modules = 'a-b' cannot be used: expected names of modules"),
        ("[trigger_service]\nhome = ${NOT_SET_AT_ALL}", "home = '${NOT_SET_AT_ALL}' cannot be used: it names"),
        ("[limits]\npipelines = Report 2", "pipelines = 'Report 2' cannot be used: expected a JSON object"),
        ('[limits]\npipelines = {"Report": true}', "cannot be used: expected a JSON object"),
        ("[limits]\nrun = 3", "[limits] run is not known: did you mean runs? The keys are runs, runs_per_pipeline"),
        ("[trigger_service]\nrequire_token = yes", "require_token = 'yes' cannot be used: expected true or false"),
        ("[pool:db]\nslot = 3", "[pool:db] slot is not known: did you mean slots?"),
    ],
)
def test_a_mistake_is_told_with_section_key_value_expectation_and_mend(text, fault):
    (told,) = faults_of(text)
    assert fault in told
    assert "did you mean" in told or "correct the line in luigi.cfg" in told or "set the variable" in told


def test_all_mistakes_are_told_at_once():
    assert len(faults_of("[trigger_service]\nport = x\nhots = y\n[limits]\nruns = z\n")) == 3


def test_sections_bear_the_names_of_luigi_cfg():
    assert [section.__name__ for section in (trigger_service, limits, pool)] == ["trigger_service", "limits", "pool"]


def test_a_luigi_toml_says_the_same_as_a_luigi_cfg():
    text = """
        [trigger_service]
        modules = ["shop.daily", "shop.weekly"]
        port = 0
        grace_s = 2.5
        [limits]
        runs = 3
        [limits.pipelines]
        Report = 1
        [pool.printer]
        slots = 2
        ["pool:ware house"]
        slots = 4
        [shop]
        rate = "100 %"
    """
    settings = read_settings(as_cfg(tomllib.loads(text), ["pool"]), Path("/project"))
    assert settings.modules == ("shop.daily", "shop.weekly")
    assert (settings.port, settings.grace_s, settings.host) == (0, 2.5, "127.0.0.1")
    assert settings.limits == Limits(runs=3, pipelines={"Report": 1}, pools={"printer": 2, "ware house": 4})


def test_a_location_has_absolute_paths_its_own_ones_from_its_folder_on():
    text = "[location:reports]\npython = venv/bin/python\nfolder = reports\npath = lib, /opt/lib\nconfig = own.cfg\n"
    (found,) = settings_of(text).locations.values()
    assert found == Location(
        python="/project/venv/bin/python",
        folder="/project/reports",
        path=("/project/reports/lib", "/opt/lib"),
        config="/project/reports/own.cfg",
    )


def test_roots_are_made_absolute_unless_they_are_urls():
    roots = '{"DATA": "data/staging", "LAKE": "s3://lake/staging"}'
    overlay = settings_of(f"[environment:e]\nroots = {roots}\nconfig = a.cfg\n b.cfg\n").environments["e"]
    assert overlay.roots == {"DATA": "/project/data/staging", "LAKE": "s3://lake/staging"}
    assert overlay.config == ("/project/a.cfg", "/project/b.cfg")


def test_every_location_is_in_every_environment_and_the_default_place_comes_first():
    settings = settings_of("[location:a]\nmodules = m\nluigid_port = 1\n[environment:e]\nluigid_port = 2\n")
    assert list(map(str, settings.places)) == ["default/default", "default/e", "a/default", "a/e"]
    assert [settings.wanted_port_of(place) for place in settings.places] == [8082, 2, 1, 0]
    assert [settings.modules_of(place) for place in settings.places] == [(), (), ("m",), ("m",)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[location:default]", "default is what holds without a section"),
        ("[environment:a/b]", "has a name that cannot be used"),
        ('[environment:e]\nvariables = {"A": 1}', "expected a JSON object of names of variables and texts"),
        ('[environment:e]\nvariables = {"A=B": "x"}', "expected a JSON object of names of variables and texts"),
        ('[environment:e]\nvariables = {"A": "100%"}', "a percent sign that stands for itself is written %%"),
        ('[environment:e]\nvariables = {"A": "x"}\nroots = {"A": "y"}', "A stands in variables and in roots"),
        ('[environment:e]\nvariables = {"LUIGI_CONFIG_PATH": "x"}', "files to read belong into config"),
        ("[location:a]\npyhton = x", "pyhton is not known: did you mean python?"),
    ],
)
def test_a_mistake_in_a_place_is_told_with_the_mend(text, fault):
    (told,) = faults_of(text)
    assert fault in told


def test_a_file_that_a_place_names_and_that_is_not_there_is_told_at_the_start(tmp_path):
    text = "[location:a]\npython = .\nfolder = f\nconfig = c\n[environment:e]\nconfig = d"
    told = list(missing(read_settings(parsed(text), tmp_path)))
    assert [" ".join(fault.split()[:2]) for fault in told] == [
        "[location:a] python",
        "[location:a] folder",
        "[location:a] config",
        "[environment:e] config",
    ]


def test_an_inbox_is_a_folder_of_the_project_or_a_prefix_in_a_bucket():
    text = (
        "[inbox:a]\nurl = data/in\n[inbox:b]\nurl = s3://lake/in\nendpoint_url = http://here\nregion = r\nprofile = p\n"
    )

    settings = settings_of(text)

    assert settings.inboxes == {"a": Inbox("/project/data/in"), "b": Inbox("s3://lake/in", "http://here", "r", "p")}
    assert Settings.from_json(settings.to_json()).inboxes == settings.inboxes


@pytest.mark.parametrize("url", ["", "s3://", "http://host/in"])
def test_an_inbox_that_is_neither_is_told(url):
    (fault,) = faults_of(f"[inbox:a]\nurl = {url}\n")

    assert fault.startswith(f"- [inbox:a] url = {url!r} cannot be used: expected a folder like data/incoming, or an S3")
