# SPDX-License-Identifier: Apache-2.0
"""An initramfs: a cpio archive in the format `newc` (Documentation/driver-api/early-userspace/buffer-format.rst)."""

import pathlib
import stat

_ALIGNMENT = 4


class Archive:
    """Archives may be put one behind the other."""

    def __init__(self):
        self._parts = []
        self._folders = set()
        self._entries = 0

    def _add(self, name, mode, content=b"", device=(0, 0)):
        self._entries += 1
        encoded = name.encode() + b"\0"
        fields = (self._entries, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields)
        for part in (header + encoded, content):
            self._parts += [part, b"\0" * (-len(part) % _ALIGNMENT)]

    def folder(self, name):
        path = pathlib.PurePosixPath(name)
        for folder in [*reversed(path.parents), path]:
            if str(folder) not in (".", "/") and folder not in self._folders:
                self._folders.add(folder)
                self._add(str(folder).lstrip("/"), stat.S_IFDIR | 0o755)

    def file(self, name, content, executable=False):
        self.folder(str(pathlib.PurePosixPath(name).parent))
        self._add(name.lstrip("/"), stat.S_IFREG | (0o755 if executable else 0o644), content)

    def link(self, name, target):
        self.folder(str(pathlib.PurePosixPath(name).parent))
        self._add(name.lstrip("/"), stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, name, major, minor):
        self.folder(str(pathlib.PurePosixPath(name).parent))
        self._add(name.lstrip("/"), stat.S_IFCHR | 0o600, device=(major, minor))

    def bytes(self):
        end = Archive()
        end._add("TRAILER!!!", 0)
        return b"".join(self._parts + end._parts)
