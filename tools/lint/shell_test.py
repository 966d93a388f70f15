# SPDX-License-Identifier: Apache-2.0
import shell


def test_a_sound_script_passes(tree):
    assert list(shell.check(tree({"run": '#!/bin/bash\necho "$1"\n'}))) == []


def test_an_unquoted_expansion_is_named(tree):
    violations = list(shell.check(tree({"tools/run": "#!/bin/bash\nrm $1\n"})))

    assert len(violations) == 1 and violations[0].startswith("tools/run:2")
