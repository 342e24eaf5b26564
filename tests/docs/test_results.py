"""Pages of results: their figures are those of the files, and the long tables are on pages of their own."""

import json
import re
from collections import Counter

import pytest
import yaml

from docs import benchmark_pages, figure_tables, result_files, results_page, study_pages
from tests.docs.page import ROOT


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    results_page.write(folder)
    return folder


@pytest.fixture(scope="module")
def front(pages):
    return (pages / "results.md").read_text(encoding="utf-8")


def test_the_first_table_is_what_an_encoder_is_worth(front):
    assert re.findall("^## (.*)", front, re.M)[0] == "What an encoder is worth"
    results = {name: json.loads((ROOT / "results" / f"{name}.json").read_text()) for name in results_page.ENCODERS}
    for name, title in results_page.ENCODERS.items():
        rows = re.findall(rf"^\| {re.escape(title)} \|.*", front, re.M)
        protocols = ["linear", "linear_l2"] if name != "quickstart" else ["linear"]
        for protocol, row in zip(protocols, rows, strict=True):
            scores = [task["protocols"][protocol]["encoders"]["trained"]["score"] for task in results[name]["tasks"]]
            assert re.findall(r"\| (\d+\.\d)\s\(", row) == [f"{100 * score:.1f}" for score in scores]


def test_every_page_has_the_date_and_the_commits_of_its_files(pages):
    for page in (pages / "results").glob("*.md"):
        paths = [ROOT / "results" / f"{page.stem}.json"]
        if page.stem.startswith("study_"):
            paths = list((ROOT / "results" / page.stem).glob("*.json"))
        text = page.read_text(encoding="utf-8")
        records = [json.loads(path.read_text()) for path in paths if page.stem != "files"]
        for day in (pick(record["date"] for record in records) for pick in (min, max) if records):
            assert re.fullmatch(r"2026-\d\d-\d\d.*", day) and day[:10] in text, page.stem
        for record in records:
            assert (record["commit"] or "")[:12] in text, page.stem


def test_published_figures_are_marked_and_have_a_source(front):
    for each in json.loads(results_page.PUBLISHED.read_text(encoding="utf-8")):
        (row,) = [line for line in front.splitlines() if line.startswith("|") and f"[{each['encoder']}]" in line]
        assert row.startswith("| *published weights:*")
        assert re.findall(r"\| (\d+\.\d) ", row) == [f"{100 * score:.1f}" for score in each["scores"].values()]
        assert each["url"].startswith("https://") and each["source"] in front and each["trained_on"] in front


def test_no_score_is_typed_into_the_code_of_a_page():
    for path in (ROOT / "docs").glob("*_page*.py"):
        assert not re.findall(r'": \d+\.\d+\b', path.read_text(encoding="utf-8")), path.name


def test_the_page_is_short_and_links_every_other(pages, front):
    others = sorted(path.stem for path in (pages / "results").glob("*.md"))
    files, studies = result_files.read()
    assert others == sorted([*studies, *(name for name, result in files.items() if "figures" in result), "files"])
    assert all(f"(results/{name}.md)" in front and f"\nresults/{name}\n" in front for name in others)
    assert sum(line.startswith("| ") for line in front.splitlines()) <= 30


@pytest.mark.parametrize("name", ["coverage", "objectives", "vocabulary", "recipe", "scale"])
def test_a_study_has_all_its_rows_in_words(pages, name):
    text = (pages / "results" / f"study_{name}.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \|", text, re.M)[1:]
    recorded = {row["name"] for row in result_files.read()[1][f"study_{name}"]["figures"]}
    linked = {re.sub(r"\{py:obj\}`~.*\.(\w+)`", r"\1", row) for row in rows}
    assert linked - {"---", "row"} == recorded | {"random weights", "log-mel statistics"}
    assert not any("_" in row for row in recorded)


@pytest.mark.parametrize("path", sorted((ROOT / "results").glob("study_*/")), ids=lambda path: path.name)
def test_a_renamed_row_is_renamed_in_its_study(path):
    """A row in the results that the study does not name would be trained again."""
    study = yaml.safe_load((ROOT / "configs" / "studies" / f"{path.name.removeprefix('study_')}.yaml").read_text())
    recorded = {row["name"] for row in result_files.read()[1][path.name]["figures"]}
    assert recorded <= study["rows"].keys()


def test_the_highest_row_of_a_study_stands_in_its_sentence():
    def row(name, score):
        figures = {"trained": {"accuracy": score}, "random": {"accuracy": 0.2}}
        return {"name": name, "seed": 0, "n_steps": 3, "figures": figures}

    study = {"figures": [row("low", 0.3), row("high", 0.5)]}
    text = study_pages.summary("study_vocabulary", study)
    assert text.endswith("Highest accuracy: high 0.500 (random weights 0.200).") and text.startswith("The same small")


def test_steps_and_seeds_are_columns_only_where_they_differ(pages):
    same, differ = ((pages / "results" / f"study_{name}.md").read_text("utf-8") for name in ("objectives", "recipe"))
    assert "Each trained row: 300 steps, 1 seed." in same and "| steps |" not in same
    files = [path.stem.rpartition("-")[0] for path in (ROOT / "results/study_recipe").glob("*.json")]
    all_have_two = set(Counter(files).values()) == {2}
    assert ("| row | steps | seeds |" in differ) != all_have_two
    assert ("Each trained row: 2 seeds." in differ) == all_have_two
    assert "| steps |" in differ


