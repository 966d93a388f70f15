# SPDX-License-Identifier: Apache-2.0
"""The servers take the configuration that docs/operating/dns.md shows, and it is the one of these tests."""

import pathlib
import re
import subprocess

from servers import PATH, Bind, Knot, make_key

DOCUMENT = pathlib.Path(__file__).resolve().parents[1] / "docs" / "operating" / "dns.md"


def block(name):
    (text,) = re.findall(rf"^```{re.escape(name)}\n(.*?)^```$", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    return text


def check(*words):
    result = subprocess.run([*words], capture_output=True, text=True, env={"PATH": PATH})
    assert result.returncode == 0, result.stdout + result.stderr


def test_bind_takes_what_is_documented(tmp_path):
    key = make_key(tmp_path / "tspd.key")
    config = tmp_path / "named.conf"
    config.write_text(block("named.conf").replace("/etc/bind/tspd.key", str(key)))
    check("named-checkconf", config)
    tested = Bind(tmp_path / "tested").config()
    for policy in re.findall(r"update-policy .*", block("named.conf")):
        assert policy in tested


def test_knot_takes_what_is_documented(tmp_path):
    key = make_key(tmp_path / "tspd.key").read_text()
    (secret,) = re.findall(r'secret "(.*)";', key)
    config = tmp_path / "knot.conf"
    config.write_text(block("knot.conf").replace("SECRET", secret))
    check("knotc", "-c", config, "conf-check")
    (acl,) = re.findall(r"^acl:\n.*?(?=^zone:)", block("knot.conf"), re.DOTALL | re.MULTILINE)
    assert acl in Knot(tmp_path / "tested").config()
