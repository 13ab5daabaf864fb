"""The rules of the check, in the order in which they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from promofuse.rules.base import EXAMPLE_AT, Example, Rule
from promofuse.rules.blind_spots import MissingCost
from promofuse.rules.limits import CodeWithoutCap
from promofuse.rules.price import BelowCost, MarginBelowMinimum, PriceZeroOrNegative
from promofuse.rules.run import CheckResult, check_shop, run_rules
from promofuse.rules.scope import WholeCatalogue
from promofuse.rules.slips import TypedNumberSlip
from promofuse.rules.stacking import StackBelowCost

__all__ = ["EXAMPLE_AT", "RULES", "CheckResult", "Example", "Rule", "build_rules", "check_shop", "run_rules"]

RULES: Final[tuple[type[Rule], ...]] = (
    BelowCost,
    MarginBelowMinimum,
    PriceZeroOrNegative,
    TypedNumberSlip,
    StackBelowCost,
    WholeCatalogue,
    CodeWithoutCap,
    MissingCost,
)


def build_rules(settings: Mapping[str, Mapping[str, Any]]) -> tuple[Rule, ...]:
    """All rules with their settings by rule name, the tables `[rules.NAME]`.

    Raises pydantic's ValidationError with every problem, its place being ("rules", name, key).
    """
    names = {rule.name for rule in RULES}
    problems = [
        _problem(("rules", name), f"no rule has this name; there are {', '.join(sorted(names))}", table)
        for name, table in settings.items()
        if name not in names
    ]
    built: list[Rule] = []
    for rule in RULES:
        try:
            built.append(rule.model_validate(settings.get(rule.name, {})))
        except ValidationError as error:
            problems += [_problem(("rules", rule.name, *e["loc"]), e["msg"], e["input"]) for e in error.errors()]
    if problems:
        raise ValidationError.from_exception_data("rules", problems)
    return tuple(built)


def _problem(place: tuple[int | str, ...], message: str, given: object) -> InitErrorDetails:
    return InitErrorDetails(
        type=PydanticCustomError("rule_settings", "{why}", {"why": message}), loc=place, input=given
    )
