#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: fuzz/long_run.sh FOLDER [BYTE_SECONDS] [STATE_SECONDS] [TARGET…]
# Runs every fuzz target, or those named, for a time (300 s; those named *_state 1800 s), two at once. FOLDER keeps what
# they learn (a run goes on where the one before ended) and the inputs that crash. Ends with a table.
# `--merge FOLDER` makes the corpora in the tree anew: those that have a name, and as few as cover the same code.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

usage() {
  sed -n '4,7s/^# //p' fuzz/long_run.sh >&2
  exit 2
}

all_targets() {
  local source
  for source in fuzz/*_fuzz.cc; do basename "$source" _fuzz.cc; done
}

run() {
  local folder=$1 name=$2 seconds=$3
  local options=(-max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="$folder/crashes/$name-")
  if [[ -f fuzz/dictionaries/$name.dict ]]; then options+=(-dict="fuzz/dictionaries/$name.dict"); fi
  mkdir -p "$folder/corpus/$name" "$folder/crashes" "$folder/logs"
  "build-fuzz/bin/fuzz_$name" "${options[@]}" "$folder/corpus/$name" "fuzz/corpus/$name" \
    >"$folder/logs/$name" 2>&1 || true
}

table() {
  local folder=$1 name log executions edges crashes
  shift
  printf '| target | executions | edges | findings |\n|---|---|---|---|\n'
  for name in "$@"; do
    log=$folder/logs/$name
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    crashes=$(find "$folder/crashes" -name "$name-*" | wc -l)
    printf '| %s | %s | %s | %s |\n' "$name" "${executions:-?}" "${edges:-?}" "$crashes"
  done
}

merge() {
  local folder=$1 name
  for name in $(all_targets); do
    [[ -d $folder/corpus/$name ]] || continue
    rm -rf "$folder/merged"
    mkdir -p "$folder/merged" "fuzz/corpus/$name"
    find "fuzz/corpus/$name" -type f -not -regex '.*/[0-9a-f]*' -exec cp -t "$folder/merged" {} +
    "build-fuzz/bin/fuzz_$name" -set_cover_merge=1 -use_counters=0 -max_len=4096 "$folder/merged" "fuzz/corpus/$name" "$folder/corpus/$name" \
      >"$folder/logs/$name.merge" 2>&1
    rm -rf "fuzz/corpus/$name"
    mv "$folder/merged" "fuzz/corpus/$name"
  done
}

[[ $# -gt 0 && $1 != -h && $1 != --help ]] || usage
if [[ $1 == --merge ]]; then
  [[ $# -eq 2 ]] || usage
  tools/build fuzz fuzz/all
  merge "$2"
  exit 0
fi
folder=$1
byte_seconds=${2:-300}
state_seconds=${3:-1800}
targets=("${@:4}")
[[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(all_targets)
# A time that is no number would be none at all to libFuzzer, which then runs for ever.
for seconds in "$byte_seconds" "$state_seconds"; do
  [[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz/long_run.sh: $seconds is no whole number of seconds" >&2; exit 2; }
done
for name in "${targets[@]}"; do
  [[ -f fuzz/${name}_fuzz.cc ]] || { echo "fuzz/long_run.sh: no target $name; there are: $(all_targets | paste -sd " ")" >&2; exit 2; }
done
tools/build fuzz fuzz/all

for name in "${targets[@]}"; do
  while [[ $(jobs -rp | wc -l) -ge 2 ]]; do wait -n; done
  seconds=$byte_seconds
  if [[ $name == *_state ]]; then seconds=$state_seconds; fi
  run "$folder" "$name" "$seconds" &
done
wait
table "$folder" "${targets[@]}"
[[ -z $(find "$folder/crashes" -type f) ]] || { echo "findings are in $folder/crashes" >&2; exit 1; }
