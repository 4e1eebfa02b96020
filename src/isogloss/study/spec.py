"""The base of every declaration, and the part of one that decides a result."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from isogloss.base.limits import Limit

NAME = r"^[\w-]+$"
"""What a name may be made of."""

MOST = 10**12
"""Of anything that a study counts: more would overflow what is worked out from it."""


class Spec(BaseModel):
    """Base of every declaration: frozen, and strict about unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        validate_default=True,
    )


@final
class NotIdentity:
    """Marks a setting that keys leave out: it changes cost (time, memory), display or a place.

    How a step is cut (`max_tokens`) or recorded (`cuda_graphs`) draws other dropout, too.
    """


@final
@dataclass(frozen=True)
class AddedLater:
    """Marks a setting that is younger than results in people's stores."""

    before: Any
    """What happened before it could be said. This value stays out of keys, so that they hold."""


def _no_bool(value: Any) -> Any:
    """YAML's true is no number, though Python would take it for 1."""
    if isinstance(value, bool):
        raise ValueError("a number is wanted, not true or false")
    return value


Positive = Annotated[int, BeforeValidator(_no_bool), Field(gt=0)]
"""A whole number from 1; whoever takes it says how large it may be."""

Count = Annotated[Positive, Field(le=MOST)]
Number = Annotated[float, BeforeValidator(_no_bool)]


def _within(limit: Limit) -> AfterValidator:
    def check(size: int) -> int:
        if size > (most := limit.now):
            raise ValueError(
                f"the limit is {most:,}, and this is {size:,}. If it should be so large, set"
                f" {limit.variable}"
            )
        return size

    return AfterValidator(check)


Width = Annotated[Positive, _within(Limit.MODEL_WIDTH)]
"""A size of a model to be made, held to the limit of those that are read."""

Layers = Annotated[Positive, _within(Limit.MODEL_LAYERS)]
"""As `Width`, for layers."""


def _size(value: Any) -> Any:
    if value == "all":
        return value
    try:
        number = int(_no_bool(value))
    except (TypeError, ValueError, OverflowError):
        number = 0
    if not 1 <= number <= MOST or number != value:
        raise ValueError(f"a size is a number of rows from 1 to {MOST:,}, or all")
    return number


Size = Annotated[
    int | str,
    BeforeValidator(_size),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": MOST}, {"const": "all"}]}
    ),
]
"""Rows per language, or `all`."""

REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/-]{0,199}")


def _revision(value: str) -> str:
    """A revision becomes the name of a file in the cache, so it must not lead elsewhere."""
    if not REVISION.fullmatch(value) or ".." in value or "//" in value or value.endswith("/"):
        raise ValueError("a revision is the name of a branch or tag, or a commit")
    return value


Revision = Annotated[str, AfterValidator(_revision)]
"""Branch, tag, commit or reference of a Hub repository."""

Seed = Annotated[int, BeforeValidator(_no_bool), Field(ge=0, lt=2**32)]


def as_list(value: Any) -> Any:
    """Let one thing stand where a list of them is wanted."""
    return value if isinstance(value, list | tuple) or value is None else [value]


Value = TypeVar("Value")


def different(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Refuse a list that names a value twice, perhaps in two spellings."""
    twice = dict.fromkeys(str(value) for value in values if values.count(value) > 1)
    if twice:
        raise ValueError(f"named twice, perhaps in two spellings: {', '.join(twice)}")
    return values


def identity(value: Any) -> Any:
    """Return the part of a declaration that decides the result, defaults included.

    Defaults are written out on purpose: if a default changes tomorrow, an old artifact must not be
    mistaken for a new one.

    >>> identity((Path("a/b"), 1.5))
    ['a/b', 1.5]
    """
    if isinstance(value, BaseModel):
        return {
            name: identity(getattr(value, name))
            for name, field in type(value).model_fields.items()
            if not any(_leaves_out(mark, getattr(value, name)) for mark in field.metadata)
        }
    if isinstance(value, list | tuple):
        return [identity(item) for item in value]
    if isinstance(value, dict):
        return {str(key): identity(item) for key, item in value.items()}
    if isinstance(value, Path):
        return value.as_posix()
    return value


def _leaves_out(mark: Any, value: Any) -> bool:
    return isinstance(mark, NotIdentity) or (isinstance(mark, AddedLater) and value == mark.before)


Sizes = Annotated[tuple[Size, ...], AfterValidator(different), Field(min_length=1)]
"""Different sizes, one or more."""
