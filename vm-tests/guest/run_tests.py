#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Loads the module, runs the tests of files (datapath_tests …), or those whose names have a word in them, and unloads the
module, which must leave nothing.
"""

import argparse
import faulthandler
import importlib
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import duration


class TimedResult(unittest.TextTestResult):
    def startTest(self, test):
        self._started = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        self.stream.writeln(f"    {time.monotonic() - self._started:.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, help="of tests that could go on for ever")
    parser.add_argument("-k", dest="word", default="", help="only tests with it in their names")
    parser.add_argument("files", nargs="+")
    wanted = parser.parse_args()
    faulthandler.enable()
    duration.seconds = wanted.seconds or duration.seconds
    subprocess.run(["insmod", "/utun.ko"], check=True)
    unittest.defaultTestLoader.testNamePatterns = [f"*{wanted.word}*"]
    modules = [importlib.import_module(file) for file in wanted.files]
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromModule(module) for module in modules)
    result = unittest.TextTestRunner(sys.stdout, verbosity=2, resultclass=TimedResult).run(suite)
    if "utun" in pathlib.Path("/proc/modules").read_text():
        subprocess.run(["rmmod", "utun"], check=True)
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)


if __name__ == "__main__":
    main()
