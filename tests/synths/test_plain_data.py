import pytest
import yaml

from synths.files.plain_data import LONGEST, parse_json, parse_yaml, read_text, require_small

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)
)


def test_what_yaml_and_json_hold_comes_back():
    value = {"a": [1, 2.5, None, True, "é"], "b": {"c": []}}
    assert parse_yaml(yaml.safe_dump(value)) == value
    assert parse_json('{"a": [1, 2.5, null, true, "\\u00e9"], "b": {"c": []}}') == value
    assert parse_yaml("a: &x [1]\nb: *x") == {"a": [1], "b": [1]}


def test_numbers_of_yaml_are_those_of_json():
    for text in ("1e-3", "-2E+2", "1.5e3", "12", "0.5", "7.25e-1"):
        assert parse_yaml(f"[{text}]") == parse_json(f"[{text}]")
    assert parse_yaml("['1e3', 1e3x, e3, 1e]") == ["1e3", "1e3x", "e3", "1e"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "expected YAML; while parsing"),
        ("!!python/object/apply:os.system [touch planted]", "expected YAML; could not determine a constructor"),
        (BOMB, "it stands for more than 100,000 values"),
        ("a: &a [*a]", "a part of it holds itself"),
        ("[" * 2000, "nested too deep"),
        ("[" * 150 + "]" * 150, "nested deeper than 100"),
        ("9" * 5000, "expected YAML; "),
        ("2001-99-99", "expected YAML; month must be"),
        ("x" * (LONGEST + 1), "at most 1,048,576 characters; got 1,048,577"),
    ],
    ids=["open", "tag", "bomb", "itself", "deep", "deeper", "digits", "date", "long"],
)
def test_yaml_that_cannot_be_walked_is_refused_in_one_line(text, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message) as error:
        parse_yaml(text)
    assert "\n" not in str(error.value) and len(str(error.value)) < 600 and not (tmp_path / "planted").exists()


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "9" * 5000])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ValueError, match="expected JSON; "):
        parse_json(text)


def test_a_value_that_is_named_often_counts_as_often():
    shared = list(range(1000))
    require_small([shared] * 99)
    with pytest.raises(ValueError, match="100,000 values"):
        require_small([shared] * 101)


def test_a_large_or_binary_file_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * (LONGEST + 1))
    with pytest.raises(ValueError, match="a: expected at most 1,048,576 bytes"):
        read_text(tmp_path / "a")
    (tmp_path / "a").write_bytes(b"ab\xff")
    with pytest.raises(ValueError, match="expected UTF-8; invalid start byte at byte 2"):
        read_text(tmp_path / "a")
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa: 1")
    assert parse_yaml(read_text(tmp_path / "a")) == {"a": 1}
