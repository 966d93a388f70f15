# SPDX-License-Identifier: Apache-2.0
"""What a run in a guest needs for the broker's own tests and measurements."""

import pathlib

_ROOT = pathlib.Path(__file__).resolve().parents[2]

NEEDS = {
    "programs": [_ROOT / "build" / "bin" / name for name in ("tspd", "tspctl", "tsp-connect", "tsp-load")],
    "folders": [_ROOT / "netns-tests", _ROOT / "bench"],
    "memory_mb": 1536,
}
