"""What the program prints and writes, read by programs of others.

The published JSON Schema judges every shipped scenario and some broken ones; pandas and DuckDB read
the files of a run, and the figures must add up; the shells read their completion scripts.

    formats.py PROGRAM
"""

import copy
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile

import duckdb
import jsonschema
import pandas
from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(sys.argv[1]).resolve()
checks = 0


def check(holds, what):
    global checks
    checks += 1
    if not holds:
        sys.exit(f"formats: {what}")


def near(one, two, what):
    check(math.isclose(one, two, rel_tol=1e-4, abs_tol=1e-6), f"{what}: {one} is not {two}")


def run(*words, statuses=(0,)):
    done = subprocess.run([PROGRAM, *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode not in statuses:
        sys.exit(f"formats: {words} ended with {done.returncode}\n{done.stderr}")
    return done.stdout


# MARK: The schema


def documents(path):
    """The documents of a file as JSON has them: YAML 1.2, where `on` and `1:30` are texts."""
    loaded = list(YAML(typ="safe").load_all(path.read_text()))
    return json.loads(json.dumps([each for each in loaded if each is not None]))


def put(*path_and_value):
    *path, key, value = path_and_value

    def change(document):
        for step in path:
            document = document[step]
        document[key] = value

    return change


BROKEN = {
    "an unknown key": put("durations", "5m"),
    "a duration without a unit": put("duration", 5),
    "a duration in words": put("duration", "five minutes"),
    "no name": lambda document: document.pop("scenario"),
    "a seed that is a text": put("seed", "lucky"),
    "a list of services": put("services", []),
    "negative workers": put("services", "shop", "workers", -1),
    "a share above one": put("expect", [{"shop GET /": {"errorRate": {"below": "ten"}}}]),
    "an expectation without a metric": put("expect", [{"shop GET /": {}}]),
    "traffic that goes nowhere": put("traffic", [{"rate": "5/s"}]),
    "a fault without a time": put("faults", [{"kill": "shop"}]),
    "a step that is none": put("services", "shop", "operations", "GET /", [{"juggle": "1ms"}]),
    "a law that is none": put(
        "services", "shop", "operations", "GET /", [{"cpu": {"zipf": {"mean": "1ms"}}}]
    ),
}

# Beside the shipped scenarios, what the schema must take because the program does.
FINE = {
    "quantiles in and out of the list, beside other metrics": put(
        "expect",
        [
            {
                "shop GET /": {
                    "p98": {"below": "300ms"},
                    "p99.99": {"below": "1s"},
                    "p99": {"below": "400ms"},
                    "errorRate": {"below": "1%"},
                }
            }
        ],
    ),
}

SOUND = {
    "scenario": "sound",
    "duration": "1m",
    "warmup": "10s",
    "services": {
        "shop": {"workers": 4, "operations": {"GET /": [{"cpu": {"exponential": {"mean": "9ms"}}}]}}
    },
    "traffic": [{"to": "shop GET /", "rate": "50/s"}],
    "faults": [{"at": "30s", "for": "5s", "slow": {"pods": "shop", "factor": 3}}],
    "expect": [{"shop GET /": {"errorRate": {"below": "1%"}}}],
}


def schema(work):
    text = run("schema")
    check(text == (ROOT / "scenarios/schema.json").read_text(), "scenarios/schema.json is stale")
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    scenarios = 0
    for path in sorted((ROOT / "scenarios").rglob("*.yaml")):
        for document in documents(path):
            error = jsonschema.exceptions.best_match(validator.iter_errors(document))
            check(error is None, f"{path.relative_to(ROOT)}: {error and error.message}")
            scenarios += "scenario" in document
    check(scenarios >= 10, "no shipped scenario was found")

    # JSON is YAML, so the program judges the same documents.
    def program_accepts(document):
        path = work / "document.yaml"
        path.write_text(json.dumps(document))
        run("validate", path, statuses=(0,) if validator.is_valid(document) else (65,))

    check(validator.is_valid(SOUND), "the schema refuses a sound scenario")
    program_accepts(SOUND)
    for what, change in FINE.items():
        document = copy.deepcopy(SOUND)
        change(document)
        check(validator.is_valid(document), f"the schema refuses {what}")
        program_accepts(document)
    for what, change in BROKEN.items():
        document = copy.deepcopy(SOUND)
        change(document)
        check(not validator.is_valid(document), f"the schema accepts {what}")
        program_accepts(document)
    return scenarios


# MARK: The files of a run


def sums(folder):
    """What the documentation of the files says of their figures."""
    summary = json.loads((folder / "summary.json").read_text())
    count = summary["replications"]
    check(not summary["partial"], "a whole run is marked partial")
    check(summary["met"] == all(each["met"] for each in summary["expectations"]), "met")
    flows = [each for kind in ("sources", "services", "workloads", "edges") for each in summary[kind]]
    check(any(each["errors"] for each in flows), "the run had no errors to count")
    for flow in flows:
        name = flow.get("name") or f"{flow['from']} -> {flow['to']}"
        check(flow["offered"] > 0, f"{name}: offered")
        check(
            flow["openAtStart"] + flow["offered"] == flow["completed"] + flow["open"],
            f"{name}: what began is not what ended and what is open",
        )
        check(sum(flow["byStatus"].values()) == flow["completed"], f"{name}: by status")
        bad = sum(
            number
            for status, number in flow["byStatus"].items()
            if status == "none" or int(status) >= 500
        )
        check(bad == flow["errors"], f"{name}: errors")
        latency = flow["latencySeconds"]
        order = [latency[key]["mean"] for key in ("p50", "p90", "p95", "p99", "p999", "max")]
        check(order == sorted(order), f"{name}: order of quantiles")
    for service in summary["services"]:
        inside = sum(each["offered"] for each in service["operations"])
        check(inside == service["offered"], f"{service['name']}: operations")

    table = pandas.read_csv(folder / "timeseries.csv")
    figures = table.columns.drop(["time_s", "kind", "name"])
    check(all(pandas.api.types.is_numeric_dtype(table[each]) for each in figures), "CSV columns")
    check(not table.duplicated(["time_s", "kind", "name"]).any(), "rows of the CSV")
    window = summary["windowSeconds"]
    counted = table[table["time_s"] >= summary["warmupSeconds"]]
    for source in summary["sources"]:
        rows = counted[(counted["kind"] == "source") & (counted["name"] == source["name"])]
        near(rows["offered_per_s"].sum() * window * count, source["offered"], "offered in the CSV")
        near(rows["errors_per_s"].sum() * window * count, source["errors"], "errors in the CSV")
        ended = rows["good_per_s"] + rows["rejected_per_s"] + rows["errors_per_s"]
        near(ended.sum() * window * count, source["completed"], "completed in the CSV")

    events = pandas.read_json(folder / "events.ndjson", lines=True)
    check(list(events["index"]) == list(range(len(events))), "index of the events")
    check(events["time_s"].is_monotonic_increasing, "order of the events")
    caused = events.dropna(subset=["cause"])
    check((caused["cause"] < caused["index"]).all(), "causes come first")
    begun = sum(len(each["occurrences"]) for each in summary["faults"])
    check((events["kind"] == "fault_began").sum() == begun, "faults in the events")

    # DuckDB guesses types on its own; it must come to the same.
    offered, errors = duckdb.sql(
        f"""select sum(offered_per_s), sum(errors_per_s)
            from '{folder}/timeseries.csv' where kind = 'source' and time_s >=
            (select "warmupSeconds" from read_json('{folder}/summary.json'))"""
    ).fetchone()
    near(offered * window * count, sum(each["offered"] for each in summary["sources"]), "DuckDB")
    near(errors * window * count, sum(each["errors"] for each in summary["sources"]), "DuckDB")
    kinds = duckdb.sql(
        f"select count(*) from read_json('{folder}/events.ndjson', format='newline_delimited')"
    ).fetchone()
    check(kinds == (len(events),), "events in DuckDB")
    return len(table)


# MARK: Completions


def completions(work):
    for shell in ("bash", "zsh", "fish"):
        script = work / f"completion.{shell}"
        script.write_text(run("--generate-completion-script", shell))
        check("yaml" in script.read_text(), f"completions of {shell} know no scenario files")
        if found := shutil.which(shell):
            check(subprocess.run([found, "-n", script]).returncode == 0, f"completions of {shell}")
    # What bash offers behind `foreshock run s`: the files below, and options behind a dash.
    folder = work / "shop"
    folder.mkdir()
    for name in ("storm.yaml", "secret.txt"):
        (folder / name).touch()
    ask = f"""
        source {work}/completion.bash
        cd {folder}
        COMP_WORDS=(foreshock run "$0"); COMP_CWORD=2; COMP_LINE="foreshock run $0"
        COMP_POINT=${{#COMP_LINE}}; COMP_TYPE=9
        "$(complete -p foreshock | sed 's/.*-F \\([^ ]*\\) .*/\\1/')" foreshock "$0" run 2>/dev/null
        printf '%s\\n' "${{COMPREPLY[@]}}" """
    for word, wanted, unwanted in (("s", "storm.yaml", "secret.txt"), ("--rep", "--replications", "")):
        offered = subprocess.run(
            ["bash", "-c", ask, word], capture_output=True, text=True
        ).stdout.split()
        check(wanted in offered, f"bash offers {offered} for '{word}'")
        check(unwanted not in offered, f"bash offers {offered} for '{word}'")


with tempfile.TemporaryDirectory() as name:
    work = pathlib.Path(name)
    scenarios = schema(work)
    folder = work / "run"
    broken = copy.deepcopy(SOUND)
    broken["faults"] = [{"at": "30s", "for": "5s", "fail": {"pods": "shop", "share": "40%", "status": 503}}]
    (work / "run.yaml").write_text(json.dumps(broken))
    run("run", work / "run.yaml", "--replications", "3", "--output", folder, statuses=(0, 1))
    rows = sums(folder)
    completions(work)
print(f"formats: {scenarios} scenarios, {len(BROKEN)} broken ones, {rows} rows: {checks} checks hold")
