#!/usr/bin/env bash
# Runs Tests/formats.py in .venv, which is made when it is not there. A machine without Python or
# without a way to the package index skips it and says so, unless FORMATS=required.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
stamp=.venv/$(sha256sum Tests/requirements.txt | cut -c1-16).installed
if [ ! -e "$stamp" ]; then
  if ! { test -x $python || python3 -m venv .venv; } >.build/formats.log 2>&1 ||
    ! $python -m pip install --quiet --disable-pip-version-check \
      --requirement Tests/requirements.txt >>.build/formats.log 2>&1; then
    echo "formats: SKIPPED, no Python environment could be made (.build/formats.log says why)"
    [ "${FORMATS:-}" != required ] || exit 1
    exit 0
  fi
  touch "$stamp"
fi
$python Tests/formats.py "${1:-.build/release/foreshock}"
