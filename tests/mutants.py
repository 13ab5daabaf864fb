"""Mutation testing of what decides about money: change one thing in a module, and see whether a test notices.

`make mutants` tries every module of pricing/; `make mutants ARGS="margin discount"` some of them, and
`ARGS="catalogue:120,133"` only these lines of one. A mutant that the
quick tests let pass is shown to the property tests. What survives is printed with its line and ends in exit code 1: a
test is missing. Changes that make no difference (a bound that stays a bound, a cache, an order among equals) are listed
in equivalent_mutants.toml, each with its reason. Needs os.fork.
"""

from __future__ import annotations

import ast
import copy
import os
import resource
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from importlib.abc import Loader
from importlib.util import spec_from_loader
from pathlib import Path

# Loaded once for all children; the package itself is loaded by each of them, changed.
import hypothesis  # noqa: F401
import numpy as np  # noqa: F401
import pydantic  # noqa: F401
import pytest
import sqlmodel  # noqa: F401

ROOT = Path(__file__).parents[1]
PRICING = ROOT / "src/promofuse/pricing"
MONEY = [
    f"tests/unit/test_{name}.py"
    for name in ("carts", "worst_case", "platform_stacking", "stacking", "stacking_settings", "catalogue")
]
# What is quick and what is thorough, by module; other modules take the first.
TESTS = {
    "": (MONEY, ["tests/property/test_every_combination.py", "tests/property/test_large_catalogue.py"]),
    "margin": (["tests/unit/test_margin.py"], MONEY),
    "attribution": (["tests/unit/test_attribution.py"], MONEY),
    **dict.fromkeys(
        ("columns", "reach", "bounds", "batch"),
        (["tests/unit/test_columns.py"], ["tests/property/test_large_catalogue.py"]),
    ),
}
OPTIONS = ["-x", "-q", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
OPTIONS += [option for name in ("randomly", "cacheprovider", "xdist", "cov") for option in ("-p", f"no:{name}")]
SECONDS = 150  # of processor time: a mutant may loop for ever; the tests take a fifth of it on a quiet machine

COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
               ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn,
               ast.NotIn: ast.In}  # fmt: skip
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
              ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}  # fmt: skip
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "ceil": "floor", "floor": "ceil", "minimum": "maximum",
         "maximum": "minimum", "_up": "_down", "_down": "_up", "_ZERO": "_ONE", "_ONE": "_ZERO"}  # fmt: skip


