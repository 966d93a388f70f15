# SPDX-License-Identifier: Apache-2.0
"""A kernel of Debian's to be tested on: its image, its modules and its headers."""

import dataclasses
import gzip
import lzma
import pathlib
import re
import struct
import subprocess

from lib import cache, packages, qemu, toolchain


@dataclasses.dataclass(frozen=True)
class Source:
    """The packages that always have the newest kernel of a series, and what its modules are built with."""

    image: str
    headers: str
    archive: packages.Archive
    toolchain: object = toolchain.Host()


_OWN = packages.Archive()
# The kernels for clouds are small and have all we need.
SERIES = {
    "6.1": Source("linux-image-cloud-amd64", "linux-headers-cloud-amd64", _OWN),
    "6.12": Source("linux-image-6.12-cloud-amd64", "linux-headers-6.12-cloud-amd64", _OWN),
}
# What other releases of Debian have: the oldest one that the module is for, and the newest there is.
MORE_SERIES = {
    "5.10": Source("linux-image-cloud-amd64", "linux-headers-cloud-amd64", packages.Archive("bullseye-security")),
    "7": Source("linux-image-cloud-amd64", "linux-headers-cloud-amd64", packages.Archive("trixie-backports"),
                toolchain.Chroot("trixie", "gcc-14")),
}  # fmt: skip


class Kernel:
    make_options = ()

    def __init__(self, series):
        source = {**SERIES, **MORE_SERIES}[series]
        self.series = series
        self.toolchain = source.toolchain
        image_packages = source.archive.resolve(source.image)
        header_packages = source.archive.resolve(source.headers)
        self.version = source.archive.version_of(source.image)
        if not self.version.startswith(f"{series}."):
            raise packages.PackageError(f"{source.image} is {self.version}, which is not Linux {series}")
        folder = f"kernels/{self.version}"
        self._root = cache.made(f"{folder}/image", lambda path: source.archive.unpack(image_packages, path))
        self.headers = cache.made(
            f"{folder}/headers", lambda path: _unpack_headers(source.archive, header_packages, path)
        )
        self.vmlinux = cache.made(f"{folder}/vmlinux", lambda path: path.write_bytes(_extract_vmlinux(self._image())))
        self.release = self._modules().name

    def command(self, serial_lines, initrd, seconds, cpus, memory_mb):
        return qemu.command(self.vmlinux, serial_lines, initrd, seconds, cpus, memory_mb)

    def _image(self):
        places = ["boot/vmlinuz-*", "usr/lib/modules/*/vmlinuz"]
        return next(path for place in places for path in self._root.glob(place))

    def _modules(self):
        """Newer packages have them where all of /lib is."""
        return next(path for folder in ("usr/lib", "lib") for path in (self._root / folder / "modules").glob("*"))

    @property
    def build_folder(self):
        """What KDIR of the module's Makefile has to be."""
        return next(path for path in (self.headers / "usr" / "src").glob("linux-headers-*") if (path / ".config").exists())

    def module_files(self, names):
        """The files of modules and of what they need, each behind what it needs. What is built in has none."""
        folder = self._modules()
        if not (folder / "modules.dep").exists():
            subprocess.run(["/sbin/depmod", "-b", folder.parents[2], self.release], check=True)
        lines = (line.split(":") for line in (folder / "modules.dep").read_text().splitlines())
        needs = {pathlib.Path(file): needed.split() for file, needed in lines}
        by_name = {_module_name(file): file for file in needs}
        ordered = []
        for file in (by_name[name] for name in names if name in by_name):
            for one in [*(pathlib.Path(other) for other in reversed(needs[file])), file]:
                if one not in ordered:
                    ordered.append(one)
        return [folder / file for file in ordered]


def _module_name(file):
    return file.name.split(".")[0].replace("-", "_")


def _unpack_headers(archive, names, folder):
    archive.unpack(names, folder)
    # The only absolute paths in them.
    for makefile in (folder / "usr" / "src").glob("linux-headers-*/Makefile"):
        final = folder.with_name(folder.name.removesuffix(".unfinished"))
        makefile.write_text(re.sub(r"(?<=[ =])/usr/src/", f"{final}/usr/src/", makefile.read_text()))


def _extract_vmlinux(image):
    """What is compressed in a bzImage (Documentation/arch/x86/boot.rst): a machine that is emulated boots it much faster."""
    data = image.read_bytes()
    setup_sectors = data[0x1F1] or 4
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    payload = data[start : start + length]
    if payload.startswith(b"\xfd7zXZ"):
        return lzma.LZMADecompressor().decompress(payload)
    if payload.startswith(b"\x1f\x8b"):
        return gzip.decompress(payload)
    program = {b"\x28\xb5": "zstd", b"\x02\x21": "lz4"}[payload[:2]]
    # The size of the kernel stands behind it, which is no part of the stream.
    result = subprocess.run([program, "-dc"], input=payload, capture_output=True)
    if not result.stdout.startswith(b"\x7fELF"):
        raise RuntimeError(f"{image.name} cannot be decompressed: {result.stderr.decode(errors='replace')}")
    return result.stdout
