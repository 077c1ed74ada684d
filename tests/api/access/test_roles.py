"""The table of actions and roles: code and routes agree."""

from pathlib import Path

import pytest
from api_routes import api_routes
from served_app import app_in

from api.access.principal import Grants, Principal
from api.access.roles import ALLOWED, EVERY_LINE, OF_INSTALLATION, Action, Role
from api.http.access import Require, without_key

EVERYTHING = Grants({EVERY_LINE: Role.ADMIN})


def test_every_action_is_in_the_table_and_the_admin_may_do_everything() -> None:
    assert set(ALLOWED) == set(Action)
    assert all(Role.ADMIN in roles for roles in ALLOWED.values())
    reading = (Action.READ_SERVICE, Action.READ_LINES, Action.READ_PLANS, Action.READ_LIVE)
    assert all(ALLOWED[action] == set(Role) for action in reading)
    viewers = {action for action, roles in ALLOWED.items() if Role.VIEWER in roles}
    assert viewers == {*reading, Action.READ_METRICS}
    assert Action.READ_METRICS in OF_INSTALLATION


def test_every_route_names_its_action(tmp_path: Path) -> None:
    named = []
    for route in api_routes(app_in(tmp_path)):
        calls = [one.call for one in route.dependant.dependencies]
        actions = [call.action for call in calls if isinstance(call, Require)]
        assert len(actions) + calls.count(without_key) == 1, route.path
        named += actions
    assert set(named) == set(Action)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_a_role_holds_on_its_line_only(action: Action, role: Role) -> None:
    user = Principal("a", Grants({"one": role}), EVERYTHING)
    allowed = role in ALLOWED[action]
    assert user.may(action, "one") == allowed
    assert not user.may(action, "other")
    assert user.lines(action) == (frozenset({"one"}) if allowed else frozenset())
    assert user.may_somewhere(action) == (allowed and action not in OF_INSTALLATION)


def test_a_key_narrows_the_roles_of_its_user_and_never_widens_them() -> None:
    planner = Grants({"one": Role.PLANNER, "two": Role.PLANNER})
    narrowed = Principal("a", planner, Grants({"one": Role.VIEWER}))
    assert narrowed.may(Action.READ_PLANS, "one")
    assert not narrowed.may(Action.ORDER_PLANS, "one")
    assert not narrowed.may(Action.READ_PLANS, "two")
    assert narrowed.lines(Action.READ_PLANS) == frozenset({"one"})
    viewer = Principal("a", Grants({"one": Role.VIEWER}), EVERYTHING)
    assert viewer.lines(Action.ORDER_PLANS) == frozenset()
    assert viewer.lines(Action.READ_PLANS) == frozenset({"one"})
    assert Principal("a", EVERYTHING, planner).lines(Action.ORDER_PLANS) == frozenset({"one", "two"})
    assert Principal("a", EVERYTHING, EVERYTHING).lines(Action.ORDER_PLANS) is None
