# SPDX-License-Identifier: Apache-2.0
"""VERSION, CAPABILITY and the mechanisms, as old and odd clients write them."""

import base64
import hashlib
import re

import pytest
from lib.digest import Digest, parse_challenge
from lib.tsp import FAILED, SUCCESS, TcpClient, UdpClient, authenticate, plain_credentials
from lib.world import PASSWORD


@pytest.mark.parametrize("version", ["2.0.0", "2.0.1", "2.0.2"])
def test_each_version_in_use_is_served(questions, version):
    with questions.udp() as client:
        client.hello(f"VERSION={version}\r\n".encode())


@pytest.mark.parametrize("version", ["0.1", "1.0.0", "3.0", "", "x"])
def test_other_versions_are_refused_without_a_frame(questions, version):
    with questions.udp() as client:
        assert client.ask(f"VERSION={version}\r\n".encode()) == b"302 Unsupported client version\r\n"


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"", b"\r\n\0"], ids=["CRLF", "LF", "end of datagram", "NUL"])
def test_a_version_may_end_in_several_ways(questions, end):
    with questions.udp() as client:
        client.hello(b"VERSION=2.0.2" + end)


def test_the_capability_line_is_what_clients_can_read(questions):
    with questions.udp() as client:
        line = client.hello()

    assert re.fullmatch(rb"CAPABILITY( TUNNEL=[A-Z0-9]+)+( AUTH=[A-Z0-9-]+)+\r\n", line)
    words = line.split()
    assert b"TUNNEL=V6UDPV4" in words
    assert {b"AUTH=ANONYMOUS", b"AUTH=PLAIN", b"AUTH=DIGEST-MD5"} <= set(words)
    assert b"TUNNEL=V6ANYV4" not in words


@pytest.mark.parametrize(
    "line",
    [b"AUTHENTICATE ANONYMOUS\r\n\0", b"AUTHENTICATE ANONYMOUS\r\n", b"AUTHENTICATE ANONYMOUS\r\b",
     b"AUTHENTICATE anonymous\r\n", b"AUTHENTICATE ANONYMOUS\n", b"AUTHENTICATE ANONYMOUS"],
    ids=["NUL", "plain", "backspace", "lower case", "LF", "no end"],
)  # fmt: skip
def test_a_mechanism_is_read_however_it_is_written(questions, line):
    with questions.udp() as client:
        client.hello()

        assert client.ask(line) == SUCCESS


@pytest.mark.parametrize("mechanism", ["PASSDSS-3DES-1", "CRAM-MD5", "", "x" * 300])
def test_a_mechanism_that_is_not_offered_is_refused(questions, mechanism):
    with questions.udp() as client:
        client.hello()

        assert client.ask(authenticate(mechanism)) == FAILED


@pytest.mark.parametrize("mechanism", ["ANONYMOUS", "PLAIN", "DIGEST-MD5"])
def test_a_mechanism_that_is_switched_off_is_neither_offered_nor_accepted(world, mechanism):
    world.start_broker({"auth": {mechanism.lower().replace("-", "_"): False}}, accounts=())
    namespace = world.topology.add_public_client()
    for connect in (UdpClient, TcpClient):
        with connect(namespace) as client:
            offered = re.findall(rb"AUTH=(\S+)", client.hello())

            assert {word.decode() for word in offered} == {"ANONYMOUS", "PLAIN", "DIGEST-MD5"} - {mechanism}
            assert client.ask(authenticate(mechanism)) == FAILED


def test_right_plain_credentials_are_accepted(questions):
    with questions.udp() as client:
        assert client.log_in_plainly("alice", PASSWORD) == SUCCESS


@pytest.mark.parametrize(
    "credentials",
    [
        plain_credentials("alice", "wrong"),
        plain_credentials("nobody", PASSWORD),
        plain_credentials("", PASSWORD),
        plain_credentials("alice", ""),
        b"\r\n",
        b"alice\r\n",
        b"bob\0alice\0wonderland\r\n",
        b"\0" * 100 + b"\r\n",
        b"\0alice\0" + b"x" * 3000 + b"\r\n",
        b"\0\xff\xfe\0wonderland\r\n",
    ],
    ids=["wrong password", "unknown login", "no login", "no password", "nothing", "no NUL", "another identity", "NULs",
         "too long", "no UTF-8"],
)  # fmt: skip
def test_other_plain_credentials_are_refused_with_the_same_words(questions, credentials):
    with questions.udp() as client:
        client.hello()
        client.ask(authenticate("PLAIN"))

        assert client.ask(credentials) == FAILED


