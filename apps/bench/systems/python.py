"""`aster-rpc` for Python: `python python.py server|client`, driven by child.mjs with lines of JSON on stdin and stdout.

Its commands are those of peer.mjs and measure.mjs, with the same arguments and answers.
"""
import asyncio
import json
import os
import resource
import sys
import time

ROLE = sys.argv[1]
# Only lines of JSON go to stdout.
OUT = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

started = time.perf_counter()
from dataclasses import dataclass  # noqa: E402
from typing import AsyncIterator  # noqa: E402

import aster  # noqa: E402
import aster.runtime as _runtime  # noqa: E402

IMPORT_MS = (time.perf_counter() - started) * 1000
NAME = "abcdefghijklmnop"


def greet(name: str) -> str:
    return f"hello, {name}, bye-bye!".ljust(32, ".")


REPLY = greet(NAME)


@aster.wire_type("bench/Hello")
@dataclass
class Hello:
    name: str = ""


@aster.wire_type("bench/Reply")
@dataclass
class Reply:
    message: str = ""


@aster.wire_type("bench/Count")
@dataclass
class Count:
    name: str = ""
    count: int = 0


@aster.wire_type("bench/Blob")
@dataclass
class Blob:
    data: bytes = b""


@aster.service(name="Bench", version=1)
class Bench:
    @aster.rpc
    async def unary(self, req: Hello) -> Reply:
        return Reply(message=greet(req.name))

    @aster.server_stream
    async def server_stream(self, req: Count) -> AsyncIterator[Reply]:
        for _ in range(req.count):
            yield Reply(message=greet(req.name))

    @aster.client_stream
    async def client_stream(self, reqs: AsyncIterator[Hello]) -> Count:
        count = 0
        async for req in reqs:
            if req.name:
                count += 1
        return Count(name=NAME, count=count)

    @aster.bidi_stream
    async def bidi(self, reqs: AsyncIterator[Hello]) -> AsyncIterator[Reply]:
        async for req in reqs:
            yield Reply(message=greet(req.name))

    @aster.rpc
    async def echo(self, req: Blob) -> Blob:
        return req

    @aster.client_stream
    async def upload(self, reqs: AsyncIterator[Blob]) -> Count:
        count = 0
        async for req in reqs:
            count += len(req.data)
        return Count(name=NAME, count=count)


