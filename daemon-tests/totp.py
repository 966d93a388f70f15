# SPDX-License-Identifier: Apache-2.0
"""Codes of second factors (RFC 6238)."""

import base64
import datetime
import hashlib
import hmac


def code_of(secret, seconds):
    """The code of this time, seconds since 1970."""
    message = (seconds // 30).to_bytes(8, "big")
    digest = hmac.new(base64.b32decode(secret), message, hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1000000:06}"


def now(broker):
    """The daemon's time, as it writes it into the audit log."""
    broker.request("POST", "drain")
    broker.request("DELETE", "drain")
    at = broker.request("GET", "audit?limit=1")["audit"][0]["at"]
    return int(datetime.datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp())


def use_second_factors(api):
    """Of the console login noc; as an administrator."""
    api("beginTotp", 404, login="nobody")
    api("confirmTotp", 404, {"code": "123456"}, login="noc")
    api("removeTotp", 404, login="noc")
    first = api("beginTotp", 201, login="noc")["secret"]
    secret = api("beginTotp", 201, login="noc")["secret"]
    at = now(api.broker)
    api("confirmTotp", 422, {"code": code_of(first, at)}, login="noc")
    api("confirmTotp", 200, {"code": code_of(secret, at)}, login="noc")
    api("beginTotp", 409, login="noc")
    api("confirmTotp", 409, {"code": code_of(secret, at)}, login="noc")
    assert {each["login"]: each["needs_code"] for each in api("listConsoleLogins", 200)["console-logins"]}["noc"]
    api("beginSession", 401, {"login": "noc", "password": "correct horse"})
    api("removeTotp", 200, login="noc")
