# SPDX-License-Identifier: Apache-2.0
"""
Debian packages that are looked into and not installed.

They come from the machine's own apt sources, through lists and a cache of our own: neither what is installed nor what
the machine's apt knows is touched. The newest ones are resolved at run time: old kernels vanish from the mirrors.
"""

import re
import subprocess
import time

from lib import cache

_LISTS_ARE_FRESH_SECONDS = 12 * 3600


class PackageError(Exception):
    pass


def _apt_options():
    root = cache.FOLDER / "apt"
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    status = root / "status"  # nothing is installed there
    status.touch()
    return [
        "-o", f"Dir::State={root}/state", "-o", f"Dir::Cache={root}/cache", "-o", f"Dir::State::status={status}",
        "-o", "APT::Sandbox::User=root", "-o", "APT::Install-Recommends=false", "-o", "Acquire::Retries=3",
    ]  # fmt: skip


def _run(program, *words, **options):
    return subprocess.run([program, *_apt_options(), *words], capture_output=True, text=True, **options)


def _refresh_lists():
    """Kernels of half a day ago will do; without a network those of the last time."""
    stamp = cache.FOLDER / "apt" / "refreshed"
    with cache.locked("apt"):
        if stamp.exists() and time.time() - stamp.stat().st_mtime < _LISTS_ARE_FRESH_SECONDS:
            return
        result = _run("apt-get", "-q", "update")
        # Sources that have nothing to do with kernels may fail; a missing package tells it if ours did.
        if result.returncode == 0 or stamp.exists():
            stamp.touch()
        else:
            raise PackageError(f"the package lists cannot be read:\n{result.stderr}")


def _depends(name):
    result = _run("apt-cache", "depends", "--important", name)
    if result.returncode != 0:
        raise PackageError(f"there is no package {name}:\n{result.stderr}")
    return re.findall(r"^ +(?:Pre)?Depends: (\S+)$", result.stdout, re.MULTILINE)


def resolve(name):
    """A package of the kernel and all of the kernel's that it needs, by name."""
    _refresh_lists()
    found, wanted = [], [name]
    while wanted:
        package = wanted.pop()
        if package in found:
            continue
        found.append(package)
        wanted += [other for other in _depends(package) if re.match(r"linux-(image|headers|kbuild|binary|modules)", other)]
    return found


def version_of(name):
    policy = _run("apt-cache", "policy", name).stdout
    match = re.search(r"Candidate: (\S+)", policy)
    if not match or match[1] == "(none)":
        raise PackageError(f"there is no package {name}")
    return match[1]


def unpack(names, folder):
    """Downloads packages and unpacks them into one folder."""
    folder.mkdir(parents=True)
    result = _run("apt-get", "-q", "download", *names, cwd=folder)
    if result.returncode != 0:
        raise PackageError(f"{' '.join(names)} cannot be downloaded:\n{result.stderr}")
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)
        package.unlink()
