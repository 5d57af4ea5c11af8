"""Services with access rules, shared and in a session; `producer.py --rules` offers them."""
from typing import AsyncIterator

from aster import all_of, any_of, bidi_stream, client_stream, rpc, server_stream, service

from services import Answer, Ask


class Methods:
    def __init__(self, peer: str | None = None) -> None:
        pass

    @rpc
    async def open(self, req: Ask) -> Answer:
        return Answer(text="open", count=req.count)

    @rpc(requires="ops")
    async def drop(self, req: Ask) -> Answer:
        return Answer(text="drop", count=req.count)

    @server_stream(requires=all_of("dev", "ops"))
    async def watch(self, req: Ask) -> AsyncIterator[Answer]:
        yield Answer(text="watch", count=req.count)

    @client_stream(requires=any_of("ops", "admin"))
    async def upload(self, reqs: AsyncIterator[Ask]) -> Answer:
        count = 0
        async for r in reqs:
            count += r.count
        return Answer(text="upload", count=count)

    @bidi_stream(requires="ops")
    async def chat(self, reqs: AsyncIterator[Ask]) -> AsyncIterator[Answer]:
        async for r in reqs:
            yield Answer(text="chat", count=r.count)


@service(name="Rules", version=1, requires=any_of("dev", "ops"))
class Rules(Methods):
    pass


@service(name="RulesSession", version=1, scoped="session", requires=any_of("dev", "ops"))
class RulesSession(Methods):
    pass
