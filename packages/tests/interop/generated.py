"""Random modules of services, and a producer of them, for the tests of `aster gen`.

    generated.py make FOLDER COUNT SEED      writes COUNT modules, m000.py and so on; prints nothing
    generated.py serve FOLDER NAME...        serves the services of modules; prints a line of JSON when ready, ends with stdin

Each service has a method for each of its structs that returns what it gets.
"""
import random
import sys
from pathlib import Path

ENUM_BASES = ["Enum", "IntEnum", "str, Enum", "Enum"]
WORDS = "alpha beta gamma delta user_id name2 http_url a_b_c count value_ maxSize ID x y z2 items_by_key größe".split()
NUMBERS = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 fixed_int32 fixed_int64 fixed_uint32 fixed_uint64".split()
NUMBERS += ["tagged_int64", "tagged_uint64"]


class Module:
    """One module, as lines. A module in JSON alone has recursion, and no types that JSON cannot carry both ways."""

    def __init__(self, name: str, rng: random.Random, json: bool):
        self.name, self.rng, self.json = name, rng, json
        self.lines: list[str] = []
        self.enums: list[str] = []
        self.structs: list[str] = []
        self.required: set[str] = set()

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def tag(self, name: str) -> str | None:
        roll = self.rng.random()
        # aster-rpc serves no type without a tag in JSON.
        if roll < 0.1 and not self.json:
            return None
        return f"{name}_{self.name}" if roll < 0.15 else f"gen/{self.name}/{name}"

    def enum(self, name: str) -> None:
        base, members = self.rng.choice(ENUM_BASES), self.rng.sample("RED GREEN BLUE low High _odd".split(), self.rng.randint(1, 5))
        tag = self.tag(name)
        if tag:
            self.lines.append(f'@wire_type("{tag}")')
        self.lines.append(f"class {name}({base}):")
        if self.chance(0.3):
            self.lines.append(f'    """The {name} of things."""')
        odd = base == "Enum" and self.chance(0.2)
        for i, member in enumerate(members):
            value = f"({i}, 'x')" if odd else str(i * 7 - 3) if base == "IntEnum" or (base == "Enum" and i % 2) else f"'v {i}'"
            self.lines.append(f"    {member} = {value}" + ("  # the first" if i == 0 and self.chance(0.5) else ""))
        self.lines.append("\n")
        self.enums.append(name)

    def key(self) -> str:
        return self.rng.choice(["str"] * 6 + ["int", "int", "float", "bool", "bytes", "datetime.date"] + self.enums[:1])

    def part(self, depth: int) -> str:
        """A type within a container."""
        return self.type(depth + 1, optional=not self.json)

    def type(self, depth: int = 0, optional: bool = True) -> str:
        rng = self.rng
        plain = ["str", "int", "float", "bool"]
        if not self.json:
            plain += ["bytes", "datetime.date", "datetime.datetime", "Any", "pyfory." + rng.choice(NUMBERS)]
        choices = plain * 2 + (["list", "dict", "optional"] * 3 if depth < 3 else [])
        if not self.json and depth < 3:
            choices += ["set", "tuple", "union", "bare"] if self.chance(0.2) else ["set"]
        if self.enums and not self.json:
            choices += ["enum"] * 3
        if self.structs:
            choices += ["struct"] * 4
        kind = rng.choice(choices)
        if kind == "list":
            return f"{rng.choice(['List', 'list'])}[{self.part(depth)}]"
        if kind == "set":
            return f"Set[{self.key()}]"
        if kind == "dict":
            key = "str" if self.json else self.key()
            return f"{rng.choice(['Dict', 'dict'])}[{key}, {self.part(depth)}]"
        if kind == "optional":
            inner = self.type(depth + 1, optional=False)
            return inner if not optional or inner == "Any" else f"Optional[{inner}]"
        if kind == "tuple":
            inner = self.part(depth)
            return rng.choice([f"Tuple[{inner}, ...]", f"Tuple[{inner}, {inner}]", "Tuple[int, str]"])
        if kind == "union":
            return "Union[int, str" + (f", {rng.choice(self.structs)}]" if self.structs else "]")
        if kind == "bare":
            return rng.choice(["list", "dict", "set", "object"])
        if kind in ("enum", "struct"):
            return rng.choice(self.enums if kind == "enum" else self.structs)
        return kind

    def default(self, tp: str) -> str | None:
        rng = self.rng
        if tp.startswith("Optional") or tp in ("Any", "object"):
            return rng.choice(["None", "None", None]) if tp != "Optional[int]" else "5"
        if tp in self.enums:
            return f"list({tp})[{rng.choice([0, -1])}]"
        if tp in self.structs:
            return None if tp in self.required else f"field(default_factory={tp})"
        if tp.startswith(("List[", "list[", "Set[", "Dict[", "dict[")) or tp in ("list", "dict", "set"):
            if tp in ("List[int]", "list[int]") and self.chance(0.5):
                return "field(default_factory=lambda: [1, -2])"
            return f"field(default_factory={tp.split('[')[0].lower()})"
        if tp.startswith("pyfory."):
            return rng.choice(["0", "7" if "int" in tp else "1.5"])
        return {
            "str": rng.choice(['""', '"it\'s \\n \\"quoted\\" €"']),
            "int": rng.choice(["0", "0", "-12345678901"]),
            "float": rng.choice(["0.0", "1.5", "-0.0", 'float("inf")', "1e300"]),
            "bool": rng.choice(["False", "True"]),
            "bytes": rng.choice(['b""', 'b"\\x00a\\xff"']),
            "datetime.date": "datetime.date(2024, 2, 29)",
            "datetime.datetime": "datetime.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)",
        }.get(tp)

    def struct(self, name: str) -> None:
        rng, lines = self.rng, self.lines
        base = rng.choice(self.structs) if self.structs and not self.json and self.chance(0.15) else None
        tag = self.tag(name) or (f"gen/{self.name}/{name}" if base else None)
        if tag:
            lines.append(f'@wire_type("{tag}")')
        lines += [f"@dataclass{'(kw_only=True)' if base or self.chance(0.5) else ''}", f"class {name}{f'({base})' if base else ''}:"]
        if self.chance(0.4):
            lines.append(f'    """A {name}.\n\n    With */ and `more`.\n    """')
        kw_only = "kw_only" in lines[-1] or any("kw_only" in line for line in lines[-3:])
        words = rng.sample(WORDS, rng.randint(0 if base else 1, 7))
        seen_default, written = False, False
        for word in words:
            field_name = f"{word}_{name.lower()}" if base else word
            tp = self.type()
            value = self.default(tp)
            if value is not None and not seen_default and self.chance(0.2):
                value = None
            if value is None and seen_default and not kw_only:
                tp, value = "int", "0"
            seen_default = seen_default or value is not None
            if value is None and not tp.startswith("Optional") and tp not in ("Any", "object"):
                self.required.add(name)
            comment = "  # of the thing" if self.chance(0.1) else ""
            lines.append(f"    {field_name}: {tp}" + (f" = {value}" if value is not None else "") + comment)
            written = True
        if base in self.required:
            self.required.add(name)
        if not written:
            lines.append("    pass")
        lines.append("\n")
        self.structs.append(name)

    def recursive(self) -> None:
        self.lines.append(
            f'''@wire_type("gen/{self.name}/Tree")
@dataclass
class Tree:
    value: str = ""
    left: "Optional[Tree]" = None
    more: "List[Tree]" = field(default_factory=list)
    by_name: "Dict[str, Branch]" = field(default_factory=dict)


@wire_type("gen/{self.name}/Branch")
@dataclass
class Branch:
    tree: "Optional[Tree]" = None
    count: int = 0

'''
        )
        self.structs += ["Tree", "Branch"]

    def service(self) -> None:
        rng, lines = self.rng, self.lines
        session = self.chance(0.3)
        args = [f'name="S{self.name}"', f"version={rng.choice([1, 1, 2])}"]
        if session:
            args.append('scoped="session"')
        if self.json:
            args.append("serialization=SerializationMode.JSON")
        elif self.chance(0.3):
            args.append("serialization=[SerializationMode.XLANG, SerializationMode.JSON]")
        lines += [f"@service({', '.join(args)})", f"class Service{self.name.title()}:"]
        if session:
            lines.append("    def __init__(self, peer=None): ...\n")
        messages = [*self.structs, *rng.sample(["str", "int", "float", "bool"], 1)]
        for i, message in enumerate(messages):
            options = rng.choice(["", "", "(timeout=2.5)", "(idempotent=True)", "(idempotent=True, timeout=30)"])
            lines += [
                f"    @rpc{options}",
                f"    async def echo_{i}_{message.lower()}(self, req: {message}) -> {message}:",
                f'        """Returns the {message}."""',
                "        return req\n",
            ]
        if messages and self.chance(0.4):
            message = messages[0]
            lines += [
                "    @server_stream",
                f"    async def twice(self, req: {message}) -> AsyncIterator[{message}]:",
                "        yield req",
                "        yield req\n",
                "    @bidi_stream",
                f"    async def each(self, reqs: AsyncIterator[{message}]) -> AsyncIterator[{message}]:",
                "        async for req in reqs:",
                "            yield req\n",
            ]

    def text(self) -> str:
        head = ["from __future__ import annotations\n"] if self.chance(0.25) else []
        head += [
            "import datetime",
            "from dataclasses import dataclass, field",
            "from enum import Enum, IntEnum",
            "from typing import Any, AsyncIterator, Dict, List, Optional, Set, Tuple, Union",
            "import pyfory",
            "from aster import SerializationMode, bidi_stream, rpc, server_stream, service, wire_type\n\n",
        ]
        for i in range(self.rng.randint(0, 3)):
            self.enum(f"Kind{i}")
        if self.json:
            self.recursive()
        for i in range(self.rng.randint(1, 5)):
            self.struct(f"{self.rng.choice(['Item', 'Order', 'Node', 'Map'])}{i}")
        self.service()
        return "\n".join([*head, *self.lines])


