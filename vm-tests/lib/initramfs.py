# SPDX-License-Identifier: Apache-2.0
"""
What the guest runs on: busybox, iproute2 and Python, all from this machine, and the kernel's modules.

Python, because the tests in the guest speak netlink and build packets, and because the broker's own namespace tests
are written in it. This part is made once for a kernel; what is tested is added at each run.
"""

import hashlib
import lzma
import pathlib
import re
import subprocess
import tempfile

from lib import cache
from lib.cpio import Archive

GUEST = pathlib.Path(__file__).resolve().parents[1] / "guest"

MODULES = ["af_packet", "veth", "tun", "dummy", "sit", "udp_tunnel", "ip6_udp_tunnel", "tunnel4", "sch_netem", "virtio_pci",
           "virtio_net"]  # fmt: skip
# For the broker's own tests: NAT, and what they call.
NAT_MODULES = ["nf_tables", "nft_chain_nat", "nft_masq", "nft_redir", "nft_ct", "nft_limit", "nft_reject_inet"]
PROGRAMS = ["/sbin/ip", "/sbin/tc", "/usr/bin/python3", "/usr/sbin/nft", "/usr/sbin/ethtool", "/usr/bin/ping",
            "/usr/bin/ss", "/usr/bin/iperf3", "/usr/bin/tcpdump", "/usr/bin/curl", "/usr/bin/setpriv", "/usr/bin/openssl",
            "/usr/bin/taskset", "/usr/bin/findmnt", "/sbin/sysctl"]  # fmt: skip
# Debian's, with what they need.
PYTHON_PACKAGES = ["_pytest", "pytest", "py", "pluggy", "iniconfig", "packaging", "attr", "scapy"]
PYTHON = pathlib.Path("/usr/lib/python3.11")
# Large, and nothing that a test here needs.
PYTHON_WITHOUT = {"__pycache__", "test", "tests", "idlelib", "lib2to3", "pydoc_data", "ensurepip", "distutils", "tkinter",
                  "dist-packages", "config-3.11-x86_64-linux-gnu"}  # fmt: skip


def _libraries_of(files):
    listing = subprocess.run(["ldd", *files], capture_output=True, text=True).stdout
    return sorted(set(re.findall(r"(/lib\S+|/usr/lib\S+)", listing)) - {str(file) + ":" for file in files})


def _add_python(archive):
    extensions = []
    for path in sorted(PYTHON.rglob("*")):
        if PYTHON_WITHOUT.intersection(path.parts) or not path.is_file():
            continue
        archive.file(str(path), path.read_bytes())
        if path.suffix == ".so":
            extensions.append(path)
    return extensions


def _add_python_packages(archive):
    for name in PYTHON_PACKAGES:
        for path in sorted((PYTHON.parent / "python3" / "dist-packages" / name).rglob("*.py")):
            archive.file(str(path), path.read_bytes())


def _add_busybox(archive):
    archive.file("/bin/busybox", pathlib.Path("/bin/busybox").read_bytes(), executable=True)
    names = subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in set(names) - {"busybox", "ip", "tc", "ping"}:
        archive.link(f"/bin/{name}", "busybox")


def _read_module(file):
    return lzma.decompress(file.read_bytes()) if file.suffix == ".xz" else file.read_bytes()


def _make(path, kernel):
    archive = Archive()
    for folder in ("/proc", "/sys", "/dev", "/tmp", "/run", "/etc", "/out", "/var/tmp"):
        archive.folder(folder)
    archive.character_device("/dev/console", 5, 1)
    archive.character_device("/dev/null", 1, 3)
    _add_busybox(archive)
    extensions = _add_python(archive)
    _add_python_packages(archive)
    for program in PROGRAMS:
        archive.file(program, pathlib.Path(program).read_bytes(), executable=True)
    for library in _libraries_of([*PROGRAMS, *extensions]):
        archive.file(library, pathlib.Path(library).read_bytes(), executable=True)
    archive.file("/etc/passwd", b"root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\ntcpdump:x:100:100::/:/bin/sh\n")
    order = []
    for file in kernel.module_files([*MODULES, *NAT_MODULES]):
        name = file.name.removesuffix(".xz")
        archive.file(f"/modules/{name}", _read_module(file))
        order.append(name)
    archive.file("/modules/order", "".join(f"{name}\n" for name in order).encode())
    path.write_bytes(archive.bytes())


def base(kernel):
    """The part that is the same for all runs on a kernel, as a file."""
    made_of = "".join([*MODULES, *NAT_MODULES, *PROGRAMS, pathlib.Path(__file__).read_text()])
    name = f"kernels/{kernel.version}/base-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.cpio"
    return cache.made(name, lambda path: _make(path, kernel))


def _without_debug_information(program):
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(["strip", "--strip-debug", "-o", stripped.name, program], check=True)
        return pathlib.Path(stripped.name).read_bytes()


def _add_folder(archive, folder, place):
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            archive.file(f"{place}/{path.relative_to(folder)}", path.read_bytes(), executable=True)


def of_run(module, test, arguments=(), programs=(), folders=()):
    """
    The part that is tested: the module, if any, what is to be run, programs of the build that it runs, and folders, which
    the guest has at its root.
    """
    archive = Archive()
    archive.file("/init", (GUEST / "init").read_bytes(), executable=True)
    if module:
        archive.file("/utun.ko", module.read_bytes())
    for folder in (GUEST, *folders):
        _add_folder(archive, folder, f"/{folder.name}")
    header = GUEST.parents[1] / "kmod-utun" / "include" / "uapi" / "linux" / "utun.h"
    archive.file("/guest/utun.h", header.read_bytes())
    for program in programs:
        archive.file(f"/guest/{program.name}", _without_debug_information(program), executable=True)
    for library in _libraries_of(programs) if programs else ():
        archive.file(library, pathlib.Path(library).read_bytes(), executable=True)
    archive.file("/guest/command", " ".join([f"/guest/{test}", *arguments]).encode() + b"\n")
    return archive.bytes()
