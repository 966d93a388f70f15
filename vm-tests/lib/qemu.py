# SPDX-License-Identifier: Apache-2.0
"""
An emulated machine for a kernel of Debian's.

Always emulated (TCG): /dev/kvm may be there and not work, as in a machine that is itself a guest.
"""

# Two cards and the wire between them.
_CARDS = [word for number in range(2) for word in (
    "-netdev", f"hubport,id=card{number},hubid=0",
    "-device", f"virtio-net-pci,netdev=card{number},mac=52:54:00:00:00:0{number},romfile=",
)]  # fmt: skip


def command(vmlinux, serial_lines, initrd, seconds, cpus, memory_mb):
    """The words that start it. Serial lines are open files, which it writes to."""
    append = [
        "console=ttyS0", "loglevel=5", "panic=-1", "oops=panic", "unknown_nmi_panic=1", "random.trust_cpu=on",
        "nokaslr", "mitigations=off", "8250.nr_uarts=4", f"guest.watchdog={seconds}",
    ]  # fmt: skip
    return [
        "qemu-system-x86_64", "-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", str(cpus),
        "-m", str(memory_mb), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", *_CARDS,
        *(word for line in serial_lines for word in ("-serial", f"file:{line.name}")),
        "-kernel", vmlinux, "-initrd", initrd, "-append", " ".join(append),
    ]  # fmt: skip
