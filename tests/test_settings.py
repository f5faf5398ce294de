import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta, Struct, field

from pipeline.errors import WrongUseError
from pipeline.settings import Settings, load, ruleset
from pipeline.settings.describe import SECRET, as_file, as_markdown, reference, rows
from pipeline.settings.fit import Fitted, fit, known_paths
from pipeline.settings.schema import as_yaml
from pipeline.settings.source import Problem, read_environment, read_file

_COUNT = "shop.count: expected a whole number, at least 0"
_MIN_WORDS = "shop.limits.en.min_words: expected a whole number, at least 0, or null"
_UNDERSCORES = "a section and its key are joined by two underscores"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Level(StrEnum):
    LOW = "low"
    HIGH = "high"


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    min_words: Annotated[int, Meta(ge=0)] | None = None
    max_words: Annotated[int, Meta(ge=0)] | None = None


class Shop(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    share: Annotated[float, Meta(description="A share.", ge=0, le=1)] = 0.5
    count: Annotated[int, Meta(description="A count.", ge=0)] = 7
    open: Annotated[bool, Meta(description="Whether it is open.")] = True
    name: Annotated[str, Meta(description="Its name.", min_length=1)] = "corner"
    level: Annotated[Level, Meta(description="How high.")] = Level.LOW
    mode: Annotated[Literal["fast", "slow"], Meta(description="How.")] = "fast"
    tags: Annotated[tuple[str, ...], Meta(description="Tags.")] = ("a", "b")
    ids: Annotated[frozenset[int], Meta(description="Ids.")] = frozenset({1})
    limits: Annotated[dict[str, Limits], Meta(description="By language.")] = field(
        default_factory=lambda: {"ja": Limits(min_words=9)}
    )
    names: Annotated[dict[str, str], Meta(description="Other names.")] = {}
    either: Annotated[int | str | None, Meta(description="A number or a word.")] = None
    password: Annotated[str | None, Meta(description="Hidden.", extra={"secret": True})] = None

    def __post_init__(self) -> None:
        if self.share > self.count:
            raise ValueError("share may not be more than count")


class Town(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    shop: Annotated[Shop, Meta(description="The shop.")] = Shop()
    size: Annotated[int, Meta(description="People.", ge=1)] = 10


def lay(text: str, tmp_path: Path, environ: dict[str, str] | None = None) -> Fitted:
    """The town of a settings file and an environment."""
    file = tmp_path / "town.yaml"
    file.write_text(text, encoding="utf-8")
    node, problems = read_file(file)
    layers, more = read_environment(environ or {}, Town.__struct_fields__)
    fitted = fit(Town(), [layer for layer in (node, *layers) if layer])
    found = [*problems, *more, *fitted.problems]
    short = [
        Problem(*(part.replace(f"{tmp_path}/", "") for part in msgspec.structs.astuple(one)))
        for one in found
    ]
    return Fitted(fitted.value, fitted.places, short)


@pytest.mark.parametrize("text", ["", "# nothing\n", "shop:\n", "shop: {}\n", "---\n...\n"])
def test_nothing_given_is_all_defaults(text: str, tmp_path: Path):
    fitted = lay(text, tmp_path)
    assert fitted.problems == []
    assert fitted.value == Town()


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("share: 1", "share", 1.0),
        ("share: 1e-3", "share", 0.001),
        ("count: 12", "count", 12),
        ("open: no", "open", False),
        ("name: 12", "name", "12"),
        ("name: no", "name", "no"),
        ("name: 2026-01-01", "name", "2026-01-01"),
        ("level: high", "level", Level.HIGH),
        ("mode: slow", "mode", "slow"),
        ("tags: [no, x y]", "tags", ("no", "x y")),
        ("tags: []", "tags", ()),
        ("ids: [3, 4, 3]", "ids", frozenset({3, 4})),
        ("names: {no: x}", "names", {"no": "x"}),
        ("either: 3", "either", 3),
        ("either: three", "either", "three"),
        ("either: null", "either", None),
    ],
)
def test_a_value_that_fits_is_taken(line: str, name: str, value: Any, tmp_path: Path):
    fitted = lay(f"shop:\n  {line}\n", tmp_path)
    assert fitted.problems == []
    assert getattr(fitted.value.shop, name) == value
    assert type(getattr(fitted.value.shop, name)) is type(value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "share: 2",
            "shop.share: expected a number from 0 to 1; found 2. Example: share: 0.5",
        ),
        (
            "share: .nan",
            "shop.share: expected a number from 0 to 1; found .nan. Example: share: 0.5",
        ),
        (
            "count: many",
            f"{_COUNT}; found the text 'many'. Example: count: 7",
        ),
        (
            "count: 1.5",
            f"{_COUNT}; found 1.5. Example: count: 7",
        ),
        (
            "count: '5'",
            f"{_COUNT}; found the text '5'. Example: count: 7",
        ),
        (
            "count:",
            f"{_COUNT}; found nothing (null). Example: count: 7",
        ),
        ("open: 1", "shop.open: expected true or false; found 1. Example: open: true"),
        ("name: ''", "shop.name: expected text; found the text ''. Example: name: corner"),
        (
            "level: top",
            "shop.level: expected one of low, high; found the text 'top'. Example: level: low",
        ),
        (
            "mode: [fast]",
            "shop.mode: expected one of fast, slow; found a list. Example: mode: fast",
        ),
        (
            "tags: a",
            "shop.tags: expected a list, each text; found the text 'a'. Example: tags: [a, b]",
        ),
        ("tags: [a, [b]]", "shop.tags[1]: expected text; found a list. Example: tags: [name]"),
        ("limits: {en: 5}", "shop.limits.en: expected a mapping of settings; found 5"),
        (
            "limits: {en: {min_words: -1}}",
            f"{_MIN_WORDS}; found -1. Example: min_words: 0",
        ),
        ("shar: 1", "shop.shar: unknown setting; did you mean shop.share?"),
        ("size: 1", "shop.size: unknown setting; did you mean size?"),
        ("? [a]\n  : 1", "shop: a name is expected here, found a list"),
    ],
)
def test_a_value_that_does_not_fit_is_explained(line: str, message: str, tmp_path: Path):
    fitted = lay(f"# a comment\nshop:\n  {line}\n", tmp_path)
    assert fitted.problems == [Problem("town.yaml:3", message)]


