"""Prints a description of Aster services as JSON, for `aster gen`.

    python describe.py MODULE[:CLASS]... | PATH.py[:CLASS]...

MODULE is imported as `python -m` would, from the working folder; without CLASS, every service that it defines is described. The
output is one line of JSON on stdout: {"description": …, "warnings": […], "problems": […]} or {"failure": {"kind": …, "lines": […]}}.
Output of the module itself goes to stderr. Needs Python 3.11 to 3.13 and aster-rpc; changes nothing.
"""
import ast
import base64
import collections.abc
import dataclasses
import datetime
import enum
import importlib
import importlib.util
import inspect
import io
import json
import math
import os
import sys
import textwrap
import tokenize
import traceback
import types
import typing

# Output of the module must not mix with the JSON: from here on, stdout is stderr, for child processes too.
RESULT = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
sys.stdout.flush()
os.dup2(2, 1)
sys.stdout = sys.stderr

STREAMS = (
    collections.abc.AsyncIterator,
    collections.abc.AsyncIterable,
    collections.abc.AsyncGenerator,
    collections.abc.Iterator,
    collections.abc.Iterable,
    collections.abc.Generator,
)
KINDS = {"unary": "unary", "server_stream": "serverStream", "client_stream": "clientStream", "bidi_stream": "bidiStream"}
PLAIN = {str: "string", int: "int", float: "float64", bool: "bool", bytes: "bytes"}
TIMES = {datetime.datetime: "timestamp", datetime.date: "date"}
# pyfory declares its number types as type variables.
NUMBERS = {
    "int8": "int8", "int16": "int16", "int32": "int32", "int64": "int64",
    "uint8": "uint8", "uint16": "uint16", "uint32": "uint32", "uint64": "uint64",
    "float32": "float32", "float64": "float64",
    "fixed_int32": "fixedInt32", "fixed_int64": "fixedInt64", "fixed_uint32": "fixedUint32", "fixed_uint64": "fixedUint64",
    "tagged_int64": "taggedInt64", "tagged_uint64": "taggedUint64",
}  # fmt: skip
BARE = (list, dict, set, tuple, object)
NO_VALUE = object()
MAX_SAFE = 2**53 - 1


class Failure(Exception):
    """The reason why nothing can be described, as lines for people."""

    def __init__(self, kind: str, *lines: str):
        super().__init__(*lines)
        self.kind, self.lines = kind, lines


class Unusable(Exception):
    """A type cannot be used; the message has the reason."""


# ── from the command line to classes ─────────────────────────────────────────


def load(spec: str):
    """Returns the module of `module:Class` or `path.py:Class`, and the name of the class, if any."""
    name, _, wanted = spec.rpartition(":") if ":" in spec[2:] else (spec, "", "")
    try:
        if name.endswith(".py"):
            folder, file = os.path.split(os.path.abspath(name))
            if not os.path.exists(name):
                raise Failure("usage", f"{name}: there is no such file")
            sys.path.insert(0, folder)
            name = file.removesuffix(".py")
        module = importlib.import_module(name)
    except Failure:
        raise
    except BaseException as error:  # a module may call sys.exit
        raise Failure("import", *import_error(name, error)) from None
    return module, wanted


def import_error(name: str, error: BaseException) -> list[str]:
    """Returns the traceback as Python prints it, without frames outside of the module."""
    frames = traceback.extract_tb(error.__traceback__)
    # Frames of the user show the place; frames of Python and of packages follow them.
    ours = ("<frozen importlib", __file__, os.path.dirname(importlib.__file__))
    frames = [frame for frame in frames if not frame.filename.startswith(ours)]
    packages = (os.path.dirname(os.path.dirname(importlib.__file__)), sys.prefix)
    frames = [frame for frame in frames if not frame.filename.startswith(packages)] or frames[-1:]
    lines = [f"cannot import {name}"]
    for text in traceback.format_list(frames[-3:]):
        lines.extend(line for line in text.rstrip().split("\n") if line.strip(" ^~"))
    for text in traceback.format_exception_only(type(error), error):
        lines.extend(text.rstrip().split("\n"))
    if isinstance(error, ModuleNotFoundError) and error.name == "aster":
        lines.append(f"aster-rpc is not installed for {sys.executable}; name another Python with --python")
    return lines


