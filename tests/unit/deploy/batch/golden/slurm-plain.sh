#!/bin/bash -e
#
#SBATCH --job-name=COMPSs
#SBATCH --exclusive
#SBATCH -t 00:10:00
#SBATCH --signal=B:USR1@20
#SBATCH -D /home/me
#SBATCH -o compss-%j.out
#SBATCH -e compss-%j.err
#SBATCH -N 2
#SBATCH --no-kill
#SBATCH --no-requeue

cd /home/me
job="${SLURM_JOB_ID%%.*}"
nodes=($(scontrol show hostnames "$SLURM_JOB_NODELIST"))
export COMPSS_MASTER_NODE="$(hostname)" COMPSS_WORKER_NODES="${nodes[*]:1}" COMPSS_RUNNING_IN_SC=true

trap 'kill -TERM $(jobs -p) || :' USR1 # the time limit is near
trap : TERM # the job is cancelled: the program has been told, too
/usr/bin/python3 -u -m pycompss run \
    --specific_log_dir="${PYCOMPSS_LOG_DIR:-$HOME}"/.COMPSs/"$job" \
    --wall_clock_limit=540 \
    -g \
    --log_level=debug \
    /home/me/app.py 'a b' '$HOME `id`' 'it'"'"'s' '"quoted"' --summary &
run=$!
while wait "$run" || :; kill -0 "$run" 2>/dev/null; do :; done
wait "$run" && code=0 || code=$?
trap - TERM USR1

[ "$code" = 0 ] || echo "Master execution failed. Exiting job." >&2
exit "$code"
