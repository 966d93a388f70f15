# SPDX-License-Identifier: Apache-2.0
"""What tspd tells Prometheus and service monitors, and what is in the project for them."""

import contextlib
import http.client
import itertools
import json
import re
import socket
import subprocess

import pytest
from lib.programs import ROOT
from lib.tsp import create

METRICS_PORT = 9653
RULES = ROOT / "packaging/prometheus/tspd.rules.yml"
DASHBOARD = ROOT / "packaging/grafana/tspd.json"
DOCUMENT = ROOT / "docs/operating/monitoring.md"

_METRIC = re.compile(r"\b(?:tspd|process)_[a-z0-9_]+\b")
_hosts = itertools.count(1)


def _promtool(*words, **options):
    return subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, **options)


def _families(text):
    return set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))


def _value(text, series):
    [value] = re.findall(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(value)


def _without_suffix(name):
    return re.sub(r"_(bucket|count|sum)$", "", name)


def _expressions():
    """Of the dashboard, as Grafana sends them."""
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*")
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["expr"].replace("$instance", ".*")


@pytest.fixture
def everything(start, tmp_path):
    """A broker that has all that can be configured."""
    (tmp_path / "zones").mkdir()
    return start(
        {
            "server": {"listen": ["127.77.200.1:3653", "[::1]:3653"]},
            "pool": {"ipv4_prefix": "100.64.0.0/16"},
            "tunnel": {"types": ["v6v4", "v6udpv4", "v4v6"]},
            "dns": {"fragment_folder": str(tmp_path / "zones"), "zones": ["1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"]},
        }
    )


@pytest.fixture
def listening(start):
    """A broker whose metrics are served over HTTP, and their address."""
    address = f"127.78.{next(_hosts)}.1"
    broker = start({"metrics": {"listen": [f"{address}:{METRICS_PORT}", f"[::1]:{METRICS_PORT}"]}})
    return broker, address


def _get(address, target, method="GET"):
    connection = http.client.HTTPConnection(address, METRICS_PORT, timeout=10)
    connection.request(method, target)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response, text


# ---- metrics ----------------------------------------------------------------------------------------------------------


def test_prometheus_finds_no_fault_in_the_metrics(everything):
    status, text = everything.get("/metrics")

    result = _promtool("check", "metrics", input=text)
    assert status == 200
    assert result.returncode == 0, result.stderr
    assert "tspd_dns_accounts" in text and 'family="ipv4"' in text


def test_metrics_follow_what_happens(broker):
    broker.add_account("alice", "wonderland")
    with broker.udp() as client, broker.udp() as stranger:
        client.open_anonymous_tunnel()
        stranger.log_in_by_digest("alice", "wrong")
        _, text = broker.get("/metrics")

        assert _value(text, 'tspd_tunnels{type="v6udpv4",state="active"}') == 1
        assert _value(text, "tspd_tunnels_accepted_total") == 1
        assert _value(text, 'tspd_replies_total{code="300"}') == 1
        assert _value(text, 'tspd_authentications_total{result="failed"}') == 1
        assert _value(text, 'tspd_events_total{event="tunnel_up"}') == 1
        assert _value(text, 'tspd_store_order_duration_seconds_count{order="commit"}') >= 2
        broker.advance(200)
    _, text = broker.get("/metrics")
    assert _value(text, 'tspd_tunnels_ended_total{reason="idle"}') == 1
    assert _value(text, 'tspd_tunnels{type="v6udpv4",state="active"}') == 0
    assert _value(text, "process_resident_memory_bytes") > 1e6


def test_no_number_of_tunnels_or_accounts_adds_a_series(broker):
    _, before = broker.get("/metrics")
    with contextlib.ExitStack() as clients:
        for number in range(12):
            broker.add_account(f"user{number}", "wonderland")
            clients.enter_context(broker.udp()).open_anonymous_tunnel()
        _, after = broker.get("/metrics")

    assert _value(after, 'tspd_tunnels{type="v6udpv4",state="active"}') == 12
    names = [[line.rpartition(" ")[0] for line in text.splitlines()] for text in (before, after)]
    assert names[0] == names[1]


def test_every_metric_is_documented_and_no_other(everything):
    _, text = everything.get("/metrics")
    documented = set(re.findall(r"`((?:tspd|process)_[a-z0-9_]+)`", DOCUMENT.read_text()))

    assert documented == _families(text)


# ---- health -----------------------------------------------------------------------------------------------------------


def test_it_is_ready_as_long_as_clients_can_log_in(broker):
    assert broker.get("/readyz") == (200, "ok\n")
    broker.break_store("unavailable")
    with broker.udp() as client:
        client.log_in_anonymously()
        client.send_raw(b"\xf0\0\0\xf2\0\0\0\x09" + create())  # finds out that the store is away
        broker.advance(2)
    status, text = broker.get("/readyz")
    assert status == 503 and text.startswith("the store is away: ") and text.count("\n") == 1
    assert broker.get("/healthz") == (200, "ok\n")
    assert "tspd_ready 0\n" in broker.get("/metrics")[1]
    broker.break_store("none")
    broker.advance(2)
    assert broker.get("/readyz") == (200, "ok\n")


def test_a_datapath_that_does_not_take_its_tunnels_is_not_ready(broker):
    with broker.udp() as client:
        client.open_anonymous_tunnel()
        broker.break_datapath("failed")
        broker.reset_datapath()
        assert broker.get("/readyz") == (503, "the datapath does not take what it should have\n")
        assert "tspd_datapath_up 0\n" in broker.get("/metrics")[1]
        broker.break_datapath("none")
        broker.advance(30)
        assert broker.get("/readyz") == (200, "ok\n")


def test_a_broker_that_drains_is_not_ready_and_lives(broker):
    with broker.udp() as client:
        client.open_anonymous_tunnel()
        broker.request("POST", "drain", {})
        assert broker.get("/readyz") == (503, "tspd is draining\n")
        assert broker.get("/healthz") == (200, "ok\n")
        assert "tspd_draining 1\n" in broker.get("/metrics")[1]
        broker.request("DELETE", "drain")
        assert broker.get("/readyz") == (200, "ok\n")


# ---- over HTTP --------------------------------------------------------------------------------------------------------


def test_http_serves_the_same_and_nothing_else(listening):
    broker, address = listening
    for host in (address, "::1"):
        response, text = _get(host, "/metrics")
        assert response.status == 200
        assert response.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
        assert _families(text) == _families(broker.get("/metrics")[1])
        assert _get(host, "/readyz")[1] == "ok\n"
    for target in ("/", "/api/v1/status", "/api/v1/accounts", "/metrics/", "/nic/update"):
        assert _get(address, target)[0].status == 404, target
    assert _get(address, "/metrics", "POST")[0].status == 405


def test_connections_that_say_nothing_keep_neither_tspd_nor_its_clients_waiting(listening):
    broker, address = listening
    silent = [socket.create_connection((address, METRICS_PORT)) for _ in range(40)]
    with broker.udp() as client:
        client.open_anonymous_tunnel()
    assert broker.get("/readyz") == (200, "ok\n")
    # Those beyond the limit are closed at once.
    silent[-1].settimeout(5)
    assert silent[-1].recv(1) == b""
    assert broker.stop() == 0
    for connection in silent:
        connection.close()


# ---- rules and dashboard ----------------------------------------------------------------------------------------------


def test_prometheus_understands_the_alerts_and_they_come_when_they_should():
    checked = _promtool("check", "rules", RULES)
    tested = _promtool("test", "rules", RULES.with_name("tspd.rules_test.yml"))

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_each_alert_is_tested():
    alerts = re.findall(r"alert: (\w+)", RULES.read_text())
    tests = RULES.with_name("tspd.rules_test.yml").read_text()

    assert alerts and [alert for alert in alerts if alert not in tests] == []


def test_alerts_and_dashboard_ask_for_what_there_is(everything):
    families = _families(everything.get("/metrics")[1])
    for path in (RULES, DASHBOARD):
        asked = {_without_suffix(name) for name in _METRIC.findall(path.read_text())}
        assert asked - families == set(), path


def test_prometheus_understands_the_dashboard(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(_expressions())]
    path = tmp_path / "dashboard.json"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))  # which is YAML as well
    result = _promtool("check", "rules", path)

    assert len(rules) > 30
    assert result.returncode == 0, result.stdout + result.stderr


def test_panels_of_the_dashboard_have_numbers_and_places_of_their_own():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    cells = set()
    for panel in panels:
        place = panel["gridPos"]
        own = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not own & cells, panel["title"]
        assert max(x for x, _ in own) < 24
        cells |= own
    assert len({panel["id"] for panel in panels}) == len(panels)
