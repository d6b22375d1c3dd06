"""What is said of a value that cannot be used: the value, what was expected, and the mend; never a private value."""

from __future__ import annotations

import difflib
import json
from typing import Any, Iterable, List, Optional, Sequence

from luigi import parameter as luigis
from luigi.freezing import recursively_unfreeze
from luigi.parameter import Parameter

from trigger_service.domain.errors import Problem
from trigger_service.domain.pointers import Pointer
from trigger_service.runner.forms import expectation
from trigger_service.runner.kinds import is_luigis, kind_of
from trigger_service.runner.privacy import is_private
from trigger_service.runner.tracebacks import MESSAGE_LIMIT, told

_SHOWN_CHARACTERS = 200
#: The most faults that are told of one value with a user's schema.
_SCHEMA_FAULTS = 20
#: Kinds whose words leave open what is wrong, so that the error's own are added.
_VAGUE = ("own", "path", "task", "object", "list", "tuple")


def pointer_to(*path: Any) -> str:
    """The JSON pointer to a parameter, or into its value."""
    return str(Pointer.of("parameters", *path))


def unknown(name: str, known: Iterable[str]) -> Problem:
    """There is no such parameter."""
    names = list(known)
    nearest = difflib.get_close_matches(name.replace("-", "_"), names, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else f"; there are: {', '.join(names) or 'none'}"
    return Problem(pointer_to(name), f"there is no parameter {shown(name)}{hint}")


def missing(name: str, parameter: Parameter) -> Problem:
    """Nothing was given, and there is no default."""
    return Problem(pointer_to(name), f"is required: {expectation(parameter)}")


def bad_default(name: str, parameter: Parameter, error: BaseException) -> Problem:
    """The default raises when it is read."""
    why = "" if is_private(parameter) else f": {told(error)}"
    return Problem(pointer_to(name), f"its default, in the code or in luigi.cfg, cannot be used{why}")


def refused(name: str, parameter: Parameter, value: Any, failure: Optional[BaseException]) -> Problem:
    """The value does not fit."""
    if is_private(parameter):
        return Problem(
            pointer_to(name), f"the value (not public, so not shown) cannot be used: expected {expectation(parameter)}"
        )
    vague = kind_of(parameter) in _VAGUE or not is_luigis(parameter, "normalize")
    tells = failure is not None and (vague or not isinstance(failure, Exception))
    reason = f" ({told(failure)})" if failure is not None and tells else ""
    return Problem(pointer_to(name), f"{shown(value)} cannot be used: expected {expectation(parameter)}{reason}")


def against_schema(name: str, parameter: Parameter, parsed: Any) -> List[Problem]:
    """Each fault of a list's or an object's value by the schema that its parameter names; empty where there is none."""
    schema = getattr(parameter, "schema", None)
    library = getattr(luigis, "jsonschema", None)
    if schema is None or library is None or is_private(parameter):
        return []
    try:
        if not hasattr(schema, "iter_errors"):
            schema = library.validators.validator_for(schema)(schema)
        errors: Sequence[Any] = sorted(
            schema.iter_errors(recursively_unfreeze(parsed)), key=lambda error: list(map(str, error.absolute_path))
        )
    except Exception:  # a validator of another library, or a schema that is none: luigi's own error has to do
        return []
    return [
        Problem(
            pointer_to(name, *error.absolute_path),
            f"{shown(error.instance)} cannot be used: {error.message[:MESSAGE_LIMIT]}",
        )
        for error in errors[:_SCHEMA_FAULTS]
    ]


def shown(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
