"""What the kernel tells of processes."""

import subprocess
import sys

from polling import until

from trigger_service.runner.linux import process_stat

#: Its first thread ends at once, a second one when it is told to.
HEADLESS = """
import ctypes, os, threading
threading.Thread(target=lambda: os.read(0, 1)).start()
ctypes.CDLL(None).pthread_exit(None)
"""


def test_a_process_is_alive_until_its_last_thread_has_ended():
    with subprocess.Popen([sys.executable, "-c", HEADLESS], stdin=subprocess.PIPE) as process:
        until(lambda: process_stat(process.pid).state == "Z", "the first thread has ended")
        assert process_stat(process.pid).alive

        process.stdin.close()

        until(lambda: not process_stat(process.pid).alive, "the process has ended")
