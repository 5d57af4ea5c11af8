"""Asks a producer's health service with the Python 0.1.2 consumer, typed or through its dynamic proxy.

    python health_consumer.py ADDRESS [--mode xlang|json|proxy] [--service NAME]

Prints a JSON line {"check": …, "missing": the code for an unknown service}, then one {"status": …} for each that `watch`
yields, and {"ended": true} once the producer has ended the stream.
"""
import argparse
import asyncio
import json
import warnings
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, AsyncIterator

warnings.filterwarnings("ignore")

from aster import (AsterClient, RpcError, SerializationMode, create_client, rpc, server_stream, service,  # noqa: E402
                   wire_type)
from aster.json_codec import JsonProxyCodec  # noqa: E402

from producer import local_config, stay_local  # noqa: E402


@wire_type("aster.health/HealthCheckRequest")
@dataclass
class HealthCheckRequest:
    service: str = ""


@wire_type("aster.health/HealthCheckResponse")
@dataclass
class HealthCheckResponse:
    status: str = ""


@service(name="Health", version=1)
class Health:
    @rpc(idempotent=True)
    async def check(self, request: HealthCheckRequest) -> HealthCheckResponse:
        ...

    @server_stream
    async def watch(self, request: HealthCheckRequest) -> AsyncIterator[HealthCheckResponse]:
        yield HealthCheckResponse()


def status_of(answer: Any) -> str:
    return (asdict(answer) if is_dataclass(answer) else answer)["status"]


def say(**line: Any) -> None:
    print(json.dumps(line), flush=True)


async def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("address")
    ap.add_argument("--mode", default="xlang", choices=["xlang", "json", "proxy"])
    ap.add_argument("--service", default="")
    args = ap.parse_args()

    stay_local()
    client = AsterClient(address=args.address, config=local_config())
    await asyncio.wait_for(client.connect(), 20)
    kw: dict = {}
    if args.mode == "xlang":
        health = await client.client(Health)
    elif args.mode == "proxy":
        health = client.proxy("Health")
    else:
        channel = next(s for s in client.services if s.name == "Health").channels["rpc"]
        health = create_client(Health, connection=await client._rpc_conn_for(channel), codec=JsonProxyCodec())
        kw = {"serialization": SerializationMode.JSON}

    def request(name: str) -> Any:
        return {"service": name} if args.mode == "proxy" else HealthCheckRequest(name)

    try:
        missing: Any = status_of(await health.check(request("Nobody"), **kw))
    except RpcError as e:
        missing = int(e.code)
    say(check=status_of(await health.check(request(args.service), **kw)), missing=missing)
    watch = health.watch.stream(request(args.service)) if args.mode == "proxy" else health.watch(request(args.service), **kw)
    async for answer in watch:
        say(status=status_of(answer))
    say(ended=True)
    await client.close()


asyncio.run(main())
