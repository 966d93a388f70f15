# SPDX-License-Identifier: Apache-2.0
import openapi
import pytest

CODE = """
    Route{"GET", "accounts", Shape::List, Body::None, Who::Operator, Area::Accounts, list_accounts},
    Route{"PATCH", "accounts", Shape::Item, Body::Fields, Who::AdminOrOwner, Area::Accounts, change_account},
"""
LIST = """
  /accounts:
    get:
      x-who: operator
      x-scope: "accounts:read"
      parameters: [{name: after, in: query}, {$ref: "#/components/parameters/limit"}]
"""
CHANGE = """
  /accounts/{login}:
    parameters: [{name: login, in: path}]
    patch: {requestBody: {}, x-who: admin-or-owner, x-scope: "accounts:write"}
"""
COMPONENTS = "components: {parameters: {limit: {name: limit, in: query}}}\n"


def _check(tree, *paths):
    document = COMPONENTS + "paths:" + "".join(paths)
    return list(openapi.check(tree({openapi.ROUTES: CODE, openapi.DOCUMENT: document})))


def test_a_complete_description_passes(tree):
    assert _check(tree, LIST, CHANGE) == []


@pytest.mark.parametrize(
    ("paths", "complaint"),
    [
        ((LIST, "\n"), "PATCH /accounts/{} is missing"),
        ((LIST, CHANGE.replace("patch", "put")), "PUT /accounts/{} is not in the table of " + openapi.ROUTES),
        ((LIST, CHANGE.replace("requestBody", "summary")), f"PATCH /accounts/{{}}: body is False, in {openapi.ROUTES} True"),
        (
            (LIST, CHANGE.replace("admin-or-owner", "admin")),
            f"PATCH /accounts/{{}}: who is admin, in {openapi.ROUTES} admin-or-owner",
        ),
        (
            (LIST.replace("accounts:read", "dns:read"), CHANGE),
            f"GET /accounts: scope is dns:read, in {openapi.ROUTES} accounts:read",
        ),
        (
            (LIST.replace("name: after", "name: from"), CHANGE),
            f"GET /accounts: query is ['from', 'limit'], in {openapi.ROUTES} ['after', 'limit']",
        ),
    ],
)
def test_what_differs_is_named(tree, paths, complaint):
    assert f"{openapi.DOCUMENT}: {complaint}" in _check(tree, *paths)


def test_a_tree_without_the_description_lacks_all(tree):
    assert len(list(openapi.check(tree({openapi.ROUTES: CODE})))) == 2
