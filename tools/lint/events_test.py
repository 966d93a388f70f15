# SPDX-License-Identifier: Apache-2.0
import events
import pytest

CODE = {
    "core/broker/event_names.cc": (
        'switch (code) {\n    case EventCode::TunnelUp:\n      return "tunnel_up";\n'
        '    case EventCode::StoreBack:\n      return "store_back";\n}\n'
    ),
    "core/broker/accepts.cc": (
        "report(Event{.code = EventCode::TunnelUp,\n             .login = tunnel.record.login,\n"
        "             .path = tunnel.record.path});\n"
    ),
    "core/broker/storage.cc": "if (back) report(Event{.code = EventCode::StoreBack});\n",
    "adapters/linux/loop/daemon.cc": 'log.write(LogLevel::Info, LogLine("started")\n    .word("version", version));\n',
    "adapters/linux/control/log_test.cc": 'LogLine("only_in_a_test");\n',
}
HEAD = "| event | level | meaning | fields | what to do |\n|---|---|---|---|---|\n"
UP = "| `tunnel_up` | info | it is up | `login` `remote` `local` | nothing |\n"
BACK = "| `store_back` | info | it is back | | nothing |\n"
STARTED = "| `started` | info | it was started | `version` | nothing |\n"


def _check(tree, *rows):
    return list(events.check(tree({**CODE, "docs/reference/events.md": HEAD + "".join(rows)})))


def test_a_complete_catalogue_passes(tree):
    assert _check(tree, UP, BACK, STARTED) == []


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ((UP, BACK), "docs/reference/events.md: `started` is missing"),
        ((UP, STARTED), "docs/reference/events.md: `store_back` is missing"),
        ((UP, BACK, STARTED, UP), "docs/reference/events.md:6: `tunnel_up` stands here twice"),
        (
            (UP, BACK, STARTED, UP.replace("tunnel_up", "tunnel_over")),
            "docs/reference/events.md:6: `tunnel_over` is no event of the code",
        ),
        ((UP.replace("`login` ", ""), BACK, STARTED), "docs/reference/events.md:3: `tunnel_up` lacks the field `login`"),
        (
            (UP, BACK, STARTED.replace("`version`", "`version` `config`")),
            "docs/reference/events.md:5: `started` has no field `config` in the code",
        ),
        (
            (UP.replace("nothing", ""), BACK, STARTED),
            "docs/reference/events.md:3: `tunnel_up` lacks its level, its meaning or what to do",
        ),
    ],
)
def test_what_is_wrong_is_named(tree, rows, complaint):
    assert _check(tree, *rows) == [complaint]


def test_a_tree_without_the_catalogue_lacks_all(tree):
    assert len(list(events.check(tree(CODE)))) == 3
