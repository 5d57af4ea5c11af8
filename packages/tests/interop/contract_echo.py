"""Services that return what they get, for every type of the contract vectors that Python can send."""
from aster import SerializationMode, rpc, service

import contract_services as c
import contract_services_future as f


def echo(cls: type, name: str):
    async def method(self, req):
        return req

    method.__name__ = name
    method.__annotations__ = {"req": cls, "return": cls}
    return rpc(method)


def echo_service(name: str, classes: list, **options) -> type:
    members = {f"echo_{i}": echo(cls, f"echo_{i}") for i, cls in enumerate(classes)}
    return service(name=name, version=1, **options)(type(name, (), {**members, "__module__": __name__}))


EchoXlang = echo_service(
    "EchoXlang",
    [
        *[c.Item, c.ItemQuery, c.Nothing, c.Point, c.Leaf, c.Branch, c.Root, c.NoSlash, c.DeepTag, c.Untagged, c.Child],
        *[c.Wide, f.Ask, f.Answer, f.Both, str, int, float, bool, bytes],
    ],
)
# 0.1.2 sends what contains itself in JSON alone.
EchoJson = echo_service(
    "EchoJson",
    [c.Node, c.Ping, c.Pong, c.CycleA, c.CycleB, c.CycleC, c.CycleD, c.Outer],
    serialization=SerializationMode.JSON,
)
