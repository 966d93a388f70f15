# SPDX-License-Identifier: Apache-2.0
"""Counts of test cases, from the reports that the test programs write."""

import dataclasses
import json
import pathlib
import re
import xml.etree.ElementTree as ElementTree


@dataclasses.dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    @property
    def total(self):
        return self.passed + self.failed + self.skipped


def one(passed):
    """The counts of a single check."""
    return Counts(passed=1) if passed else Counts(failed=1)


def from_googletest(report):
    """Counts the cases of one report of GoogleTest (--gtest_output=json)."""
    counts = Counts()
    for suite in report["testsuites"]:
        for case in suite["testsuite"]:
            if case.get("failures"):
                counts.failed += 1
            elif case["result"] == "SKIPPED" or case["status"] != "RUN":
                counts.skipped += 1
            else:
                counts.passed += 1
    return counts


def from_junit(text):
    """Counts the cases of a JUnit report as pytest writes it."""
    counts = Counts()
    for case in ElementTree.fromstring(text).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            counts.failed += 1
        elif case.find("skipped") is not None:
            counts.skipped += 1
        else:
            counts.passed += 1
    return counts


def from_tap(text):
    """Counts the cases of a report of node's test runner (--test-reporter=tap), which sums up at its end."""
    said = {name: int(number) for name, number in re.findall(r"^# (\w+) (\d+)$", text, re.MULTILINE)}
    return Counts(said.get("pass", 0), said.get("fail", 0) + said.get("cancelled", 0), said.get("skipped", 0))


def from_ctest(junit_text, programs, reports_folder):
    """Counts what ctest ran: the cases of each GoogleTest program, and one for each other program.

    `programs` maps the names of ctest to the names of their programs; a program that failed without saying which
    case (it crashed or ran out of time) counts as one failure besides the cases it reported.
    """
    counts = Counts()
    for case in ElementTree.fromstring(junit_text).iter("testcase"):
        reports = sorted(pathlib.Path(reports_folder).glob(f"{programs[case.get('name')]}*.json"))
        own = sum((from_googletest(json.loads(report.read_text())) for report in reports), Counts())
        has_failed = case.get("status") == "fail" or case.find("failure") is not None
        if has_failed and own.failed == 0:
            own.failed = 1
        elif not reports:
            own = Counts(skipped=1) if case.find("skipped") is not None else Counts(passed=1)
        counts += own
    return counts