def make(folder: Path, count: int, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        name = f"m{i:03d}"
        module = Module(name, random.Random(seed * 1_000_003 + i), json=i % 12 == 11)
        (folder / f"{name}.py").write_text(module.text(), encoding="utf-8")


async def serve(folder: Path, names: list[str]) -> None:
    import asyncio
    import importlib
    import json as jsons

    from aster import AsterServer
    from producer import local_config, stay_local

    stay_local()
    sys.path.insert(0, str(folder))
    services = []
    for name in names:
        for cls in vars(importlib.import_module(name)).values():
            info = vars(cls).get("__aster_service_info__") if isinstance(cls, type) else None
            if info is not None and cls.__module__ == name:
                services.append(cls if info.scoped == "session" else cls())
    server = AsterServer(services=services, config=local_config())
    await server.start()
    line = {
        "address": server.endpoint_addr_b64,
        "ticket": server.address,
        "endpoint_id": server.endpoint_id,
        "root_pubkey": None,
        "services": [service.to_json_dict() for service in server.services],
    }
    print(jsons.dumps(line), flush=True)
    server.serve()
    try:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    finally:
        await server.close()


if __name__ == "__main__":
    import warnings

    warnings.filterwarnings("ignore")
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        import asyncio

        asyncio.run(serve(Path(sys.argv[2]), sys.argv[3:]))