def _challenge(client, version=b"VERSION=2.0.2\r\n"):
    client.hello(version)
    line = client.ask(authenticate("DIGEST-MD5"))
    assert re.fullmatch(rb"[A-Za-z+/][A-Za-z0-9+/]*=*\r\n", line), line
    return line


def test_the_challenge_is_what_clients_can_read(questions):
    with questions.udp() as client:
        text = base64.b64decode(_challenge(client)).decode()

    fields = parse_challenge(base64.b64encode(text.encode()))
    assert " " not in text
    assert fields["realm"] == "test" and fields["qop"] == "auth" and fields["algorithm"] == "md5-sess"
    assert fields["charset"] in ("utf-8", "utf8") and len(fields["nonce"]) >= 32


def test_nonces_differ(questions):
    nonces = set()
    for _ in range(5):
        with questions.udp() as client:
            nonces.add(parse_challenge(_challenge(client))["nonce"])

    assert len(nonces) == 5


@pytest.mark.parametrize("uri", ["tsp/h", "tsp/h:3653", "tsp/[::1]:3653", "tsp/203.0.113.2"])
def test_any_host_in_the_digest_uri_is_accepted(questions, uri):
    with questions.udp() as client:
        assert client.log_in_by_digest("alice", PASSWORD, uri=uri) == SUCCESS


@pytest.mark.parametrize(
    ("login", "password"), [("alice", "wrong"), ("nobody", PASSWORD)], ids=["wrong password", "unknown login"]
)
def test_a_wrong_digest_is_refused_with_the_same_words(questions, login, password):
    with questions.udp() as client:
        assert client.log_in_by_digest(login, password) == FAILED


@pytest.mark.parametrize(
    "changes",
    [{"nc": "00000002"}, {"qop": "auth-int"}, {"realm": "other"}, {"nonce": "0" * 32}],
    ids=["nc", "qop", "realm", "nonce"],
)
def test_a_response_to_something_else_is_refused(questions, changes):
    with questions.udp() as client:
        digest = Digest(parse_challenge(_challenge(client)), "alice", PASSWORD, **changes)

        assert client.ask(digest.response_line()) == FAILED


@pytest.mark.parametrize("field", ["username", "realm", "nonce", "nc", "cnonce", "digest-uri", "response"])
def test_a_response_without_a_field_is_refused(questions, field):
    with questions.udp() as client:
        digest = Digest(parse_challenge(_challenge(client)), "alice", PASSWORD)

        assert client.ask(digest.response_line(drop=[field])) == FAILED


@pytest.mark.parametrize("line", [b"!!!!\r\n", b"\r\n", b"YQ\r\n", b"A" * 4000 + b"\r\n", b"310 x\r\n"])
def test_a_response_that_is_no_base64_is_refused(questions, line):
    with questions.udp() as client:
        _challenge(client)

        assert client.ask(line) == FAILED


def test_a_response_cannot_be_used_twice(questions):
    with questions.udp() as client:
        digest = Digest(parse_challenge(_challenge(client)), "alice", PASSWORD)
        assert client.ask(digest.response_line()) == digest.expected_rspauth_line()
    with questions.udp() as client:
        _challenge(client)

        assert client.ask(digest.response_line()) == FAILED


def test_a_login_with_quotes_and_backslashes_can_log_in(questions):
    questions.broker.add_account('qu"o\\te', PASSWORD)
    with questions.udp() as client:
        assert client.log_in_by_digest('qu"o\\te', PASSWORD) == SUCCESS


def _login_whose_secret_is_cut():
    """One whose hash has its first zero byte so late that enough of it is left to be a secret."""
    names = (f"user{number}" for number in range(1000))
    return next(name for name in names if hashlib.md5(f"{name}:test:{PASSWORD}".encode()).digest().find(0) >= 8)


@pytest.mark.parametrize(("version", "result"), [("2.0.0", SUCCESS), ("2.0.1", FAILED), ("2.0.2", FAILED)])
def test_the_cut_digest_of_old_clients_is_accepted_for_their_version_only(questions, version, result):
    login = _login_whose_secret_is_cut()
    if questions.broker.ctl("account", "show", login, check=False).returncode != 0:
        questions.broker.add_account(login, PASSWORD)
    with questions.udp() as client:
        challenge = parse_challenge(_challenge(client, f"VERSION={version}\r\n".encode()))
        digest = Digest(challenge, login, PASSWORD, cut_at_zero=True)

        reply = client.ask(digest.response_line())
        if reply == digest.expected_rspauth_line():
            reply = client.ask(b"")

    assert reply == result
