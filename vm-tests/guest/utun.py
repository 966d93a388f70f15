# SPDX-License-Identifier: Apache-2.0
"""The module as its users see it. Its numbers are read from its header."""

import contextlib
import dataclasses
import pathlib
import re
import socket
import struct
import time

from netlink import CREATE, DUMP, EXCL, NETLINK_ROUTE, Generic, Netlink, attribute, be16, nest, split, u8, u32, u64

NEWLINK, DELLINK, GETLINK, SETLINK = 16, 17, 18, 19
LINKINFO, INFO_KIND, INFO_DATA, IFNAME = 18, 1, 2, 3
LATER_SECONDS = 0.5


def _read_header(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    numbers = {}
    for body in re.findall(r"\benum\b[^{;]*\{(.*?)\};", text, re.DOTALL):
        number = 0
        for item in filter(None, (part.strip() for part in body.split(","))):
            name, _, value = (part.strip() for part in item.partition("="))
            number = int(value) if value else number
            numbers[name] = number
            number += 1
    for name, value in re.findall(r"#define (\w+)\s+(\d+)$", text, re.MULTILINE):
        numbers[name] = int(value)
    return numbers


C = _read_header(pathlib.Path(__file__).parent / "utun.h")
_COUNTERS = {number: name.removeprefix("UTUN_COUNTER_A_").lower() for name, number in C.items() if name.startswith("UTUN_COUNTER_A_")}
_DROPS = {number: name.removeprefix("UTUN_DROP_").lower() for name, number in C.items() if re.match(r"UTUN_DROP_(?!MAX)", name)}
UDP, PROTO41 = C["UTUN_TYPE_V6UDPV4"], C["UTUN_TYPE_V6V4"]


def in4(address):
    return socket.inet_aton(address)


def in6(address):
    return socket.inet_pton(socket.AF_INET6, address)


@dataclasses.dataclass(frozen=True)
class Tunnel:
    id: int
    remote: tuple  # address and port; port 0: protocol 41
    local: tuple
    inner: str
    delegated: str = ""  # "prefix/length"
    server: str = "2001:db8:100::1"
    mtu: int = 1280
    confirmed: bool = False
    replaces: tuple = ()

    def attributes(self):
        kind = UDP if self.local[1] else PROTO41
        made = {
            "ID": u64(C["UTUN_TUNNEL_A_ID"], self.id),
            "TYPE": u8(C["UTUN_TUNNEL_A_TYPE"], kind),
            "REMOTE": attribute(C["UTUN_TUNNEL_A_REMOTE"], in4(self.remote[0])),
            "LOCAL": attribute(C["UTUN_TUNNEL_A_LOCAL"], in4(self.local[0])),
            "INNER": attribute(C["UTUN_TUNNEL_A_INNER"], in6(self.inner)),
            "SERVER": attribute(C["UTUN_TUNNEL_A_SERVER"], in6(self.server)),
            "MTU": u32(C["UTUN_TUNNEL_A_MTU"], self.mtu),
            "CONFIRMED": u8(C["UTUN_TUNNEL_A_CONFIRMED"], self.confirmed),
        }
        if kind == UDP:
            made["REMOTE_PORT"] = be16(C["UTUN_TUNNEL_A_REMOTE_PORT"], self.remote[1])
            made["LOCAL_PORT"] = be16(C["UTUN_TUNNEL_A_LOCAL_PORT"], self.local[1])
        if self.delegated:
            base, length = self.delegated.split("/")
            made["DELEGATED"] = attribute(C["UTUN_TUNNEL_A_DELEGATED"], in6(base))
            made["DELEGATED_LENGTH"] = u8(C["UTUN_TUNNEL_A_DELEGATED_LENGTH"], int(length))
        for number, replaced in enumerate(self.replaces):
            made[f"REPLACES {number}"] = u64(C["UTUN_TUNNEL_A_REPLACES"], replaced)
        return made

    def nest(self):
        return nest(C["UTUN_A_TUNNEL"], *self.attributes().values())


def _number(value):
    return int.from_bytes(value, "little")


def _counters(value):
    found = {}
    for kind, content in split(value):
        if kind == C["UTUN_COUNTER_A_DROPS"]:
            found["drops"] = {_DROPS[reason]: _number(n) for reason, n in split(content) if reason in _DROPS and _DROPS[reason] != "pad"}
        elif _COUNTERS.get(kind, "pad") != "pad":
            found[_COUNTERS[kind]] = _number(content)
    return found


@dataclasses.dataclass
class Listed:
    tunnel: Tunnel
    counters: dict
    installed: int
    last_seen: int | None


def _listed(value):
    found = dict(split(value))

    def number(name, default=0):
        return _number(found[C[f"UTUN_TUNNEL_A_{name}"]]) if C[f"UTUN_TUNNEL_A_{name}"] in found else default

    def address(name):
        value = found[C[f"UTUN_TUNNEL_A_{name}"]]
        return socket.inet_ntop(socket.AF_INET if len(value) == 4 else socket.AF_INET6, value)

    def port(name):
        return struct.unpack(">H", found.get(C[f"UTUN_TUNNEL_A_{name}"], b"\0\0"))[0]

    length = number("DELEGATED_LENGTH")
    tunnel = Tunnel(
        id=number("ID"), remote=(address("REMOTE"), port("REMOTE_PORT")), local=(address("LOCAL"), port("LOCAL_PORT")),
        inner=address("INNER"), delegated=f"{address('DELEGATED')}/{length}" if length else "", server=address("SERVER"),
        mtu=number("MTU"), confirmed=bool(number("CONFIRMED")),
    )  # fmt: skip
    counters = _counters(found[C["UTUN_TUNNEL_A_COUNTERS"]])
    return Listed(tunnel, counters, number("INSTALLED"), number("LAST_SEEN", None))


def link_message(index, name, data, kind=True):
    payload = struct.pack("=BxHiII", 0, 0, index, 0, 0)
    if name:
        payload += attribute(IFNAME, name.encode() + b"\0")
    return payload + nest(LINKINFO, attribute(INFO_KIND, b"utun"), *([nest(INFO_DATA, *data)] if data is not None else []))


def link_data(sockets=None, proto41=None, server=None, clamp_mss=None):
    data = []
    if sockets is not None:
        data.append(nest(C["IFLA_UTUN_SOCKETS"], *(u32(C["IFLA_UTUN_SOCKET"], one.fileno()) for one in sockets)))
    if proto41 is not None:
        data.append(nest(C["IFLA_UTUN_PROTO41"], *(attribute(C["IFLA_UTUN_ADDRESS"], in4(one)) for one in proto41)))
    if server is not None:
        data.append(attribute(C["IFLA_UTUN_SERVER_ADDRESS"], in6(server)))
    if clamp_mss is not None:
        data.append(u8(C["IFLA_UTUN_CLAMP_MSS"], clamp_mss))
    return data


def make_device(route, name, **options):
    route.request(NEWLINK, CREATE | EXCL, link_message(0, name, link_data(**options)), "newlink")


class Device:
    """A device in the namespace of the thread that makes this."""

    def __init__(self, name="tsp0", make=True, **options):
        self.name = name
        self._route = Netlink(NETLINK_ROUTE)
        if make:
            make_device(self._route, name, **options)
        self.index = socket.if_nametoindex(name)
        self._generic = Generic("utun")

    def close(self):
        self._route.close()
        self._generic.close()

    def be_impatient(self, seconds):
        """An answer that does not come in time was lost."""
        self._route.patience = self._generic.patience = seconds

    def change(self, **options):
        self._route.request(NEWLINK, 0, link_message(self.index, None, link_data(**options)), "changelink")

    def fileno(self):
        return self._route.fileno()

    def send_raw(self, command, payload, flags=0):
        """A request of the family's, whatever it is."""
        self._generic.request(self._generic.family, flags, struct.pack("=BBH", command, 1, 0) + payload)

    def send_raw_link(self, kind, message):
        self._route.request(kind, 0, message)

    def change_raw(self, *data):
        self._route.request(NEWLINK, 0, link_message(self.index, None, data), "changelink")

    def delete(self):
        self._route.request(DELLINK, 0, struct.pack("=BxHiII", 0, 0, self.index, 0, 0), "dellink")

    def info(self):
        """What the device tells of itself: the numbers among its attributes, and whether it has a carrier."""
        answer = self._route.request(GETLINK, 0, struct.pack("=BxHiII", 0, 0, self.index, 0, 0))[0]
        found = dict(split(answer.payload[16:]))
        data = dict(split(dict(split(found[LINKINFO]))[INFO_DATA]))
        names = {number: name for name, number in C.items() if name.startswith("IFLA_UTUN_") and not name.endswith("MAX")}
        told = {names[kind].removeprefix("IFLA_UTUN_").lower(): value for kind, value in data.items()
                if kind >= C["IFLA_UTUN_SERVER_ADDRESS"]}  # fmt: skip
        result = {name: _number(value) for name, value in told.items() if len(value) <= 4}
        result["server_address"] = socket.inet_ntop(socket.AF_INET6, told["server_address"])
        result["proto41"] = [socket.inet_ntoa(value) for _, value in split(data[C["IFLA_UTUN_PROTO41"]])]
        result["carrier"] = bool(_number(found[33]))
        return result

    # ---- tunnels

    def call(self, command, *attributes, flags=0):
        return self._generic.call(C[f"UTUN_CMD_{command}"], *attributes, flags=flags)

    def _device(self):
        return u32(C["UTUN_A_IFINDEX"], self.index)

    def add(self, tunnel):
        self.call("TUNNEL_ADD", self._device(), tunnel.nest())
        return tunnel

    def add_batch(self, tunnels):
        """How many were added, and of those refused (index, id, errno, text)."""
        _, found = self.call("TUNNEL_ADD_BATCH", self._device(), *(one.nest() for one in tunnels))[0]
        refusals = []
        for kind, value in found:
            if kind == C["UTUN_A_REFUSAL"]:
                parts = dict(split(value))
                refusals.append((
                    _number(parts[C["UTUN_REFUSAL_A_INDEX"]]), _number(parts[C["UTUN_REFUSAL_A_ID"]]),
                    _number(parts[C["UTUN_REFUSAL_A_ERROR"]]),
                    parts[C["UTUN_REFUSAL_A_MESSAGE"]].rstrip(b"\0").decode(),
                ))  # fmt: skip
        return _number(dict(found)[C["UTUN_A_ADDED"]]), refusals

    def add_raw_batch(self, nests):
        """Of tunnels whose attributes are made already."""
        _, found = self.call("TUNNEL_ADD_BATCH", self._device(), nests)[0]
        return _number(dict(found)[C["UTUN_A_ADDED"]])

    def pack_removals(self, ids):
        return self._generic.pack_calls(C["UTUN_CMD_TUNNEL_DEL"], [[self._device(), u64(C["UTUN_A_ID"], one)] for one in ids])

    def send_packed(self, packed):
        self._generic.send_packed(packed)

    def remove(self, tunnel_id, unless_seen_since=None):
        attributes = [self._device(), u64(C["UTUN_A_ID"], tunnel_id)]
        if unless_seen_since is not None:
            attributes.append(u64(C["UTUN_A_UNLESS_SEEN_SINCE"], unless_seen_since))
        self.call("TUNNEL_DEL", *attributes)

    def get(self, tunnel_id):
        answer = self.call("TUNNEL_GET", self._device(), u64(C["UTUN_A_ID"], tunnel_id))
        return _listed(dict(answer[0][1])[C["UTUN_A_TUNNEL"]])

    def list(self):
        answers = self.call("TUNNEL_GET", self._device(), flags=DUMP)
        return [_listed(dict(found)[C["UTUN_A_TUNNEL"]]) for _, found in answers]

    def count(self):
        """How many are listed."""
        return self._generic.count(C["UTUN_CMD_TUNNEL_GET"], self._device())

    @property
    def list_was_interrupted(self):
        return self._generic.interrupted

    def tunnels(self):
        return sorted((one.tunnel for one in self.list()), key=lambda tunnel: tunnel.id)

    def flush(self):
        self.call("TUNNEL_FLUSH", self._device())

    def counters(self):
        return _counters(dict(self.call("DEVICE_GET", self._device())[0][1])[C["UTUN_A_COUNTERS"]])

    def dropped(self, reason):
        return self.counters()["drops"].get(reason, 0)

    def wait_until(self, condition):
        """Packets are counted a moment after they were sent."""
        end = time.monotonic() + 10
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"it did not become true; {self.counters()}")
            time.sleep(0.01)


