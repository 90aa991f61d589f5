#!/usr/bin/env bash
# How a run ends when it may not end by itself: Ctrl-C, SIGTERM, a second signal, a reader that goes
# away, a disk that fills up, something in the way, a scenario with mistakes, options without sense.
# Whatever is written is whole, and the exit code says what happened.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-.build/release/foreshock}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset GITHUB_ACTIONS

fail() { echo "interrupt: $*"; exit 1; }
is() { [ "$2" = "$3" ] || fail "$1: is '$2', must be '$3'"; }
# The names in a folder, hidden ones too.
names() { ls -A "$1" | sort | tr '\n' ' '; }
whole="events.ndjson report.html summary.json timeseries.csv timing.json "

cat >"$work/long.yaml" <<'END'
scenario: long
duration: 100h
warmup: 10s
services:
  shop: { workers: 80, operations: { GET /: [ { cpu: 20ms } ] } }
traffic:
  - { to: shop GET /, rate: 2000/s }
END
sed -e 's/^scenario: .*/scenario: short/' -e 's/100h/30s/' -e 's/2000/200/' "$work/long.yaml" \
  >"$work/short.yaml"

# Starts the long run and waits until it listens to SIGINT and SIGTERM.
start() { # output folder
  "$program" run "$work/long.yaml" --output "$1" >"$work/out.txt" 2>"$work/err.txt" &
  pid=$!
  local caught=0 wanted=$((1 << 1 | 1 << 14))
  until [ $((caught & wanted)) = $wanted ]; do
    kill -0 "$pid" || fail "the run ended on its own: $(cat "$work/err.txt")"
    sleep 0.02
    caught=$((16#$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$pid/status")))
  done
}

for signal in INT:130 TERM:143; do
  name=${signal%:*}
  start "$work/$name"
  kill "-$name" "$pid"
  status=0
  wait "$pid" || status=$?
  is "exit code after SIG$name" "$status" "${signal#*:}"
  is "files after SIG$name" "$(names "$work/$name")" "$whole"
  grep -q '"partial": true' "$work/$name/summary.json" || fail "summary.json is not marked partial"
  is "end of summary.json" "$(tail -n 1 "$work/$name/summary.json")" "}"
  grep -q 'PARTIAL RESULT' "$work/out.txt" || fail "the text is not marked partial"
  grep -q 'partial result' "$work/$name/report.html" || fail "the report is not marked partial"
  is "errors after SIG$name" "$(cat "$work/err.txt")" "interrupted: the results are partial"
done

# A mistake of ours: a line and the documented exit code, whatever signal the processor raises.
unset SWIFT_BACKTRACE
for name in ILL SEGV ABRT; do
  start "$work/$name"
  kill "-$name" "$pid"
  status=0
  wait "$pid" || status=$?
  is "exit code after SIG$name" "$status" 70
  is "errors after SIG$name" "$(cat "$work/err.txt")" \
    "foreshock: internal error: this is a mistake of Foreshock; please report it with the scenario"
  [ ! -e "$work/$name" ] || fail "a crash left a folder behind"
done

# A limit: a partial result, which passes nothing, and the command that repeats it states the limit.
status=0
"$program" run "$work/short.yaml" --output "$work/limit" --max-events 1000 --replications 1 \
  >"$work/out.txt" 2>"$work/err.txt" || status=$?
is "exit code at a limit" "$status" 1
is "errors at a limit" "$(cat "$work/err.txt")" \
  "stopped at a limit: the results are partial, and pass nothing"
is "files at a limit" "$(names "$work/limit")" "$whole"
grep -q '"eventCount": 1000,' "$work/limit/summary.json" || fail "the limit was not kept to the event"
grep -q 'again: .* --max-events 1000 ' "$work/out.txt" || fail "the limit is not in the command"

# The summary of a GitHub step that cannot be written: the annotations are there all the same.
status=0
GITHUB_STEP_SUMMARY=$work/no/such/file "$program" run "$work/short.yaml" --format github \
  --output "$work/step" >"$work/out.txt" 2>"$work/err.txt" || status=$?
is "exit code without a step's summary" "$status" 74
grep -q '^::notice::' "$work/out.txt" || fail "the annotations are lost with the summary"

# Two signals, both there when the program goes on: it ends at once and writes nothing.
start "$work/twice"
kill -STOP "$pid"
kill -INT "$pid"
kill -TERM "$pid"
kill -CONT "$pid"
status=0
wait "$pid" || status=$?
[ "$status" = 130 ] || [ "$status" = 143 ] || fail "exit code after two signals: $status"
[ ! -e "$work/twice" ] || fail "a second signal left a folder behind"
is "text after two signals" "$(cat "$work/out.txt")" ""

# A second signal while the files are being written: it ends the program when they are whole. The
# third of them is a pipe here, on which the program waits until somebody reads.
start "$work/amid"
mkdir "$work/amid"
drafts=$work/amid/.
mkfifo "${drafts}events.ndjson.$pid.part"
kill -INT "$pid"
until [ -e "${drafts}timeseries.csv.$pid.part" ]; do
  kill -0 "$pid" || fail "the run ended on its own: $(cat "$work/err.txt")"
  sleep 0.02
done
kill -TERM "$pid"
until ! kill -0 "$pid" 2>/dev/null ||
  grep -q '^ShdPnd:[[:space:]]*0*$' "/proc/$pid/status" 2>/dev/null; do sleep 0.02; done
exec 3<>"${drafts}events.ndjson.$pid.part"  # a reader that does not wait for a writer
status=0
wait "$pid" || status=$?
exec 3>&-
is "exit code after a signal amid writing" "$status" 143
is "files after a signal amid writing" "$(names "$work/amid")" "$whole"
is "end of summary.json after it" "$(tail -n 1 "$work/amid/summary.json")" "}"
is "text after a signal amid writing" "$(cat "$work/out.txt")" ""

# A pipe that nobody reads any more.
exec 3> >(:)
wait $!
status=0
"$program" run "$work/short.yaml" --output "$work/pipe" >&3 2>"$work/err.txt" || status=$?
exec 3>&-
is "exit code without a reader" "$status" 0
is "errors without a reader" "$(cat "$work/err.txt")" ""
is "files without a reader" "$(names "$work/pipe")" "$whole"

# Standard output on a full disk: the folder is there all the same.
status=0
"$program" run "$work/short.yaml" --output "$work/full" >/dev/full 2>"$work/err.txt" || status=$?
is "exit code with a full standard output" "$status" 74
is "errors with a full standard output" "$(cat "$work/err.txt")" \
  "foreshock: cannot write to standard output: No space left on device"
is "files with a full standard output" "$(names "$work/full")" "$whole"

# So with whatever else is printed: the words say it, and the exit code.
for words in --version --help "run --help" "--generate-completion-script bash" schema \
  "schema --manifests" explain "explain FS104" "validate $work/short.yaml" "init $work/bare"; do
  mkdir -p "$work/bare"
  cp scenarios/feed-retry-storm/manifests/*.yaml "$work/bare"
  status=0
  # shellcheck disable=SC2086
  "$program" $words >/dev/full 2>"$work/err.txt" || status=$?
  is "exit code of '$words' with a full standard output" "$status" 74
  is "error of '$words' with a full standard output" "$(tail -n 1 "$work/err.txt")" \
    "foreshock: cannot write to standard output: No space left on device"
done

# No room for the folder: nothing is left of a new one, an earlier one stays as it was.
limited() { (
  trap '' XFSZ
  ulimit -f 4
  "$program" run "$work/short.yaml" --output "$1" >/dev/null 2>"$work/err.txt"
); }
before=$(cd "$work/pipe" && cat ./* | sha256sum)
for folder in "$work/none/of/this" "$work/pipe"; do
  status=0
  limited "$folder" || status=$?
  is "exit code without room" "$status" 74
  is "errors without room" "$(cat "$work/err.txt")" \
    "foreshock: cannot write '$folder/summary.json': File too large"
done
[ ! -e "$work/none" ] || fail "a failed run left folders behind"
is "files of the earlier run" "$(names "$work/pipe")" "$whole"
is "content of the earlier run" "$(cd "$work/pipe" && cat ./* | sha256sum)" "$before"

# A file in the way.
status=0
"$program" run "$work/short.yaml" --output "$work/short.yaml/run" >"$work/out.txt" 2>"$work/err.txt" ||
  status=$?
is "exit code with a file in the way" "$status" 74
is "errors with a file in the way" "$(cat "$work/err.txt")" \
  "foreshock: cannot write '$work/short.yaml': a file is in the way"
is "text with a file in the way" "$(cat "$work/out.txt")" ""

# A link that leads nowhere in the way.
ln -s gone "$work/link"
status=0
"$program" run "$work/short.yaml" --output "$work/link" >"$work/out.txt" 2>"$work/err.txt" ||
  status=$?
is "exit code with a broken link in the way" "$status" 74
is "errors with a broken link in the way" "$(cat "$work/err.txt")" \
  "foreshock: cannot write '$work/link': a link that leads nowhere is in the way"
is "text with a broken link in the way" "$(cat "$work/out.txt")" ""

# A scenario with mistakes: standard output has them in the format that was asked for, standard error
# has the text, and nothing else is written.
sed -e 's/^duration: .*/duration: 100/' -e 's/^services:/manifests: [none.yaml]\nservices:/' \
  "$work/short.yaml" >"$work/bad.yaml"
wrong() { # the arguments
  local status=0
  (cd "$work" && exec "$program" run bad.yaml "$@" >out.txt 2>err.txt) || status=$?
  is "exit code of a bad scenario with '$*'" "$status" 65
  is "first error of a bad scenario" "$(head -n 1 "$work/err.txt")" \
    "error[FS106]: 'duration' needs a unit of time, is '100'"
}
case $program in /*) ;; *) program=$PWD/$program ;; esac
wrong
is "text of a bad scenario" "$(cat "$work/out.txt")" ""
wrong --format github
is "annotations of a bad scenario" "$(cat "$work/out.txt")" \
  "::error file=bad.yaml,line=2,col=11,title=FS106::'duration' needs a unit of time, is '100'\
%0Aat: duration%0Ahelp: write 100s or 100ms; units are ns us ms s m h d
::error file=bad.yaml,line=4,col=13,title=FS013::'none.yaml' matches no file in the current folder%0Aat: manifests[0]"
mv "$work/out.txt" "$work/annotations.txt"
GITHUB_ACTIONS=true wrong
cmp "$work/out.txt" "$work/annotations.txt" || fail "a step of GitHub Actions has no annotations"
GITHUB_ACTIONS=true wrong --format text
is "text of a bad scenario in a step that wants text" "$(cat "$work/out.txt")" ""
wrong --format junit
is "errors for JUnit" "$(grep -c '<error type="FS' "$work/out.txt")" 2
wrong --format json
is "errors in JSON" "$(grep -c '"code": "FS' "$work/out.txt")" 2

# What cannot be meant ends before the run: a usage error in one line, and nothing is written.
refused() { # the words of the message, then the arguments
  local words=$1 status=0
  shift
  (cd "$work" && exec "$program" "$@" >out.txt 2>err.txt </dev/null) || status=$?
  is "exit code of '$*'" "$status" 64
  is "text of '$*'" "$(cat "$work/out.txt")" ""
  is "error of '$*'" "$(head -n 1 "$work/err.txt")" "Error: $words"
}
whole_number="it must be a whole number of 0...18446744073709551615"
refused "'--replications' must be 1...100000, is 0" run short.yaml --replications 0
refused "'--replications' must be 1...100000, is -1" run short.yaml --replications -1
refused "'--replications' must be 1...100000, is 1000000000" run short.yaml --replications 1000000000
refused "The value '-1' is invalid for '--seed <n>': $whole_number" run short.yaml --seed -1
refused "The value '18446744073709551616' is invalid for '--seed <n>': $whole_number" \
  run short.yaml --seed 18446744073709551616
refused "'--max-events' must be at least 1, is 0" run short.yaml --max-events 0
refused "'--threads' must be 1...1024, is -1" run short.yaml --threads -1
refused "'--output' must name a folder, is empty" run short.yaml --output ""
refused "The value '-5' is invalid for '--max-memory <bytes>': -5 is no number of bytes, such as 512Mi" \
  run short.yaml --max-memory -5
refused "The value 'xml' is invalid for '--format <format>'. Please provide one of 'text', 'json',\
 'github' or 'junit'." run short.yaml --format xml
refused "there is no command 'rum'" rum short.yaml
is "help for a command misspelt" "$(tail -n 1 "$work/err.txt")" "  Did you mean 'foreshock run'?"
refused "there is no command 'short.yaml'" short.yaml
is "help for a file without command" "$(tail -n 1 "$work/err.txt")" \
  "  To run the scenario: foreshock run short.yaml"
refused "there is no diagnostic 'FS999'; 'foreshock explain' lists them" explain FS999
[ ! -e "$work/results" ] || fail "a run that was refused left a folder behind"

echo "interrupt: signals, closed pipes, full disks, things in the way and bad options end as documented"
