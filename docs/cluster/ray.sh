#!/usr/bin/env bash
# A corpus, its embeddings and a study's rows on a Ray cluster, where all machines see this folder.
# On the first machine `ray start --head`, on the others `ray start --address FIRST:6379`; then on any of them:
#   bash ray.sh auto voice 1000000 studies/recipe --packs data/esc10
set -euo pipefail
address=$1 synth=$2 n=$3
shift 3
synths render "$synth" -n "$n" --shards --ray "$address" --out corpus/
synths render "$synth" -n 1000 --out sounds/
doppelganger embed sounds/ --ray "$address" --out embeddings.parquet
doppelganger-train study "$@" --ray "$address"
