# SPDX-License-Identifier: Apache-2.0
import includes


def test_the_way_down_the_table_is_allowed(tree):
    root = tree({
        "core/session/session.h": '#include <vector>\n#include <tsp/time.h>\n#include "core/wire/message.h"\n',
        "apps/tspd/main.cc": '#include "adapters/linux/net/clock.h"\n#include <asio.hpp>\n',
    })

    assert list(includes.check(root)) == []


def test_the_way_up_is_refused(tree):
    root = tree({"core/wire/x.cc": '\n#include "core/session/session.h"\n'})

    assert list(includes.check(root)) == ["core/wire/x.cc:2: core/wire must not include core/session/session.h"]


def test_the_core_never_sees_an_adapter(tree):
    root = tree({"core/broker/x.h": '#include "adapters/linux/net/clock.h"\n'})

    assert len(list(includes.check(root))) == 1


def test_linux_and_simulation_never_see_each_other(tree):
    root = tree({
        "adapters/sim/x.h": '#include "adapters/linux/net/clock.h"\n',
        "adapters/linux/net/y.h": '#include "adapters/sim/world.h"\n',
    })

    assert len(list(includes.check(root))) == 2


def test_the_core_takes_no_clock_thread_stream_or_socket_header(tree):
    root = tree({
        "core/base/x.cc": "#include <thread>\n#include <iostream>\n#include <sys/socket.h>\n#include <random>\n"
    })

    assert len(list(includes.check(root))) == 4


def test_a_test_of_the_core_may_include_what_it_likes_from_outside(tree):
    root = tree({"core/base/x_test.cc": "#include <gtest/gtest.h>\n#include <random>\n"})

    assert list(includes.check(root)) == []


def test_relative_paths_are_refused(tree):
    root = tree({"core/base/x.cc": '#include "y.h"\n'})

    assert len(list(includes.check(root))) == 1


def test_a_folder_outside_the_table_is_refused(tree):
    root = tree({"extras/x.h": "\n"})

    assert len(list(includes.check(root))) == 1
