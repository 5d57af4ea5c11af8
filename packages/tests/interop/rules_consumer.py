"""Calls the services of rules.py with the Python 0.1.2 consumer, each method twice and `open` in between.

    python rules_consumer.py ADDRESS [--credential FILE] [--mode xlang|json|proxy]

Prints {"shared": …, "session": …} as JSON: for each method the outcomes, which are the answer, or [code, message]. All calls of
`session` are of one session; the proxy has none.
"""
import argparse
import asyncio
import json
import warnings
from dataclasses import asdict, is_dataclass
from typing import Any

warnings.filterwarnings("ignore")

from aster import AsterClient, RpcError, SerializationMode, create_client  # noqa: E402
from aster.json_codec import JsonProxyCodec  # noqa: E402
from aster.session import create_session  # noqa: E402

from producer import local_config, stay_local  # noqa: E402
from rules import Rules, RulesSession  # noqa: E402
from services import Ask  # noqa: E402

ASK = Ask("", 7)


async def requests(body: Any):
    yield body


async def bidi(channel: Any, body: Any) -> Any:
    await channel.send(body)
    await channel.close()
    return await channel.recv()


async def first(items: Any) -> Any:
    return [item async for item in items][0]


async def call(stub: Any, method: str, kw: dict, way: str) -> Any:
    proxy, session = way == "proxy", way == "session"
    body = asdict(ASK) if proxy else ASK
    handler = getattr(stub, method)
    if session and method in ("watch", "chat"):  # both return lists there
        return (await handler(body if method == "watch" else requests(body)))[0]
    if method == "watch":
        return await first(handler.stream(body) if proxy else handler(body, **kw))
    if method == "upload":
        return await handler(requests(body), **kw)
    if method == "chat" and proxy:
        channel = handler.bidi()
        await channel.open()
        return await bidi(channel._channel, body)
    if method == "chat":
        return await bidi(handler(**kw), body)
    return await handler(body, **kw)


async def outcome(stub: Any, method: str, kw: dict, way: str) -> Any:
    try:
        answer = await asyncio.wait_for(call(stub, method, kw, way), 20)
        return (asdict(answer) if is_dataclass(answer) else answer)["text"]
    except RpcError as e:
        return [int(e.code), e.message]
    except Exception as e:
        return f"{type(e).__name__}: {e}"[:300]


async def outcomes(stub: Any, kw: dict, way: str) -> dict:
    found: dict = {}
    for _ in range(2):
        for method in ("drop", "watch", "upload", "chat"):
            for name in (method, "open"):
                found.setdefault(name, []).append(await outcome(stub, name, kw, way))
    return found


async def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("address")
    ap.add_argument("--credential")
    ap.add_argument("--mode", default="xlang", choices=["xlang", "json", "proxy"])
    args = ap.parse_args()

    stay_local()
    client = AsterClient(address=args.address, config=local_config(), enrollment_credential_file=args.credential)
    await asyncio.wait_for(client.connect(), 20)
    out: dict = {}
    if args.mode == "proxy":
        out["shared"] = await outcomes(client.proxy("Rules"), {}, "proxy")
    else:
        channel = next(s for s in client.services if s.name == "Rules").channels["rpc"]
        conn = await client._rpc_conn_for(channel)
        codec = JsonProxyCodec() if args.mode == "json" else None
        kw = {"serialization": SerializationMode.JSON} if args.mode == "json" else {}
        out["shared"] = await outcomes(create_client(Rules, connection=conn, codec=codec), kw, "typed")
        session = await create_session(RulesSession, connection=conn, codec=codec)
        out["session"] = await outcomes(session, {}, "session")
        await session.close()
    print(json.dumps(out))
    await client.close()


asyncio.run(main())
