# SPDX-License-Identifier: Apache-2.0
import re

import conformance
import pytest

DOCUMENT = conformance.Document("docs/x.md", ("S-01", "S-02"), re.compile("comes with more"))
FILES = {
    "core/x_test.cc": "TEST(Suite, Holds) {\n}\nTEST_F(Suite,\n       HoldsToo) {\n}\n",
    "netns-tests/x_test.py": "def test_it_holds(world):\n    pass\n",
    "fuzz/x_fuzz.cc": "\n",
}
HEAD = "| No. | Statement | Held by |\n|---|---|---|\n"
FIRST = "| S-01 | one | `core/x_test.cc: Suite.Holds`, `Suite.HoldsToo` |\n"
SECOND = "| S-02 | two | `netns-tests/x_test.py: test_it_holds`, `fuzz/x_fuzz.cc` |\n"


def _check(tree, *rows):
    root = tree({**FILES, "docs/x.md": HEAD + "".join(rows)})
    return list(conformance.check(root, [DOCUMENT]))


def test_a_complete_document_passes(tree):
    assert _check(tree, FIRST, SECOND) == []


def test_a_reason_may_stand_in_place_of_a_test(tree):
    assert _check(tree, FIRST, "| S-02 | two | comes with more |\n") == []


@pytest.mark.parametrize(
    ("second", "complaint"),
    [
        ("", "docs/x.md: S-02 is missing"),
        (SECOND + SECOND, "docs/x.md:5: S-02 stands here twice"),
        (SECOND + SECOND.replace("S-02", "S-03"), "docs/x.md:5: S-03 is no number of this document"),
        ("| S-02 | two | some day |\n", "docs/x.md:4: S-02: no test, and no reason"),
        ("| S-02 | two | `Suite.Holds` |\n", "docs/x.md:4: S-02: no file is named before Suite.Holds"),
        ("| S-02 | two | `core/y_test.cc: Suite.Holds` |\n", "docs/x.md:4: S-02: there is no core/y_test.cc"),
        ("| S-02 | two | `core/x_test.cc: Suite.Hold` |\n", "docs/x.md:4: S-02: core/x_test.cc has no Suite.Hold"),
        ("| S-02 | two | `netns-tests/x_test.py: test_it` |\n", "docs/x.md:4: S-02: netns-tests/x_test.py has no test_it"),
        ("| S-02 | two | `core/x_test.cc` |\n", "docs/x.md:4: S-02: core/x_test.cc is no test as this document names them"),
        ("| S-02 | two | `fuzz/y_fuzz.cc` |\n", "docs/x.md:4: S-02: there is no fuzz/y_fuzz.cc"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tree, second, complaint):
    assert _check(tree, FIRST, second) == [complaint]


def test_numbers_may_be_without_a_letter(tree):
    document = conformance.Document("docs/x.md", ("1", "2"), re.compile(r"(?!)"))
    root = tree({**FILES, "docs/x.md": HEAD + FIRST.replace("S-01", "1")})
    assert list(conformance.check(root, [document])) == ["docs/x.md: 2 is missing"]


def test_a_document_that_is_not_there_is_named(tree):
    assert list(conformance.check(tree({}), [DOCUMENT])) == ["docs/x.md: it is not there"]
