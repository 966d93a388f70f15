# SPDX-License-Identifier: Apache-2.0
"""Real name servers on loopback, of this host or of a namespace, with all their files in a folder of the test."""

import os
import re
import signal
import socket
import subprocess

from lib.wait import wait_for

REVERSE_ZONE = "0.8.b.d.0.1.0.0.2.ip6.arpa"  # 2001:db8::/36
FORWARD_ZONE = "tunnels.example"
CLOSED_ZONE = "closed.example"  # takes no updates

PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])

_ZONE_FILE = """\
$ORIGIN {zone}.
$TTL 60
@ SOA ns.example.net. hostmaster.example.net. 1 3600 600 86400 60
@ NS ns.example.net.
"""


def _free_port():
    """A port that neither TCP nor UDP uses."""
    with socket.socket(type=socket.SOCK_STREAM) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(tcp.getsockname())
        return tcp.getsockname()[1]


def make_key(path, name="tspd", algorithm="hmac-sha256"):
    text = subprocess.run(
        ["tsig-keygen", "-a", algorithm, name], capture_output=True, text=True, check=True, env={"PATH": PATH}
    ).stdout
    path.touch(mode=0o600)
    path.write_text(text)
    return path


class Server:
    ADDRESS = "127.0.0.1"
    ZONES = [REVERSE_ZONE, FORWARD_ZONE]

    def __init__(self, folder, inside=lambda *words: list(words)):
        """`inside` makes the words of a command those that run it where the server is."""
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.inside = inside
        self.port = _free_port()
        self.config_path = folder / "server.conf"
        self.log_path = folder / "server.log"
        self.process = None
        self.use_key(make_key(folder / "tspd.key"))
        for zone in [*self.ZONES, CLOSED_ZONE]:
            self.zone_file(zone).write_text(_ZONE_FILE.format(zone=zone))

    def zone_file(self, zone):
        return self.folder / f"{zone}.zone"

    def use_key(self, path):
        """For the next start."""
        self.key_path = path
        self.config_path.write_text(self.config())

    def start(self):
        with self.log_path.open("a") as log:
            self.process = subprocess.Popen(
                self.inside(*self.command()), stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={"PATH": PATH}
            )
        for zone in [*self.ZONES, CLOSED_ZONE]:
            wait_for(lambda zone=zone: self._serves(zone), f"the server to serve {zone}")

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def reload(self):
        """As `rndc reload` and `knotc reload` do it."""
        self.process.send_signal(signal.SIGHUP)

    def _serves(self, zone):
        assert self.process.poll() is None, self.log_path.read_text()
        return self._dig(zone, "SOA", "+time=1", "+tries=1") != []

    def _dig(self, name, kind, *options):
        """The records of the answer and, for a delegation, of the authority."""
        result = subprocess.run(
            self.inside("dig", f"@{self.ADDRESS}", "-p", str(self.port), "+norecurse", "+noall", "+answer",
                        "+authority", *options, name, kind),
            capture_output=True, text=True,
        )  # fmt: skip
        return [line.split() for line in result.stdout.splitlines() if line and not line.startswith(";")]

    def name_servers(self, name):
        """To whom exactly this name is delegated, sorted; [] if it is not."""
        records = self._dig(name, "NS")
        return sorted(record[4] for record in records if record[0] == f"{name}." and record[3] == "NS")

    def addresses(self, name):
        return sorted(record[4] for record in self._dig(name, "AAAA") if record[3] == "AAAA")


class Bind(Server):
    def config(self):
        return f"""\
options {{
    directory "{self.folder}";
    listen-on port {self.port} {{ {self.ADDRESS}; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile none;
    recursion no;
    dnssec-validation no;
    notify no;
}};
controls {{ }};
include "{self.key_path}";
zone "{REVERSE_ZONE}" {{
    type primary;
    file "{self.zone_file(REVERSE_ZONE)}";
    update-policy {{ grant tspd zonesub NS; }};
}};
zone "{FORWARD_ZONE}" {{
    type primary;
    file "{self.zone_file(FORWARD_ZONE)}";
    update-policy {{ grant tspd zonesub AAAA; }};
}};
zone "{CLOSED_ZONE}" {{
    type primary;
    file "{self.zone_file(CLOSED_ZONE)}";
}};
"""

    def command(self):
        return ["named", "-g", "-n", "1", "-c", self.config_path]


class Knot(Server):
    def config(self):
        key = self.key_path.read_text()
        (name,) = re.findall(r'key "(.*)"', key)
        (algorithm,) = re.findall(r"algorithm (.*);", key)
        (secret,) = re.findall(r'secret "(.*)";', key)
        zones = "".join(
            f"""\
  - domain: {zone}
    file: {self.zone_file(zone)}
{'' if zone == CLOSED_ZONE else '    acl: tspd'}
"""
            for zone in [*self.ZONES, CLOSED_ZONE]
        )
        return f"""\
server:
    rundir: {self.folder}
    listen: {self.ADDRESS}@{self.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {self.folder}
log:
  - target: stderr
    any: info
key:
  - id: {name}
    algorithm: {algorithm}
    secret: {secret}
acl:
  - id: tspd
    key: {name}
    action: update
    update-type: [ NS, AAAA ]
zone:
{zones}"""

    def command(self):
        return ["knotd", "-c", self.config_path]
