"""How modules are imported at the start of a process."""

import gc
import importlib
import subprocess
import sys

import pytest

from trigger_service.domain.imports import imports


def test_within_it_the_collector_rests_and_what_is_left_out_is_not_there():
    with imports(without=("this_module_is_in_the_way", "sys")):
        assert not gc.isenabled()
        assert sys.modules["sys"] is sys
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("this_module_is_in_the_way")
    assert gc.isenabled()
    assert "this_module_is_in_the_way" not in sys.modules


def test_what_was_left_out_can_be_imported_afterwards_also_where_the_import_failed():
    code = """
from trigger_service.domain.imports import imports
try:
    with imports(without=("colorsys",)):
        import colorsys
except ImportError:
    import colorsys
    import gc
    print(colorsys.rgb_to_hls(0, 0, 0), gc.isenabled())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "(0.0, 0.0, 0.0) True\n"


def test_luigid_and_the_settings_do_without_what_only_tasks_need():
    code = """
import sys
from trigger_service.domain.imports import FOR_TASKS, imports
with imports(without=FOR_TASKS):
    import trigger_service.luigid.daemon, trigger_service.settings
print([name for name in FOR_TASKS if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "[]\n"
