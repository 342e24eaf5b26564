#!/usr/bin/env bash
# One machine with eight devices:
#   bash torchrun.sh 8 --config pretrained/small
# Two machines, the same command on each, with an address of the first:
#   N_NODES=2 RENDEZVOUS=first-host:29500 bash torchrun.sh 8 --config pretrained/small
set -euo pipefail
n_devices=$1
shift
exec torchrun --nnodes "${N_NODES:-1}" --nproc-per-node "$n_devices" \
  --rdzv-backend c10d --rdzv-endpoint "${RENDEZVOUS:-localhost:0}" \
  -m lightning_modules.training_command fit "$@" \
  --trainer.num_nodes "${N_NODES:-1}" --trainer.devices "$n_devices" --trainer.strategy "${STRATEGY:-ddp}"