def stay_local() -> None:
    """Keeps every packet on this machine: 0.1.2 drops two settings on their way to the node, and publishes its address."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        os.environ[name] = os.environ[name.lower()] = "http://127.0.0.1:9"
    for name in ("_build_node_endpoint_config", "_clone_config_with_alpns"):
        build = getattr(_runtime, name)

        def patched(template, *args, _build=build, **kw):
            cfg = _build(template, *args, **kw)
            if cfg is not None and template is not None:
                cfg.bind_addr, cfg.portmapper_config = template.bind_addr, template.portmapper_config
            return cfg

        setattr(_runtime, name, patched)


def config() -> aster.AsterConfig:
    return aster.AsterConfig(bind_addr="127.0.0.1:0", relay_mode="disabled", portmapper_config="disabled", log_level="error")


def expect(found, wanted, what: str) -> None:
    if found != wanted:
        raise ValueError(f"wrong {what}: expected {str(wanted)[:80]}, found {str(found)[:80]}")


def quantile(values: list, q: float):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * q))] if values else None


def payload(size: int, content: str = "random") -> bytes:
    return bytes(32 + (i & 63) for i in range(size)) if content == "compressible" else os.urandom(size)


def status(name: str) -> float:
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


class Commands:
    server = None
    client = None
    stub = None

    async def serve(self, _):
        self.server = aster.AsterServer(services=[Bench()], config=config())
        await self.server.start()
        self.server.serve()
        return self.server.address

    async def first(self, address):
        begun = time.perf_counter()
        client = aster.AsterClient(address=address, config=config())
        await client.connect()
        stub = await client.client(Bench)
        expect((await stub.unary(Hello(NAME))).message, REPLY, "first reply")
        return client, stub, (time.perf_counter() - begun) * 1000

    async def connect(self, argument):
        self.client, self.stub, ms = await self.first(argument["address"])
        warm = []
        for _ in range(argument["warm"]):
            client, _, again = await self.first(argument["address"])
            warm.append(again)
            await client.close()
        return {"ms": ms, "warmMs": quantile(warm, 0.5)}

    async def unary(self, argument):
        times: list = []
        begun = time.perf_counter()
        end = begun + argument["ms"] / 1000

        async def caller():
            while (at := time.perf_counter()) < end:
                expect((await self.stub.unary(Hello(NAME))).message, REPLY, "reply")
                times.append((time.perf_counter() - at) * 1e6)

        await asyncio.gather(*[caller() for _ in range(argument["inFlight"])])
        seconds = time.perf_counter() - begun
        return {"calls": len(times), "rate": len(times) / seconds, "p50": quantile(times, 0.5), "p99": quantile(times, 0.99)}

    async def stream(self, argument):
        run = {"serverStream": self.server_stream, "clientStream": self.client_stream, "bidi": self.bidi}[argument["kind"]]
        messages, count = argument["messages"], 0
        begun = time.perf_counter()
        while count == 0 or time.perf_counter() - begun < argument["ms"] / 1000:
            expect(await run(messages), messages, f"{argument['kind']} count")
            count += messages
        return {"messages": count, "rate": count / (time.perf_counter() - begun)}

    async def server_stream(self, count):
        seen = 0
        async for reply in self.stub.server_stream(Count(NAME, count)):
            seen += bool(reply.message)
        return seen

    async def client_stream(self, count):
        async def hellos():
            for _ in range(count):
                yield Hello(NAME)

        return (await self.stub.client_stream(hellos())).count

    async def bidi(self, count):
        channel = self.stub.bidi()
        seen = 0
        for _ in range(count):
            await channel.send(Hello(NAME))
            seen += bool((await channel.recv()).message)
        await channel.close()
        while await channel.recv() is not None:
            pass
        return seen

    async def echo(self, argument):
        size = argument["size"]
        data = payload(size, argument.get("content", "random"))
        expect((await self.stub.echo(Blob(data))).data == data, True, f"echo of {size} bytes")
        times: list = []
        begun = time.perf_counter()
        while len(times) < argument["least"] or time.perf_counter() - begun < argument["ms"] / 1000:
            at = time.perf_counter()
            expect(len((await self.stub.echo(Blob(data))).data), size, "length of an echo")
            times.append((time.perf_counter() - at) * 1000)
        seconds = time.perf_counter() - begun
        return {"count": len(times), "rate": 2 * size * len(times) / 1e6 / seconds, "p50": quantile(times, 0.5)}

    async def upload(self, argument):
        total, piece = argument["total"], argument["piece"]
        data = payload(piece)

        async def blobs():
            for at in range(0, total, piece):
                yield Blob(data[: min(piece, total - at)])

        begun = time.perf_counter()
        expect((await self.stub.upload(blobs())).count, total, "bytes of an upload")
        return {"rate": total / 1e6 / (time.perf_counter() - begun)}

    async def cpu(self, _):
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    async def rss(self, _):
        return status("VmRSS")

    async def watchPeak(self, _):
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        return status("VmRSS")

    async def peak(self, _):
        return status("VmHWM")

    async def close(self, _):
        await self.client.close()


def send(message: dict) -> None:
    OUT.write(json.dumps(message) + "\n")
    OUT.flush()


async def answer(commands: Commands, question: dict) -> None:
    try:
        send({"id": question["id"], "result": await getattr(commands, question["command"])(question.get("argument"))})
    except Exception as error:
        send({"id": question["id"], "error": f"{type(error).__name__}: {error}"[:500]})


async def main() -> None:
    stay_local()
    commands = Commands()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    send({"ready": {"importMs": IMPORT_MS}})
    tasks = set()
    while line := await reader.readline():
        task = asyncio.ensure_future(answer(commands, json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    os._exit(0)


asyncio.run(main())