def is_service(value: object) -> bool:
    return isinstance(value, type) and "__aster_service_info__" in vars(value)


def services_of(spec: str) -> list[type]:
    module, wanted = load(spec)
    own = [cls for cls in vars(module).values() if is_service(cls) and cls.__module__ == module.__name__]
    own = list(dict.fromkeys(own))
    if not wanted:
        if own:
            return own
        imported = [name for name, cls in vars(module).items() if is_service(cls)]
        hint = f"; it imports {', '.join(imported)}: name one" if imported else ""
        raise Failure("usage", f"{spec}: the module defines no class with @service{hint}")
    value: object = module
    for part in wanted.split("."):
        value = getattr(value, part, None)
    if is_service(value):
        return [value]
    known = ", ".join(cls.__qualname__ for cls in own) or "none"
    what = "has no such name" if value is None else "is no class with @service"
    raise Failure("usage", f"{spec}: {wanted} {what}; services of {module.__name__}: {known}")


# ── docs and comments ────────────────────────────────────────────────────────


def clean(text: str) -> str:
    """Returns a docstring without its indent."""
    return inspect.cleandoc(text).strip()


def doc_of(cls: type) -> str | None:
    text = vars(cls).get("__doc__")
    if not isinstance(text, str) or not text.strip():
        return None
    # dataclasses and old enums generate a docstring.
    if dataclasses.is_dataclass(cls):
        try:
            if text == cls.__name__ + str(inspect.signature(cls)).replace(" -> None", ""):
                return None
        except (TypeError, ValueError):
            pass
    return None if text == "An enumeration." else clean(text)


NOISE = ("type:", "noqa", "pylint:", "pragma", "fmt:", "mypy:", "pyright:", "ruff:", "isort:", "!", "TODO", "FIXME", "XXX")


def comment_text(token: str) -> str | None:
    text = token.lstrip("#").lstrip(":").strip()
    is_noise = not text or text.startswith(NOISE) or not any(c.isalnum() for c in text) or text[0] in "-=─━*"
    return None if is_noise else text


def member_docs(cls: type) -> dict[str, str]:
    """Returns the comments of the members of a class: a string below, a comment on the line, or comments right above."""
    try:
        source = textwrap.dedent(inspect.getsource(cls))
        body = ast.parse(source).body[0].body
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (OSError, TypeError, SyntaxError, IndexError, AttributeError, tokenize.TokenError):
        return {}
    comments = {t.start[0]: (t.string, t.line.strip().startswith("#")) for t in tokens if t.type == tokenize.COMMENT}
    docs: dict[str, str] = {}
    for node, following in zip(body, [*body[1:], None]):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
        else:
            continue
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            if isinstance(following.value.value, str):
                docs[name] = clean(following.value.value)
                continue
        trailing = comments.get(node.end_lineno)
        if trailing and not trailing[1]:
            text = comment_text(trailing[0])
            if text:
                docs[name] = text
                continue
        above: list[str] = []
        line = node.lineno - 1
        while line in comments and comments[line][1]:
            above.insert(0, comments[line][0])
            line -= 1
        texts = [text for text in map(comment_text, above) if text]
        if texts:
            docs[name] = "\n".join(texts)
    return docs


# ── types ────────────────────────────────────────────────────────────────────


def show(tp: object) -> str:
    if isinstance(tp, type) and not typing.get_args(tp):
        return tp.__qualname__
    return str(tp).replace("typing.", "").replace("collections.abc.", "")


def full_name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def hints_of(cls: type) -> dict[str, object]:
    try:
        return typing.get_type_hints(cls, include_extras=True)
    except Exception as error:
        raise Unusable(f"its annotations cannot be resolved: {type(error).__name__}: {error}") from None


