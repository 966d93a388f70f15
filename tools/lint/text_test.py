# SPDX-License-Identifier: Apache-2.0
import pytest
import text

MARK = "TO" + "DO"
HOME = "/ho" + "me/somebody"


def test_a_clean_file_passes(tree):
    assert list(text.check(tree({"core/some_name.cc": "int x;\n"}))) == []


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("\tint x;\n", "tab"),
        ("int x; \n", "white space"),
        (f"// {MARK} later\n", MARK),
        (f'"{HOME}/x"\n', "one machine"),
        ("int x;", "line end"),
        ("x\n" * (text.LINES_MAX + 1), "lines"),
    ],
)
def test_a_violation_is_named_with_its_file(tree, content, complaint):
    violations = list(text.check(tree({"core/x.cc": content})))

    assert len(violations) == 1
    assert violations[0].startswith("core/x.cc:") and complaint in violations[0]


@pytest.mark.parametrize("name", ["core/CamelCase.cc", "core/with-dash.h", "tools/with-dash.py"])
def test_other_names_than_snake_case_are_refused(tree, name):
    assert len(list(text.check(tree({name: "x\n"})))) == 1


def test_programs_may_be_named_with_a_dash(tree):
    assert list(text.check(tree({"tools/do-something": "#!/bin/bash\n"}))) == []


def test_machine_paths_are_found_in_documents_too(tree):
    assert len(list(text.check(tree({"docs/x.md": f"see {HOME}/x\n"})))) == 1


def test_code_for_the_kernel_has_tabs_but_no_other_liberty(tree):
    assert list(text.check(tree({"kmod-utun/rx.c": "\tint x;\n"}))) == []
    violations = list(text.check(tree({"kmod-utun/rx.c": f"\tint x; /* {MARK} */\n"})))
    assert len(violations) == 1 and MARK in violations[0]


def test_tests_stand_in_a_namespace_named_after_their_file(tree):
    right = "namespace x_test {\nTEST(X, Y) {}\n}  // namespace x_test\n"
    assert list(text.check(tree({"core/x_test.cc": right}))) == []
    wrong = "namespace {\nTEST(X, Y) {}\n}  // namespace\n"
    assert len(list(text.check(tree({"core/y_test.cc": wrong})))) == 1
