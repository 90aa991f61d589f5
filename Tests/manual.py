"""Prints the manual page of the program, made from its own description of its command line.

manual.py PROGRAM > foreshock.1
"""

import json
import re
import subprocess
import sys

ENVIRONMENT = {
    "NO_COLOR": "When it is set and not empty, the text has no colours.",
    "TERM": "On a terminal of type `dumb` there are no colours and no progress bar.",
    "LC_ALL, LC_CTYPE, LANG": "A locale that is not UTF-8 keeps the text in ASCII.",
    "GITHUB_STEP_SUMMARY": "With --format github, the file that the summary is added to.",
}
FILES = {
    "summary.json": "All figures of a run, with intervals and verdicts, for programs.",
    "timeseries.csv": "A row for each window of time and each subject.",
    "events.ndjson": "What changed its state, when and why, in the replication nearest the median.",
    "report.html": "The report for people: one file that needs nothing else.",
    "timing.json": "Wall time and memory; the only file that depends on the machine.",
}
EXAMPLES = {
    "Run a scenario, and look at the report": "foreshock run scenario.yaml --output out",
    "Run the manifests of a chart": "helm template chart | foreshock run scenario.yaml -",
    "Try another rate": "foreshock run scenario.yaml --set 'traffic[0].rate=200/s'",
    "Completions for zsh": "foreshock --generate-completion-script zsh > ~/.zsh/_foreshock",
}


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("·", "\\(md")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def quoted(word):
    return '"' + escaped(word).replace('"', '\\(dq') + '"'


def paragraph(text, out):
    for line in text.split("\n"):
        if line.strip():
            out.append(escaped(line.strip()))
        elif out[-1] != ".Pp":
            out.append(".Pp")


def tagged(entries, out, markup=".It Pa"):
    out.append(".Bl -tag -width Ds")
    for name, text in entries:
        out.append(f"{markup} {quoted(name)}")
        paragraph(text, out)
    out.append(".El")


def names(argument):
    dashes = {"short": "-", "long": "--", "longWithSingleDash": "-"}
    words = [dashes[each["kind"]] + each["name"] for each in argument.get("names", [])]
    value = f"<{argument['valueName']}>" if argument["kind"] != "flag" else ""
    if argument["kind"] == "positional":
        return value + ("..." if argument["isRepeating"] else "")
    return ", ".join(words) + (f" {value}" if value else "")


def arguments(command, out):
    shown = [each for each in command.get("arguments", []) if each["shouldDisplay"]]
    shown = [each for each in shown if names(each) not in ("--version", "-h, --help")]
    if not shown:
        return
    entries = []
    for each in shown:
        text = each.get("abstract", "")
        if values := each.get("allValues"):
            text += f"\nOne of {', '.join(values)}; {each.get('defaultValue', values[0])} by default."
        entries.append((names(each), text))
    tagged(entries, out, ".It")


program = sys.argv[1]
tool = json.loads(
    subprocess.run(
        [program, "--experimental-dump-help"], capture_output=True, text=True, check=True
    ).stdout
)["command"]
version = subprocess.run(
    [program, "--version"], capture_output=True, text=True, check=True
).stdout.strip()
name = tool["commandName"]
codes = re.findall(r"^ +(\d+)  +(.*)$", tool["discussion"], flags=re.MULTILINE)
commands = [each for each in tool["subcommands"] if each["commandName"] != "help"]

out = [".Dd $Mdocdate$", f".Dt {name.upper()} 1", f".Os {name} {version}", ".Sh NAME"]
out += [f".Nm {name}", f".Nd {escaped(tool['abstract'].rstrip('.'))}", ".Sh SYNOPSIS"]
for each in commands:
    positional = [a for a in each.get("arguments", []) if a["kind"] == "positional"]
    words = " ".join(
        ("Oo " if a["isOptional"] else "")
        + f"Ar {a['valueName']}{' ...' if a['isRepeating'] else ''}"
        + (" Oc" if a["isOptional"] else "")
        for a in positional
    )
    out += [f".Nm {name}", f".Cm {each['commandName']} Oo Ar option ... Oc {words}".rstrip()]
out += [".Sh DESCRIPTION"]
paragraph(
    "Plays traffic and faults through the manifests that go to the cluster, and says what users "
    "would see, why, and how sure that is. Results go to standard output, all else to standard "
    "error.",
    out,
)
out += [".Sh COMMANDS"]
for each in commands:
    out += [f".Ss {each['commandName']}"]
    paragraph(each["abstract"], out)
    if each.get("discussion"):
        out.append(".Pp")
        paragraph(each["discussion"], out)
    arguments(each, out)
out += [".Sh EXIT STATUS"]
tagged([(code, text[0].upper() + text[1:] + ".") for code, text in codes], out, ".It")
out += [".Sh ENVIRONMENT"]
tagged(ENVIRONMENT.items(), out, ".It Ev")
out += [".Sh FILES", "In the folder of a run, results/runs/<scenario> unless --output says otherwise:"]
tagged(FILES.items(), out)
out += [".Sh EXAMPLES"]
for what, line in EXAMPLES.items():
    out += [escaped(what) + ":", ".Pp", f".Dl {escaped(line)}", ".Pp"]
out.pop()
print("\n".join(out))