@pytest.mark.parametrize("name", sorted(result_files.read()[1]))
def test_a_study_has_all_its_figures_in_tables_that_fit_the_page(pages, name):
    text = (pages / "results" / f"{name}.md").read_text(encoding="utf-8")
    titles = [line.strip("| ").split(" | ") for line in re.findall(r"^\| row .*", text, re.M)]
    result = result_files.read()[1][name]
    n_counts = sum(title in ("steps", "seeds") for title in titles[0])
    assert sum(len(line) - 1 - n_counts for line in titles) == len(result["figures"][0]["figures"]["trained"])
    assert all(len(line) <= 9 for line in titles)


def test_goals_that_were_measured_are_counted():
    goals = [{"met": True}, {"met": False}, {"met": None}]
    figures = {"ratio": 11.3, "goals": goals}
    text = benchmark_pages.summary(
        "bench_procedural", {"figures": figures, "config": {"seconds": 10.24, "batch_size": 32}}
    )
    assert "clips of 10.24 s?" in text and text.endswith("1 of 2 goals are met.")


BENCHMARKS = sorted(name for name, result in result_files.read()[0].items() if "figures" in result)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_asks_answers_with_figures_of_its_file_and_explains(name):
    result = result_files.read()[0][name]
    question, finding, meaning = benchmark_pages.sentences(name, result)
    assert re.match(r"(How|What|Is|Are|Does) [^?]*\?", question) and meaning.endswith(".")
    assert "{" not in question + finding + meaning
    assert re.search(r"\d", finding)


def test_tests_that_failed_are_counted_over_the_environments():
    tests = [{"passed": 7, "skipped": 3, "s": 1.5}, {"failed": 1, "error": 1, "passed": 5, "s": 2.5}]
    figures = {"environments": {str(i): {"contract_tests": each} for i, each in enumerate(tests)}}
    finding = benchmark_pages.sentences("compat", {"figures": figures})[1]
    assert finding == "2 of 14 tests failed in 2 environments."


def test_kills_are_counted_from_the_file():
    figures = {"kills": [{}, {}, {}], "kills_in_a_write": 1, "losses_logged": 9, "losses_that_differ": 2}
    question, finding, _ = benchmark_pages.sentences("kills", {"figures": figures})
    assert "at 3 random moments, 1 of them while a checkpoint was written" in question
    assert finding == "Of 9 logged losses, 2 differ."


def test_figures_of_benchmarks_have_their_unit_or_a_percent_sign(pages):
    for page in (pages / "results").glob("*.md"):
        text = "" if page.stem.startswith("study_") else page.read_text(encoding="utf-8")
        assert not re.search(r"[|*] [a-z][\w ]* (s|ms|mb)( a \w+)?(:| \|)", text), page.stem
        for line in re.findall(r"^\* (?:share|.* share) .*", text, re.M):
            assert line.endswith(" %"), line


def test_the_largest_figure_of_a_column_is_over_all_rows():
    figures = {"a": {"x": 1, "y": None}, "b": {"x": 3.0, "y": 2}, "n": 7}
    assert benchmark_pages._most(figures) == {"x": 3.0, "y": 2}


def test_a_study_says_what_it_compares_and_how_it_is_made_again():
    compared, command = study_pages.purpose("study_vocabulary")
    assert compared.startswith("Number of tags compared") and "doppelganger-train" not in compared
    packs = "data/esc10 data/fsdd data/arabic_speech_commands"
    assert command == f"doppelganger-train study studies/vocabulary --packs {packs}"


def test_a_study_names_the_machines_of_all_its_rows(tmp_path, monkeypatch):
    for i, (cpu, trained_on) in enumerate((("AMD", "NVIDIA X"), ("Intel", "cpu"), ("Intel", "cpu"))):
        figures = {"name": f"row {i}", "seed": 0, "n_steps": 1, "recipe": "a", "trained_on": trained_on}
        figures["figures"] = {"trained": {"accuracy": 0.5}}
        record = {"config": {"rows": [f"row {i}"]}, "seed": 0, "date": "2026-01-31", "commit": "c" * 40}
        record |= {"machine": {"cpu": cpu, "cpus": 2, "torch": "2.11", "device": "cpu"}, "figures": figures}
        (tmp_path / "study_a").mkdir(exist_ok=True)
        (tmp_path / "study_a" / f"{i}.json").write_text(json.dumps(record))
    monkeypatch.setattr(result_files, "RESULTS", tmp_path)
    study = result_files.read()[1]["study_a"]
    assert result_files.made(study).endswith(
        "2 cores of AMD, torch 2.11; 2 cores of Intel, torch 2.11; some rows trained on NVIDIA X"
    )


@pytest.mark.parametrize("name", sorted(result_files.read()[1]))
def test_the_command_of_a_study_names_the_recordings_of_its_columns(name):
    named = set(re.findall(r"data/(\w+)", study_pages.purpose(name)[1]))
    columns = " ".join(result_files.read()[1][name]["figures"][0]["figures"]["trained"])
    assert named == {pack for pack in figure_tables.PACKS if pack in columns}


def test_packs_have_names_in_words():
    assert figure_tables.words("esc10, mean pooling") == "ESC-10, mean pooling"
    assert result_files.title_of("bench_synths_gpu") == "Synths on a GPU"
    assert result_files.title_of("study_f0_intensity") == "Pitch and level"


def test_no_result_names_a_path_of_one_machine():
    for path in (ROOT / "results").rglob("*.json"):
        assert not re.findall(r'["=]/\w.*', path.read_text(encoding="utf-8")), path.name
