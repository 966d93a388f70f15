# SPDX-License-Identifier: Apache-2.0
"""The kernels that the module is tested on, by name."""

from lib import uml
from lib.kernel import MORE_SERIES, SERIES, Kernel

USUAL = [*SERIES]
EVERY = [*SERIES, *MORE_SERIES, uml.SERIES]


def get(name):
    return uml.Uml() if name == uml.SERIES else Kernel(name)