class Writer:
    """Gathers the types of services."""

    def __init__(self) -> None:
        self.types: list[dict] = []
        self.by_class: dict[type, dict] = {}
        self.names: set[str] = set()
        self.warnings: list[str] = []
        self.problems: list[str] = []
        self.service = ""
        # Whether the current service uses XLANG, which has fewer types than JSON.
        self.xlang = True
        self.reported: set[str] = set()

    def name_of(self, cls: type) -> str:
        outer, module = cls.__qualname__.replace("<locals>", "").split("."), cls.__module__.split(".")
        candidates = [outer[-1]]
        for i in range(len(outer) - 2, -1, -1):
            candidates.append("".join(part[:1].upper() + part[1:] for part in outer[i:]))
        for i in range(len(module) - 1, -1, -1):
            candidates.append("".join(p[:1].upper() + p[1:] for part in [*module[i:], *outer] for p in part.split("_")))
        count = 2
        while candidates and candidates[0] in self.names:
            candidates.pop(0)
            if not candidates:
                candidates, count = [f"{outer[-1]}{count}"], count + 1
        self.names.add(candidates[0])
        return candidates[0]

    def problem(self, text: str) -> None:
        if text not in self.reported:
            self.reported.add(text)
            self.problems.append(text)

    def tag_of(self, cls: type) -> str:
        namespace, name = getattr(cls, "__fory_namespace__", None), getattr(cls, "__fory_typename__", None)
        if name is None:
            # pyfory knows such a class by its module and name.
            namespace, name = cls.__module__, cls.__qualname__
        return f"{namespace}/{name}" if namespace else name

    # From annotations to type descriptions.

    def type(self, tp: object, place: str = "") -> dict:
        """Returns the description of a type. `place` is empty for a message, otherwise `field`, `part` (of a container) or `key`."""
        if tp is None or tp is type(None):
            return {"kind": "any"}
        if isinstance(tp, str):
            raise Unusable(f"the type {tp!r} cannot be resolved")
        if isinstance(tp, typing.TypeVar):
            module = sys.modules.get("pyfory")
            if tp.__name__ in NUMBERS and module is not None and getattr(module, tp.__name__, None) is tp:
                # Python's contract ids have names for its own int and float alone.
                named = tp.__name__ in ("int64", "float64", "fixed_int64", "tagged_int64")
                return {"kind": NUMBERS[tp.__name__], **({"pythonAny": True} if named else {})}
            if module is not None and (tp.__name__.endswith("_array") or "NDArray" in tp.__name__):
                raise Unusable(f"{tp.__name__} has no type in TypeScript; write List[…] of the number")
            return {"kind": "any"}
        if isinstance(tp, typing.NewType) or tp is typing.Any:
            return {"kind": "any"}
        origin, args = typing.get_origin(tp), typing.get_args(tp)
        if origin is typing.Annotated:
            if place == "field" and self.optional_of(args[0]) is not None and self.xlang:
                raise Unusable(f"None cannot be sent as {show(tp)}: write Optional[Annotated[…]] instead")
            return self.type(args[0], place)
        if origin is typing.Union or origin is types.UnionType:
            return self.union(tp, args, place)
        if tp in PLAIN:
            return {"kind": PLAIN[tp]}
        if tp in TIMES:
            if not self.xlang:
                raise Unusable(f"a {tp.__name__} is not JSON serializable, and the service has no other format")
            return {"kind": TIMES[tp]}
        if tp in BARE or tp in (typing.List, typing.Dict, typing.Set, typing.Tuple):
            return {"kind": "any"}
        if origin is list:
            return {"kind": "list", "element": self.type(args[0], "part")}
        if origin is set:
            self.hashable(args[0], "element of a set")
            return {"kind": "set", "element": self.type(args[0], "key")}
        if origin is dict:
            self.hashable(args[0], "key of a dict")
            value = self.type(args[1], "part")
            if args[0] is str:
                return {"kind": "record", "value": value}
            return {"kind": "map", "key": self.type(args[0], "key"), "value": value}
        if origin is tuple:
            parts = [arg for arg in args if arg is not Ellipsis]
            same = len(parts) > 0 and all(part == parts[0] for part in parts)
            described = [self.type(part, "part") for part in parts]
            # In Python's contract ids, a tuple is `any`.
            return {"kind": "list", "element": described[0] if same else {"kind": "any"}, "pythonAny": True}
        if origin is not None:
            if dataclasses.is_dataclass(origin):
                raise Unusable(f"{show(tp)} cannot be sent: pyfory has no generic classes with arguments; write a class for each")
            raise Unusable(f"{show(tp)} cannot be sent: pyfory has list, set, dict and tuple alone")
        if isinstance(tp, type):
            return self.class_type(tp)
        raise Unusable(f"{show(tp)} cannot be sent")

    def optional_of(self, tp: object) -> object | None:
        args = typing.get_args(tp)
        is_union = typing.get_origin(tp) in (typing.Union, types.UnionType)
        if not is_union or type(None) not in args:
            return None
        return typing.Union[tuple(arg for arg in args if arg is not type(None))]

    def union(self, tp: object, args: tuple, place: str) -> dict:
        inner = self.optional_of(tp)
        if self.xlang and self.is_pep604(tp):
            better = f"Optional[{show(inner)}]" if inner is not None else f"Union[{', '.join(map(show, args))}]"
            raise Unusable(f"{show(tp)} cannot be sent: pyfory does not know the operator |; write {better}")
        if inner is not None:
            described = self.type(inner, place)
            if described["kind"] == "optional":
                return described
            optional = {"kind": "optional", "inner": described}
            # Python's contract ids have a name for `Optional` of one type alone; other unions are `any`.
            named = len(args) == 2 and not self.is_pep604(tp)
            return optional if named else {**optional, "pythonAny": True}
        return {"kind": "any", "of": [self.type(arg, "part") for arg in args]}

    def is_pep604(self, tp: object) -> bool:
        return isinstance(tp, types.UnionType)

    def hashable(self, tp: object, what: str) -> None:
        if isinstance(tp, type) and dataclasses.is_dataclass(tp):
            raise Unusable(f"the class {tp.__name__} as the {what}: JavaScript has no keys that are compared by value; send a list")
        if typing.get_origin(tp) in (list, set, dict, tuple) or tp in (list, set, dict, tuple):
            raise Unusable(f"{show(tp)} as the {what}: use a list instead")

    def class_type(self, cls: type) -> dict:
        if issubclass(cls, enum.Enum):
            return {"kind": "enum", "name": self.enum(cls)["name"]}
        if dataclasses.is_dataclass(cls):
            return {"kind": "struct", "name": self.struct(cls)["name"]}
        if typing.is_typeddict(cls):
            return {"kind": "any"}
        if cls.__module__ == "array" and cls.__name__ == "array":
            return {"kind": "any"}
        if getattr(cls, "__wire_type__", None) is not None:
            raise Unusable(f"{cls.__qualname__} has a @wire_type and is no dataclass; add @dataclass")
        raise Unusable(f"{cls.__qualname__} cannot be sent: it is no dataclass, no enum, and no type of pyfory")

    def enum(self, cls: type) -> dict:
        known = self.by_class.get(cls)
        if known is not None:
            return known
        members = list(cls)
        if not members:
            raise Unusable(f"the enum {cls.__qualname__} has no members")
        values = [member.value for member in members]
        if self.xlang is False and not issubclass(cls, (int, str)):
            self.warnings.append(f"enum {cls.__qualname__}: JSON messages have no members of a plain Enum; derive it from str or int")
        ok = all(
            isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_SAFE)
            for value in values
        )
        docs = member_docs(cls)
        described: dict = {
            "kind": "enum",
            "name": self.name_of(cls),
            "tag": self.tag_of(cls),
            # The name replaces a value that is neither a string nor a number: XLANG messages contain the index alone.
            "members": [
                drop({"name": m.name, "value": m.value if ok else m.name, "doc": docs.get(m.name)}) for m in members
            ],
            "base": "int" if issubclass(cls, int) else "string" if issubclass(cls, str) else "enum",
            "doc": doc_of(cls),
            "pythonName": full_name(cls),
        }
        self.by_class[cls] = described
        self.types.append(drop(described))
        return described

    def struct(self, cls: type) -> dict:
        known = self.by_class.get(cls)
        if known is not None:
            return known
        described: dict = {
            "kind": "struct",
            "name": self.name_of(cls),
            "tag": self.tag_of(cls),
            "fields": [],
            "pythonName": full_name(cls),
        }
        # Added before its fields are described, since the class may contain itself.
        self.by_class[cls] = described
        if getattr(cls, "__wire_type__", None) is None:
            # @service sets tags on the types of services in XLANG alone.
            self.problem(f"{self.service}: {cls.__qualname__}: it has no @wire_type, and aster-rpc serves no type without one")
        try:
            hints = hints_of(cls)
        except Unusable as error:
            self.problem(f"{self.service}: {cls.__qualname__}: {error}")
            hints = {}
        if cls.__dataclass_params__.frozen and "__slots__" in vars(cls):
            self.warnings.append(f"{cls.__qualname__}: aster-rpc sends a frozen dataclass with slots, and cannot read one")
        docs: dict[str, str] = {}
        for base in reversed(cls.__mro__):
            if dataclasses.is_dataclass(base):
                docs.update(member_docs(base))
        defaults: dict[str, object] = {}
        required = False
        for field in dataclasses.fields(cls):
            if field.name not in hints:
                continue
            fory = field.metadata.get("__fory__") if field.metadata else None
            if getattr(fory, "ignore", False):
                continue
            place = f"{self.service}: {cls.__qualname__}.{field.name}"
            try:
                if fory is not None and (getattr(fory, "id", -1) >= 0 or getattr(fory, "ref", False)):
                    raise Unusable("pyfory.field with id or ref changes the format; leave them out")
                tp = self.type(hints[field.name], "field")
                if getattr(fory, "nullable", False) and tp["kind"] != "optional":
                    tp = {"kind": "optional", "inner": tp}
            except Unusable as error:
                self.problem(f"{place}: {error}")
                continue
            entry = {"wireName": field.name, "type": tp, "doc": docs.get(field.name)}
            described["fields"].append(entry)
            value = default_of(field)
            if value is NO_VALUE:
                required = required or tp["kind"] not in ("optional", "any")
                continue
            try:
                encoded = self.to_json(tp, value)
            except ValueError:
                if value is None:
                    self.warnings.append(
                        f"{cls.__qualname__}.{field.name}: its default None does not fit its type; make the type Optional, or a message with None cannot be read"
                    )
                else:
                    self.warnings.append(f"{cls.__qualname__}.{field.name}: its default cannot be written in TypeScript; give it a value")
                required = required or tp["kind"] not in ("optional", "any")
                continue
            defaults[field.name] = encoded
        described["required"] = True if required else None
        for entry in described["fields"]:
            name = entry["wireName"]
            if name not in defaults:
                continue
            kind = entry["type"]["kind"]
            if kind in ("optional", "any"):
                if defaults[name] is not None:
                    entry["default"] = defaults[name]
            elif required or defaults[name] != self.zero(entry["type"], ()):
                entry["default"] = defaults[name]
        described["fields"] = [drop(entry) for entry in described["fields"]]
        described["doc"] = doc_of(cls)
        self.types.append(drop(described))
        return described

    # From defaults to the JSON of the description.

    def to_json(self, tp: dict, value: object) -> object:
        """Returns a value in the JSON of the description. Raises ValueError if it is not of the type or has no form in JSON."""
        kind = tp["kind"]
        if kind == "any":
            return any_json(value)
        if kind == "optional":
            return None if value is None else self.to_json(tp["inner"], value)
        if kind in ("list", "set"):
            if not isinstance(value, (list, tuple, set, frozenset)):
                raise ValueError
            items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
            return [self.to_json(tp["element"], item) for item in items]
        if kind in ("record", "map"):
            if not isinstance(value, dict):
                raise ValueError
            key = tp.get("key", {"kind": "string"})
            return [[self.to_json(key, k), self.to_json(tp["value"], v)] for k, v in value.items()]
        if kind in ("struct", "enum"):
            described = self.by_class.get(type(value))
            if described is None or described["name"] != tp["name"]:
                raise ValueError
            if kind == "enum":
                return value.name
            return {f["wireName"]: self.to_json(f["type"], getattr(value, f["wireName"])) for f in described["fields"]}
        if kind == "bytes" and isinstance(value, (bytes, bytearray)):
            return base64.b64encode(value).decode()
        if kind == "timestamp" and isinstance(value, datetime.datetime):
            moment = value.astimezone(datetime.timezone.utc)
            return moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + (f".{moment.microsecond:06d}" if moment.microsecond else "") + "Z"
        if kind == "date" and isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value.isoformat()
        if kind == "string" and isinstance(value, str):
            return str(value)
        if kind == "bool" and isinstance(value, (bool, int)):
            return bool(value)
        if kind in ("float32", "float64") and isinstance(value, (int, float)):
            return float_json(float(value))
        if "int" in kind.lower() and isinstance(value, int):
            number = int(value)
            if kind == "int" and abs(number) > MAX_SAFE:
                raise ValueError
            return number if abs(number) <= MAX_SAFE else str(number)
        raise ValueError

    def zero(self, tp: dict, open_: tuple) -> object:
        """Returns the value that TypeScript assumes for a field that is left out, or NO_VALUE if the field must be given."""
        kind = tp["kind"]
        if kind in ("optional", "any"):
            return None
        if kind in ("list", "set", "record", "map"):
            return []
        if kind == "enum":
            return self.named(tp["name"])["members"][0]["name"]
        if kind == "struct":
            described = self.named(tp["name"])
            if tp["name"] in open_ or described.get("required"):
                return NO_VALUE
            zeros = {}
            for field in described["fields"]:
                inner = self.zero(field["type"], (*open_, tp["name"]))
                zeros[field["wireName"]] = field.get("default", inner)
            return zeros
        return {"string": "", "bool": False, "bytes": "", "timestamp": "1970-01-01T00:00:00Z", "date": "1970-01-01"}.get(kind, 0)

    def named(self, name: str) -> dict:
        return next(one for one in self.by_class.values() if one["name"] == name)


