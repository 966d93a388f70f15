# SPDX-License-Identifier: Apache-2.0
"""Where the programs under test are: build/bin of the source tree, or the folder in TSPBROKER_BIN."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(os.environ.get("TSPBROKER_BIN", ROOT / "build" / "bin"))


def program(name):
    path = FOLDER / name
    assert os.access(path, os.X_OK), f"{path} is not there: build the project, or set TSPBROKER_BIN"
    return path
