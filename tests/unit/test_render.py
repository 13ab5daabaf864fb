from datetime import date
from pathlib import Path

import pytest

from promofuse.drafts.render import (
    PLACEHOLDERS,
    TemplateProblem,
    check_templates,
    compile_letter,
    load_letter,
    render_report,
    templates_dir,
)
from promofuse.errors import ConfigError

VALUES = dict.fromkeys(PLACEHOLDERS, "x") | {"order_id": "A-1", "greeting_name": "", "quantity": "1"}


def letter(body: str, subject: str = "Subject: About {{ order_id }}") -> str:
    return f"{subject}\n\n{body}\n"


def problem(source: str) -> tuple[int, str]:
    with pytest.raises(TemplateProblem) as caught:
        compile_letter(source)
    return caught.value.line, caught.value.reason


def test_subject_and_text() -> None:
    rendered = compile_letter(letter("Order {{ order_id }}.\n\nKim")).render(VALUES)
    assert (rendered.subject, rendered.body) == ("About A-1", "Order A-1.\n\nKim\n")


def test_conditions_and_blank_lines() -> None:
    greeting = "Hello{% if greeting_name %} {{ greeting_name }}{% endif %},"
    source = letter(greeting + "\n\n\n{% if quantity != '1' %}{{ quantity }}{% endif %}\n{{ signer or 'us' }}")
    assert compile_letter(source).render(VALUES).body == "Hello,\n\nx\n"
    named = compile_letter(source).render(VALUES | {"greeting_name": "Ada", "quantity": "3", "signer": ""})
    assert named.body == "Hello Ada,\n\n3\nus\n"


def test_line_ends_and_byte_order_mark_of_editors() -> None:
    source = "\ufeff" + letter("One\n\nTwo").replace("\n", "\r\n")
    assert compile_letter(source).render(VALUES).body == "One\n\nTwo\n"


def test_a_template_inside_a_value_stays_text() -> None:
    rendered = compile_letter(letter("{{ item }}")).render(
        VALUES | {"item": "{{7*7}} {% raw %}", "order_id": "{{ item }}"}
    )
    assert rendered.body == "{{7*7}} {% raw %}\n"
    assert rendered.subject == "About {{ item }}"


def test_values_are_one_clean_line_each() -> None:
    rendered = compile_letter(letter("{{ item }}")).render(
        VALUES | {"item": "a\r\n\r\nb\u202e", "order_id": "1\r\nBcc: e@x"}
    )
    assert (rendered.subject, rendered.body) == ("About 1 Bcc: e@x", "a b\n")


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("Hello", 1, "line 1 has to be"),
        ("Subject:\n\nx", 1, "line 1 has to be"),
        ("Subject: x\nHello", 2, "line 2 has to be blank"),
        ("Subject: x", 2, "line 2 has to be blank"),
        (letter("one\n{{ naem }}"), 4, "no placeholder 'naem'"),
        (letter("x", "Subject: {{ naem }}"), 1, "no placeholder 'naem'"),
        (letter("one\ntwo\n{% if item %}three"), 5, "endif"),
        (letter("one\n{{ item"), 4, "end of print statement"),
        (letter("{% for a in item %}{{ a }}{% endfor %}"), 3, "not a for"),
        (letter("\n{{ item|upper }}"), 4, "not a filter"),
        (letter("{{ item.upper() }}"), 3, "not a call"),
        (letter("{{ item.__class__ }}"), 3, "not a getattr"),
        (letter("{{ item[0] }}"), 3, "not a getitem"),
        (letter("{{ item * 100000000 }}"), 3, "not a mul"),
        (letter("{{ 9 ** 99999999 }}"), 3, "not a pow"),
        (letter("{{ item ~ item }}"), 3, "not a concat"),
        (letter("{% set a = item %}"), 3, "not a assign"),
        (letter("{% include 'x' %}"), 3, "not a include"),
        (letter("{% macro a() %}{% endmacro %}"), 3, "not a macro"),
        (letter("{{ range(10) }}"), 3, "not a call"),
        (letter("{{ self }}"), 3, "no placeholder 'self'"),
        (letter("{{ item is defined }}"), 3, "not a test"),
        (letter("x" * 20_001), 0, "20000 is the most"),
        (letter("{{ " + "(" * 3000 + "item" + ")" * 3000 + " }}"), 0, "cannot be compiled"),
        (letter("{% if item %}" * 150 + "{% endif %}" * 150), 0, "cannot be compiled"),
    ],
)
def test_what_a_letter_may_not_hold_is_named_with_its_line(source: str, line: int, reason: str) -> None:
    found = problem(source)
    assert found[0] == line
    assert reason in found[1]


