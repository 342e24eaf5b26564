#!/usr/bin/env bash
# A corpus, the embeddings of a folder of sounds, and the rows of a study on a Ray cluster, where all machines see this
# folder. On the first machine `ray start --head`, on the others `ray start --address FIRST:6379`; then on any of them:
#   bash ray.sh auto my_sounds/ studies/recipe --packs data/esc10
set -euo pipefail
address=$1 folder=$2
shift 2
synths render voice -n "${N_SOUNDS:-1000000}" --shards --ray "$address" --out corpus/
doppelganger embed "$folder" --ray "$address" --out embeddings.parquet
doppelganger-train study "$@" --ray "$address"
