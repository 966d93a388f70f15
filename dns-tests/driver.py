# SPDX-License-Identifier: Apache-2.0
"""The program that sends updates: linux_dns_live_test_driver, whose source says what it reads and writes."""

import subprocess
import threading

from lib.programs import program
from lib.wait import wait_for


def words(server, key_path, zones):
    return [program("linux_dns_live_test_driver"), server.ADDRESS, str(server.port), key_path, *zones]


class Driver:
    def __init__(self, server, key_path, zones):
        self.lines = []
        self.process = subprocess.Popen(
            words(server, key_path, zones), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def order(self, command):
        """Forgets what was said before."""
        self.lines.clear()
        self.process.stdin.write(command + "\n")

    def wait(self, beginning, timeout_seconds=20):
        """The first line since the last order that begins so."""
        found = lambda: next((line for line in self.lines if line.startswith(beginning)), None)  # noqa: E731
        try:
            return wait_for(found, repr(beginning), timeout_seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; the driver said {self.lines}") from None

    def set(self, owner, *records):
        self.order(" ".join(["set", owner, *records]))
        self.wait(f"{owner} done")

    def remove(self, owner):
        self.order(f"remove {owner}")
        self.wait(f"{owner} forgotten")

    def stop(self):
        self.process.stdin.close()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self._reader.join()
