"""Each mistake in a config is one line: the key, what was expected and what came."""

import pytest
import yaml

from lightning_modules.configuration.errors import arguments_of, nearest_first, reduced, with_places
from lightning_modules.configuration.files import FOLDER
from tests.lightning_modules.test_errors import said

pytestmark = pytest.mark.filterwarnings("ignore")

RAMP = "doppelganger.streams.perturbations.Ramp"


def pairs(perturbation) -> dict:
    init = {"synth": {"class_path": "synths.Voice"}, "perturbation": perturbation, "batch_size": 4}
    return {"data": {"class_path": "lightning_modules.data.PairDataModule", "init_args": init}}


@pytest.mark.parametrize(
    ("overlay", "line"),
    [
        (
            pairs({"class_path": RAMP, "init_args": {"start": 0.01, "stop": 0.2, "n_items": 100}}),
            f"data.init_args.perturbation: {RAMP} does not accept stop; it accepts start, end, n_items",
        ),
        (
            pairs({"class_path": RAMP, "init_args": {"start": 0.01, "end": "hello", "n_items": 100}}),
            "data.init_args.perturbation.init_args.end: expected float; got hello",
        ),
        (
            pairs({"class_path": "my_aug.level.Missing"}),
            "data.init_args.perturbation: cannot import my_aug.level.Missing: No module named 'my_aug'; correct the "
            "class path, or add the folder of its package to PYTHONPATH",
        ),
        (
            pairs({"class_path": RAMP.replace("Ramp", "Rump")}),
            f"data.init_args.perturbation: cannot import {RAMP.replace('Ramp', 'Rump')}: module "
            "'doppelganger.streams.perturbations' has no attribute 'Rump'; did you mean Ramp?",
        ),
        (
            pairs({"class_path": "torch.nn.Linear"}),
            "data.init_args.perturbation: expected a subclass of Perturbation; got torch.nn.Linear",
        ),
        (
            {"model": {"init_args": {"optimizer": {"class_path": "torch.optim.SGD", "init_args": {"lrr": 1}}}}},
            "model.init_args.optimizer: torch.optim.SGD does not accept lrr; it accepts lr, params, momentum, "
            "dampening, weight_decay, nesterov, maximize, foreach, differentiable, fused",
        ),
        ({"trainer": {"max_epochs": "hello"}}, "trainer.max_epochs: expected int; got hello"),
        (
            {"trainer": {"max_epoch": 3}},
            "Subcommand 'fit' does not accept option 'trainer.max_epoch'; did you mean trainer.max_epochs, "
            "trainer.min_epochs, trainer.max_steps?",
        ),
    ],
)
def test_a_mistake_in_a_config_is_one_line(overlay, line, config, tmp_path, monkeypatch, capsys):
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(overlay))
    lines = said(monkeypatch, capsys, "fit", "--config", config, "--config", "mine.yaml")
    assert lines[-1] == f"error: {line}"
    assert not any("Union" in other or "Given value" in other for other in lines)


def test_null_in_place_of_a_class_is_refused_with_what_works(config, tmp_path, monkeypatch, capsys):
    key = "model.init_args.objective.init_args.augmentation"
    lines = said(monkeypatch, capsys, "fit", "--config", "quickstart", f"--{key}=null")
    assert lines[-1].startswith(f"error: {key}: expected a class path")
    assert lines[-1].endswith("got None; null replaces a class in a further --config alone, not on the command line")


def test_a_file_that_is_missing_is_named_with_the_place_where_it_was_looked_for(config, tmp_path, monkeypatch, capsys):
    (tmp_path / "sub").mkdir()
    (tmp_path / "mine.yaml").write_text("data: sub/data.yaml")
    (tmp_path / "sub" / "data.yaml").write_text(yaml.safe_dump(pairs("../shared/ramp.yaml")["data"]))
    place = f"there is no {tmp_path / 'shared' / 'ramp.yaml'} (a path is relative to the folder of the config"
    line = said(monkeypatch, capsys, "fit", "--config", config, "--config", "mine.yaml")[-1]
    assert line.startswith(f"error: data.init_args.perturbation: expected a file; {place}")
    (tmp_path / "sub" / "data.yaml").write_text(yaml.safe_dump(pairs("encoders/convolutional.yaml")["data"]))
    line = said(monkeypatch, capsys, "fit", "--config", config, "--config", "mine.yaml")[-1]
    assert line.endswith(f"; did you mean {FOLDER / 'encoders/convolutional.yaml'}?")
    line = said(monkeypatch, capsys, "fit", "--config", config, "--data", "nothing.yaml")[-1]
    assert line.startswith(f"error: data: expected a file; there is no {tmp_path / 'nothing.yaml'} ")


@pytest.mark.parametrize(
    "message",
    [
        "the following arguments are required: --model",
        "Problems parsing config: while parsing a flow node\ndid not find expected node content\n  in line 3",
        'Parser key "data":',
        'a file says:\n  - Parser key "data" is unknown\n  - Errors: 3',
        "",
    ],
)
def test_a_message_of_another_form_is_whole(message):
    assert reduced(message) == message


def test_a_reason_that_is_not_known_keeps_all_its_lines():
    message = 'Parser key "data":\n  Does not validate against any of the Union subtypes\n  Subtypes: [int, str]\n'
    message += "  Errors:\n    - a cause\n      and its end\n    - another\n  Given value type: <class 'str'>\n"
    message += "  Given value: x\n  of two lines\n"
    assert reduced(message) == "data: a cause and its end; another"


def test_a_place_is_named_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    once = with_places("- Expected a path but a/b.yaml either not accessible or invalid\n")
    assert f"(looked for {tmp_path / 'a/b.yaml'})" in once and with_places(once) == once
    other = "- Expected a path but Foo either not accessible or invalid\n"
    assert with_places(other) == other


class Base:
    def __init__(self, a, b=1, *args):
        """Takes a and b."""


class Through(Base):
    def __init__(self, c, **kwargs):
        super().__init__(**kwargs)


class Alone(Base):
    def __init__(self, d):
        super().__init__(d)


def test_arguments_of_a_class_are_those_it_hands_on_too():
    here = __name__
    assert arguments_of(f"{here}.Through") == ["c", "a", "b"] and arguments_of(f"{here}.Alone") == ["d"]
    assert arguments_of("doppelganger.load_encoder")[0] == "path"
    assert arguments_of("no_such.Class") == arguments_of("plain") == arguments_of("os.nothing") == []


def test_names_like_the_key_come_first():
    assert nearest_first("strt", ["end", "start", "n"]) == ["start", "end", "n"]
    assert nearest_first("zzz", ["end", "start"]) == ["end", "start"]
