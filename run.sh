#!/usr/bin/env bash
# The front door: makes .venv on first use, then hands over to the pipeline. `./run.sh --help` lists the verbs.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
python="${PYTHON:-python3}"
venv="$root/.venv"
need_gb=3 # with a CPU build of torch; the default build for GPUs takes 7

fail() {
  echo "error: $*" >&2
  exit 2
}

check_machine() {
  command -v "$python" >/dev/null || fail "no $python on this machine; install Python 3.11 or newer, or name one: PYTHON=python3.12 ./run.sh ..."
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version 2>&1) is too old; Python 3.11 or newer is needed. Name one: PYTHON=python3.12 ./run.sh ..."
  "$python" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "$python has no venv module; install it (on Debian and Ubuntu: apt install python3-venv)."
  local free_kb
  free_kb=$(df -Pk "$root" | awk 'NR == 2 {print $4}')
  [ "$free_kb" -ge $((need_gb * 1024 * 1024)) ] ||
    fail "$((free_kb / 1024)) MB free in $root; setting up needs ${need_gb} GB (7 GB with torch for GPUs)."
}

# The stamp is written last, so an interrupted installation is taken up again.
set_up() {
  local stamp="$venv/.installed" wanted
  wanted=$(cksum <"$root/requirements.txt")
  [ -x "$venv/bin/python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
  check_machine
  echo "setting up .venv: a few minutes, once" >&2
  local quiet=--quiet
  [ -t 2 ] && quiet= # a person is waiting: show pip's bars
  [ -x "$venv/bin/python" ] || "$python" -m venv --clear "$venv"
  "$venv/bin/python" -m pip install $quiet --disable-pip-version-check -r "$root/requirements.txt" >&2 ||
    fail "installing requirements.txt failed, see above. No network or no space (7 GB with torch for GPUs)? pip's own variables, such as PIP_INDEX_URL, are honoured."
  printf '%s\n' "$wanted" >"$stamp"
}

run_tests() {
  cd "$root"
  "$venv/bin/python" -m ruff check . && "$venv/bin/python" -m ruff format --check --quiet . &&
    exec "$venv/bin/python" -m pytest -n auto --dist loadfile "$@" # a process per core, a file in one of them
}

export PYTHONUNBUFFERED=1 # lines come in order, also into a file
# Keep freed memory: on a CPU, training otherwise loses a quarter of its time to page faults (glibc only).
export MALLOC_MMAP_MAX_="${MALLOC_MMAP_MAX_:-0}" MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:--1}"

set_up
if [ "${1:-}" = test ]; then
  shift
  run_tests "$@"
else
  # -P: modules that happen to lie in the folder one stands in are not this code's
  PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" exec "$venv/bin/python" -P -m pipeline "$@"
fi
