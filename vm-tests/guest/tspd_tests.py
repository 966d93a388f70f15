# SPDX-License-Identifier: Apache-2.0
"""The broker itself: which datapath it takes, and what it finds after it was killed."""

import json
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

GUEST = pathlib.Path(__file__).parent
PATIENCE_SECONDS = 60


def device():
    """What `ip` says of tsp0; none: there is no such device."""
    result = subprocess.run(["/sbin/ip", "-j", "-d", "link", "show", "dev", "tsp0"], capture_output=True, text=True)
    return json.loads(result.stdout)[0] if result.returncode == 0 else None


class Broker:
    def __init__(self, folder, datapath):
        self.folder = pathlib.Path(folder)
        config = self.folder / "tspd.toml"
        config.write_text(
            f'prefix = "2001:db8:1::/48"\n[store]\npath = "{folder}/tspd.db"\n'
            f'[control]\nsocket = "{folder}/control.sock"\n[datapath]\ntype = "{datapath}"\n'
        )
        self.log_file = self.folder / "log"
        with open(self.log_file, "w") as log:
            self.process = subprocess.Popen([GUEST / "tspd", "--config", config], stdout=log, stderr=log)

    def log(self):
        return self.log_file.read_text()

    def serves(self):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if "event=broker_ready" in self.log():
                return self
            time.sleep(0.05)
        raise AssertionError(f"tspd does not serve:\n{self.log()}")

    def ask(self, *words):
        command = [GUEST / "tspctl", "--socket", self.folder / "control.sock", "--json", *words]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(PATIENCE_SECONDS)


class TspdTests(unittest.TestCase):
    def setUp(self):
        pathlib.Path("/proc/sys/net/ipv6/conf/all/forwarding").write_text("1")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self, datapath):
        broker = Broker(self.folder, datapath)
        self.addCleanup(broker.end)
        return broker

    def test_auto_takes_the_module_and_says_so(self):
        broker = self.start("auto").serves()
        self.assertIn('event=datapath type=utun reason="the kernel has the module utun"', broker.log())
        status = broker.ask("status")["datapath"]
        self.assertEqual(("utun", "the kernel has the module utun"), (status["type"], status["reason"]))
        self.assertEqual("utun", device()["linkinfo"]["info_kind"])

        self.assertEqual(0, broker.end())
        self.assertIsNone(device())

    def test_the_self_test_passes_through_the_module(self):
        checks = {check["check"]: check["result"] for check in self.start("utun").serves().ask("self-test")["checks"]}
        self.assertEqual("passed", checks["tunnel_device"])
        self.assertEqual("unknown", checks["server_address"])

    def test_a_killed_broker_leaves_its_device_to_the_next_one(self):
        self.start("utun").serves().end(signal.SIGKILL)
        left = device()
        self.assertIsNotNone(left)

        self.start("utun").serves()

        self.assertEqual(left["ifindex"], device()["ifindex"])

    def test_a_broker_that_moves_to_tun_takes_the_device_away_and_back_again(self):
        self.start("utun").serves().end(signal.SIGKILL)
        broker = self.start("tun").serves()
        self.assertEqual("tun", device()["linkinfo"]["info_kind"])
        self.assertEqual("tun", broker.ask("status")["datapath"]["type"])
        broker.end(signal.SIGKILL)
        self.start("utun").serves()
        self.assertEqual("utun", device()["linkinfo"]["info_kind"])

    def test_without_the_module_utun_is_refused_and_auto_takes_tun(self):
        subprocess.run(["rmmod", "utun"], check=True)
        self.addCleanup(subprocess.run, ["insmod", "/utun.ko"], check=True)
        refused = self.start("utun")
        self.assertEqual(2, refused.process.wait(PATIENCE_SECONDS))
        self.assertIn("datapath.type: the module utun is not loaded", refused.log())
        self.assertIn("modprobe utun", refused.log())

        broker = self.start("auto").serves()

        self.assertIn('event=datapath type=tun reason="the module utun is not loaded', broker.log())
