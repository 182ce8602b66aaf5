"""Describes every fault from the table itself, so that the description cannot go stale."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from okxmm_tui.exchange.faults.kinds import FAULTS
from okxmm_tui.exchange.faults.when import Fault

Row = dict[str, Any]
SCOPES = frozenset({"instId", "socket", "channel", "kind", "direction", "op", "via", "path"})
"""Parameters that say what a fault meets."""

_TYPES = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "decimal": "decimal text",
    "bool": "true/false",
}


def describe() -> list[Row]:
    """Return every fault: name, what it does, and its own parameters."""
    return [
        {"fault": name, "does": inspect.getdoc(kind) or "", "params": parameters(kind)}
        for name, kind in FAULTS.items()
    ]


def common_parameters() -> list[Row]:
    """Return the parameters every fault takes."""
    return _fields(Fault)


def parameters(kind: type[Fault]) -> list[Row]:
    """Return a fault's own parameters, and those whose default it changes."""
    common = {one["name"]: one["default"] for one in _fields(Fault)}
    return [one for one in _fields(kind) if common.get(one["name"], "own") != one["default"]]


def _fields(kind: type[Fault]) -> list[Row]:
    info = msgspec.inspect.type_info(kind)
    if not isinstance(info, msgspec.inspect.StructType):
        raise TypeError(f"{kind} is no Struct.")
    rows: list[Row] = []
    for field in info.fields:
        required = field.required
        default = None if required else msgspec.to_builtins(field.default)
        kind_text, text = _worded(field.type)
        rows.append(
            {
                "name": field.encode_name,
                "type": kind_text,
                "default": "required" if required else default,
                "description": text,
            }
        )
    return rows


def _worded(given: msgspec.inspect.Type) -> tuple[str, str]:
    """Name a type in plain words, with the description written on it."""
    match given:
        case msgspec.inspect.Metadata(type=inner, extra_json_schema=extra):
            return _worded(inner)[0], str((extra or {}).get("description", ""))
        case msgspec.inspect.UnionType(types=types):
            return " or ".join(_worded(one)[0] for one in types), ""
        case msgspec.inspect.LiteralType(values=values):
            return ", ".join(str(one) for one in values if one != "") + (
                "" if "" not in values else " or empty"
            ), ""
        case msgspec.inspect.VarTupleType(item_type=item):
            return f"list of {_worded(item)[0]}", ""
        case msgspec.inspect.NoneType():
            return "null", ""
        case _:
            name = type(given).__name__.removesuffix("Type").lower()
            return _TYPES.get(name, name), ""


def _scopes() -> dict[str, Row]:
    """Return every scope parameter once, as the first fault that has it words it."""
    found: dict[str, Row] = {}
    for kind in FAULTS.values():
        for row in parameters(kind):
            if row["name"] in SCOPES:
                found.setdefault(row["name"], row)
    return found


def markdown() -> str:
    """Return the tables of all faults as Markdown."""
    lines = ["| every fault takes | type | default | meaning |", "|---|---|---|---|"]
    lines += [_parameter_line(one) for one in common_parameters()]
    lines += ["", "| scope | type | meaning |", "|---|---|---|"]
    lines += [f"| `{name}` | {row['type']} | {row['description']} |" for name, row in _scopes().items()]
    lines += ["", "| fault | what it does | own parameters (default) |", "|---|---|---|"]
    lines += [f"| `{row['fault']}` | {_flat(row['does'])} | {_own(row['params'])} |" for row in describe()]
    return "\n".join(lines) + "\n"


def _parameter_line(row: Row) -> str:
    return f"| `{row['name']}` | {row['type']} | {_default(row['default'])} | {row['description']} |"


def _own(rows: list[Row]) -> str:
    return "; ".join(_own_parameter(one) for one in rows)


def _own_parameter(row: Row) -> str:
    named = f"`{row['name']}` {_default(row['default'])}"
    if row["name"] in SCOPES:
        return named
    values = f" ({row['type']})" if ", " in row["type"] else ""
    return f"{named}{values}: {row['description']}" if row["description"] else f"{named}{values}"


def _default(value: object) -> str:
    if value == "":
        return "empty"
    return f"`{value}`" if isinstance(value, str) else f"`{msgspec.json.encode(value).decode()}`"


def _flat(text: str) -> str:
    return " ".join(text.split())
