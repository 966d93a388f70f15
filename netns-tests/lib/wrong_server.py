# SPDX-License-Identifier: Apache-2.0
"""A server as careless as some were in the field: it looks at words, not at states, and answers everything."""

import base64
import contextlib
import re
import select
import socket
import threading

from lib.tsp import PORT

_OFFER = (
    b'200 Success\r\n<tunnel action="info" type="v6udpv4" lifetime="1440"><server><address type="ipv4">203.0.113.2'
    b'</address><address type="ipv6">2001:db8::1</address></server><client><address type="ipv4">10.0.0.2</address>'
    b'<address type="ipv6"> 2001:db8::2 </address></client></tunnel>\r\n'
)
_CHALLENGE = base64.b64encode(b"realm=wrong, nonce=1, qop=auth") + b"\r\n"


def careless_reply(message, offer=_OFFER):
    if message.startswith(b"VERSION="):
        return b"CAPABILITY  TUNNEL=V6UDPV4 AUTH=ANONYMOUS AUTH=DIGEST-MD5\r\n"
    if message.startswith(b"AUTHENTICATE DIGEST-MD5"):
        return _CHALLENGE
    if message.startswith(b"AUTHENTICATE") or re.match(rb"[A-Za-z0-9+/]{40}", message):
        return b"200 Success\r\n"
    if b"create" in message:
        return b"Content-length: %d\r\n" % len(offer) + offer
    return b"310 Server side error\r\n"


class WrongServer:
    """Serves UDP and TCP at an address until the end of its with statement."""

    def __init__(self, namespace, address, header_of=lambda datagram: datagram[:8], reply=careless_reply):
        self._header_of = header_of
        self._reply = reply
        self._udp = namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, PORT))
        self._listener = namespace.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((address, PORT))
        self._listener.listen(16)
        self._streams = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()
        for each in (self._udp, self._listener, *self._streams):
            each.close()

    def _serve(self):
        while not self._stopped.is_set():
            readable, _, _ = select.select([self._udp, self._listener, *self._streams], [], [], 0.1)
            for ready in readable:
                if ready is self._udp:
                    datagram, source = self._udp.recvfrom(4096)
                    self._udp.sendto(self._header_of(datagram) + self._reply(datagram[8:]), source)
                elif ready is self._listener:
                    self._streams.append(self._listener.accept()[0])
                else:
                    self._answer_stream(ready)

    def _answer_stream(self, stream):
        with contextlib.suppress(OSError):
            message = stream.recv(4096)
            if message:
                reply = self._reply(message)
                if len(reply) > 100:
                    stream.sendall(reply[:30])
                    self._stopped.wait(0.05)
                    reply = reply[30:]
                stream.sendall(reply)
                return
        self._streams.remove(stream)
        stream.close()
