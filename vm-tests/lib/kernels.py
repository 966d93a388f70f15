# SPDX-License-Identifier: Apache-2.0
"""The kernels that the module is tested on, by name."""

from lib.kernel import MORE_SERIES, SERIES, Kernel

USUAL = [*SERIES]
EVERY = [*SERIES, *MORE_SERIES]


def get(name):
    return Kernel(name)
