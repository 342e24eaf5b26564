"""The page: self-contained, with every section, and every name escaped."""

import dataclasses
import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from threading import Timer

import numpy as np
import pytest

from doppelganger.evaluation import evaluate, read_task
from doppelganger.evaluation.baselines import with_baselines
from doppelganger.evaluation.map import map_of
from doppelganger.evaluation.report.curves import panels_of
from doppelganger.evaluation.report.page import page_of, report_of, write_report
from doppelganger.evaluation.report.pairs import training_pairs

SAMPLE_RATE = 8000
EVIL = ("</script><script>document.title='broken'</script>", "<img src=x onerror=\"document.title='broken'\">")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "action", "data")]


@pytest.fixture
def results_and_map(encoder, make_pack):
    task, maps = read_task("pack", make_pack(labels=EVIL).folder, SAMPLE_RATE), []
    results = evaluate(
        with_baselines(encoder),
        protocols=["knn"],
        tasks=[dataclasses.replace(task, clips=[f"{EVIL[1]} {i}" for i in range(len(task))])],
        on_task=lambda task, clips, embeddings: maps.append(map_of(task, clips, embeddings["trained"].mean)),
    )
    return results, maps[0]


@pytest.fixture
def written(results_and_map, config, metrics, tmp_path):
    """Paths of a report with every section, all of whose names are hostile."""
    results, drawn = results_and_map
    report = report_of(results, encoder=EVIL[0], config={"backbone": EVIL[0]}, seed=0)
    sections = {"maps": [drawn], "curves": panels_of(metrics), "pairs": training_pairs(config)}
    return write_report(report, tmp_path / "out", "x", **sections)


def test_a_report_of_another_evaluation_stays_and_one_of_the_same_is_replaced(results_and_map, tmp_path):
    results, _ = results_and_map
    last, other = (report_of(results, encoder=name, config=None, seed=0) for name in ("a/last.ckpt", "b/last.ckpt"))
    (other_task,) = [task | {"name": "other"} for task in results]
    task = report_of([other_task], encoder="a/last.ckpt", config=None, seed=0)
    paths = [write_report(report, tmp_path, "last") for report in (last, other, task, last, other)]
    assert [path.name for path, _ in paths] == ["last.json", "last-2.json", "last-3.json", "last.json", "last-2.json"]
    assert [path.name for _, path in paths[:2]] == ["last.html", "last-2.html"]
    assert [json.loads(path.read_text())["encoder"][0] for path, _ in paths[:3]] == ["a", "b", "a"]


def test_a_report_on_a_folder_of_the_same_name_elsewhere_stays(results_and_map, tmp_path):
    folders = ("pack=2025/sounds", "pack=2026/sounds")
    reports = [report_of(results_and_map[0], encoder="x", config=None, seed=0, data=[each]) for each in folders]
    paths = [write_report(report, tmp_path, "x")[0] for report in (*reports, *reports)]
    assert [path.name for path in paths] == ["x.json", "x-2.json"] * 2
    assert "<code>pack=2026/sounds</code>" in paths[1].with_suffix(".html").read_text(encoding="utf-8")


def test_the_page_has_every_section_and_needs_nothing_else(written):
    page = written[1].read_text(encoding="utf-8")
    for title in (
        "Scores",
        "Maps of the embeddings",
        "Confusion matrices",
        "Training curves",
        "Training pairs",
    ):
        assert f"<h2>{title}</h2>" in page
    parsed = Page(page)
    assert parsed.links and all(link.startswith("data:") for link in parsed.links)
    assert "url(" not in page and "@import" not in page
    # One of data and one of our own; four pairs of two views; and nothing that a name brought in.
    tags = {tag: parsed.tags.count(tag) for tag in ("script", "img", "audio", "link", "iframe")}
    assert tags == {"script": 2, "img": 8, "audio": 8, "link": 0, "iframe": 0}
    assert len(page) < 1e6


def test_sounds_are_in_the_page_alone(written, results_and_map):
    report = written[0].read_text(encoding="utf-8")
    assert "data:" not in report and json.loads(report)["tasks"] == results_and_map[0]


def test_the_page_needs_nothing_else_and_trusts_no_label(encoder, make_pack):
    pack = make_pack(labels=("<script>alert(1)</script>", "b"))
    pack.write([*pack.read(), ["audio/<img src=x>.wav", "b", "1"]])
    results = evaluate(with_baselines(encoder), [read_task("pack", pack.folder, SAMPLE_RATE)], ["knn"])
    page = page_of(report_of(results, encoder="x.ckpt", config={"backbone": "resnet18"}, seed=0))
    parsed = Page(page)
    assert not {"script", "img", "link", "iframe"} & set(parsed.tags)
    assert not parsed.links and "url(" not in page and "@import" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_sections_without_data_are_left_out(results_and_map):
    page = page_of(report_of(results_and_map[0], encoder="x", config=None, seed=0))
    assert not {"script", "audio", "svg"} & set(Page(page).tags)


