#!/usr/bin/env bash
#SBATCH --job-name=doppelganger
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=4
#SBATCH --requeue
# sbatch slurm.sh NAME --config pretrained/small
# A job that is requeued goes on from the newest whole checkpoint of runs/NAME.
set -euo pipefail
name=$1
shift
resume=()
if compgen -G "runs/$name/*/checkpoints/*.ckpt" > /dev/null; then
  resume=(--ckpt_path last)
fi
exec srun doppelganger-train fit "$@" --name "$name" "${resume[@]}" \
  --trainer.num_nodes "$SLURM_JOB_NUM_NODES" --trainer.devices "$SLURM_NTASKS_PER_NODE" --trainer.strategy "${STRATEGY:-ddp}" \
  --trainer.callbacks+=trainers/checkpoints.yaml
