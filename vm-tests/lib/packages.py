# SPDX-License-Identifier: Apache-2.0
"""
Debian packages that are looked into and not installed.

They come through lists and a cache of our own: neither what is installed nor what the machine's apt knows is touched.
The newest ones are resolved at run time: old kernels vanish from the mirrors.
"""

import re
import subprocess
import time

from lib import cache

_LISTS_ARE_FRESH_SECONDS = 12 * 3600
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class PackageError(Exception):
    pass


def mirror_of(suite):
    """Where this machine gets Debian's suites of the same kind from: security, or all others."""
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages"]
    known = [line.split() for line in subprocess.run(words, capture_output=True, text=True).stdout.splitlines()]
    security = suite.endswith("-security")
    for uri, codename in known:
        if uri.rstrip("/").endswith("/debian-security" if security else "/debian") and ("-" not in codename or security):
            return uri
    raise PackageError(f"no source of this machine's apt is a mirror of Debian's that could have {suite}")


class Archive:
    """The packages of some of Debian's suites, from the machine's mirrors; without any, those of its own apt sources."""

    def __init__(self, *suites):
        self._suites = suites
        self._name = "-".join(["apt", *suites])

    def _apt_options(self):
        root = cache.FOLDER / self._name
        for folder in ("state/lists/partial", "cache/archives/partial"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        status = root / "status"  # nothing is installed there
        if not status.exists():
            status.touch()  # what is older than it would be looked through anew each time
        options = [
            "-o", f"Dir::State={root}/state", "-o", f"Dir::Cache={root}/cache", "-o", f"Dir::State::status={status}",
            # Images for containers have none.
            "-o", "Dir::Cache::pkgcache=pkgcache.bin", "-o", "Dir::Cache::srcpkgcache=srcpkgcache.bin",
            "-o", "APT::Sandbox::User=root", "-o", "APT::Install-Recommends=false", "-o", "Acquire::Retries=3",
        ]  # fmt: skip
        if self._suites:
            lines = [f"deb [signed-by={_KEYRING}] {mirror_of(suite)} {suite} main\n" for suite in self._suites]
            (root / "sources.list").write_text("".join(lines))
            options += ["-o", f"Dir::Etc::sourcelist={root}/sources.list", "-o", "Dir::Etc::sourceparts=-"]
        return options

    def _run(self, program, *words, **options):
        return subprocess.run([program, *self._apt_options(), *words], capture_output=True, text=True, **options)

    def _refresh_lists(self):
        """Kernels of half a day ago will do; without a network those of the last time."""
        stamp = cache.FOLDER / self._name / "refreshed"
        with cache.locked(self._name):
            if stamp.exists() and time.time() - stamp.stat().st_mtime < _LISTS_ARE_FRESH_SECONDS:
                return
            result = self._run("apt-get", "-q", "update")
            # Sources that have nothing to do with kernels may fail; a missing package tells it if ours did.
            if result.returncode == 0 or stamp.exists():
                stamp.touch()
            else:
                raise PackageError(f"the package lists cannot be read:\n{result.stderr}")

    def _depends(self, name):
        result = self._run("apt-cache", "depends", "--important", name)
        if result.returncode != 0:
            raise PackageError(f"there is no package {name}:\n{result.stderr}")
        return re.findall(r"^ +(?:Pre)?Depends: (\S+)$", result.stdout, re.MULTILINE)

    def resolve(self, name):
        """All packages of the kernel's that one needs, by name. Those without a version only name others, and are left out."""
        self._refresh_lists()
        found, wanted = [], [name]
        while wanted:
            package = wanted.pop()
            if package in found:
                continue
            found.append(package)
            needed = self._depends(package)
            wanted += [other for other in needed if re.match(r"linux-(image|headers|kbuild|binary|modules)", other)]
        return [package for package in found if re.search(r"-\d", package)]

    def version_of(self, name):
        policy = self._run("apt-cache", "policy", name).stdout
        match = re.search(r"Candidate: (\S+)", policy)
        if not match or match[1] == "(none)":
            raise PackageError(f"there is no package {name}")
        return match[1]

    def unpack(self, names, folder):
        """Downloads packages and unpacks them into one folder."""
        folder.mkdir(parents=True)
        result = self._run("apt-get", "-q", "download", *names, cwd=folder)
        if result.returncode != 0:
            raise PackageError(f"{' '.join(names)} cannot be downloaded:\n{result.stderr}")
        for package in sorted(folder.glob("*.deb")):
            subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)
            package.unlink()
