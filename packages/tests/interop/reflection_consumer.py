"""Calls a producer that has reflection on with the Python 0.1.2 consumer, and asks it for its description.

    python reflection_consumer.py ADDRESS [--mode xlang|json|proxy]

Prints a JSON line {"say": …, "description": the JSON text, "missing": the code for an unknown service}.
"""
import argparse
import asyncio
import json
import warnings
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any

warnings.filterwarnings("ignore")

from aster import AsterClient, RpcError, SerializationMode, create_client, rpc, service, wire_type  # noqa: E402
from aster.json_codec import JsonProxyCodec  # noqa: E402

from producer import local_config, stay_local  # noqa: E402
from services import Ask, Interop  # noqa: E402


@wire_type("aster.reflection/DescribeRequest")
@dataclass
class DescribeRequest:
    services: list[str] = field(default_factory=list)


@wire_type("aster.reflection/DescribeResponse")
@dataclass
class DescribeResponse:
    description: str = ""


@service(name="aster.reflection", version=1)
class Reflection:
    @rpc(idempotent=True)
    async def describe(self, request: DescribeRequest) -> DescribeResponse:
        ...


def plain(answer: Any) -> dict:
    return asdict(answer) if is_dataclass(answer) else answer


async def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("address")
    ap.add_argument("--mode", default="xlang", choices=["xlang", "json", "proxy"])
    args = ap.parse_args()

    stay_local()
    client = AsterClient(address=args.address, config=local_config())
    await asyncio.wait_for(client.connect(), 20)

    async def bind(definition: type, name: str) -> tuple[Any, dict]:
        if args.mode == "xlang":
            return await client.client(definition), {}
        if args.mode == "proxy":
            return client.proxy(name), {}
        channel = next(s for s in client.services if s.name == name).channels["rpc"]
        connection = await client._rpc_conn_for(channel)
        return create_client(definition, connection=connection, codec=JsonProxyCodec()), {
            "serialization": SerializationMode.JSON
        }

    def wanted(*names: str) -> Any:
        return {"services": list(names)} if args.mode == "proxy" else DescribeRequest(list(names))

    interop, kw = await bind(Interop, "Interop")
    ask = {"text": "a", "count": 1} if args.mode == "proxy" else Ask("a", 1)
    said = plain(await interop.say(ask, **kw))
    reflection, kw = await bind(Reflection, "aster.reflection")
    description = plain(await reflection.describe(wanted("Interop"), **kw))["description"]
    try:
        missing: Any = plain(await reflection.describe(wanted("Nobody"), **kw))
    except RpcError as e:
        missing = int(e.code)
    print(json.dumps({"say": said, "description": description, "missing": missing}), flush=True)
    await client.close()


asyncio.run(main())
