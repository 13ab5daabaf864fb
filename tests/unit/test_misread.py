"""What a person reads whose config.toml is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from promofuse.config import Config
from promofuse.errors import ConfigError
from promofuse.misread import misread_settings, misread_toml


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[mail]\nhost = “x”\n', "line 2, column 8: this is no value: words stand in straight double quotes, numbers "
                                 "without, at host"),
        ("[mail]\nhost = x", "line 2, column 8: this is no value: words stand in straight double quotes, numbers "
                             "without, at host"),
        ('[mail]\npassword = "secret\nport = 3', "line 2, column 19: a quotation mark is left open, at password"),
        ('folder = "C:\\Users\\x"', "line 1, column 15: a backslash stands in double quotes: write / or put it into "
                                    "single quotes, at folder"),
        ('folder = "C:\\inbox"', "line 1, column 15: a backslash stands in double quotes: write / or put it into "
                                 "single quotes, at folder"),
        ("[mail\nport = 3", "line 1, column 6: a ] is missing"),
        ('[mail]\nhost "x"', "line 2, column 6: an = is missing after the name of a setting"),
        ("[web]\nport = 1\n[web]\nport = 2", "line 3, column 5: this setting or [table] stands there twice: keep one"),
        ("a = 1\na = 2", "line 2, column 6: this setting or [table] stands there twice: keep one, at a"),
        ("a = 1,5", "line 1, column 6: something stands after the value: a note begins with #, a decimal has a dot, "
                    "at a"),
        ("to = [1, 2", "line 1, column 11: a list is left open: a ] is missing, at to"),
        ("// a note", "line 1, column 1: this is no name of a setting: a note begins with #"),
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_is_said_with_its_place_and_without_the_value(text, said):
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)

    assert misread_toml(Path("config.toml"), text, caught.value) == f"config.toml, {said}"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"mail": {"hots": "x"}}, "mail.hots: there is no such setting; did you mean host?"),
        ({"shop": {}}, "shop: there is no such setting; did you mean shops?"),
        ({"colour": 1}, "colour: there is no such setting"),
        ({"seller_name": "x"}, "seller_name: there is no such setting here; it belongs under [shops.NAME]"),
        ({"mail": {"data_dir": "x"}}, "mail.data_dir: there is no such setting here; it belongs above all [tables]"),
        ({"mail": {"port": 0}}, "mail.port: it should be greater than or equal to 1"),
        ({"shops": {"us": {"kind": "plain-files"}}}, "shops.us.folder: this setting is missing"),
        (
            {"shops": {"us": {"kind": "plain-files", "folder": "x", "stacking": {"ittem": "x"}}}},
            "shops.us.stacking.ittem: there is no such setting; did you mean item?",
        ),
        ({"mail": {"hots": "x"}, "colour": 1},
         "mail.hots: there is no such setting; did you mean host?; colour: there is no such setting"),
    ],
)  # fmt: skip
def test_a_setting_that_there_is_not_is_said_with_the_one_that_was_meant(values, said):
    with pytest.raises(ValidationError) as caught:
        Config(**values)

    assert misread_settings(caught.value, Config) == said


def test_a_setting_of_the_environment_is_named_by_its_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMOFUSE_MAIL__PORT", "0")
    (tmp_path / "config.toml").write_text("")

    with pytest.raises(ConfigError, match=r"mail\.port \(PROMOFUSE_MAIL__PORT in the environment\): it should be"):
        Config.read(tmp_path / "config.toml")


def test_a_file_of_another_encoding_and_a_folder_are_no_configuration(tmp_path):
    (tmp_path / "config.toml").write_bytes('seller_name = "卢米娜"'.encode("gbk"))

    with pytest.raises(ConfigError, match="is not in UTF-8") as caught:
        Config.read(tmp_path / "config.toml")
    assert "save it as UTF-8" in caught.value.hint
    with pytest.raises(ConfigError, match="cannot be read"):
        Config.read(tmp_path)
