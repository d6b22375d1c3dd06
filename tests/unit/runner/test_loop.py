"""The event loop of the base zygote; in a process of its own, since it takes over the signals."""

import subprocess
import sys

#: A pid comes again after some ten thousand forks: the word is put there that an earlier child would have left.
USED_PID = """
import os, signal
from trigger_service.runner.loop import Loop
loop = Loop()
pid = os.fork()
if pid == 0:
    signal.pause()
loop.words[pid] = "ended with exit status 0"
loop.forget_former(pid)
print(loop.bury(pid))
"""


def test_a_child_whose_pid_was_anothers_before_is_buried_as_itself():
    command = [sys.executable, "-c", USED_PID]
    told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout

    assert told == "killed by signal 9\n"
