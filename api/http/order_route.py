"""The route of orders of plans: it answers a plain order without FastAPI's resolution of dependencies.

The resolution of the dependencies of an order costs the answering process more than the order itself. Everything that
is not as expected here goes the way of every route, which also gives the problems of wrong orders.
"""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from api.access.roles import Action
from api.http.headers import JSON
from api.http.models import PlanOrderModel
from api.http.service import principal_of, service_of

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class OrderRoute(APIRoute):
    """A route whose function takes an order, the services, the user and the `Idempotency-Key`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Answer plain orders of users who may order plans; pass on any other request."""
        every_request = super().get_route_handler()

        async def answer(request: Request) -> Response:
            order = await _plain_order(request)
            if order is None:
                return await every_request(request)
            given = order, service_of(request), principal_of(request), request.headers.get("idempotency-key")
            found = await run_in_threadpool(self.endpoint, *given)
            assert isinstance(found, Response)
            return found

        return answer


async def _plain_order(request: Request) -> PlanOrderModel | None:
    """The order of a request that its route would answer; None if the route shall look at the request itself."""
    keys = request.headers.getlist("idempotency-key")
    is_plain = request.headers.getlist("content-type") == [JSON] and (
        not keys or (len(keys) == 1 and _KEY.fullmatch(keys[0]) is not None)
    )
    if not is_plain or not principal_of(request).may_somewhere(Action.ORDER_PLANS):
        return None
    try:
        return PlanOrderModel.model_validate(json.loads(await request.body()))  # the request keeps its body
    except ValueError:
        return None
