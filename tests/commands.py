"""Promofuse as a person runs it: a folder with files, a command, what it prints, its exit code."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from promofuse import cli


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run a command in the test's folder, in this process."""
    monkeypatch.chdir(tmp_path)
    for name in ("PROMOFUSE_CONFIG", "PROMOFUSE_AT", "PROMOFUSE_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["promofuse", *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


def stamps(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Inode, time and bytes of every file below a folder."""
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