class Events:
    """What the module tells, from now on."""

    def __init__(self):
        self._generic = Generic("utun")
        self._generic.join(self._generic.groups["events"])

    def close(self):
        self._generic.close()

    def forget(self):
        """What has come so far, also that something was lost."""
        with contextlib.suppress(OSError):
            self._generic.events(0.001)

    def take(self, timeout=LATER_SECONDS):
        """Each as (name, attributes)."""
        names = {number: name for name, number in C.items() if name.startswith("UTUN_CMD_") and name.endswith("_NTF")}
        found = []
        for command, attributes in self._generic.events(timeout):
            parts = dict(attributes)
            told = {"ifindex": _number(parts[C["UTUN_A_IFINDEX"]])}
            if C["UTUN_A_ID"] in parts:
                told["id"] = _number(parts[C["UTUN_A_ID"]])
            if C["UTUN_A_REASON"] in parts:
                told["reason"] = _number(parts[C["UTUN_A_REASON"]])
            if C["UTUN_A_COUNTERS"] in parts:
                told["counters"] = _counters(parts[C["UTUN_A_COUNTERS"]])
            if C["UTUN_A_INNER_SOURCE"] in parts:
                told["inner_source"] = socket.inet_ntop(socket.AF_INET6, parts[C["UTUN_A_INNER_SOURCE"]])
            found.append((names[command].removeprefix("UTUN_CMD_").removesuffix("_NTF").lower(), told))
        return found