@pytest.fixture
def chromium(tmp_path):
    """The command that opens a page in Chromium, with what the page says to the console on stderr."""
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    return [CHROMIUM, *flags, f"--user-data-dir={tmp_path / 'profile'}"]


def test_the_page_works_from_disk_and_no_name_runs(written, chromium):
    flags = ["--virtual-time-budget=3000", "--dump-dom", written[1].as_uri()]
    done = subprocess.run([*chromium, *flags], capture_output=True, encoding="utf-8", timeout=120, check=True)
    assert "CONSOLE" not in done.stderr
    assert 'data-ready="24"' in done.stdout and done.stdout.count('aria-pressed="false"') == 2
    assert "<title>broken" not in done.stdout and html.escape(EVIL[0], quote=False) in done.stdout


def test_a_click_plays_a_sound(written, tmp_path, chromium):
    click = """<script>
      const path = document.querySelector(".plane path:not(.silent)").getBoundingClientRect();
      const at = { clientX: path.x + path.width / 2, clientY: path.y + path.height / 2, bubbles: true };
      const said = () => document.querySelector(".playing").textContent;
      const marked = () => document.querySelectorAll(".played").length;
      player.onended = () => console.log(`played ${marked()} of ${player.duration.toFixed(2)} s: ${said()}`);
      player.onerror = () => console.log(said());
      document.querySelector(".plane svg").dispatchEvent(new PointerEvent("click", at));
    </script>"""
    page = tmp_path / "clicked.html"
    page.write_text(written[1].read_text(encoding="utf-8").replace("</body>", f"{click}</body>"), encoding="utf-8")
    # With a port open it stays until it is terminated, as a sound takes time to play.
    flags = ["--remote-debugging-port=0", "--autoplay-policy=no-user-gesture-required", page.as_uri()]
    with subprocess.Popen([*chromium, *flags], stderr=subprocess.PIPE, encoding="utf-8") as browser:
        too_late = Timer(60, browser.kill)
        too_late.start()
        said = next((line for line in browser.stderr if "CONSOLE" in line), "nothing")
        too_late.cancel()
        browser.terminate()
    played = re.search(r"played 1 of ([\d.]+) s: .*img src=x", said)
    assert played, said
    assert float(played[1]) == pytest.approx(0.6, abs=0.15)


@pytest.mark.parametrize(("n_clips", "method"), [(2, "PCA"), (9, "PCA"), (10, "t-SNE"), (24, "t-SNE")])
def test_maps_of_few_clips(make_pack, n_clips, method):
    task = read_task("pack", make_pack().folder, SAMPLE_RATE)
    embeddings = np.random.default_rng(0).normal(size=(n_clips, 3)).astype(np.float32)
    drawn = map_of(task, range(n_clips), embeddings)
    points = np.array(drawn.points)
    assert drawn.method == method and points.shape == (n_clips, 2) and all(drawn.sounds)
    assert points.min() == 0 and points.max() == 1 and np.ptp(points[:, 0]) == 1
    assert drawn == map_of(task, range(n_clips), embeddings)


@pytest.mark.parametrize("dim", [1, 3])
def test_a_map_of_equal_embeddings(make_pack, dim):
    task = read_task("pack", make_pack().folder, SAMPLE_RATE)
    points = np.array(map_of(task, range(24), np.ones((24, dim), dtype=np.float32)).points)
    assert np.isfinite(points).all() and (points == 0).all()


def test_a_large_map_is_drawn_evenly(make_pack):
    task = read_task("pack", make_pack().folder, SAMPLE_RATE)
    labels = ["rare"] * 30 + ["often"] * 570
    many = dataclasses.replace(
        task, clips=[str(i) for i in range(600)], labels=labels, folds=["1"] * 600, blocks=lambda i: task.blocks(0)
    )
    drawn = map_of(many, range(600), np.random.default_rng(0).normal(size=(600, 8)).astype(np.float32))
    with_sound = [of_class for of_class, sound in zip(drawn.of_class, drawn.sounds, strict=True) if sound]
    assert len(drawn.points) == len(set(drawn.names)) == 400 and len(with_sound) == 100
    assert drawn.of_class.count(drawn.classes.index("rare")) == 30 == with_sound.count(drawn.classes.index("rare"))
    assert all(labels[int(n)] == label for n, label in zip(drawn.names, drawn.labels, strict=True))
