# SPDX-License-Identifier: Apache-2.0
"""What bash completes."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAMS = pathlib.Path(os.environ.get("TSPBROKER_BIN", ROOT / "build/bin"))


def complete(*words):
    """What is offered for the last word."""
    script = f"""
        . {ROOT}/packaging/completion/tspbroker
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _tspbroker
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    command = ["bash", "-c", script, "bash", *words]
    environment = {**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return [line for line in result.stdout.splitlines() if line]


@pytest.mark.parametrize("program", ["tspd", "tspctl", "tsp-connect"])
def test_options_are_those_that_the_help_names(program):
    assert "--help" in complete(program, "--h")
    assert "--version" in complete(program, "--ver")
    assert complete(program, "--nonsense") == []


def test_subcommands_follow_what_is_there():
    assert "account" in complete("tspctl", "") and "tunnel" in complete("tspctl", "")
    assert complete("tspctl", "acc") == ["account"]
    assert complete("tspctl", "account", "set-p") == ["set-password"]
    assert "--password-fd" in complete("tspctl", "account", "add", "alice", "--pass")
    assert "--password-fd" not in complete("tspctl", "tunnel", "--pass")


def test_values_are_completed_as_their_option_wants(tmp_path):
    assert sorted(complete("tsp-connect", "--auth", "")) == ["anonymous", "digest-md5", "plain"]
    assert complete("tsp-connect", "--type", "v6u") == ["v6udpv4"]
    (tmp_path / "tspd.toml").write_text("")
    assert complete("tspd", "--config", f"{tmp_path}/ts") == [f"{tmp_path}/tspd.toml"]
    assert complete("tsp-connect", "--login", "") == []
