# SPDX-License-Identifier: Apache-2.0
"""How long tests go on that could go on for ever."""

import time

seconds = 5.0  # run_tests.py --seconds


class Deadline:
    def __init__(self):
        self._end = time.monotonic() + seconds

    def is_over(self):
        return time.monotonic() >= self._end
