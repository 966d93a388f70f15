# SPDX-License-Identifier: Apache-2.0
import json

from results import Counts, from_ctest, from_googletest, from_junit, from_tap

PASSED = {"status": "RUN", "result": "COMPLETED"}
FAILED = {"status": "RUN", "result": "COMPLETED", "failures": [{"failure": "x"}]}
SKIPPED = {"status": "RUN", "result": "SKIPPED"}
DISABLED = {"status": "NOTRUN", "result": "SUPPRESSED"}


def _report(*cases):
    return {"testsuites": [{"testsuite": list(cases)}]}


def _ctest_report(**statuses):
    cases = "".join(f'<testcase name="{name}" status="{status}"/>' for name, status in statuses.items())
    return f"<testsuite>{cases}</testsuite>"


def test_each_googletest_case_counts_once():
    assert from_googletest(_report(PASSED, FAILED, SKIPPED, DISABLED, PASSED)) == Counts(2, 1, 2)


def test_each_pytest_case_counts_once():
    text = """<testsuites><testsuite>
        <testcase name="a"/><testcase name="b"><failure/></testcase>
        <testcase name="c"><error/></testcase><testcase name="d"><skipped/></testcase>
    </testsuite></testsuites>"""

    assert from_junit(text) == Counts(1, 2, 1)


def test_what_node_sums_up_counts():
    text = "TAP version 13\n# Subtest: a\nok 1 - a\n1..1\n# tests 7\n# suites 0\n# pass 3\n# fail 1\n# cancelled 2\n# skipped 1\n"

    assert from_tap(text) == Counts(3, 3, 1)
    assert from_tap("") == Counts()


def test_a_googletest_program_counts_by_its_cases(tmp_path):
    (tmp_path / "wire_test.json").write_text(json.dumps(_report(PASSED, PASSED)))

    assert from_ctest(_ctest_report(wire="run"), {"wire": "wire_test"}, tmp_path) == Counts(2, 0, 0)


def test_another_program_counts_as_one(tmp_path):
    text = _ctest_report(good="run", bad="fail")

    assert from_ctest(text, {"good": "true", "bad": "false"}, tmp_path) == Counts(1, 1, 0)


def test_a_crash_is_a_failure_although_no_case_reports_it(tmp_path):
    (tmp_path / "wire_test.json").write_text(json.dumps(_report(PASSED)))

    assert from_ctest(_ctest_report(wire="fail"), {"wire": "wire_test"}, tmp_path) == Counts(1, 1, 0)