def test_a_letter_that_cannot_be_rendered() -> None:
    with pytest.raises(TemplateProblem, match="'item' is undefined"):
        compile_letter(letter("{{ item }}")).render({"order_id": "1"})
    with pytest.raises(TemplateProblem, match="the subject or the text is empty"):
        compile_letter(letter("{{ greeting_name }}")).render(VALUES)
    with pytest.raises(TemplateProblem, match="10000 is the most"):
        compile_letter(letter("{{ item }}" * 100)).render(VALUES | {"item": "x" * 150})
    with pytest.raises(TemplateProblem, match="not supported"):
        compile_letter(letter("{% if item > 1 %}x{% endif %}")).render(VALUES)


def test_own_templates_come_first_and_english_last(tmp_path: Path) -> None:
    own = tmp_path / "buyer" / "cancellation"
    own.mkdir(parents=True)
    (own / "nl.txt.j2").write_text(letter("Hallo"), "utf-8")
    assert load_letter("cancellation", "nl", tmp_path).source == letter("Hallo")
    assert load_letter("cancellation", "nl", None).language == "en"
    assert load_letter("cancellation", "de", tmp_path).language == "de"
    assert load_letter("cancellation", "../../x", tmp_path).language == "en"
    (own / "en.txt.j2").write_bytes(b"Subject: \xff\n\nx")
    with pytest.raises(TemplateProblem, match="is not UTF-8"):
        load_letter("cancellation", "sv", tmp_path)


def test_a_platform_may_have_its_own_version(tmp_path: Path) -> None:
    own = tmp_path / "buyer" / "cancellation"
    (own / "ozon").mkdir(parents=True)
    (own / "ozon" / "ru.txt.j2").write_text(letter("chat"), "utf-8")
    (own / "de.txt.j2").write_text(letter("mail"), "utf-8")
    assert load_letter("cancellation", "ru", tmp_path, "ozon").source == letter("chat")
    assert load_letter("cancellation", "ru", tmp_path, "shopify") == load_letter("cancellation", "ru", None)
    assert load_letter("cancellation", "de", tmp_path, "ozon").source == letter("mail")
    assert load_letter("cancellation", "ru", tmp_path, "../ozon") == load_letter("cancellation", "ru", None)


@pytest.mark.parametrize("kind", ["nothing", "../report", ""])
def test_an_unknown_kind(kind: str) -> None:
    with pytest.raises(ConfigError, match="no letter template"):
        load_letter(kind, "en", None)


def test_every_shipped_template_compiles(tmp_path: Path) -> None:
    patterns = ("buyer/*/*.j2", "**/*.md.j2", "**/*.html.j2")
    assert check_templates(None) == sum(len(list(templates_dir().glob(pattern))) for pattern in patterns)
    assert check_templates(tmp_path) == check_templates(None)


def english(kind: str = "cancellation") -> str:
    return load_letter(kind, "en", None).source


