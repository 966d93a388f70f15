# SPDX-License-Identifier: Apache-2.0
"""A MariaDB server of one test, in a namespace of its own: its data in a folder of the test, no service of the host."""

import base64
import os
import shutil
import signal

from lib.namespace import run
from lib.wait import wait_for

PASSWORD = "open sesame"
DATABASE = "tspbroker"


def _options(folder):
    # A server does not run as root.
    user = ["--user=nobody"] if os.geteuid() == 0 else []
    # Its temporary files have names that another server's may have, too.
    return ["--no-defaults", f"--datadir={folder}/data", f"--tmpdir={folder}", "--innodb-log-file-size=8M",
            "--innodb-buffer-pool-size=32M", *user]  # fmt: skip


class MysqlServer:
    """`folder` is one that the server's user can reach; `options` are further ones of the server."""

    def __init__(self, namespace, processes, folder, options=()):
        self.namespace = namespace
        self.address = namespace.public_address
        self.folder = folder
        self.options = options
        self.process = None
        self._processes = processes
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        run("mariadb-install-db", *_options(folder), "--auth-root-authentication-method=normal", "--skip-test-db")
        self.password_path = folder / "password"
        self.password_path.write_text(PASSWORD + "\n")
        self.password_path.chmod(0o600)
        self.key_path = folder / "tspd.keys"
        self.key_path.write_text(f"current {base64.b64encode(os.urandom(32)).decode()}\n")
        self.key_path.chmod(0o600)

    def start(self):
        self.process = self._processes.start(self.namespace, [
            "mariadbd", *_options(self.folder), f"--socket={self.folder}/server.sock", f"--bind-address={self.address}",
            f"--pid-file={self.folder}/server.pid", "--performance-schema=off", "--skip-name-resolve", *self.options,
        ], "mariadbd")  # fmt: skip
        wait_for(lambda: self.sql("SELECT 1", check=False).returncode == 0, "the database server to answer", 60)

    def make_database(self):
        self.sql(f"CREATE DATABASE {DATABASE}")
        self.sql(f"CREATE USER tspbroker@'%' IDENTIFIED BY '{PASSWORD}'")
        self.sql(f"GRANT ALL ON {DATABASE}.* TO tspbroker@'%'")

    def ask(self, statement):
        """The first column of the first row."""
        return self.sql(statement).stdout.split("\t")[0].strip()

    def sql(self, statement, check=True):
        words = ["mariadb", "--no-defaults", "-u", "root", "-S", f"{self.folder}/server.sock", "-Ne", statement]
        return run(*words, check=check)

    def kill(self):
        self.process.send(signal.SIGKILL)
        self.process.wait()

    def cut_off(self):
        """Nothing reaches it any more, and nothing comes from it."""
        self.namespace.nft("table inet cut { chain input { type filter hook input priority 0; policy drop; };"
                           " chain output { type filter hook output priority 0; policy drop; }; }")  # fmt: skip

    def join_again(self):
        self.namespace.run("nft", "delete", "table", "inet", "cut")

    def settings(self):
        """Of a broker that uses it."""
        return {
            "store": {
                "type": "mysql",
                "key_file": str(self.key_path),
                "mysql": {
                    "host": self.address,
                    "database": DATABASE,
                    "password_file": str(self.password_path),
                    "tls": False,
                    "timeout_seconds": 2,
                },
            }
        }

    def settings_of_one(self, broker_id, other_prefix=None, changes=None):
        """Of one of several brokers that use it. `other_prefix`: the other one's; `changes`: further keys of sections."""
        settings = self.settings()
        settings["server"] = {"broker_id": broker_id, "realm": "test"}
        settings["store"]["takeover_check_seconds"] = 1
        settings["pool"] = {"other_pools": [other_prefix] if other_prefix else []}
        for section, table in (changes or {}).items():
            if isinstance(table, dict):
                settings.setdefault(section, {}).update(table)
            else:
                settings[section] = table
        return settings
