"""Turn templates and plain values into text: letters to buyers, and texts for the people who review them.

Templates are looked for in the user's own folder first, then among the shipped ones; reading them is the only I/O.
A template never sees an object of ours, only text, numbers, lists and dicts, in Jinja's immutable sandbox. A letter's
template may hold placeholders and conditions and nothing else: without loops, calls and filters its cost is bounded by
its length, and no edit of a template can hang or flood the sending of ten thousand letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from promofuse.drafts.locale import TEXT_LENGTH, clean_header, clean_text
from promofuse.drafts.markdown import escape_markdown, flat
from promofuse.drafts.policy import check_letter, fold, refusals
from promofuse.drafts.policy_rules import KINDS
from promofuse.errors import ConfigError, Refused
from promofuse.marketplaces import marketplace_name

SOURCE_LENGTH: Final = 20_000
REPORT_LENGTH: Final = 2_000_000
FALLBACK_LANGUAGE: Final = "en"

# What a letter may name, as docs/templates.md explains it to the people who edit templates.
PLACEHOLDERS: Final = {
    "order_id": "The platform's order id.",
    "greeting_name": "The buyer's name, or blank where it cannot be shown.",
    "item": "The cancelled item: its title, else its SKU, else blank.",
    "quantity": "How many units of it are cancelled, in digits.",
    "order_date": "The day of the order in the marketplace's time zone, in words.",
    "seller_name": "The shop's name, from the configuration.",
    "signer": "The person who signs, from the configuration; may be blank.",
    "marketplace": "The marketplace's name, as Amazon or Ozon; blank in a shop of your own.",
    "repair": "What you offer to make up for it, from the configuration; blank where you offer nothing, and on Amazon.",
    "cancelled_date": "The day on which the order was cancelled, in words; blank where it is not known.",
    "refund_amount": "The amount that the shop's data show as returned, with its currency; blank where they show none.",
    "refund_date": "The day on which it was returned, in words; blank where it is not known.",
}

_LETTER_NODES: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
)
# Ordinary values, and which of them may be blank: with them a template is tried before it is used.
_EXAMPLE: Final = {
    "order_id": "A-1",
    "greeting_name": "Ada Lovelace",
    "item": "Desk lamp",
    "quantity": "2",
    "order_date": "3 November 2026",
    "seller_name": "Northlight",
    "signer": "Kim",
    "marketplace": "Amazon",
    "repair": "",
    "cancelled_date": "4 November 2026",
    "refund_amount": "12.00 USD",
    "refund_date": "5 November 2026",
}
_MAY_BE_BLANK: Final = tuple(name for name in _EXAMPLE if name not in ("order_id", "quantity", "order_date"))
_ANY_PLATFORM: Final = "walmart"  # a marketplace for which only the rules of every platform hold
_LETTER_PATH: Final = re.compile(r"buyer/(?P<kind>[a-z-]+)/(?:(?P<platform>[a-z-]+)/)?(?P<language>[a-z-]+)\.txt\.j2")
_SUBJECT: Final = re.compile(r"Subject:.*\S.*")
_NAME: Final = re.compile(r"[a-z]{2,20}(?:-[a-z]{2,20}){0,3}")
# What parsing, compiling and running a template can raise for reasons that lie in the template.
_FAULTS: Final = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError, MemoryError)


class TemplateProblem(Refused):
    """A template cannot be used. `line` counts from 1 in the template's text; 0 where no line is to blame."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason, hint="see docs/templates.md")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """The text of a letter's template, and the language that it is written in."""

    kind: str
    language: str
    source: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered letter. The subject is one clean line; the body's lines end in a line feed."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class CompiledLetter:
    """A template compiled once, to be rendered for each order of its group."""

    language: str
    template: Template

    def render(self, values: Mapping[str, str]) -> Letter:
        """Fill the placeholders with cleaned values; what looks like a placeholder in a value stays text.

        Raises TemplateProblem if a value is missing, the letter is over 10,000 characters or nothing is left of it.
        """
        clean = {name: clean_header(value) for name, value in values.items()}
        try:
            text = self.template.render(clean)
        except _FAULTS as error:
            raise TemplateProblem(0, str(error)) from error
        if len(text) > TEXT_LENGTH:
            raise TemplateProblem(0, f"the letter has {len(text)} characters; {TEXT_LENGTH} is the most")
        head, _, rest = text.partition("\n")  # values are single lines, so the first one is still the subject's
        letter = Letter(clean_header(head.removeprefix("Subject:")), clean_text(rest) + "\n")
        if not letter.subject or letter.body == "\n":
            raise TemplateProblem(0, "the subject or the text is empty")
        return letter


def templates_dir() -> Path:
    """The shipped templates: inside the package where it is installed, at the top of the repository in a checkout."""
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "templates", here.parents[3] / "templates"):
        if folder.is_dir():
            return folder
    raise ConfigError("the templates that come with Promofuse are missing", hint="install the package again")


def load_letter(kind: str, language: str, overrides: Path | None, platform: str = "") -> LetterTemplate:
    """Read `buyer/<kind>/<language>.txt.j2` from overrides or the shipped folder, else the English one.

    In either folder `buyer/<kind>/<platform>/<language>.txt.j2` comes first, for letters that a platform wants written
    otherwise. Raises ConfigError for an unknown kind, TemplateProblem for a file that is not UTF-8.
    """
    wanted = [name for name in (language, FALLBACK_LANGUAGE) if _NAME.fullmatch(name)]
    special = [platform] if _NAME.fullmatch(platform) else []
    for name in wanted if _NAME.fullmatch(kind) else ():
        for folder in filter(None, (overrides, templates_dir())):
            for places in (special, []):
                path = folder.joinpath("buyer", kind, *places, f"{name}.txt.j2")
                if path.is_file():
                    return LetterTemplate(kind, name, _read(path))
    raise ConfigError(f"there is no letter template of kind {kind!r}", hint="see docs/templates.md")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise TemplateProblem(0, f"{path} is not UTF-8") from None


def compile_letter(source: str, language: str = FALLBACK_LANGUAGE) -> CompiledLetter:
    """Compile a letter: `Subject: …` in line 1, a blank line, the text. `language` is the one it is written in.

    Raises TemplateProblem with the line and the reason: no subject, a syntax error, an unknown placeholder, or
    anything but placeholders and conditions.
    """
    if len(source) > SOURCE_LENGTH:
        raise TemplateProblem(0, f"the template has {len(source)} characters; {SOURCE_LENGTH} is the most")
    text = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    first, second, *_ = (*text.split("\n"), "-", "-")
    if not _SUBJECT.fullmatch(first):
        raise TemplateProblem(1, "line 1 has to be `Subject: ` and the subject")
    if second.strip():
        raise TemplateProblem(2, "line 2 has to be blank: it separates subject and text")
    try:
        _letters().parse(first)  # what begins on line 1 has to end there
        tree = _letters().parse(text)
        for node in _walk(tree):
            if wrong := _objection(node):
                raise TemplateProblem(node.lineno, wrong)
        return CompiledLetter(language, _letters().from_string(tree))
    except TemplateSyntaxError as error:
        raise TemplateProblem(error.lineno, error.message or "syntax error") from error
    except (*_FAULTS, SyntaxError) as error:
        raise TemplateProblem(0, f"the template cannot be compiled: {error}") from error


def _objection(node: nodes.Node) -> str:
    """Why a node may not stand in a letter, or blank."""
    if not isinstance(node, _LETTER_NODES):
        return f"only placeholders and {{% if %}} may stand in a letter, not a {type(node).__name__.lower()}"
    if isinstance(node, nodes.Name) and node.name not in PLACEHOLDERS:
        return f"there is no placeholder {node.name!r}; known: {', '.join(PLACEHOLDERS)}"
    return ""


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def render_report(name: str, values: Mapping[str, Any], overrides: Path | None) -> str:
    """Render a text for people, such as `report/readme.en.md.j2`, from plain values.

    Loops over the given lists are allowed here, and two filters for what shops wrote: `md` escapes it for Markdown,
    `flat` makes it one line for a fenced block. In a page (`.html.j2`) every value is escaped. Raises TemplateProblem,
    also for more than 2,000,000 characters.
    """
    pieces, length = [], 0
    try:
        for piece in _reports(overrides).get_template(name).generate(values):
            pieces.append(piece)
            length += len(piece)
            if length > REPORT_LENGTH:
                raise TemplateProblem(0, f"{name}: the text is over {REPORT_LENGTH} characters")
    except TemplateSyntaxError as error:
        raise TemplateProblem(error.lineno, f"{error.name}: {error.message}") from error
    except TemplateNotFound as error:
        raise ConfigError(f"there is no template {error}", hint="see docs/templates.md") from error
    except _FAULTS as error:
        raise TemplateProblem(0, f"{name}: {error}") from error
    return "".join(pieces)


def check_templates(overrides: Path | None) -> int:
    """Compile every template, and render every letter and judge it by the rules; how many there are.

    Raises TemplateProblem naming the first file that is wrong, the line where one is to blame, and the reason.
    """
    count = 0
    for folder in filter(None, (overrides, templates_dir())):
        for path in sorted(folder.rglob("*.j2")):
            name = path.relative_to(folder).as_posix()
            try:
                if name.startswith("buyer/"):
                    _check_letter_template(_read(path), name)
                elif name.endswith((".md.j2", ".html.j2")):
                    _reports(overrides).get_template(name)
                else:
                    continue
            except TemplateProblem as problem:
                raise TemplateProblem(problem.line, f"{path}: {problem.reason}") from problem
            except TemplateSyntaxError as error:
                raise TemplateProblem(error.lineno, f"{path}: {error.message}") from error
            count += 1
    return count


def _check_letter_template(source: str, name: str) -> None:
    """Compile a letter, render it with all values and with few, and judge both. `name` is its path: buyer/…"""
    place = _LETTER_PATH.fullmatch(name)
    if place is None or place["kind"] not in KINDS:
        kinds = ", ".join(sorted(KINDS))
        raise TemplateProblem(0, f"no letter is looked for here: buyer/<kind>/<language>.txt.j2, kinds: {kinds}")
    letter = compile_letter(source, place["language"])
    many = _EXAMPLE | ({"marketplace": marketplace_name(place["platform"])} if place["platform"] else {})
    for values in (many, many | dict.fromkeys(_MAY_BE_BLANK, "")):
        text = letter.render(values)
        problems = check_letter(
            text.subject,
            text.body,
            place["platform"] or _ANY_PLATFORM,
            place["language"],
            values["order_id"],
            place["kind"],
            refunded=values["refund_amount"],
        )
        for problem in refusals(problems):
            words = f": {problem.found}" if problem.found else ""
            raise TemplateProblem(
                _line_of(source, problem.found), f"breaks {problem.code} {problem.name}, {problem.message}{words}"
            )


def _line_of(source: str, words: str) -> int:
    """The line of a template in which words of a rule stand, 0 if it is none or more than one."""
    lines = [number for number, line in enumerate(source.splitlines(), start=1) if words and words in fold(line)]
    return lines[0] if len(lines) == 1 else 0


@lru_cache(maxsize=1)
def _letters() -> ImmutableSandboxedEnvironment:
    return _sandbox(trim_blocks=False)


@lru_cache(maxsize=8)
def _reports(overrides: Path | None) -> ImmutableSandboxedEnvironment:
    environment = _sandbox(trim_blocks=True)
    environment.loader = ChoiceLoader([FileSystemLoader(path) for path in (overrides, templates_dir()) if path])
    environment.autoescape = lambda name: bool(name) and str(name).endswith(".html.j2")
    environment.globals["namespace"] = Namespace
    environment.filters |= {"md": escape_markdown, "flat": flat}
    return environment


def _sandbox(*, trim_blocks: bool) -> ImmutableSandboxedEnvironment:
    """A sandbox for plain text, without `safe`, without globals such as `range`, and without undefined values."""
    environment = ImmutableSandboxedEnvironment(
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=trim_blocks,
        lstrip_blocks=trim_blocks,
        keep_trailing_newline=True,
    )
    environment.globals.clear()
    del environment.filters["safe"]
    return environment
