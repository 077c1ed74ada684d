"""The routes of an application, with those of its routers."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts


def api_routes(app: FastAPI) -> Iterator[APIRoute]:
    """Every route that is not a folder of files or the description of the interface."""
    for one in iter_route_contexts(app.routes):
        if isinstance(one.original_route, APIRoute):
            yield one.original_route
