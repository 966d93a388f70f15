# SPDX-License-Identifier: Apache-2.0
"""How long operators wait for the API where there are many accounts, with either store."""

import pathlib
import random
import statistics
import tempfile
import time

from lib.mysql_server import MysqlServer
from measure.accounts import Api, add_accounts
from measure.world import loopback_world, start_broker

_SAMPLES = 200


def measure(arguments, folder):
    folder = folder / "lists"
    folder.mkdir()
    result = {"accounts": arguments.accounts}
    with loopback_world(folder) as (namespace, processes):
        result["SQLite"] = _measure_store(arguments, namespace, processes, folder, {})
    # The server's user has to reach its folder.
    with loopback_world(folder) as (namespace, processes), tempfile.TemporaryDirectory(prefix="bench-mysql-") as place:
        namespace.public_address = "127.0.0.1"
        server = MysqlServer(namespace, processes, pathlib.Path(place))
        server.start()
        server.make_database()
        (folder / "mysql").mkdir()
        result["MariaDB"] = _measure_store(arguments, namespace, processes, folder / "mysql", server.settings())
    return result


def _measure_store(arguments, namespace, processes, folder, settings):
    broker = start_broker(namespace, processes, folder, {"server": {"listen": ["127.0.0.1:3653"]}, **settings})
    add_accounts(broker, arguments.accounts)
    api, chance = Api(broker.control_path), random.Random(1)
    new = iter(range(_SAMPLES))

    def any_login():
        return f"load{chance.randrange(arguments.accounts)}"

    questions = {
        "the first 100": lambda: api.get("accounts"),
        "100 from somewhere": lambda: api.get(f"accounts?after={any_login()}"),
        "1,000 from somewhere": lambda: api.get(f"accounts?after={any_login()}&limit=1000"),
        "one": lambda: api.get(f"accounts/{any_login()}"),
        "a new one": lambda: api.add_account(f"new{next(new)}"),
    }
    milliseconds = {name: [_milliseconds(ask) for _ in range(_SAMPLES)] for name, ask in questions.items()}
    broker.stop()
    return {name: {"p50": statistics.median(each), "p99": statistics.quantiles(each, n=100)[98]}
            for name, each in milliseconds.items()}  # fmt: skip


def _milliseconds(ask):
    begun = time.monotonic()
    ask()
    return (time.monotonic() - begun) * 1e3
