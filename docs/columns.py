"""Write columns.md from the archive's schema: `python docs/columns.py`."""

from pathlib import Path

import pyarrow as pa

from outputs.schema import ARTICLES, REJECTS, SCHEMA_VERSION

HEAD = f"""# The archive's columns

Schema version {SCHEMA_VERSION}, written from `outputs/schema.py` by `python docs/columns.py`. The descriptions also
stand in each Parquet file's field metadata. `archived_on`, the day of the run, is a column that readers take from the
folders' names. A missing value is null, never an empty string or a guess; a list without entries is empty.
"""


def table(name: str, schema: pa.Schema) -> str:
    """A schema as a Markdown table, the fields of structs under their column."""
    lines = [f"## {name}/", "", "| column | type | what |", "|---|---|---|"]
    for field in schema:
        lines += rows(field, "")
    return "\n".join(lines) + "\n"


def rows(field: pa.Field, prefix: str) -> list[str]:
    """A field's row, and a row for each field of the struct that it holds."""
    kind, described = field.type, (field.metadata or {}).get(b"description", b"").decode()
    element = kind.value_type if pa.types.is_list(kind) else kind
    shown = f"list<{name(element)}>" if pa.types.is_list(kind) else name(kind)
    nullable = "" if field.nullable or prefix else " Never null."
    lines = [f"| `{prefix}{field.name}` | `{shown}` | {described}{nullable} |"]
    if pa.types.is_struct(element):
        for inner in element:
            lines += rows(inner, f"{prefix}{field.name}.")
    return lines


def name(kind: pa.DataType) -> str:
    """A type as a reader would say it."""
    return "struct" if pa.types.is_struct(kind) else str(kind).replace("[us, tz=UTC]", "[us, UTC]")


def document() -> str:
    """The whole of columns.md."""
    return "\n".join((HEAD, table("articles", ARTICLES), table("rejects", REJECTS)))


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(document(), encoding="utf-8")
