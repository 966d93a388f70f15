# SPDX-License-Identifier: Apache-2.0
import shutil

import format
from tree import ROOT


def _with_style(root):
    shutil.copy(ROOT / ".clang-format", root)
    return root


def test_well_laid_out_code_passes(tree):
    assert list(format.check(_with_style(tree({"core/x.cc": "int f(int a);\n"})))) == []


def test_other_layout_is_named_once_a_file(tree):
    violations = list(format.check(_with_style(tree({"core/x.cc": "int f( int a ){return a ;}\n"}))))

    assert len(violations) == 1 and violations[0].startswith("core/x.cc:1")