def drop(entry: dict) -> dict:
    return {key: value for key, value in entry.items() if value is not None}


def float_json(value: float) -> object:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else 0
    return int(value) if value.is_integer() and abs(value) <= MAX_SAFE else value


def any_json(value: object) -> object:
    if value is None or isinstance(value, (str, bool)) and type(value) in (str, bool):
        return value
    if type(value) is int and abs(value) <= MAX_SAFE:
        return value
    # Without this, a whole number would become an int.
    if type(value) is float and not value.is_integer() and math.isfinite(value):
        return value
    if type(value) in (list, tuple):
        return [any_json(item) for item in value]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: any_json(item) for key, item in value.items()}
    raise ValueError


def default_of(field: dataclasses.Field) -> object:
    """Returns the default of a field, or NO_VALUE if it has none or each call makes another."""
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is dataclasses.MISSING:
        return NO_VALUE
    try:
        first, second = field.default_factory(), field.default_factory()
        # A function that returns a day or a moment returns that of the call.
        if isinstance(first, datetime.date) or repr(first) != repr(second):
            return NO_VALUE
        return first
    except Exception:
        return NO_VALUE


# ── services ─────────────────────────────────────────────────────────────────


def requirement(value: object) -> dict | None:
    if value is None:
        return None
    if isinstance(value, str):
        return {"kind": "role", "roles": [str(getattr(value, "value", value))]}
    kind = {"ROLE": "role", "ANY_OF": "anyOf", "ALL_OF": "allOf"}[value.kind.name]
    roles = [str(getattr(role, "value", role)) for role in value.roles]
    # A rule without roles allows every caller.
    return {"kind": kind, "roles": roles} if roles else None


