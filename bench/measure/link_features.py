# SPDX-License-Identifier: Apache-2.0
"""Switches a network interface's offloads, by the names that `ethtool -k` calls them with a kernel's dashes."""

import array
import fcntl
import socket
import struct

_SIOCETHTOOL = 0x8946
_GET_STRINGS = 0x1B
_GET_SET_INFO = 0x37
_SET_FEATURES = 0x3B
_FEATURES = 4  # the string set
_NAME_BYTES = 32


def _call(descriptor, interface, buffer):
    address, _ = buffer.buffer_info()
    fcntl.ioctl(descriptor, _SIOCETHTOOL, struct.pack("16sP16x", interface.encode(), address))
    return buffer.tobytes()


def _feature_names(descriptor, interface):
    request = array.array("B", struct.pack("=IIQI", _GET_SET_INFO, 0, 1 << _FEATURES, 0))
    count = struct.unpack_from("=I", _call(descriptor, interface, request), 16)[0]
    request = array.array("B", struct.pack("=III", _GET_STRINGS, _FEATURES, count) + bytes(count * _NAME_BYTES))
    text = _call(descriptor, interface, request)[12:]
    return [text[i : i + _NAME_BYTES].split(b"\0")[0].decode() for i in range(0, len(text), _NAME_BYTES)]


def set_features(namespace, interface, features):
    """`features`: name to boolean. A name that this kernel does not have is an error."""
    with namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        names = _feature_names(sock.fileno(), interface)
        blocks = [[0, 0] for _ in range((len(names) + 31) // 32)]
        for name, wanted in features.items():
            block, bit = divmod(names.index(name), 32)
            blocks[block][0] |= 1 << bit
            blocks[block][1] |= int(wanted) << bit
        words = b"".join(struct.pack("=II", valid, requested) for valid, requested in blocks)
        request = array.array("B", struct.pack("=II", _SET_FEATURES, len(blocks)) + words)
        _call(sock.fileno(), interface, request)