def test_a_name_far_from_all_known_ones_gets_the_list_of_them(tmp_path: Path):
    fitted = lay("xyzzy: 1\n", tmp_path)
    assert [one.message for one in fitted.problems] == [
        "xyzzy: unknown setting; known here: shop, size"
    ]


def test_a_key_given_twice_names_both_lines(tmp_path: Path):
    fitted = lay("size: 2\nshop: {}\nsize: 3\n", tmp_path)
    assert [str(one) for one in fitted.problems] == [
        "town.yaml:3: size: given twice, first at town.yaml:1; keep one of them"
    ]


def test_settings_that_contradict_each_other_name_the_place_of_each(tmp_path: Path):
    fitted = lay("shop:\n  count: 0\n", tmp_path, {"COPYDESK_SHOP__SHARE": "0.6"})
    assert [one.message.partition(" (")[2] for one in fitted.problems] == [
        "shop.share: environment COPYDESK_SHOP__SHARE, shop.count: town.yaml:2)"
    ]


def test_all_problems_are_reported_at_once(tmp_path: Path):
    fitted = lay("size: 0\nshop: {share: x, cuont: 1}\ntown: 1\n", tmp_path)
    assert len(fitted.problems) == 4


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a: [1\nb: 2\n", "town.yaml:2:2: not valid YAML: while parsing a flow sequence"),
        ("a:\n\tb: 1\n", "town.yaml:2:1: not valid YAML: while scanning for the next token"),
        ("a: 1\n---\nb: 2\n", "town.yaml:2:1: not valid YAML: expected a single document"),
        ("a: *nowhere\n", "town.yaml:1:4: not valid YAML: found undefined alias 'nowhere'"),
        ("a: \x01\n", "town.yaml: not YAML: special characters are not allowed"),
        ("[" * 10_000, "town.yaml: not settings: lists or mappings nested thousands deep"),
        ("just text", "town.yaml:1: settings: expected a mapping of settings; found the text"),
        ("- a\n- b\n", "town.yaml:1: settings: expected a mapping of settings; found a list"),
    ],
)
def test_a_file_that_is_no_settings_file_is_explained(text: str, start: str, tmp_path: Path):
    problems = lay(text, tmp_path).problems
    assert len(problems) == 1
    assert str(problems[0]).startswith(start)


