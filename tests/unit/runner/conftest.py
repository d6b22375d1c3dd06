"""Leaves luigi's register and configuration as they were."""

import pytest
from luigi import configuration
from luigi.task_register import Register

from trigger_service.runner.loading import reread_configuration


@pytest.fixture(autouse=True)
def fresh_register():
    before = list(Register._reg)
    yield
    Register._reg[:] = before
    Register.clear_instance_cache()


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """Writes a luigi.cfg and has luigi read it."""
    parser = type(configuration.get_config())
    monkeypatch.setattr(parser, "_config_paths", [str(tmp_path / "luigi.cfg")])

    def configure(text):
        (tmp_path / "luigi.cfg").write_text(text)
        reread_configuration()

    yield configure
    monkeypatch.undo()
    reread_configuration()