def message_type(writer: Writer, function: object, declared: object, is_response: bool) -> dict:
    """Returns the type of a request or response. If an annotation is a string, the class knows the real type."""
    if isinstance(declared, str) or declared is None:
        try:
            hints = typing.get_type_hints(function, include_extras=True)
        except Exception as error:
            raise Unusable(f"its annotations cannot be resolved: {type(error).__name__}: {error}") from None
        names = [name for name in hints if name != "return"]
        declared = hints.get("return") if is_response else hints.get(names[0]) if names else None
        if declared is None:
            raise Unusable(f"the {'response' if is_response else 'request'} has no annotation")
        if typing.get_origin(declared) in STREAMS:
            declared = typing.get_args(declared)[0]
    return writer.type(declared)


def is_postponed(cls: type) -> bool:
    import __future__

    return vars(sys.modules[cls.__module__]).get("annotations") is __future__.annotations


def describe_service(writer: Writer, cls: type, constants: set[str]) -> dict:
    info = vars(cls)["__aster_service_info__"]
    writer.service = cls.__qualname__
    modes = [mode.name.lower() for mode in info.serialization_modes]
    writer.xlang = any(mode != "json" for mode in modes)
    if not 1 <= info.version <= 2**31 - 1:
        writer.problem(f"{cls.__qualname__}: version {info.version}: versions of TypeScript are from 1")
    methods = []
    for method in info.methods.values():
        function = inspect.unwrap(getattr(cls, method.name, None) or vars(cls).get(method.name))
        entry = {"wireName": method.name, "kind": KINDS[method.pattern]}
        try:
            entry["request"] = message_type(writer, function, method.request_type, False)
            entry["response"] = message_type(writer, function, method.response_type, True)
        except Unusable as error:
            writer.problem(f"{cls.__qualname__}.{method.name}: {error}")
            continue
        entry["idempotent"] = True if method.idempotent else None
        entry["timeoutMs"] = milliseconds(method.timeout)
        entry["requires"] = requirement(method.requires)
        entry["doc"] = clean(function.__doc__) if function.__doc__ else None
        methods.append((getattr(getattr(function, "__code__", None), "co_firstlineno", 0), drop(entry)))
    # aster-rpc sorts methods by name; generated code keeps the order in which they were written.
    methods.sort(key=lambda pair: pair[0])
    return drop(
        {
            "name": info.name,
            "constant": constant_of(cls, constants | writer.names),
            "version": max(info.version, 1),
            "scope": "session" if info.scoped != "shared" else "shared",
            "serializationModes": modes,
            "methods": [entry for _, entry in methods],
            "requires": requirement(info.requires),
            "doc": doc_of(cls),
            "contractId": contract_id(cls),
            "pythonName": full_name(cls),
            "postponedAnnotations": True if is_postponed(cls) else None,
        }
    )


