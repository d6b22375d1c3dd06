"""Private values stay private: no byte that the child and its pump leave behind holds them."""

import json
import os
import subprocess
import sys

from attempts import HERE

PASSWORD = "tr0ub4dor&3"


def test_a_private_value_is_nowhere_in_what_a_run_leaves_behind(attempt):
    run = attempt("Secretive")
    reader, writer = os.pipe()
    os.write(writer, json.dumps({"password": PASSWORD}).encode())
    os.close(writer)
    command = [sys.executable, "-m", "trigger_service.runner", "--secrets-fd", str(reader), str(run.folder.path)]
    child = subprocess.run(command, env=run.environment, cwd=HERE, pass_fds=(reader,), stdin=subprocess.DEVNULL)
    os.close(reader)
    run.start_pump()
    run.pump.wait(20)

    assert child.returncode == 0
    files = [path for path in run.folder.path.rglob("*") if path.is_file()]
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []
    assert sorted(run.texts("Secretive")) == ["logged ***", "printed ***"]
    assert run.folder.read_exit().error.message == "RuntimeError: raised ***"
