# SPDX-License-Identifier: Apache-2.0
"""The Debian packages: what lintian says, and what they do to a system that has never seen them."""

import re
import stat
import subprocess

import pytest

CONFIG = 'prefix = "2001:db8:1::/48"\n[server]\nown_addresses = []\n'


def newer(package, folder):
    """The same package as a later version."""
    content = folder / "content"
    subprocess.run(["dpkg-deb", "--raw-extract", package, content], check=True)
    control = content / "DEBIAN/control"
    control.write_text(re.sub(r"^(Version: .*)$", r"\1+1", control.read_text(), flags=re.MULTILINE))
    path = folder / package.name.replace("_", "+1_", 1)
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", content, path], check=True, stdout=subprocess.DEVNULL)
    return path


def _uid_of(chroot, user):
    accounts = [line.split(":") for line in (chroot.path / "etc/passwd").read_text().splitlines()]
    return next((int(fields[2]) for fields in accounts if fields[0] == user), None)


def test_lintian_finds_nothing(build_folder, packages):
    [changes] = build_folder.glob("*.changes")
    # There is no bug to be closed, and no address of the maintainers that is known everywhere.
    allowed = "initial-upload-closes-no-bugs,bogus-mail-host"
    words = ["lintian", "--allow-root", "--fail-on", "error,warning", "--suppress-tags", allowed, changes]
    result = subprocess.run(words, capture_output=True, text=True)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("package", "programs"), [("tspbroker", ["tspctl", "tspd"]), ("tsp-connect", ["tsp-connect"])]
)
def test_each_program_comes_with_its_manual_and_its_completion(packages, package, programs):
    content = subprocess.run(["dpkg-deb", "--contents", packages[package]], capture_output=True, text=True).stdout
    for program in programs:
        for path in (f"./usr/bin/{program}", f"./usr/share/man/man8/{program}.8.gz",
                     f"./usr/share/bash-completion/completions/{program}"):  # fmt: skip
            assert re.search(rf" {re.escape(path)}( |$)", content, re.MULTILINE), path


def test_the_broker_is_installed_upgraded_removed_and_purged(chroot, packages, tmp_path):
    chroot.install(packages["tspbroker"])
    assert chroot.run("tspd", "--version").stdout.startswith("tspd ")
    uid = _uid_of(chroot, "tspd")
    state = (chroot.path / "var/lib/tspd").stat()
    assert uid is not None and (state.st_uid, stat.S_IMODE(state.st_mode)) == (uid, 0o750)
    unit = (chroot.path / "lib/systemd/system/tspd.service").read_text()
    assert "ExecStart=/usr/bin/tspd\n" in unit

    chroot.write("etc/tspd/tspd.toml", CONFIG)
    assert "the configuration is valid" in chroot.run("tspd", "--check-config").stdout
    chroot.run("tspctl", "db", "init")
    assert chroot.has("var/lib/tspd/tspd.db")

    chroot.install(newer(packages["tspbroker"], tmp_path))
    assert chroot.run("dpkg-query", "--show", "--showformat=${Version}", "tspbroker").stdout.endswith("+1")
    assert chroot.run("tspctl", "db", "check").returncode == 0
    assert (chroot.path / "etc/tspd/tspd.toml").read_text() == CONFIG

    chroot.apt("remove", "tspbroker")
    assert not chroot.has("usr/bin/tspd") and not chroot.has("lib/systemd/system/tspd.service")
    assert chroot.has("var/lib/tspd/tspd.db"), "accounts outlive the program"

    chroot.apt("purge", "tspbroker")
    assert chroot.status_of("tspbroker") == "not-installed"
    assert not chroot.has("var/lib/tspd")
    assert chroot.has("etc/tspd/tspd.toml"), "the administrator has written it"


def test_the_client_needs_no_broker_and_leaves_nothing(chroot, packages):
    before = {path for path in (chroot.path / "etc").rglob("*") if "alternatives" not in path.parts}
    chroot.install(packages["tsp-connect"])
    assert chroot.run("tsp-connect", "--version").stdout.startswith("tsp-connect ")
    assert chroot.status_of("tspbroker") == "not-installed"
    chroot.apt("purge", "tsp-connect")
    assert not chroot.has("usr/bin/tsp-connect")
    added = {path for path in (chroot.path / "etc").rglob("*") if "tsp" in path.name} - before
    assert added == set()


def test_the_sources_of_the_module_are_what_dkms_wants(chroot, packages):
    chroot.install(packages["tspbroker-utun-dkms"])
    assert chroot.run("dkms", "status", "utun/1.0").stdout.startswith("utun/1.0")
    chroot.apt("purge", "tspbroker-utun-dkms")
    assert not chroot.has("usr/src/utun-1.0")
    assert "utun" not in chroot.run("dkms", "status").stdout
