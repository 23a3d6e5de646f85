#!/bin/bash -e
#
#SBATCH -p long
#SBATCH --switches=1
#SBATCH --gres=gpu:2
#SBATCH --job-name="my job"
#SBATCH --dependency=afterany:1234
#SBATCH --reservation=course
#SBATCH --qos=debug
#SBATCH --constraint="highmem&ib"
#SBATCH --licenses=matlab:2
#SBATCH --mem=90000
#SBATCH --exclusive
#SBATCH -t 01:30:00
#SBATCH --signal=B:USR1@20
#SBATCH -D /home/me
#SBATCH -o compss-%j.out
#SBATCH -e compss-%j.err
#SBATCH -N 4
#SBATCH --no-kill
#SBATCH --no-requeue
#SBATCH -n 192
#SBATCH -A bsc01
#SBATCH --clusters=big
#SBATCH --comment=two words
#SBATCH -v

cd /home/me
job="${SLURM_JOB_ID%%.*}"
source '/home/me/env one.sh'
module load python/3.11
export KEY='it'"'"'s $HOME'
nodes=($(scontrol show hostnames "$SLURM_JOB_NODELIST"))
export COMPSS_MASTER_NODE="$(hostname)" COMPSS_WORKER_NODES="${nodes[*]:1}" COMPSS_RUNNING_IN_SC=true
on_every_node() { srun --overlap --ntasks="${#nodes[@]}" --ntasks-per-node=1 --cpus-per-task=1 bash -c "$1"; }
on_every_node 'mkdir -p $TMPDIR/x'

trap 'kill -TERM $(jobs -p) || :' USR1 # the time limit is near
trap : TERM # the job is cancelled: the program has been told, too
/usr/bin/python3 -u -m pycompss run \
    --specific_log_dir="${PYCOMPSS_LOG_DIR:-$HOME}"/.COMPSs/"$job" \
    --cpus_per_node=48 \
    --worker_in_master_cpus=24 \
    --worker_in_master_memory=50000 \
    --node_memory=90000 \
    --gpus_per_node=2 \
    --io_executors=2 \
    '--master_working_dir=/scratch/my files' \
    --wall_clock_limit=5340 \
    -g \
    --log_level=debug \
    /home/me/app.py 'a b' '$HOME `id`' 'it'"'"'s' '"quoted"' --summary &
run=$!
while wait "$run" || :; kill -0 "$run" 2>/dev/null; do :; done
wait "$run" && code=0 || code=$?
trap - TERM USR1

on_every_node 'echo '"'"'it is'"'"' over'
[ "$code" = 0 ] || echo "Master execution failed. Exiting job." >&2
exit "$code"
