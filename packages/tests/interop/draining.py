"""A Python 0.1.2 consumer whose producer shuts down.

    python draining.py ADDRESS [--mode xlang|json]

Opens a session, leaves one call of a shared service and one of a second session running. At a line of stdin it calls all
of them again, and prints one JSON object with the outcome of each call.
"""
from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

from aster import AsterClient, RpcError

from consumer import Consumer, flat
from producer import local_config, stay_local
from services import Ask


async def outcome(call: Any) -> Any:
    try:
        return flat(await asyncio.wait_for(call, 20))
    except RpcError as e:
        return {"error": int(e.code), "message": e.message}
    except Exception as e:
        return {"exception": f"{type(e).__name__}: {e}"[:300]}


async def main() -> None:
    ap = argparse.ArgumentParser()
    ap.add_argument("address")
    ap.add_argument("--mode", default="xlang", choices=["xlang", "json"])
    args = ap.parse_args()
    stay_local()
    client = AsterClient(address=args.address, config=local_config())
    await asyncio.wait_for(client.connect(), 20)
    c = Consumer(client, args.mode)
    await c.open()
    idle, busy = await c.session(), await c.session()
    await idle.add(Ask("", 1))
    await busy.add(Ask("", 1))
    running = asyncio.create_task(outcome(c.unary("sleep", Ask("", 2000))()))
    in_session = asyncio.create_task(outcome(busy.sleep(Ask("", 2000))))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    result = {"new": await outcome(c.unary("say", Ask("x"))()), "idle session": await outcome(idle.add(Ask("", 1)))}
    result |= {"running": await running, "running in a session": await in_session}
    result["behind it"] = await outcome(busy.add(Ask("", 1)))
    print(json.dumps(result), flush=True)
    try:
        await asyncio.wait_for(client.close(), 5)
    except Exception:
        pass


asyncio.run(main())
