"""Calls `Interop.say` on a channel of a producer with the Python 0.1.2 consumer.

    python channel_consumer.py ADDRESS CHANNEL

`channel_name` is for the typed client, `channel=` of `client()` as well. Prints {"by_name": …, "by_call": …} as JSON.
"""
import asyncio
import json
import sys
import warnings

warnings.filterwarnings("ignore")

from aster import AsterClient  # noqa: E402

from producer import local_config, stay_local  # noqa: E402
from services import Ask, Interop  # noqa: E402


async def main() -> None:
    stay_local()
    address, channel = sys.argv[1:]
    out = {}
    for way, options, per_call in (("by_name", {"channel_name": channel}, {}), ("by_call", {}, {"channel": channel})):
        client = AsterClient(address=address, config=local_config(), **options)
        try:
            await asyncio.wait_for(client.connect(), 20)
            interop = await client.client(Interop, **per_call)
            out[way] = (await interop.say(Ask(way, 1))).text
        except Exception as e:
            out[way] = f"{type(e).__name__}: {e}"[:600]
        await client.close()
    print(json.dumps(out))


asyncio.run(main())
