"""What counts as a change of code."""

import os
import time

from trigger_service.runner.fingerprint import (
    Fingerprint,
    changed_between,
    file_state,
    module_names,
    sources_below,
    traceback_files,
)


def test_a_fingerprint_holds_until_a_file_or_a_folder_of_modules_changes(tmp_path):
    code, config = tmp_path / "code.py", tmp_path / "luigi.cfg"
    code.write_text("a = 1")
    states = {str(path): file_state(str(path)) for path in (code, config)}
    taken = Fingerprint(states, {str(tmp_path): module_names(str(tmp_path))})
    again = Fingerprint.from_json(taken.to_json())

    assert taken.holds()
    assert (again, again.digest) == (taken, taken.digest)

    (tmp_path / "data.csv").touch()
    assert taken.holds()
    (tmp_path / "new.py").touch()
    assert not taken.holds()
    (tmp_path / "new.py").unlink()
    config.touch()
    assert not taken.holds()
    config.unlink()
    assert taken.holds()
    code.unlink()
    assert not taken.holds()


def test_a_file_that_is_replaced_by_one_with_an_old_date_has_changed_meanwhile(tmp_path):
    code = tmp_path / "code.py"
    start = time.time_ns()
    code.write_text("a = 1")
    os.utime(code, (1, 1))

    assert changed_between([str(code)], start, time.time_ns())
    assert not changed_between([str(code)], time.time_ns() + 10**9, time.time_ns() + 2 * 10**9)
    assert changed_between([str(tmp_path / "gone")], start, start)


def test_the_files_of_a_failure_are_those_that_it_passed_through_and_the_one_with_the_fault(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def (:\n")
    try:
        compile(wrong.read_text(), str(wrong), "exec")
    except SyntaxError as error:
        files = traceback_files(error)

    assert files == {str(wrong), __file__}


def test_sources_are_those_of_the_project_only(tmp_path):
    for name in ("a.py", "pkg/b.py", ".venv/c.py", "node_modules/d.py", "data/e.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert sorted(sources_below(tmp_path)) == [str(tmp_path / "a.py"), str(tmp_path / "pkg/b.py")]
