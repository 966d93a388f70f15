#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Goes wrong, in the way that is named."""

import sys
import time

match sys.argv[1]:
    case "fail":
        sys.exit(1)
    case "warn":
        with open("/dev/kmsg", "w") as log:
            log.write("<4>WARNING: canary\n")
    case "hang":
        time.sleep(10_000)
