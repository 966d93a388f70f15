# SPDX-License-Identifier: Apache-2.0
"""A Debian 12 in a folder, from the mirror that this machine's own apt uses."""

import shutil
import subprocess

_RELEASE = "bookworm"
_ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "DEBIAN_FRONTEND": "noninteractive",
    "LC_ALL": "C.UTF-8",
    "HOME": "/",
}


def _output_of(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def _mirror():
    for line in _output_of("apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)").splitlines():
        release, _, address = line.partition(" ")
        if release == _RELEASE:
            return address
    raise AssertionError(f"this machine's apt has no mirror of {_RELEASE}")


def _ways_to_the_mirror():
    """How apt reaches it: proxies above all."""
    lines = _output_of("apt-config", "dump").splitlines()
    return "\n".join(line for line in lines if line.startswith(("Acquire::http", "Acquire::https"))) + "\n"


class Chroot:
    def __init__(self, path):
        self.path = path

    @classmethod
    def bootstrap(cls, path):
        command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", _RELEASE, path, _mirror()]
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
        for name in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{name}", path / "etc" / name)
        chroot = cls(path)
        chroot.write("etc/apt/sources.list", f"deb {_mirror()} {_RELEASE} main\n")
        chroot.write("etc/apt/apt.conf.d/99mirror", _ways_to_the_mirror())
        # There is nothing that could run services.
        chroot.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
        chroot.run("apt-get", "-qq", "update")
        return chroot

    def copy(self, path):
        """With its /proc, without which neither systemd's tools nor dkms work."""
        subprocess.run(["cp", "-a", "--reflink=auto", self.path, path], check=True)
        subprocess.run(["mount", "-t", "proc", "proc", path / "proc"], check=True)
        return Chroot(path)

    def close(self):
        subprocess.run(["umount", self.path / "proc"], check=True)
        shutil.rmtree(self.path, ignore_errors=True)

    def write(self, name, text, mode=0o644):
        path = self.path / name
        path.write_text(text)
        path.chmod(mode)

    def run(self, *words, check=True):
        command = ["chroot", self.path, *words]
        result = subprocess.run(command, capture_output=True, text=True, env=_ENVIRONMENT, timeout=900)
        if check:
            assert result.returncode == 0, f"{words}: {result.stdout[-3000:]}{result.stderr[-3000:]}"
        return result

    def apt(self, *words):
        return self.run("apt-get", "-qq", "-y", "--no-install-recommends", *words)

    def install(self, *files):
        """As from a repository: with what they depend on."""
        for file in files:
            shutil.copy(file, self.path / "tmp" / file.name)
        return self.apt("install", *(f"/tmp/{file.name}" for file in files))

    def has(self, name):
        path = self.path / name
        return path.exists() or path.is_symlink()

    def status_of(self, package):
        result = self.run("dpkg-query", "--show", "--showformat=${db:Status-Status}", package, check=False)
        return result.stdout or "not-installed"
