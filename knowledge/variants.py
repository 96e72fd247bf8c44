"""Rows and pathways that are written once for several statements: each of their `variants` fills in the blanks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from calipers.knowledge.schema import Row


def variants(row: Any) -> list[Any]:
    """One row for each of its `variants`, whose values replace `<name>` and whose fields the row's."""
    if not isinstance(row, dict) or "variants" not in row:
        return [_with_own_key(row)]
    common = {field: value for field, value in row.items() if field != "variants"}
    fields = set(Row.model_fields)
    return [
        _with_own_key({**_substituted(common, variant), **{k: v for k, v in variant.items() if k in fields}})
        for variant in row["variants"]
    ]


def substituted_all(item: Any) -> list[dict[str, Any]]:
    """One item for each of its `variants`, whose values replace `<name>`."""
    common = {field: value for field, value in item.items() if field != "variants"}
    return [_substituted(common, variant) for variant in item.get("variants", [{}])]


def _substituted(value: Any, variant: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _substituted(item, variant) for key, item in value.items()}
    if isinstance(value, list):
        return [_substituted(item, variant) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("<") and value[1:-1] in variant:
        return variant[value[1:-1]]
    return re.sub(r"<(\w+)>", lambda match: str(variant.get(match[1], match[0])), value)


def _with_own_key(row: Any) -> Any:
    """Spell out `{crit:.pr_long}` as `{crit:first_degree_av_block.pr_long}`."""
    if isinstance(row, dict):
        return {key: _with_key(value, str(row.get("key"))) for key, value in row.items()}
    return row


def _with_key(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {field: _with_key(item, key) for field, item in value.items()}
    if isinstance(value, list):
        return [_with_key(item, key) for item in value]
    return value.replace("{crit:.", f"{{crit:{key}.") if isinstance(value, str) else value
