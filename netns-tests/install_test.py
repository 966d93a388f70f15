# SPDX-License-Identifier: Apache-2.0
"""What `cmake --install` puts on a host, and that the daemon serves as its systemd unit starts it."""

import os
import re
import stat

import pytest
from lib.namespace import run
from lib.programs import FOLDER, ROOT, program
from lib.topology import HOST6_ADDRESS

NOBODY = 65534


@pytest.fixture
def installed(tmp_path):
    run("cmake", "--install", FOLDER.parent, "--prefix", tmp_path)
    return tmp_path


def _unit_lines():
    return (ROOT / "apps/tspd/tspd.service.in").read_text().splitlines()


def _values(key):
    return [line.partition("=")[2] for line in _unit_lines() if line.startswith(f"{key}=")]


def test_programs_and_unit_fit_together(installed):
    unit = (installed / "lib/systemd/system/tspd.service").read_text()

    [started] = re.findall(r"^ExecStart=(\S+)$", unit, re.MULTILINE)
    assert started == str(installed / "bin/tspd")
    for name in ("tspd", "tspctl", "tsp-connect"):
        assert run(installed / "bin" / name, "--version").stdout.startswith(name)


def test_systemd_understands_the_unit(installed):
    result = run("systemd-analyze", "verify", installed / "lib/systemd/system/tspd.service", check=False)

    complaints = [line for line in result.stderr.splitlines() if "tspd" in line]
    assert complaints == []


def test_the_unit_leaves_tspd_little_to_do_harm_with(installed):
    result = run(
        "systemd-analyze", "security", "--offline=true", "--threshold=25",
        installed / "lib/systemd/system/tspd.service", check=False,
    )  # fmt: skip

    assert result.returncode == 0, result.stdout


def test_user_and_folders_of_the_unit_are_made(installed, tmp_path):
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    [user] = _values("User")

    run("systemd-sysusers", f"--root={root}", installed / "lib/sysusers.d/tspd.conf")
    run("systemd-tmpfiles", "--create", f"--root={root}", installed / "lib/tmpfiles.d/tspd.conf")
    accounts = [line.split(":") for line in (root / "etc/passwd").read_text().splitlines()]
    [uid] = [int(fields[2]) for fields in accounts if fields[0] == user]
    state = (root / "var/lib" / _values("StateDirectory")[0]).stat()
    assert (state.st_uid, stat.S_IMODE(state.st_mode)) == (uid, 0o750)
    assert (root / "etc" / _values("ConfigurationDirectory")[0]).is_dir()


def test_a_user_with_the_capabilities_of_the_unit_can_serve(world):
    [capabilities] = _values("CapabilityBoundingSet")
    assert _values("AmbientCapabilities") == [capabilities]
    held = ",".join("+" + name.removeprefix("CAP_").lower() for name in capabilities.split())
    broker = world.make_broker()
    broker.database_path = broker.folder / "state/tspd.db"
    broker.configure({"store": {"path": str(broker.database_path)}})
    # A state folder may be a symbolic link to another disk.
    (broker.folder / "private").mkdir()
    (broker.folder / "state").symlink_to("private")
    for folder in (broker.folder, broker.folder / "private"):
        os.chown(folder, NOBODY, NOBODY)
    broker.folder.chmod(0o755)
    # Device managers let everybody open it; some containers do not.
    node = broker.folder / "tun"
    os.mknod(node, stat.S_IFCHR, os.stat("/dev/net/tun").st_rdev)
    node.chmod(0o666)
    words = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /dev/net/tun && exec "$@"', node]
    words += ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--no-new-privs"]
    words += ["--inh-caps", held, "--ambient-caps", held, "--bounding-set", "-all," + held]

    words += [program("tspd"), "--config", broker.config_path]
    broker.process = world.processes.start(broker.namespace, words, "tspd")
    broker.wait_until_ready()
    broker.add_account("alice", "wonderland")
    client = world.connect_client()

    assert client.namespace.pings(HOST6_ADDRESS)
    status = broker.database_path.stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (NOBODY, 0o600)
    assert broker.stop() == 0