def test_bytes_that_are_no_text_are_explained(tmp_path: Path):
    file = tmp_path / "town.yaml"
    file.write_bytes(b"size: \xff\xfe\xfa")
    node, problems = read_file(file)
    assert node is None
    assert problems[0].message.startswith("not YAML: ")


@pytest.mark.parametrize("text", ["shop: &a {limits: *a}\n", "shop: &a\n  tags: [*a]\n"])
def test_a_file_that_contains_itself_ends_in_problems(text: str, tmp_path: Path):
    assert lay(text, tmp_path).problems != []


def test_entries_are_merged_with_the_default_ones_by_name(tmp_path: Path):
    fitted = lay("shop:\n  limits:\n    ja: {max_words: 20}\n    bbc.co.uk: {}\n", tmp_path)
    assert fitted.problems == []
    assert fitted.value.shop.limits == {
        "ja": Limits(min_words=9, max_words=20),
        "bbc.co.uk": Limits(),
    }
    assert fitted.places == {"shop.limits.ja.max_words": f"{tmp_path}/town.yaml:3"}


def test_the_environment_wins_over_the_file_and_is_named(tmp_path: Path):
    environ = {
        "COPYDESK_SIZE": "ignored: no section is called size and something",
        "COPYDESK_SHOP__COUNT": "9",
        "COPYDESK_SHOP__TAGS": "[x, y]",
        "COPYDESK_SHOP__LIMITS__EN__MIN_WORDS": "4",
        "COPYDESK_SHOP__EITHER": "",
        "COPYDESK_SERVICE_HOST": "10.0.0.1",
        "OTHER__COUNT": "1",
    }
    fitted = lay("shop: {count: 8, name: old}\n", tmp_path, environ)
    assert fitted.problems == []
    shop = fitted.value.shop
    assert (shop.count, shop.tags, shop.name) == (9, ("x", "y"), "old")
    assert shop.limits == {"ja": Limits(min_words=9), "en": Limits(min_words=4)}
    assert fitted.places["shop.count"] == "environment COPYDESK_SHOP__COUNT"
    assert fitted.places["shop.name"].endswith("town.yaml:1")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("COPYDESK_SHOP__CUONT", "1", "shop.cuont: unknown setting; did you mean shop.count?"),
        (
            "COPYDESK_SHOP__COUNT",
            "x",
            f"{_COUNT}; found the text 'x'. Example: count: 7",
        ),
        (
            "COPYDESK_SHOP__NAME",
            "[a",
            "the value is not valid YAML; put it in quotes inside the variable",
        ),
        (
            "COPYDESK_SHOP_COUNT",
            "1",
            f"{_UNDERSCORES}; did you mean COPYDESK_SHOP__COUNT?",
        ),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, message: str, tmp_path: Path):
    assert lay("", tmp_path, {name: value}).problems == [Problem(f"environment {name}", message)]


@pytest.mark.parametrize("value", ["[hunter2]", "hunter2: x", "{hunter2"])
def test_a_secret_is_shown_nowhere(value: str, tmp_path: Path):
    wrong = lay("", tmp_path, {"COPYDESK_SHOP__PASSWORD": value})
    assert wrong.problems != []
    assert "hunter2" not in str(wrong.problems)
    shown = rows(Town(shop=Shop(password="hunter2")))  # noqa: S106
    assert [row.text for row in shown if row.path == "shop.password"] == [SECRET]
    assert "hunter2" not in str(shown)


def test_the_written_file_holds_every_setting_and_reads_back_as_the_same(tmp_path: Path):
    town = Town(shop=Shop(tags=("no", "a: b", "x" * 60, "y" * 60), limits={"b.c": Limits()}))
    text = as_file(town, "A heading.")
    fitted = lay(text, tmp_path)
    assert fitted.problems == []
    assert fitted.value.shop.tags == town.shop.tags
    assert fitted.value.shop.limits == town.shop.limits | Shop().limits
    given = yaml.safe_load(text)
    assert set(given["shop"]) == set(Shop.__struct_fields__)
    assert "# A share. (a number from 0 to 1)" in text


