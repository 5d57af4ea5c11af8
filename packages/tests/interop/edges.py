"""A session service for what `services.py` has no handler for; `producer.py --edges` offers it."""
import asyncio
from typing import AsyncIterator

from aster import client_stream, rpc, service

from services import Answer, Ask, watch


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
        """Sleeps `count` milliseconds for each item."""
        with watch.handler("Edges.add_slowly"):
            n = 0
            async for r in reqs:
                await asyncio.sleep(r.count / 1000)
                n += 1
            return Answer(text="added", count=n)