def changes(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every small change of one node, and the words for it."""
    if isinstance(node, ast.BoolOp):
        for place, value in enumerate(node.values):
            fewer = copy.deepcopy(node)
            del fewer.values[place]
            yield fewer if len(fewer.values) > 1 else fewer.values[0], f"without {ast.unparse(value)}"
    for change in _swaps(node):
        yield change, f"{ast.unparse(node)} -> {ast.unparse(change)}"


def _swaps(node: ast.AST) -> Iterator[ast.AST]:
    other = copy.deepcopy(node)
    match other:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            other.ops = [COMPARISONS[type(op)]()]
            yield other
        case ast.BinOp(op=op) if type(op) in ARITHMETIC:
            other.op = ARITHMETIC[type(op)]()
            yield other
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield other.operand
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Name(id=name) if name in NAMES:
            other.id = NAMES[name]
            yield other
        case ast.Attribute(attr=name) if name in NAMES:
            other.attr = NAMES[name]
            yield other
        case ast.IfExp():
            yield other.body
            yield other.orelse


class _Swap(ast.NodeTransformer):
    def __init__(self, place: int, change: ast.AST) -> None:
        self.place, self.change, self.seen = place, change, -1

    def visit(self, node: ast.AST) -> ast.AST:
        self.seen += 1
        if self.seen == self.place:
            return ast.copy_location(self.change, node)
        return self.generic_visit(node)


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """The line, the change as "line | change", and the changed source; annotations and docstrings are left alone.

    Where a line can be changed in the same words twice, or stands twice, the second change ends in " (2)".
    """
    tree, lines, seen = ast.parse(source), source.splitlines(), Counter[str]()
    idle = {id(inner) for node in ast.walk(tree) for inner in _idle(node)}
    order: list[ast.AST] = []

    class Order(ast.NodeVisitor):
        def visit(self, node: ast.AST) -> None:
            order.append(node)
            self.generic_visit(node)

    Order().visit(tree)
    for place, node in enumerate(order):
        if id(node) in idle:
            continue
        for change, words in changes(node):
            mutated = ast.fix_missing_locations(_Swap(place, change).visit(copy.deepcopy(tree)))
            key = f"{lines[node.lineno - 1].strip()} | {words}"
            seen[key] += 1
            yield node.lineno, key if seen[key] == 1 else f"{key} ({seen[key]})", ast.unparse(mutated)


def _idle(node: ast.AST) -> Iterator[ast.AST]:
    for name in ("annotation", "returns"):
        if (given := getattr(node, name, None)) is not None:
            yield from ast.walk(given)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("dataclass", "cast", "zip"):
        yield from ast.walk(node)


class _Mutated(Loader):
    """Finds and loads one module from changed source."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source

    def find_spec(self, name, path, target=None):
        return spec_from_loader(name, self) if name == self.name else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(compile(self.source, f"<mutant of {self.name}>", "exec"), module.__dict__)


def killed(name: str, source: str, tests: list[str]) -> bool:
    """Whether a test fails, or does not come to an end, on changed source; in a process of its own."""
    child = os.fork()
    if not child:
        failed = 1
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            sys.meta_path.insert(0, _Mutated(name, source))
            with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
                failed = int(pytest.main([*OPTIONS, *tests]))
        finally:
            os._exit(failed)
    _, status = os.waitpid(child, 0)
    return status != 0


def main(chosen: list[str]) -> int:
    """Try all mutants of the modules, or of some lines, and say which survive; 1 if one does that is not explained."""
    wanted = {
        stem: {int(line) for line in lines.split(",") if line}
        for stem, _, lines in (one.partition(":") for one in chosen)
    }
    if unknown := [stem for stem in wanted if stem == "__init__" or not (PRICING / f"{stem}.py").is_file()]:
        sys.exit(f"no module of pricing/: {', '.join(unknown)}")
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    margin = (PRICING / "margin.py").read_text("utf-8")
    if any(killed("promofuse.pricing.margin", margin, tests) for pair in TESTS.values() for tests in pair):
        sys.exit("the tests fail without any change")
    explained = tomllib.loads((Path(__file__).parent / "equivalent_mutants.toml").read_text("utf-8"))
    tried = survived = 0
    for path in sorted(PRICING.glob("*.py")):
        if path.stem == "__init__" or (wanted and path.stem not in wanted):
            continue
        found = lost = 0
        text, idle = path.read_text("utf-8"), dict(explained.get(path.stem, {}))
        known = frozenset(idle)
        for line, key, source in mutants(text):
            if (only := wanted.get(path.stem)) and line not in only:
                continue
            found += 1
            name = f"promofuse.pricing.{path.stem}"
            if any(killed(name, source, tests) for tests in TESTS.get(path.stem, TESTS[""])):
                continue
            idle.pop(key, None)
            if key not in known:
                lost += 1
                print(f"{path.stem}.py:{line}: {key}", flush=True)
        print(f"{path.stem}: {found} mutants, {lost} survived, {len(known) - len(idle)} equivalent", flush=True)
        for key in idle if not wanted.get(path.stem) else ():
            print(f"{path.stem}: explained, but it did not survive: {key}", flush=True)
        tried, survived = tried + found, survived + lost
    print(f"{tried} mutants, {survived} survived without a reason")
    return int(survived > 0)


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