@pytest.mark.parametrize(
    ("path", "source", "line", "reason"),
    [
        ("cancellation/nl", letter("one\n{{ naem }}"), 4, "there is no placeholder 'naem'"),
        ("cancellation/nl", letter("one\n{% if item %}"), 4, "endif"),
        ("cancellation/nl", "Hello\n\n{{ order_id }}\n", 1, "line 1 has to be"),
        ("cancellation/nl", "Subject: x\n{{ order_id }}\n", 2, "line 2 has to be blank"),
        ("cancellation/nl", letter("Hallo {{ greeting_name }}"), 0, "breaks ANY-M01 order-id, name the order id"),
        ("cancellation/en", english().replace("{{ order_id }}", "your order"), 0, "breaks ANY-M01 order-id"),
        ("cancellation/en", english() + "It is out of stock.\n", 21, "breaks ANY-N02 false-reason"),
        ("cancellation/en", english("cancelled"), 0, "breaks ANY-N09 cancelled-before-proof"),
        ("cancellation/en", english().replace("We are sorry. ", ""), 0, "breaks ANY-M05 one-apology"),
        ("cancellation/amazon/en", english() + "Here is a coupon.\n", 21, "breaks AMZ-N01 remedy"),
        ("cancellation/ozon/en", english() + "Call us.\n", 21, "breaks OZN-N04 phone-in-chat"),
        ("cancellation/shopify/en", english() + "Shopify returns it.\n", 21, "breaks OWN-N01 marketplace-words"),
        ("apology/en", letter("x"), 0, "no letter is looked for here"),
    ],
)
def test_a_wrong_letter_in_the_users_folder_is_named_with_file_line_and_reason(
    tmp_path: Path, path: str, source: str, line: int, reason: str
) -> None:
    file = tmp_path / "buyer" / f"{path}.txt.j2"
    file.parent.mkdir(parents=True)
    file.write_text(source, "utf-8")
    with pytest.raises(TemplateProblem) as caught:
        check_templates(tmp_path)
    assert caught.value.line == line
    assert f"{file}: " in str(caught.value)
    assert reason in str(caught.value)


def test_a_coupon_in_a_template_for_every_platform_is_not_refused_before_the_platform_is_known(tmp_path: Path) -> None:
    file = tmp_path / "buyer" / "cancellation" / "en.txt.j2"
    file.parent.mkdir(parents=True)
    file.write_text(english() + "Here is a coupon.\n", "utf-8")
    assert check_templates(tmp_path) == check_templates(None) + 1


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    (tmp_path / "report").mkdir()
    return tmp_path


def write(folder: Path, text: str) -> str:
    (folder / "report" / "x.en.md.j2").write_text(text, "utf-8")
    return "report/x.en.md.j2"


def test_a_report_loops_over_plain_values(reports: Path) -> None:
    name = write(reports, "{% for row in rows %}\n- {{ row.sku|md }}\n{% endfor %}\n")
    assert render_report(name, {"rows": [{"sku": "A*1"}, {"sku": "B"}]}, reports) == "- A\\*1\n- B\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\n{% for %}", "line 2: "),
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ range(3) }}", "'range' is undefined"),
        ("{{ rows.append(1) }}", "unsafe"),
        ("{{ rows.__class__.__mro__ }}", "unsafe"),
        ("{{ ''|attr('__class__') }}", "unsafe"),
        ("{{ 'x'|safe }}", "No filter named 'safe'"),
        ("{% for a in rows %}{% for b in rows %}{{ 'x' * 1000 }}{% endfor %}{% endfor %}", "2000000 characters"),
    ],
)
def test_a_report_runs_in_the_sandbox(reports: Path, text: str, reason: str) -> None:
    name = write(reports, text)
    with pytest.raises(TemplateProblem, match=reason):
        render_report(name, {"rows": [date(2026, 1, 1)] * 100}, reports)


def test_a_report_that_does_not_exist() -> None:
    with pytest.raises(ConfigError, match=r"no template report/none\.md\.j2"):
        render_report("report/none.md.j2", {}, None)
