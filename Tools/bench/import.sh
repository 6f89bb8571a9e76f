#!/usr/bin/env bash
# How fast `assay import` is, in how much memory, and against raw inserts of the same rows.
#
#   Tools/bench/import.sh ../shared/data/oulad_2013 [WORK] [TIMES]
#
# Imports the Open University's data into a new headquarters store (durable: each batch is fsynced; rules run), once as it
# is and once TIMES as large (people, registrations, bookings and scores again under other numbers); then the same files
# again, and a dry run. Prints one line for each. ASSAY names the executable, a release build.
set -euo pipefail
data=${1:?usage: Tools/bench/import.sh DATA [WORK] [TIMES]}
work=${2:-$(mktemp -d)}
times=${3:-4}
root=$(cd "$(dirname "$0")/../.." && pwd)
assay=${ASSAY:-$root/.build/release/assay}
mkdir -p "$work"
files=(courses.csv assessments.csv studentRegistration.csv studentInfo.csv studentAssessment.csv)

larger() { # larger TIMES FOLDER: everybody again, under a number with one more digit in front
    mkdir -p "$2"
    cp "$data/courses.csv" "$data/assessments.csv" "$2/"
    for pair in studentRegistration.csv:3 studentInfo.csv:3 studentAssessment.csv:2; do
        awk -F, -v OFS=, -v column="${pair#*:}" -v times="$1" '
            FNR == 1 && NR > 1 { copy++ }
            FNR == 1 { if (NR == 1) print; next }
            { gsub(/"/, "", $column); if (copy) $column = copy + 1 "0" $column; print }' \
            $(for _ in $(seq "$1"); do echo "$data/${pair%:*}"; done) >"$2/${pair%:*}"
    done
}
field() { sed -n "s/.*\"$2\": \([0-9]*\).*/\1/p" "$1"; }
measure() { # measure WORDS STORE FOLDER OPTION…
    local words=$1 store=$2 folder=$3 lines milliseconds
    shift 3
    lines=$(cat "${files[@]/#/$folder/}" | wc -l)
    /usr/bin/time -f '%M %U %S' -o "$work/time" "$assay" import --store "$store" \
        --mapping "$root/Tools/mappings/oulad.yaml" --as bench --errors "$work" --json "$@" "$folder" >"$work/report.json"
    milliseconds=$(field "$work/report.json" milliseconds)
    read -r memory user system <"$work/time"
    awk -v words="$words" -v lines="$lines" -v ms="$milliseconds" -v memory="$memory" -v user="$user" -v system_="$system" \
        'BEGIN { printf "%-28s %8d lines %7.2f s %7d lines/s   %6.2f s of CPU   VmHWM %3d MiB\n", words, lines, ms / 1000,
            lines * 1000 / ms, user + system_, memory / 1024 }'
}

rm -rf "$work/hq" "$work/hq-large" "$work/large" "$work"/raw.sqlite*
"$assay" init --store "$work/hq" --name Bench --headquarters --organisation new >/dev/null
measure "dry run" "$work/hq" "$data"
measure "import" "$work/hq" "$data" --apply
ours=$(field "$work/report.json" milliseconds)
batches=$(field "$work/report.json" batches)
measure "the same files again" "$work/hq" "$data" --apply
grep -q '"nothingChanged": true' "$work/report.json" || { echo "the same files again changed something" >&2; exit 1; }
python3 "$root/Tools/bench/raw_inserts.py" "$work/hq/replica.sqlite" "$work/raw.sqlite" "$batches" >"$work/raw.json"
records=$(field "$work/raw.json" recordMilliseconds)
journal=$(field "$work/raw.json" journalMilliseconds)
awk -v ours="$ours" -v records="$records" -v journal="$journal" -v rows="$(field "$work/raw.json" recordRows)" 'BEGIN {
    printf "raw inserts: %d record rows %.2f s (import takes %.1f times that); with the journal %.2f s (%.1f times)\n",
        rows, records / 1000, ours / records, (records + journal) / 1000, ours / (records + journal) }'
larger "$times" "$work/large"
"$assay" init --store "$work/hq-large" --name Bench --headquarters --organisation new >/dev/null
measure "import, $times times as large" "$work/hq-large" "$work/large" --apply