def milliseconds(seconds: float | None) -> float | int | None:
    if not seconds or seconds <= 0:
        return None
    value = round(seconds * 1000, 6)
    return int(value) if value == int(value) else value


def constant_of(cls: type, taken: set[str]) -> str:
    name, count = cls.__name__, 2
    if name in taken and f"{name}Service" not in taken:
        name = f"{name}Service"
    while name in taken:
        name, count = f"{cls.__name__}{count}", count + 1
    return name


def contract_id(cls: type) -> str | None:
    try:
        from aster.contract import contract_id_from_service

        return contract_id_from_service(cls)
    except Exception:
        return None


def one_tag_each(writer: Writer) -> None:
    """Adds a problem for two classes with the same tag: a subclass without a tag inherits that of its base."""
    by_tag: dict[str, type] = {}
    for cls, described in writer.by_class.items():
        other = by_tag.setdefault(described["tag"], cls)
        if other is not cls:
            writer.problem(
                f"{full_name(other)} and {full_name(cls)} are both {described['tag']!r} on the wire; give each a @wire_type of its own"
            )


def describe(specs: list[str]) -> dict:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        version = "%d.%d" % sys.version_info[:2]
        raise Failure("python", f"{sys.executable} is Python {version}, and aster-rpc needs 3.11 to 3.13; name another with --python")
    sys.path[0] = os.getcwd()
    classes = list(dict.fromkeys(cls for spec in specs for cls in services_of(spec)))
    writer = Writer()
    services = []
    constants: set[str] = set()
    for cls in classes:
        # Types get their names first; if a service has the name of a type, the service is renamed.
        described = describe_service(writer, cls, constants)
        constants.add(described["constant"])
        services.append((cls, described))
    one_tag_each(writer)
    taken: set[str] = set()
    for cls, described in services:
        described["constant"] = constant_of(cls, taken | writer.names)
        taken.add(described["constant"])
    description = {
        "asterDescription": 1,
        "source": " ".join(specs),
        "services": [described for _, described in services],
        "types": writer.types,
    }
    return {"description": description, "warnings": writer.warnings, "problems": writer.problems}


def main() -> None:
    try:
        result = describe(sys.argv[1:])
    except Failure as failure:
        result = {"failure": {"kind": failure.kind, "lines": list(failure.lines)}}
    # UTF-8 has no lone surrogates, which stay escapes.
    RESULT.write(json.dumps(result) + "\n")
    RESULT.flush()
    sys.stdout.flush()
    # Threads that the module started must not keep the process alive.
    os._exit(0)


main()
