"""Writing a folder twice gives what both asked for, and says what changed."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from promofuse.outbox.folder import safe_file_name, write_files

FOLDERS = st.sampled_from(["", "a/", "a/b/", "c/"])
NAMES = st.text(st.sampled_from("xyz ä$'"), min_size=1, max_size=3).map("f{}".format)
FILES = st.dictionaries(st.builds("{}{}".format, FOLDERS, NAMES), st.binary(max_size=40), max_size=8)


@given(FILES, FILES)
@settings(max_examples=30)
def test_two_writes(first: dict[str, bytes], second: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as parent:
        root = Path(parent) / "INC"
        assert write_files(root, first) == list(first)
        changed = [path for path in second if first.get(path) != second[path]]
        assert write_files(root, second) == changed
        written = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        assert written == first | second
        assert [path.name for path in Path(parent).iterdir()] == ["INC"]


@given(st.text())
def test_a_file_name_is_plain_and_its_own(order_id: str) -> None:
    name = safe_file_name(order_id)
    assert name.isascii()
    assert len(name) <= 64
    assert not set(name) & set("/\\ \0\n:*?\"<>|'")
    assert name[0] not in ".-"
    assert safe_file_name(name) == name
