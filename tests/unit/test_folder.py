import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from promofuse.errors import PromofuseError
from promofuse.outbox import folder
from promofuse.outbox.folder import safe_file_name, write_files

FILES = {"3-buyers/drafts/A-1.eml": b"one", "3-buyers/drafts/A-2.eml": b"two", "README.md": b"read me", "empty": b""}


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def inodes(root: Path) -> dict[str, tuple[int, int]]:
    return {
        p.relative_to(root).as_posix(): (p.stat().st_ino, p.stat().st_mtime_ns) for p in root.rglob("*") if p.is_file()
    }


def leftovers(root: Path) -> list[str]:
    return [path.name for path in root.parent.iterdir() if path != root]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "outbox" / "INC-2026-0001"


def test_a_new_folder_appears_whole_and_private(root: Path) -> None:
    assert write_files(root, FILES) == list(FILES)
    assert tree(root) == FILES
    assert leftovers(root) == []
    modes = {stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*")) if path.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})


def test_unchanged_files_keep_inode_and_time_and_only_changes_are_written(root: Path) -> None:
    write_files(root, FILES)
    before = inodes(root)
    assert write_files(root, FILES) == []
    assert inodes(root) == before
    changed = FILES | {"README.md": b"READ ME", "4-cancel/2-all.txt": b"rows"}
    assert write_files(root, changed) == ["README.md", "4-cancel/2-all.txt"]
    assert tree(root) == changed
    after = inodes(root)
    assert {path for path in before if after[path] != before[path]} == {"README.md"}
    assert stat.S_IMODE((root / "4-cancel").stat().st_mode) == 0o700


def test_what_is_not_named_is_left_alone(root: Path) -> None:
    write_files(root, FILES)
    assert write_files(root, {"README.md": b"new"}) == ["README.md"]
    assert tree(root) == FILES | {"README.md": b"new"}
    assert write_files(root, {}) == []


@pytest.mark.parametrize(
    "path", ["../x", "a/../x", "/etc/x", "a//b", "", ".", "a/.", "a/", "a\x00b", "a\\b", "..", "a/b/../../../x"]
)
def test_a_path_never_leaves_the_root(root: Path, path: str) -> None:
    with pytest.raises(PromofuseError, match="not a path below the outbox"):
        write_files(root, {path: b"x"})
    assert not root.parent.exists()


def test_a_linked_folder_is_not_entered(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write_files(root, {"README.md": b"x"})
    (root / "3-buyers").symlink_to(elsewhere)
    with pytest.raises(NotADirectoryError, match="3-buyers"):
        write_files(root, FILES)
    assert list(elsewhere.iterdir()) == []
    assert tree(root) == {"README.md": b"x"}
    assert leftovers(root) == []


def test_a_linked_root_is_refused(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root.parent.mkdir()
    root.symlink_to(elsewhere)
    with pytest.raises(NotADirectoryError):
        write_files(root, FILES)
    assert list(elsewhere.iterdir()) == []


def test_a_linked_file_is_replaced_and_its_target_left_alone(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"read me")
    write_files(root, {"empty": b""})
    (root / "README.md").symlink_to(target)
    assert write_files(root, {"README.md": b"read me"}) == ["README.md"]
    assert not (root / "README.md").is_symlink()
    assert target.read_bytes() == b"read me"
    target.unlink()
    (root / "link").symlink_to(target)
    write_files(root, {"link": b"x"})
    assert not target.exists()


def test_a_pipe_or_folder_in_the_way_does_not_hang(root: Path) -> None:
    write_files(root, {"empty": b""})
    os.mkfifo(root / "README.md")
    assert write_files(root, {"README.md": b"x"}) == ["README.md"]
    (root / "folder").mkdir()
    with pytest.raises(IsADirectoryError, match="folder"):
        write_files(root, {"folder": b"x"})


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_a_leftover_staging_folder_is_removed(root: Path, tmp_path: Path, kind: str) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_bytes(b"x")
    staging = root.parent / ".INC-2026-0001.staging"
    root.parent.mkdir()
    if kind == "link":
        staging.symlink_to(precious)
    else:
        (staging / "3-buyers").mkdir(parents=True)
        (staging / "README.md").write_bytes(b"half")
    write_files(root, FILES)
    assert tree(root) == FILES
    assert leftovers(root) == []
    assert (precious / "file").read_bytes() == b"x"


@pytest.mark.parametrize("exists", [False, True])
def test_a_full_disk_changes_nothing_and_names_the_file(root: Path, monkeypatch, exists: bool) -> None:
    before = {"README.md": b"old"} if exists else {}
    if exists:
        write_files(root, before)
    real = os.write

    def write(handle: int, content: bytes) -> int:
        if bytes(content[:1]) == b"w":  # the disk holds one byte of "two" and no more
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, content[:1])

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match=r"No space left on device.*A-2\.eml") as caught:
        write_files(root, FILES)
    assert caught.value.errno == errno.ENOSPC
    assert root.exists() == exists
    assert tree(root) == before
    assert leftovers(root) == []


def test_without_syncfs_every_file_and_folder_is_flushed(root: Path, monkeypatch) -> None:
    flushed = []
    real = os.fsync
    monkeypatch.setattr(folder, "_syncfs", lambda: None)
    monkeypatch.setattr(
        os, "fsync", lambda handle: (flushed.append(stat.S_ISDIR(os.fstat(handle).st_mode)), real(handle))
    )
    write_files(root, FILES)
    assert flushed.count(False) == len(FILES)
    assert flushed.count(True) == 4  # the staged folders, then the one that the root appears in


def test_a_failing_flush_is_told(root: Path, monkeypatch) -> None:
    def fail(handle: int) -> int:
        folder.ctypes.set_errno(errno.EIO)
        return -1

    monkeypatch.setattr(folder, "_syncfs", lambda: fail)
    with pytest.raises(OSError, match="Input/output error"):
        write_files(root, FILES)
    assert not root.exists()


KILLED = """
import os, sys
from pathlib import Path
from promofuse.outbox.folder import write_files
name, left = sys.argv[2], int(sys.argv[3])
real = getattr(os, name)
def dying(*args, **more):
    global left
    left -= 1
    if left < 0:
        os._exit(9)
    return real(*args, **more)
setattr(os, name, dying)
write_files(Path(sys.argv[1]), {f"d/{i}": b"new" * 1000 for i in range(5)} | {"README.md": b"new"})
"""


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize(("call", "after"), [("write", 3), ("rename", 0), ("rename", 3), ("fsync", 0)])
def test_a_kill_leaves_each_file_old_or_new(root: Path, exists: bool, call: str, after: int) -> None:
    old = {f"d/{i}": b"old" for i in range(5)} | {"README.md": b"old"}
    new = {f"d/{i}": b"new" * 1000 for i in range(5)} | {"README.md": b"new"}
    if exists:
        write_files(root, old)
    done = subprocess.run([sys.executable, "-c", KILLED, str(root), call, str(after)], check=False)
    seen = tree(root) if root.exists() else {}
    if exists:
        assert done.returncode == 9
        assert seen.keys() == old.keys()
        assert all(content in (old[path], new[path]) for path, content in seen.items())
    else:
        assert seen in ({}, new)
    write_files(root, new)
    assert tree(root) == new
    assert leftovers(root) == []


@pytest.mark.parametrize(
    ("order_id", "name"),
    [
        ("203-1234567-1234567", "203-1234567-1234567"),
        ("A.b_c-1", "A.b_c-1"),
        ("a" * 64, "a" * 64),
        ("a" * 65, "x-635361c48bb9eab1"),
        ("", "x-e3b0c44298fc1c14"),
        (".hidden", "x-1692419006a88aab"),
        ("../../etc/passwd", "x-3754d6cb3a38e118"),
    ],
)
def test_safe_file_name(order_id: str, name: str) -> None:
    assert safe_file_name(order_id) == name


@pytest.mark.parametrize("order_id", ["a/b", "a\nb", "ä", "\ud800", "-a", "a b", "a\x00", "CON:"])
def test_odd_ids_never_reach_a_file_name(order_id: str) -> None:
    name = safe_file_name(order_id)
    assert name.startswith("x-")
    assert len(name) == 18