def test_the_reference_lists_every_setting_with_chosen_names_as_a_star():
    paths = [row.path for row in reference(Town)]
    assert "shop.limits.*.min_words" in paths
    assert set(paths) == set(known_paths(Town)) - {"shop"}
    assert "| `shop.share` | a number from 0 to 1 | `0.5` | A share. |" in as_markdown(Town)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the folder is not used
@given(st.recursive(st.text() | st.integers() | st.booleans() | st.none(), st.lists, max_leaves=9))
def test_a_written_value_reads_back_as_the_same(value: Any):
    assert yaml.safe_load(as_yaml(value)) == value


@given(st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # one file, overwritten
def test_any_text_gives_settings_or_problems(tmp_path: Path, text: str):
    fitted = lay(text, tmp_path)
    assert fitted.problems or fitted.value == Town() or fitted.places


def test_the_file_is_the_one_asked_for_then_the_variables_then_the_folders(tmp_path: Path):
    assert load(None, {}).file is None
    (tmp_path / "config").mkdir()
    for name in ("config/copydesk.yaml", "variable.yaml", "asked.yaml"):
        (tmp_path / name).write_text("clean: {}\n", encoding="utf-8")
    assert load(None, {}).file == Path("config/copydesk.yaml")
    variable = {"COPYDESK_CONFIG": "variable.yaml"}
    assert load(None, variable).file == Path("variable.yaml")
    assert load(Path("asked.yaml"), variable).file == Path("asked.yaml")


def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path):
    with pytest.raises(WrongUseError, match=r"missing.yaml: cannot read .* --config FILE"):
        load(tmp_path / "missing.yaml", {})
    with pytest.raises(WrongUseError, match="cannot read the settings"):
        load(tmp_path, {})


def test_each_value_knows_where_it_came_from(tmp_path: Path):
    file = tmp_path / "desk.yaml"
    file.write_text("clean:\n  sources:\n    bbc.co.uk:\n      disabled: []\n", encoding="utf-8")
    loaded = load(file, {"COPYDESK_CLEAN__DISABLED": "[]"})
    assert loaded.provenance["clean.disabled"] == "environment COPYDESK_CLEAN__DISABLED"
    assert loaded.provenance['clean.sources."bbc.co.uk".disabled'] == f"{file}:4"
    assert load(None, {}).provenance["clean.disabled"] == "default"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clean: {disabled: [strip-tags]}", "clean.disabled: no rule is called 'strip-tags'"),
        (
            "clean: {sources: {a.example: {disabled: [x]}}}",
            "clean.sources.\"a.example\".disabled: no rule is called 'x'",
        ),
        ("check: {limits: {to-short: 1}}", "check.limits: no rule is called 'to-short'"),
        ("check: {languages: {ja: {x: 1}}}", "check.languages.ja: no rule is called 'x'"),
        ("check: {sources: {a: {x: null}}}", "check.sources.a: no rule is called 'x'"),
        ("check: {severities: {x: warn}}", "check.severities: no rule is called 'x'"),
    ],
)
def test_a_rule_that_does_not_exist_cannot_be_set(text: str, message: str, tmp_path: Path):
    file = tmp_path / "desk.yaml"
    file.write_text(f"# a comment\n{text}\n", encoding="utf-8")
    with pytest.raises(WrongUseError, match=re.escape(f"desk.yaml:2: {message}")):
        load(file, {})


def test_the_desk_works_by_the_settings_and_their_name():
    stages = load(None, {"COPYDESK_PARSE__MAX_DEPTH": "9"}).settings.stages()
    assert stages.parse.max_depth == 9
    assert stages.ruleset != Settings().stages().ruleset


def test_the_ruleset_changes_with_the_settings_and_with_nothing_else():
    assert ruleset(Settings()) == ruleset(load(None, {}).settings)
    changed = msgspec.structs.replace(
        Settings(), clean=msgspec.structs.replace(Settings().clean, disabled=("x",))
    )
    assert ruleset(changed) != ruleset(Settings())
    assert ruleset(Settings()).count("+") == 1


def test_limits_that_exclude_each_other_name_the_place_of_each(tmp_path: Path):
    file = tmp_path / "desk.yaml"
    text = "check:\n  limits:\n    empty: 30\n    too-short: 20\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WrongUseError) as error:
        load(file, {})
    assert f"check.limits.empty: {file}:3, check.limits.too-short: {file}:4" in str(error.value)
