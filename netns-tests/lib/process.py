# SPDX-License-Identifier: Apache-2.0
"""Programs under test: started in a namespace, their output kept in files, stopped whatever happens."""

import contextlib
import json
import re
import signal
import subprocess
import time

from lib.wait import PATIENCE, wait_for

# What programs that were built with sanitizers say of a finding.
_SANITIZER = re.compile(r"ERROR: \w+Sanitizer|runtime error: ")


class Process:
    """A running program. Its standard output and error go to NAME.out and NAME.err in the log folder."""

    def __init__(self, namespace, words, log_folder, name, pass_fds=(), stdin=subprocess.DEVNULL):
        self.name = name
        self.out_path = log_folder / f"{name}.out"
        self.err_path = log_folder / f"{name}.err"
        command = namespace.command(*words)
        (log_folder / f"{name}.command").write_text(" ".join(command) + "\n")
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self._popen = subprocess.Popen(command, stdin=stdin, stdout=out, stderr=err, pass_fds=pass_fds)

    @property
    def pid(self):
        return self._popen.pid

    @property
    def exit_code(self):
        return self._popen.poll()

    def is_running(self):
        return self.exit_code is None

    def output(self):
        return self.out_path.read_text(errors="replace")

    def errors(self):
        return self.err_path.read_text(errors="replace")

    def text(self):
        return self.output() + self.errors()

    def json_lines(self):
        """The complete lines of the output that are JSON objects."""
        objects = []
        for line in self.output().splitlines():
            with contextlib.suppress(ValueError):
                value = json.loads(line)
                if isinstance(value, dict):
                    objects.append(value)
        return objects

    def wait_for_text(self, needle, timeout_seconds=10):
        def found():
            if needle in self.text():
                return True
            assert self.is_running(), f"{self.name} ended with {self.exit_code}:\n{self.text()[-2000:]}"
            return False

        wait_for(found, f"{needle!r} in the output of {self.name}:\n{self.text()[-2000:]}", timeout_seconds)

    def send(self, number):
        if self.is_running():
            self._popen.send_signal(number)

    def wait(self, timeout_seconds=10):
        """Returns the exit code; fails if the program goes on."""
        try:
            return self._popen.wait(timeout_seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {timeout_seconds:g} s:\n{self.text()[-2000:]}") from None

    def terminate(self, timeout_seconds=10):
        self.send(signal.SIGTERM)
        return self.wait(timeout_seconds)

    def kill(self):
        self.send(signal.SIGKILL)
        return self._popen.wait()


class ProcessGroup:
    """Starts processes for one test and ends whatever of them is left."""

    def __init__(self, log_folder):
        self.log_folder = log_folder
        self._processes = []
        self._names = {}

    def start(self, namespace, words, name, **options):
        number = self._names[name] = self._names.get(name, 0) + 1
        unique = name if number == 1 else f"{name}-{number}"
        process = Process(namespace, words, self.log_folder, unique, **options)
        self._processes.append(process)
        return process

    def close(self):
        for process in reversed(self._processes):
            process.send(signal.SIGTERM)
        deadline = time.monotonic() + 5
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process._popen.wait(max(0.0, deadline - time.monotonic()))
            process.kill()
        for process in self._processes:
            finding = _SANITIZER.search(process.errors())
            assert not finding, f"{process.name}:\n{process.errors()[finding.start() :][:8000]}"
