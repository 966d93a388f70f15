#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tools/simfarm/simfarm.sh [HOURS [FOLDER]]
# Runs seeds that nobody has seen, at low priority, for so many hours (1 if not given), and keeps what fails: each
# failure is minimized and becomes a file in FOLDER (build/simfarm if not given), named after its seed.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

hours=${1:-1}
if [[ $# -gt 2 || ! $hours =~ ^[0-9]+(\.[0-9]+)?$ ]]; then
  sed -n '4,6s/^# //p' tools/simfarm/simfarm.sh >&2
  exit 2
fi
folder=${2:-build/simfarm}
tools/build default broker-sim
mkdir -p "$folder"
end=$((SECONDS + $(awk -v hours="$hours" 'BEGIN { printf "%d", hours * 3600 }')))

while ((SECONDS < end)); do
  # A batch of new seeds; it ends with the first failure.
  batch=$((end - SECONDS < 300 ? end - SECONDS : 300))
  status=0
  output=$(nice -n 19 build/bin/broker-sim --mix --seconds "$batch") || status=$?
  echo "${output##*$'\n'}"
  ((status != 0)) || continue
  ((status >= 10 && status <= 12)) || { echo "broker-sim ended with $status" >&2; exit 1; }
  read -r -a replay <<<"${output##*$'\n'}"
  file="$folder/${replay[2]}-${replay[4]}.txt"
  nice -n 19 build/bin/"${replay[0]}" "${replay[@]:1}" --minimize >"$file" || true
  echo "kept in $file"
done
