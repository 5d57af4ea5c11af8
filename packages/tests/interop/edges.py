"""A session service with handlers that `services.py` lacks; `producer.py --edges` offers it."""
from typing import AsyncIterator

from aster import client_stream, rpc, service

from services import Answer, Ask, added_slowly, watch


@service(name="Edges", version=1, scoped="session")
class Edges:
    def __init__(self, peer: str | None = None) -> None:
        self.total = 0
        watch.note("Edges", "opened")

    async def on_session_close(self) -> None:
        watch.note("Edges", "closed")

    @rpc
    async def add(self, req: Ask) -> Answer:
        self.total += req.count
        return Answer(text="total", count=self.total)

    @client_stream
    async def add_slowly(self, reqs: AsyncIterator[Ask]) -> Answer:
        with watch.handler("Edges.add_slowly"):
            return await added_slowly(reqs)
