# SPDX-License-Identifier: Apache-2.0
import subprocess

import purity
import pytest


@pytest.fixture
def archive(tmp_path):
    """Compiles C++ text into a static archive."""

    def make(name, code):
        source = tmp_path / f"{name}.cc"
        source.write_text(code)
        subprocess.run(["g++", "-std=c++20", "-O1", "-c", source, "-o", tmp_path / f"{name}.o"], check=True)
        result = tmp_path / f"libcore_{name}.a"
        subprocess.run(["ar", "rc", result, tmp_path / f"{name}.o"], check=True)
        return result

    return make


def _check(*archives):
    return list(purity.check(list(archives), purity.read_allow_list(purity.ALLOW_LIST.read_text())))


def test_containers_and_strings_are_pure(archive):
    code = """
        #include <map>
        #include <string>
        std::map<std::string, int> table;
        int f(const std::string& key) { return table[key + "x"]++; }
    """

    assert _check(archive("pure", code)) == []


@pytest.mark.parametrize(
    ("code", "symbol"),
    [
        ("#include <chrono>\nlong f() { return std::chrono::steady_clock::now().time_since_epoch().count(); }", "now()"),
        ("#include <ctime>\nlong f() { return time(nullptr); }", "time"),
        ("#include <cstdlib>\nchar* f() { return getenv(\"HOME\"); }", "getenv"),
        ("#include <cstdio>\nvoid f() { puts(\"x\"); }", "puts"),
        ("#include <sys/socket.h>\nint f() { return socket(AF_INET, SOCK_DGRAM, 0); }", "socket"),
        ("#include <random>\nunsigned f() { return std::random_device()(); }", "random_device"),
        ("#include <iostream>\nvoid f() { std::cout << 1; }", "cout"),
        ("#include <thread>\nvoid f() { std::thread([] {}).join(); }", "thread"),
        ("#include <cstdlib>\nint f() { return rand(); }", "rand"),
    ],
)
def test_the_outside_world_is_named(archive, code, symbol):
    violations = _check(archive("impure", code))

    assert any(symbol in violation for violation in violations), violations


def test_archives_may_need_each_other(archive):
    caller = archive("caller", "int g(int); int f() { return g(1); }")
    callee = archive("callee", "int g(int x) { return x; }")

    assert _check(caller, callee) == []
    assert len(_check(caller)) == 1


def test_no_archive_at_all_is_a_failure():
    assert len(_check()) == 1
