# SPDX-License-Identifier: Apache-2.0
"""What modules are built with: this machine's compiler, or that of another release of Debian."""

import pathlib
import shlex
import subprocess

from lib import cache, packages


class Host:
    compiler = "gcc-12"

    def command(self, words, folders):
        """Words to run with these tools. They see `folders`, and write there."""
        del folders
        return words


class Chroot:
    """A folder with another release, made once. The tools of newer kernels' headers want its C library as well."""

    def __init__(self, release, compiler):
        self._release = release
        self.compiler = compiler

    def command(self, words, folders):
        root = cache.made(f"chroot-{self._release}-{self.compiler}", self._make)
        mounts = [("--rbind", "/proc", "/proc"), *(("--bind", str(folder), str(folder)) for folder in folders)]
        script = ["set -e"]
        for kind, source, place in mounts:
            inside = shlex.quote(f"{root}{place}")
            script += [f"mkdir -p {inside}", f"mount {kind} {shlex.quote(source)} {inside}"]
        script.append(f"exec chroot {shlex.quote(str(root))} {shlex.join(str(word) for word in words)}")
        return ["unshare", "--mount", "sh", "-c", "\n".join(script)]

    def _make(self, root):
        include = f"{self.compiler},make,libelf1t64,pahole,libssl3t64,zlib1g"
        mirror = packages.mirror_of(self._release)
        words = ["debootstrap", "--variant=minbase", f"--include={include}", self._release, root, mirror]
        result = subprocess.run(words, capture_output=True, text=True)
        if result.returncode != 0:
            log = pathlib.Path(root) / "debootstrap" / "debootstrap.log"
            told = log.read_text() if log.exists() else ""
            raise packages.PackageError(f"debootstrap of {self._release} failed:\n{result.stderr}{told[-2000:]}")
