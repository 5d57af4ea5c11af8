"""Python's side of docs/changing-a-service.md: the services of one age, as a producer or a consumer.

    python changing.py producer                      # prints {"address": …}; ends when its stdin closes
    python changing.py consumer ADDRESS xlang|json   # calls every method; prints a list of outcomes

The first line of stdin has the services as JSON: `[{"name", "request", "response", "sends", "answers"}]`, a message as
`{"tag", "fields": [{"name", "type", "optional", "default"?}]}` with the types `str`, `int` and `{"tag", "members"}` for a list
of an enum. Of each there is a shared service and a session service, whose name ends with `Session`.
"""
import asyncio
import dataclasses
import json
import sys
import warnings
from enum import IntEnum
from typing import Any, AsyncIterator, List, Optional

warnings.filterwarnings("ignore")

from aster import (AsterClient, AsterServer, RpcError, SerializationMode, bidi_stream, client_stream, create_client,  # noqa: E402
                   rpc, server_stream, service, wire_type)
from aster.json_codec import JsonProxyCodec  # noqa: E402
from aster.session import create_session  # noqa: E402

from consumer import flat  # noqa: E402
from producer import local_config, stay_local  # noqa: E402


def message_class(spec: dict) -> type:
    fields: list = []
    for f in spec["fields"]:
        kind: Any = {"str": str, "int": int}.get(f["type"]) if isinstance(f["type"], str) else None
        if kind is None:
            enum = IntEnum(f["type"]["tag"].split("/")[1], f["type"]["members"])
            wire_type(f["type"]["tag"])(enum)
            kind = List[enum]
        annotation = Optional[kind] if f["optional"] else kind
        if "default" not in f:
            fields.append((f["name"], annotation))
        elif f["default"] == []:
            fields.append((f["name"], annotation, dataclasses.field(default_factory=list)))
        else:
            fields.append((f["name"], annotation, dataclasses.field(default=f["default"])))
    made = dataclasses.make_dataclass(spec["tag"].split("/")[1], fields)
    made.__module__ = __name__
    return wire_type(spec["tag"])(made)


def value_of(made: type, spec: dict, value: dict) -> Any:
    out = dict(value)
    for f in spec["fields"]:
        if isinstance(f["type"], dict) and f["name"] in out:
            enum = made.__dataclass_fields__[f["name"]].type.__args__[0]
            out[f["name"]] = [enum(item) for item in out[f["name"]]]
    return made(**out)


def messages(spec: dict) -> tuple:
    # One class for each tag in a process.
    if "classes" not in spec:
        spec["classes"] = message_class(spec["request"]), message_class(spec["response"])
    return spec["classes"]


def service_class(spec: dict, scoped: str) -> Any:
    Req, Res = messages(spec)

    def answer(req: Any) -> Any:
        # If the request changes, the answer holds the request as it was read.
        if "text" in Res.__dataclass_fields__:
            return Res(text=json.dumps(flat(req)))
        return value_of(Res, spec["response"], spec["answers"])

    class Changing:
        @rpc
        async def one(self, req: Req) -> Res:
            return answer(req)

        @server_stream
        async def many(self, req: Req) -> AsyncIterator[Res]:
            yield answer(req)

        @client_stream
        async def up(self, reqs: AsyncIterator[Req]) -> Res:
            got = [r async for r in reqs]
            return answer(got[0])

        @bidi_stream
        async def chat(self, reqs: AsyncIterator[Req]) -> AsyncIterator[Res]:
            async for r in reqs:
                yield answer(r)

    if scoped == "session":
        Changing.__init__ = lambda self, peer=None: None
    name = spec["name"] + ("Session" if scoped == "session" else "")
    made = service(name=name, version=1, scoped=scoped)(Changing)
    return made, Req


async def produce(specs: list) -> None:
    services = []
    for spec in specs:
        services += [service_class(spec, "shared")[0](), service_class(spec, "session")[0]]
    srv = AsterServer(services=services, config=local_config())
    await srv.start()
    print(json.dumps({"address": srv.endpoint_addr_b64}), flush=True)
    srv.serve()
    try:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    finally:
        await srv.close()


async def outcome(make: Any) -> Any:
    try:
        return {"value": flat(await asyncio.wait_for(make(), 20))}
    except RpcError as e:
        return {"code": int(e.code), "message": e.message}
    except Exception as e:
        return {"exception": type(e).__name__, "message": str(e)[:300]}


async def each(*items: Any) -> AsyncIterator[Any]:
    for item in items:
        yield item


async def consume(specs: list, address: str, mode: str) -> None:
    client = AsterClient(address=address, config=local_config())
    await asyncio.wait_for(client.connect(), 20)
    codec = JsonProxyCodec() if mode == "json" else None
    kw = {"serialization": SerializationMode.JSON} if mode == "json" else {}
    out = []
    for spec in specs:
        for scoped in ("shared", "session"):
            made, Req = service_class(spec, scoped)
            summary = next(s for s in client.services if s.name == spec["name"] + ("Session" if scoped == "session" else ""))
            conn = await client._rpc_conn_for(summary.channels["rpc"])
            request = value_of(Req, spec["request"], spec["sends"])

            async def calls() -> Any:
                if scoped == "shared":
                    return create_client(made, connection=conn, codec=codec)
                return await create_session(made, connection=conn, codec=codec)

            own = kw if scoped == "shared" else {}

            async def one() -> Any:
                return await (await calls()).one(request, **own)

            async def many() -> Any:
                got = (await calls()).many(request, **own)
                return (await got if asyncio.iscoroutine(got) else [x async for x in got])[0]

            async def up() -> Any:
                return await (await calls()).up(each(request), **own)

            async def chat() -> Any:
                c = await calls()
                if scoped == "session":
                    return (await c.chat(each(request)))[0]
                ch = c.chat(**own)
                await ch.send(request)
                await ch.close()
                return await ch.recv()

            for pattern, make in (("unary", one), ("serverStream", many), ("clientStream", up), ("bidiStream", chat)):
                out.append({"service": spec["name"], "scope": scoped, "pattern": pattern, **await outcome(make)})
    print(json.dumps(out), flush=True)
    try:
        await asyncio.wait_for(client.close(), 5)
    except Exception:
        pass


stay_local()
SPECS = json.loads(sys.stdin.readline())
asyncio.run(produce(SPECS) if sys.argv[1] == "producer" else consume(SPECS, sys.argv[2], sys.argv[3]))
