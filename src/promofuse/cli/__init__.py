"""The command line: what a person types. Data goes to stdout, progress and next steps to stderr."""

from __future__ import annotations

import os
import sys

from promofuse.errors import PromofuseError


def main() -> None:
    """Run a command; an error is one line and a hint, with the exit code of its kind."""
    from promofuse.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console in cp936 or cp1251 must not fail on a buyer's name
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="promofuse")
    except PromofuseError as error:
        _explain(str(error), error.hint)
        sys.exit(error.exit_code)
    except OSError as error:
        _explain(f"the machine refused: {error}", "free the disk or mend the file's rights; nothing half-done is lost")
        sys.exit(70)
    except Exception as error:
        if os.environ.get("PROMOFUSE_DEBUG"):
            raise
        _explain(
            f"internal error: {type(error).__name__}: {error}",
            "run it again with PROMOFUSE_DEBUG=1 and report what it prints; what was sent before is on record",
        )
        sys.exit(70)


def _explain(message: str, hint: str) -> None:
    print(f"promofuse: {message}", file=sys.stderr)  # noqa: T201
    if hint:
        print(f"  {hint}", file=sys.stderr)  # noqa: T201
