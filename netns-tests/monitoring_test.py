# SPDX-License-Identifier: Apache-2.0
"""What the real datapath tells Prometheus, and what the log does not tell."""

import re
import subprocess

from lib.topology import HOST6_ADDRESS
from lib.tsp import UdpClient

METRICS = "127.0.0.1:9653"


def _get(broker, target):
    return broker.namespace.run("curl", "-sS", "--max-time", "5", f"http://{METRICS}{target}").stdout


def _value(text, series):
    [value] = re.findall(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(value)


def test_packets_are_counted_where_prometheus_looks(world):
    broker = world.start_broker({"metrics": {"listen": [METRICS]}})
    client = world.connect_client()
    assert _get(broker, "/readyz") == "ok\n"
    before = _get(broker, "/metrics")
    assert client.namespace.pings(HOST6_ADDRESS, count=5)
    after = _get(broker, "/metrics")

    checked = subprocess.run(["promtool", "check", "metrics"], input=after, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    for direction in ("up", "down"):
        series = f'tspd_datapath_packets_total{{direction="{direction}"}}'
        assert _value(after, series) >= _value(before, series) + 5
    assert _value(after, 'tspd_datapath_info{type="tun"}') == 1
    assert _value(after, "tspd_store_transactions_total") > 0
    assert _value(after, "process_cpu_seconds_total") >= 0


def test_metrics_of_a_host_are_served_nowhere_unless_it_is_asked_for(world):
    broker = world.start_broker()

    assert ":9653" not in broker.namespace.run("ss", "-Hlnt").stdout


def test_hidden_addresses_of_clients_are_in_no_line_of_the_log(world):
    broker = world.start_broker({"log": {"client_addresses": "hidden", "level": "debug"}})
    client = world.connect_client()
    address = broker.tunnels()[0]["remote"].rpartition(":")[0]
    with UdpClient(client.namespace) as stranger:
        stranger.log_in_by_digest("alice", "wrong")
    broker.ctl("tunnel", "kick", str(broker.tunnels()[0]["id"]))
    broker.stop()

    log = broker.process.text()
    for event in ("tunnel_up", "authentication_failed", "tunnel_down"):
        assert re.search(rf"event={event} .*remote=hidden ", log), event
    assert address not in log
