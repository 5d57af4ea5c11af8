"""The services of the contract vectors (`packages/contract/fixtures/contract-ids.json`). No `from __future__ import annotations` here: see contract_services_future.py."""
import enum
from dataclasses import dataclass, field
from typing import Any, AsyncIterator, Dict, List, Optional, Set, Union

from aster import any_of, bidi_stream, client_stream, rpc, server_stream, service, wire_type
from aster.rpc_types import SerializationMode as Mode


@wire_type("shop/Item")
@dataclass
class Item:
    sku: str = ""
    price: float = 0.0
    stock: int = 0
    active: bool = False
    image: bytes = b""


@wire_type("shop/ItemQuery")
@dataclass
class ItemQuery:
    sku: str = ""


@wire_type("shop/Nothing")
@dataclass
class Nothing:
    pass


@service(name="Empty", version=1)
class Empty:
    pass


@service(name="Shop", version=1)
class Shop:
    @rpc
    async def find(self, req: ItemQuery) -> Item: ...


@service(name="Shop", version=2)
class ShopV2:
    @rpc
    async def find(self, req: ItemQuery) -> Item: ...


@service(name="Patterns", version=1)
class Patterns:
    @rpc
    async def one(self, req: ItemQuery) -> Item: ...

    @server_stream
    async def many_out(self, req: ItemQuery) -> AsyncIterator[Item]:
        yield Item()

    @client_stream
    async def many_in(self, reqs: AsyncIterator[Item]) -> Nothing: ...

    @bidi_stream
    async def both(self, reqs: AsyncIterator[Item]) -> AsyncIterator[ItemQuery]:
        yield ItemQuery()


@service(name="Cart", version=3, scoped="session", serialization=[Mode.XLANG, Mode.JSON])
class Cart:
    def __init__(self, peer=None): ...

    @rpc
    async def add(self, req: Item) -> Nothing: ...

    @server_stream
    async def items(self, req: Nothing) -> AsyncIterator[Item]:
        yield Item()


@service(name="Timed", version=1)
class Timed:
    @rpc(timeout=30.0, idempotent=True)
    async def slow(self, req: ItemQuery) -> Item: ...

    @rpc(timeout=1)
    async def whole_number(self, req: ItemQuery) -> Item: ...

    @rpc(timeout=0.1)
    async def tenth(self, req: ItemQuery) -> Item: ...

    @server_stream(timeout=2.5)
    async def stream_with_timeout(self, req: ItemQuery) -> AsyncIterator[Item]:
        yield Item()

    @client_stream(idempotent=True)
    async def upload(self, reqs: AsyncIterator[Item]) -> Nothing: ...


@service(name="Ordering", version=1)
class Ordering:
    """Declared in no order; written by code point of the name."""

    @rpc
    async def zeta(self, req: Nothing) -> Nothing: ...

    @rpc
    async def Alpha(self, req: Nothing) -> Nothing: ...

    @rpc
    async def alpha(self, req: Nothing) -> Nothing: ...

    @rpc
    async def alpha2(self, req: Nothing) -> Nothing: ...

    @rpc
    async def alpha10(self, req: Nothing) -> Nothing: ...

    @rpc
    async def alpha_b(self, req: Nothing) -> Nothing: ...

    @rpc
    async def öffnen(self, req: Nothing) -> Nothing: ...

    @rpc
    async def 読む(self, req: Nothing) -> Nothing: ...


class Colour(enum.IntEnum):
    RED = 0
    BLUE = 5


@wire_type("kit/Point")
@dataclass(frozen=True)
class Point:
    x: int = 0
    y: int = 0


