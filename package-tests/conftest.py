# SPDX-License-Identifier: Apache-2.0
"""Fixtures: `packages`, built from this tree once in a session, and `chroot`, a fresh Debian 12 to install them in."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parent
sys.path.insert(0, str(FOLDER))

from chroot import Chroot  # noqa: E402


def pytest_configure(config):
    if os.geteuid() != 0:
        raise pytest.UsageError("installing packages needs root")


@pytest.fixture(scope="session")
def build_folder():
    """Where packaging/build-deb puts them; TSPBROKER_DEBS names a folder with some that are built already."""
    given = os.environ.get("TSPBROKER_DEBS")
    if given:
        return pathlib.Path(given).resolve()
    folder = ROOT / "build/deb"
    for path in folder.glob("*"):
        path.unlink()
    subprocess.run([ROOT / "packaging/build-deb", folder], check=True)
    return folder


@pytest.fixture(scope="session")
def packages(build_folder):
    """The files, by the names of the packages."""
    files = {re.match(r"[^_]+", path.name)[0]: path for path in build_folder.glob("*.deb")}
    files = {name: path for name, path in files.items() if not name.endswith("-dbgsym")}
    assert sorted(files) == ["tsp-connect", "tspbroker", "tspbroker-utun-dkms"]
    return files


@pytest.fixture(scope="session")
def base_system(tmp_path_factory):
    """TSPBROKER_DEBIAN names a folder with one that is there already."""
    given = os.environ.get("TSPBROKER_DEBIAN")
    return Chroot(pathlib.Path(given)) if given else Chroot.bootstrap(tmp_path_factory.mktemp("debian") / "root")


@pytest.fixture
def chroot(base_system, tmp_path):
    copy = base_system.copy(tmp_path / "root")
    yield copy
    copy.close()
