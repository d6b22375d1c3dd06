"""Stock Luigi, imported once: runs the `luigi` command in a fresh fork for each line of standard input.

A line is JSON: {"argv", "output"}. The answer is two lines: the fork's pid, and its exit status.
Nothing of ours is imported here.
"""

import json
import os
import sys

import luigi.cmdline
import luigi.interface
import luigi.rpc
import luigi.worker


def run(argv, output):
    """What the `luigi` command does, in this process; its output goes to `output`.out and .err."""
    os.setsid()
    for descriptor, suffix in ((1, ".out"), (2, ".err")):
        file = os.open(output + suffix, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, descriptor)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (lives as long as the process)
    sys.argv = ["luigi", *argv]
    luigi.cmdline.luigi_run(argv)


def main():
    """Serve until standard input ends."""
    sys.path.insert(0, "")
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            run(**order)
            return
        print(pid, flush=True)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(status, flush=True)


main()