@wire_type("kit/Fields")
@dataclass
class Fields:
    text: str = ""
    count: int = 0
    ratio: float = 0.0
    flag: bool = False
    blob: bytes = b""
    maybe_text: Optional[str] = None
    maybe_count: Optional[int] = None
    point: Point = field(default_factory=Point)
    maybe_point: Optional[Point] = None
    tags: List[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    points: List[Point] = field(default_factory=list)
    maybe_tags: Optional[List[str]] = None
    unique: Set[int] = field(default_factory=set)
    frozen: frozenset[str] = frozenset()
    labels: Dict[str, str] = field(default_factory=dict)
    by_id: dict[int, str] = field(default_factory=dict)
    places: Dict[str, Point] = field(default_factory=dict)
    names: Dict[Point, str] = field(default_factory=dict)
    maybe_labels: Optional[Dict[str, int]] = None


@service(name="Kit", version=1)
class Kit:
    @rpc
    async def echo(self, req: Fields) -> Fields: ...


@wire_type("kit/Loose")
@dataclass
class Loose:
    """Field types that 0.1.2 cannot name: each becomes ANY."""
    matrix: List[List[int]] = field(default_factory=list)
    groups: Dict[str, List[str]] = field(default_factory=dict)
    holes: List[Optional[int]] = field(default_factory=list)
    colour: Colour = Colour.RED
    anything: Any = None
    bare_list: list = field(default_factory=list)
    bare_dict: dict = field(default_factory=dict)
    pair: Optional[Union[int, str]] = None
    pep604: "int | None" = None
    deep_points: List[List[Point]] = field(default_factory=list)
    pair_of: tuple[int, str] = (0, "")


@service(name="LooseKit", version=1)
class LooseKit:
    @rpc
    async def echo(self, req: Loose) -> Loose: ...


@wire_type("tree/Leaf")
@dataclass
class Leaf:
    value: int = 0


@wire_type("tree/Branch")
@dataclass
class Branch:
    left: Leaf = field(default_factory=Leaf)
    right: Leaf = field(default_factory=Leaf)
    more: List[Leaf] = field(default_factory=list)


@wire_type("tree/Root")
@dataclass
class Root:
    branches: Dict[str, Branch] = field(default_factory=dict)
    best: Optional[Branch] = None
    leaf: Leaf = field(default_factory=Leaf)


@service(name="Tree", version=1)
class Tree:
    @rpc
    async def grow(self, req: Leaf) -> Root: ...

    @rpc
    async def prune(self, req: Root) -> Branch: ...


@wire_type("NoSlash")
@dataclass
class NoSlash:
    a: str = ""


@wire_type("deep/er/Tag")
@dataclass
class DeepTag:
    a: str = ""


@dataclass
class Untagged:
    a: str = ""


@wire_type("inherit/Base")
@dataclass
class Base:
    a: str = ""


@dataclass
class Child(Base):
    b: int = 0


@service(name="Tags", version=1)
class Tags:
    @rpc
    async def no_slash(self, req: NoSlash) -> DeepTag: ...

    @rpc
    async def untagged(self, req: Untagged) -> Nothing: ...

    @rpc
    async def child_has_the_tag_of_its_base(self, req: Child) -> Nothing: ...


@service(name="Primitives", version=1)
class Primitives:
    @rpc
    async def length(self, req: str) -> int: ...

    @rpc
    async def negate(self, req: bool) -> bool: ...

    @rpc
    async def half(self, req: float) -> float: ...

    @rpc
    async def reverse(self, req: bytes) -> bytes: ...

    @rpc
    async def generic_is_unknown(self, req: List[int]) -> Nothing: ...


# 0.1.2 cannot declare a recursive type in an XLANG service: the decorator recurses without end. In JSON mode it can.

@wire_type("rec/Node")
@dataclass
class Node:
    value: str = ""
    next: "Optional[Node]" = None
    children: "List[Node]" = field(default_factory=list)
    by_name: "Dict[str, Node]" = field(default_factory=dict)
    leaf: Leaf = field(default_factory=Leaf)


@service(name="Recursive", version=1, serialization=Mode.JSON)
class Recursive:
    @rpc
    async def walk(self, req: Node) -> Node: ...


@wire_type("rec/Ping")
@dataclass
class Ping:
    pong: "Optional[Pong]" = None


@wire_type("rec/Pong")
@dataclass
class Pong:
    ping: "Optional[Ping]" = None
    leaf: Optional[Leaf] = None


@service(name="Mutual", version=1, serialization=Mode.JSON)
class Mutual:
    @rpc
    async def hit(self, req: Ping) -> Pong: ...


@wire_type("rec/A")
@dataclass
class CycleA:
    b: "Optional[CycleB]" = None
    c: "List[CycleC]" = field(default_factory=list)


@wire_type("rec/B")
@dataclass
class CycleB:
    c: "Optional[CycleC]" = None
    d: "Optional[CycleD]" = None


@wire_type("rec/C")
@dataclass
class CycleC:
    a: "Optional[CycleA]" = None
    same: "Optional[CycleC]" = None


@wire_type("rec/D")
@dataclass
class CycleD:
    a: "Dict[str, CycleA]" = field(default_factory=dict)
    leaf: Leaf = field(default_factory=Leaf)


@wire_type("rec/Outer")
@dataclass
class Outer:
    start: CycleD = field(default_factory=CycleD)
    node: Optional[Node] = None


@service(name="Cycles", version=1, serialization=Mode.JSON)
class Cycles:
    @rpc
    async def turn(self, req: Outer) -> CycleB: ...


@service(name="Guarded", version=1)
class Open:
    @rpc
    async def find(self, req: ItemQuery) -> Item: ...


@service(name="Guarded", version=1, requires=any_of("admin", "ops"), public=True, max_concurrent_streams=3)
class Guarded:
    """Docs, capabilities and the rest leave no trace."""

    @rpc(requires=any_of("x"), name="other_name")
    async def find(self, req: ItemQuery) -> Item:
        """Finds."""


@service(name="caf\u00e9", version=1)
class Composed:
    @rpc
    async def find(self, req: ItemQuery) -> Item: ...


@service(name="cafe\u0301", version=1)
class Decomposed:
    @rpc
    async def find(self, req: ItemQuery) -> Item: ...


@wire_type("ünï/日本")
@dataclass
class Names:
    größe: int = 0
    名前: str = ""


@service(name="Ünï", version=0)
class Unicode:
    @rpc
    async def tausche(self, req: Names) -> Names: ...


@service(name="Max", version=2147483647)
class Max:
    @rpc
    async def find(self, req: ItemQuery) -> Item: ...


@service(name="Negative", version=-1)
class Negative:
    @rpc
    async def find(self, req: ItemQuery) -> Item: ...


Wide = wire_type("big/" + "Wide" * 40)(dataclass(type("Wide", (), {
    "__annotations__": {f"field_number_{i:03d}": [str, int, float, bool, bytes, Optional[Item], List[Item], Dict[str, Item]][i % 8] for i in range(150)},
    **{f"field_number_{i:03d}": ["", 0, 0.0, False, b"", None, field(default_factory=list), field(default_factory=dict)][i % 8] for i in range(150)}, "__module__": __name__})))


def _many(n: int) -> type:
    members: dict = {"__module__": __name__}
    for i in range(n):
        async def call(self, req: Wide) -> Item: ...
        call.__name__ = f"method_number_{i}"
        members[call.__name__] = rpc(timeout=i / 8, idempotent=i % 3 == 0)(call)
    return service(name="Big", version=1)(type("Big", (), members))


Big = _many(45)

ALL = [Empty, Shop, ShopV2, Patterns, Cart, Timed, Ordering, Kit, LooseKit, Tree, Tags, Primitives, Recursive, Mutual, Cycles, Open, Guarded, Composed, Decomposed, Unicode, Max, Negative, Big]
