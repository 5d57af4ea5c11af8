"""Calls every method of a generated module on a producer that returns what it gets, with Python's own consumer.

    gen_consumer.py ADDRESS FOLDER MODULE

Prints a line of JSON: {"ids": {class: contract id}, "calls": number, "failed": [text]}.
"""
import asyncio
import dataclasses
import datetime
import enum
import importlib
import json
import random
import sys
import typing
import warnings
from typing import Any

warnings.filterwarnings("ignore")

from aster import AsterClient, create_client  # noqa: E402
from aster.contract import contract_id_from_service  # noqa: E402
from aster.json_codec import JsonProxyCodec  # noqa: E402
from aster.session import create_session  # noqa: E402

from producer import local_config, stay_local  # noqa: E402

rng = random.Random(17)


def value(tp: Any, depth: int = 0) -> Any:
    origin, args = typing.get_origin(tp), typing.get_args(tp)
    if origin is typing.Union:
        return None if depth > 3 or rng.random() < 0.3 else value(args[0], depth)
    count = 0 if depth > 3 else rng.randint(0, 2)
    if origin is list:
        return [value(args[0], depth + 1) for _ in range(count)]
    if origin is set:
        return {value(args[0], depth + 1) for _ in range(count)}
    if origin is dict:
        return {value(args[0], depth + 1): value(args[1], depth + 1) for _ in range(count)}
    if isinstance(tp, typing.TypeVar):
        return rng.choice([0, 1, 100]) if "int" in tp.__name__ else 0.5
    if tp is Any:
        return rng.choice([None, 5, "text", [1, "a"], {"a": 1.5}])
    if dataclasses.is_dataclass(tp):
        hints = typing.get_type_hints(tp)
        return tp(**{f.name: value(hints[f.name], depth + 1) for f in dataclasses.fields(tp)})
    if issubclass(tp, enum.Enum):
        return rng.choice(list(tp))
    return {
        str: rng.choice(["", "é€😀", "text"]),
        bool: rng.random() < 0.5,
        int: rng.choice([0, -1, 2**53 - 1, 7]),
        float: rng.choice([0.0, -1.5, 1e300]),
        bytes: b"\x00\xff"[: rng.randint(0, 2)],
        datetime.datetime: datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
        datetime.date: datetime.date(2024, 2, 29),
    }[tp]


async def each(items: list) -> Any:
    for item in items:
        yield item


def plain(got: Any) -> Any:
    """JSON mode hands on the object as it was sent."""
    return dataclasses.asdict(got) if dataclasses.is_dataclass(got) else got


async def main() -> None:
    address, folder, name = sys.argv[1:]
    stay_local()
    sys.path.insert(0, folder)
    module = importlib.import_module(name)
    classes = [c for c in vars(module).values() if isinstance(c, type) and "__aster_service_info__" in vars(c)]
    client = AsterClient(address=address, config=local_config())
    await asyncio.wait_for(client.connect(), 20)
    failed, calls = [], 0
    for cls in classes:
        info = vars(cls)["__aster_service_info__"]
        json_alone = [mode.name for mode in info.serialization_modes] == ["JSON"]
        summary = next(s for s in client.services if s.name == info.name)
        connection = await client._rpc_conn_for(summary.channels["rpc"])
        codec = JsonProxyCodec() if json_alone else None
        session = info.scoped == "session"
        if session:
            stub = await create_session(cls, connection=connection, codec=codec)
        elif json_alone:
            stub = create_client(cls, connection=connection, codec=codec)
        else:
            stub = await client.client(cls)
        kw = {}
        if json_alone and not session:
            from aster import SerializationMode

            kw = {"serialization": SerializationMode.JSON}
        for method in info.methods.values():
            for _ in range(5):
                request = value(method.request_type)
                call = getattr(stub, method.name)
                try:
                    if method.pattern == "unary":
                        got = [await call(request, **kw)]
                    elif method.pattern == "client_stream":
                        got = [await call(each([request, request]), **kw)]
                    elif method.pattern == "server_stream":
                        answers = call(request, **kw)
                        got = await answers if asyncio.iscoroutine(answers) else [one async for one in answers]
                    elif session:
                        got = await call(each([request]))
                    else:
                        channel, got = call(**kw), []
                        await channel.send(request)
                        await channel.close()
                        while (one := await channel.recv()) is not None:
                            got.append(one)
                    expected = plain(request)
                    if not got or any(plain(one) != expected for one in got):
                        failed.append(f"{info.name}.{method.name}: {request!r} came back as {got!r}"[:500])
                except Exception as error:
                    failed.append(f"{info.name}.{method.name}: {type(error).__name__}: {error}"[:500])
                calls += 1
        if session:
            await stub.close()
    ids = {cls.__name__: contract_id_from_service(cls) for cls in classes}
    print(json.dumps({"ids": ids, "calls": calls, "failed": failed}), flush=True)
    await client.close()


asyncio.run(main())
