"""`plugin.toml`: every key is read, a wrong one is a sentence that names it, and no text shows what isn't there."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desktop_app.api._plugins import ManifestError, api_complaint, parse_manifest, read_manifest
from desktop_app.api._plugins.manifest import KINDS, LARGEST

HEAD = '[plugin]\nid = "acme"\nname = "Acme"\nversion = "1"\napi = "1"\n'
WHOLE = (
    HEAD
    + """
summary = "Habits of Acme's team."
author = "Ada & Grace"
license = "MIT"
homepage = "https://acme.example/plugin?a=b#c"
icon = "mdi6.fire"
hooks = "inner/my_hooks.py"
[contributes]
wizards = ["a"]
environments = ["b"]
exporters = ["c"]
backends = ["d"]
launches = ["e"]
checks = ["f", "g"]
settings = ["h"]
"""
)


def parse(text: str | bytes) -> object:
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return parse_manifest(content, Path("acme"), lambda name: name == "hooks.py")


def refused(text: str | bytes) -> str:
    with pytest.raises(ManifestError) as caught:
        parse(text)
    assert str(caught.value).endswith(".")
    return str(caught.value)


def test_every_key_is_read(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "my_hooks.py").write_text("")
    (tmp_path / "plugin.toml").write_text("\ufeff" + WHOLE, "utf-8")
    found = read_manifest(tmp_path)
    assert (found.folder, found.id, found.name, found.version, found.api) == (tmp_path, "acme", "Acme", "1", "1")
    assert (found.summary, found.author, found.license) == ("Habits of Acme's team.", "Ada & Grace", "MIT")
    assert (found.homepage, found.icon) == ("https://acme.example/plugin?a=b#c", "mdi6.fire")
    assert found.hooks == "inner/my_hooks.py"
    assert [found.contributes[kind] for kind in KINDS] == [("a",), ("b",), ("c",), ("d",), ("e",), ("f", "g"), ("h",)]


def test_bytes_are_read_as_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "my_hooks.py").write_text("")
    (tmp_path / "plugin.toml").write_text(WHOLE, "utf-8")
    asked: list[str] = []

    def has_file(name: str) -> bool:
        asked.append(name)
        return True

    content = (tmp_path / "plugin.toml").read_bytes()
    assert parse_manifest(content, tmp_path, has_file) == read_manifest(tmp_path)
    assert asked == ["inner/my_hooks.py"]


TEXTS = ("id", "name", "version", "api", "summary", "author", "license", "homepage", "icon", "hooks")


@pytest.mark.parametrize("key", TEXTS)
@pytest.mark.parametrize("value", ["1", "1.5", "true", "[]", '["a"]', "{}", "2026-11-22", "nan"])
def test_a_key_of_another_type_is_named(key: str, value: str) -> None:
    lines = [each for each in HEAD.splitlines() if not each.startswith(f"{key} ")]
    assert refused("\n".join([*lines, f"{key} = {value}"])) == f"plugin.toml: plugin.{key} must be a text in quotes."


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", ["1", '"a"', "true", "{}", "[1]", '["a", ["b"]]', "[[]]"])
def test_a_contribution_of_another_type_is_named(kind: str, value: str) -> None:
    wanted = f"plugin.toml: contributes.{kind} must be a list of texts."
    assert refused(f"{HEAD}[contributes]\n{kind} = {value}") == wanted


@pytest.mark.parametrize("table", ["plugin", "contributes"])
@pytest.mark.parametrize("value", ["1", '"a"', "[]", "[[]]", "true"])
def test_a_table_of_another_type_is_named(table: str, value: str) -> None:
    text = HEAD if table != "plugin" else ""
    assert refused(f"{table} = {value}\n{text}") == f"plugin.toml: [{table}] must be a table."


@pytest.mark.parametrize("key", ["id", "name", "version", "api"])
def test_what_is_required_is_there_and_says_something(key: str) -> None:
    lines = [each for each in HEAD.splitlines() if not each.startswith(f"{key} ")]
    assert refused("\n".join(lines)) == f"plugin.toml lacks plugin.{key}."
    for empty in ("", "   "):
        assert refused("\n".join([*lines, f'{key} = "{empty}"'])) == f"plugin.toml: plugin.{key} is empty."


WRONG = {
    HEAD + "color = 1": "plugin.toml has an unknown key plugin.color.",
    HEAD + "[contributes]\ncheck = []": "plugin.toml has an unknown key contributes.check.",
    HEAD + "[tools]": "plugin.toml has an unknown table [tools].",
    HEAD + 'id = "b"': "plugin.toml is no valid TOML",
    HEAD + "x = " + "[" * 5000: "plugin.toml is no valid TOML",
    HEAD + "x = " + "1" * 5000: "plugin.toml is no valid TOML",
    "[plugin": "plugin.toml is no valid TOML",
    "": "plugin.toml lacks plugin.id.",
    "#" * (LARGEST + 1): "plugin.toml is larger than 256 kB.",
    HEAD + 'homepage = "javascript:alert(1)"': "plugin.homepage must begin with https:// or http://.",
    HEAD + 'homepage = "https://"': "plugin.homepage must begin with https:// or http://.",
    HEAD + 'homepage = "https://good.example@evil.example/"': "plugin.homepage must begin with",
    HEAD + 'homepage = "file:///etc/passwd"': "plugin.homepage must begin with",
    HEAD + 'hooks = "../hooks.py"': "hooks “../hooks.py” must be a .py file in the plugin's own folder.",
    HEAD + 'hooks = "/hooks.py"': "must be a .py file in the plugin's own folder.",
    HEAD + r'hooks = "a\\hooks.py"': "must be a .py file in the plugin's own folder.",
    HEAD + 'hooks = "my-hooks.py"': "hooks “my-hooks.py” is no name that Python can import.",
    HEAD + 'hooks = "others.py"': "The file others.py with the plugin's hooks is missing.",
    HEAD + 'summary = "two\\nlines"': "plugin.summary must be one line.",
    HEAD + f'summary = "{"x" * 501}"': "plugin.summary is longer than 500 characters.",
}


@pytest.mark.parametrize(("text", "reason"), WRONG.items(), ids=[str(each) for each in WRONG.values()])
def test_a_slip_is_said(text: str, reason: str) -> None:
    assert reason in refused(text)


def test_bytes_that_are_no_text() -> None:
    assert refused(b"\xff\xfe" + HEAD.encode("utf-16-le")) == "plugin.toml is no UTF-8 text."
    assert refused(HEAD.encode("utf-16")) == "plugin.toml is no UTF-8 text."


LOOK_ALIKES = ["\u0430cme", "acm\u0435", "\uff41cme", "acmé", "acme\u0301", "ac\u200bme", "ac\u00adme", "ac\u2010me"]
OTHERWISE_WRONG = ["Acme", "acme-", "-acme", "a--b", "1a", "acme_x", "a.b", "a" * 65, "acme\u202e", "pytorch\u2060"]


@pytest.mark.parametrize("wrong", [*LOOK_ALIKES, *OTHERWISE_WRONG], ids=ascii)
def test_an_id_has_plain_letters_alone(wrong: str) -> None:
    said = refused(HEAD.replace('"acme"', f'"{wrong}"'))
    assert "is no id; use small letters, digits and hyphens." in said or "can't be seen" in said
    assert "\u202e" not in said


UNSEEN = "\u202e\u202d\u2066\u2069\u200b\u200e\u061c\u2028\u2029\ufeff\u00ad\u0085\x7f\ue000\U000e0041"


@pytest.mark.parametrize("key", ["name", "version", "summary", "author", "license", "icon"])
@pytest.mark.parametrize("character", UNSEEN, ids=lambda each: f"U+{ord(each):04X}")
def test_what_hides_or_turns_text_is_refused(key: str, character: str) -> None:
    lines = [each for each in HEAD.splitlines() if not each.startswith(f"{key} ")]
    said = refused("\n".join([*lines, f'{key} = "a\\U{ord(character):08X}b"']))
    assert said == f"plugin.toml: plugin.{key} has a character that can't be seen (U+{ord(character):04X})."


def test_what_is_quoted_in_a_sentence_can_be_seen() -> None:
    assert refused(HEAD + '"a\\u202Eb" = "c"') == "plugin.toml has an unknown key plugin.a\ufffdb."
    assert "“\ufffd--x”" in refused(
        HEAD + '[[toolchains]]\nname = "t"\ntitle = "T"\nbuilds = [{requirement = "\\u202E--x"}]'
    )


def test_names_of_contributions_are_seen_as_they_are() -> None:
    toolchain = '[[toolchains]]\nname = "t"\ntitle = "a\\u202Eb"\n'
    assert "toolchains.title has a character that can't be seen (U+202E)" in refused(HEAD + toolchain)
    assert "contributes.checks has a character" in refused(HEAD + '[contributes]\nchecks = ["a\\u202Eb"]')


@pytest.mark.parametrize("name", ["深度学习", "مساعد\u200cها", "Ångström", "👩\u200d🔬 Lab", "क्\u200dष", "Δ‑Training"])
def test_other_scripts_are_fine(name: str) -> None:
    parse(HEAD.replace('"Acme"', f'"{name}"'))


@pytest.mark.parametrize(
    ("api", "said"),
    [
        ("1", ""),
        ("3", "It is made for plugin API 3; this program has 1: a newer Rank Zero is needed."),
        ("10" * 40, f"It is made for plugin API {'10' * 10}; this program has 1: a newer Rank Zero is needed."),
        ("0", "It is made for plugin API 0; this program has 1: ask its author for a newer version."),
        ("1.0", "It is made for plugin API 1.0; this program has 1: ask its author to name a version that there is."),
        ("new", "It is made for plugin API new; this program has 1: ask its author to name a version that there is."),
        ("²", "It is made for plugin API ²; this program has 1: ask its author to name a version that there is."),
        ("", "It is made for plugin API ; this program has 1: ask its author to name a version that there is."),
    ],
)  # fmt: skip
def test_another_api_says_which_side_is_too_old(api: str, said: str) -> None:
    assert api_complaint(api) == said


@given(st.text())
@example("\u202e")
@example("acme\ud800")
def test_what_is_shown_can_be_seen(name: str) -> None:
    written = "".join(f"\\U{ord(each):08X}" for each in name)
    try:
        found = parse(f'{HEAD}summary = "{written}"')
    except ManifestError as error:
        shown = str(error)
    else:
        shown = found.summary  # type: ignore[attr-defined]
    assert not {each for each in shown if unicodedata.bidirectional(each) in {"RLO", "LRO", "RLE", "LRE", "RLI", "LRI"}}
    assert "\x1b" not in shown


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda each: (HEAD + each).encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_manifest_or_a_sentence(content: bytes) -> None:
    try:
        parse(content)
    except ManifestError as error:
        said = str(error)
    else:
        said = "plugin.toml is fine."
    assert said.endswith(".")
    assert "plugin.toml" in said
