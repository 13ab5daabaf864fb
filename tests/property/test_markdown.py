"""Whatever a shop wrote is one inert line of text in Markdown."""

from __future__ import annotations

import html
import re

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from promofuse.drafts.markdown import escape_markdown, flat

_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_MARKS = st.text(st.sampled_from(" ab1.)-+*_`~#=|!&<>[]()\\/:;@\"'\n\t\r\u2028\u202e，"), max_size=30)


@given(st.one_of(st.text(max_size=60), _MARKS))
@example("![x](http://a.example/x.png)")
@example("1) a")
@example("a\\|b")
@example("_a_ __b__ snake_case")
@example("&amp; &#35; A&B")
@example("<https://a.example> https://a.example //a.example www.a.example a@b.example")
def test_text_stays_text(text: str) -> None:
    clean = flat(text)
    escaped = escape_markdown(text)
    assert "\n" not in escaped
    for before in ("", "- "):
        tokens = _PARSER.parse(f"{before}{escaped}\n")
        inline = [child for token in tokens if token.type == "inline" for child in token.children or ()]
        assert {child.type for child in inline} <= {"text"}
        shown = "".join(child.content for child in inline)
        assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", clean)
        expected = {"list_item_open", "bullet_list_open"} if before else set()
        opened = {token.type for token in tokens if token.type.endswith("_open")} - {"paragraph_open"}
        assert opened == expected


@given(_MARKS)
@example("a|b\\")
def test_a_table_cell_stays_one_cell(text: str) -> None:
    page = _PARSER.render(f"| a | b |\n|---|---|\n| {escape_markdown(text)} | end |\n")
    cells = re.findall(r"<td>(.*?)</td>", page)
    assert len(cells) == 2
    assert re.sub(r"\s", "", html.unescape(cells[0])) == re.sub(r"\s", "", flat(text))
    assert cells[1] == "end"


@given(st.text(max_size=60))
def test_no_viewer_finds_an_address(text: str) -> None:
    for decoy in ("http://x.example", "www.x.example", "a@x.example"):
        shown = html.unescape(escape_markdown(f"{text} {decoy} {text}"))
        assert not re.search(r"://\w|www\.\w|[\w.+-]@\w", shown)
