# SPDX-License-Identifier: Apache-2.0
"""The parts of bench/run. Each has measure(arguments, folder), which returns what goes into the JSON."""
