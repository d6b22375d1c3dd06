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
    pump = "import sys; from pathlib import Path; from trigger_service.runner.pump import run_pump"
    pump += f"; run_pump(Path(sys.argv[1]), [{PASSWORD!r}])"
    subprocess.run([sys.executable, "-c", pump, str(run.folder.path)], env=run.environment, check=True)

    assert child.returncode == 0
    files = [path for path in run.folder.path.rglob("*") if path.is_file()]
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []
    assert sorted(run.texts("Secretive")) == ["logged ***", "printed ***"]
    assert run.folder.read_exit().error.message == "RuntimeError: raised ***"
