# SPDX-License-Identifier: Apache-2.0
"""The tests' own TSP client writes what real clients write, and reads an answer as critically as they do."""

import pytest
from lib.digest import Digest
from lib.namespace import Namespace
from lib.process import ProcessGroup
from lib.tsp import Offer, authenticate, create, framed, plain_credentials, simple_request

OFFER = (
    '200 Success\r\n<tunnel action="info" type="v6udpv4" lifetime="1440"><server><address type="ipv4">192.0.2.1</address>'
    '<address type="ipv6">2001:0db8:0000:0100:0000:0000:0000:0001</address></server><client>'
    '<address type="ipv4">198.51.100.7</address>'
    '<address type="ipv6">2001:0db8:0000:0100:0000:0000:0000:0002</address>'
    '<dns_server><address type="ipv6">2001:0db8:0000:0053:0000:0000:0000:0053</address></dns_server>'
    "</client></tunnel>\r\n"
)


def test_messages_have_the_lengths_that_were_captured_from_gogoc():
    assert len(authenticate("ANONYMOUS")) == 25
    assert len(authenticate("PLAIN")) == 21
    assert len(plain_credentials("alice", "secret")) == 15
    assert len(create(address="10.1.1.5")) == 234
    assert create(address="10.1.1.5").startswith(b"Content-length: 213\r\n")
    assert len(simple_request("accept")) == 55


@pytest.mark.parametrize(
    ("login", "realm", "password", "nonce", "cnonce", "uri", "options", "response", "rspauth"),
    [
        ("username1", "hexos", "password", "1113908968", "1113923311", "tsp/hexos", {},
         "f8e42b3c50c59771853f6274fcffd1ca", "70d5cabc9235568be380ba2c907381fe"),
        ("user14", "hexos", "password", "1113908968", "1113923311", "tsp/hexos", {},
         "0536d2b62df9c916b36df1aa0fb5c1fd", "44bc099b6552fa25f3a5434da89e56bd"),
        ("user14", "hexos", "password", "1113908968", "1113923311", "tsp/hexos", {"cut_at_zero": True},
         "00df297fd0cd3b5bbc468b00562092e2", "6c47fc7dee9111c13d55cc0e5fd94272"),
    ],
    ids=["RFC 5572 figure 12", "zero byte", "zero byte as old clients compute it"],
)  # fmt: skip
def test_digests_are_those_of_known_exchanges(login, realm, password, nonce, cnonce, uri, options, response, rspauth):
    challenge = {"realm": realm, "nonce": nonce, "qop": "auth", "charset": "utf-8"}

    digest = Digest(challenge, login, password, uri=uri, cnonce=cnonce, **options)

    assert digest.response() == response
    assert digest.rspauth() == rspauth


def test_a_sound_offer_is_read():
    offer = Offer(framed(OFFER))

    assert offer.client.endswith(":0002") and offer.keepalive_address is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2001:0db8:0000:0100:0000:0000:0000:0002", "2001:db8:0:100::2"),
        ("<dns_server>", "<other>"),
        ("200 Success", "303 Unsupported tunnel type"),
    ],
    ids=["compressed address", "no resolver", "an error"],
)
def test_an_offer_that_real_clients_stumble_over_is_not_accepted(old, new):
    text = OFFER.replace(old, new).replace("</dns_server>", "</other>" if new == "<other>" else "</dns_server>")

    with pytest.raises(AssertionError):
        Offer(framed(text))


def test_an_offer_with_a_wrong_length_is_not_accepted():
    with pytest.raises(AssertionError):
        Offer(framed(OFFER).replace(b"Content-length: ", b"Content-length: 1"))


@pytest.mark.parametrize(
    "line",
    ["==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010", "x.cc:7:3: runtime error: overflow"],
)
def test_what_a_sanitizer_finds_fails_the_test(tmp_path, line):
    namespace = Namespace("lib")
    group = ProcessGroup(tmp_path)
    try:
        group.start(namespace, ["sh", "-c", f"echo '{line}' >&2"], "faulty").wait()
        with pytest.raises(AssertionError, match=line[-8:]):
            group.close()
    finally:
        namespace.delete()
