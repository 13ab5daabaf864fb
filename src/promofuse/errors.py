"""The exception tree: what the program cannot go on from, each with one line for the user and a hint.

PromofuseError
├── UsageError          exit 2   unknown id, ambiguous promotion
├── ConfigError         exit 3   config.toml or a secret is wrong
├── ShopUnreachable     exit 4   a shop's folder or server does not answer
├── MailUnreachable     exit 4   the mail server does not answer, or does not let us send
├── Refused             exit 5   not approved, stale, policy, counts that do not balance
└── StoreError          exit 70  the database is damaged or from a newer Promofuse

Expected bad data (a bad row, an unknown cost) is a value (`facts.Gap`, `verdicts.Unknown`), never an exception.
"""


class PromofuseError(Exception):
    """Something went wrong; see the message."""

    exit_code = 70

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())
        self.hint = hint


class UsageError(PromofuseError):
    """The command names something that does not exist or is ambiguous."""

    exit_code = 2


class ConfigError(PromofuseError):
    """The configuration cannot be used."""

    exit_code = 3


class ShopUnreachable(PromofuseError):
    """A shop's folder or server cannot be reached."""

    exit_code = 4


class MailUnreachable(PromofuseError):
    """The mail server cannot be reached or does not let us send."""

    exit_code = 4


class Refused(PromofuseError):
    """Promofuse will not do this as things stand."""

    exit_code = 5


class StoreError(PromofuseError):
    """The database cannot be used."""
