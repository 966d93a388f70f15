# SPDX-License-Identifier: Apache-2.0
"""DIGEST-MD5 as TSP clients compute it (RFC 2831, service "tsp"), independent of the programs under test."""

import base64
import hashlib


def parse_challenge(line):
    """The directives of a base64 challenge line, quotes removed."""
    text = base64.b64decode(line.strip(), validate=True).decode()
    pairs = (part.split("=", 1) for part in text.split(","))
    return {key: value.strip('"') for key, value in pairs}


def _md5_hex(data):
    return hashlib.md5(data).hexdigest()


def _session_key(login, realm, password, nonce, cnonce, cut_at_zero):
    secret = hashlib.md5(f"{login}:{realm}:{password}".encode()).digest()
    text = secret + f":{nonce}:{cnonce}".encode()
    if cut_at_zero:  # bug 1455 of clients that speak TSP 2.0.0: the text is taken for a C string
        text = text.split(b"\0")[0]
    return _md5_hex(text)


def _value(key, nonce, cnonce, nc, qop, a2):
    return _md5_hex(":".join([key, nonce, nc, cnonce, qop, _md5_hex(a2.encode())]).encode())


class Digest:
    """One exchange: response_line() answers the challenge, expected_rspauth_line() is what must come back."""

    def __init__(self, challenge, login, password, uri="tsp/broker", cnonce="1700000000", **changes):
        self._fields = {**challenge, "nc": "00000001", **changes}
        self._login = login
        self._uri = uri
        self._cnonce = cnonce
        cut_at_zero = self._fields.pop("cut_at_zero", False)
        self._key = _session_key(login, self._fields["realm"], password, self._fields["nonce"], cnonce, cut_at_zero)

    def _compute(self, prefix):
        fields = self._fields
        return _value(self._key, fields["nonce"], self._cnonce, fields["nc"], fields["qop"], prefix + self._uri)

    def response(self):
        return self._compute("AUTHENTICATE:")

    def rspauth(self):
        return self._compute(":")

    def response_line(self, drop=()):
        fields = self._fields
        login = self._login.replace("\\", "\\\\").replace('"', '\\"')
        directives = {
            "charset": fields["charset"],
            "username": f'"{login}"',
            "realm": f'"{fields["realm"]}"',
            "nonce": f'"{fields["nonce"]}"',
            "nc": fields["nc"],
            "cnonce": f'"{self._cnonce}"',
            "digest-uri": f'"{self._uri}"',
            "response": self.response(),
            "qop": fields["qop"],
        }
        text = ",".join(f"{key}={value}" for key, value in directives.items() if key not in drop)
        return base64.b64encode(text.encode()) + b"\r\n"

    def expected_rspauth_line(self):
        return base64.b64encode(f"rspauth={self.rspauth()}".encode()) + b"\r\n"
