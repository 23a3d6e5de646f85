#!/bin/bash -e
#
#PBS -q long
#PBS -N my_job
#PBS -W depend=afterany:1234
#PBS -q course
#PBS -V
#PBS -l walltime=01:30:00
#PBS -o /home/me
#PBS -e /home/me
#PBS -l select=4:ncpus=48:ngpus=2:mem=90000mb
#PBS -l place=scatter:excl
#PBS -A bsc01
#PBS --comment=two words
#PBS -v

cd /home/me
job="${PBS_JOBID%%.*}"
exec >"compss-$job.out" 2>"compss-$job.err"
source '/home/me/env one.sh'
module load python/3.11
export KEY='it'"'"'s $HOME'
nodes=($(awk '!seen[$0]++' "$PBS_NODEFILE"))
export COMPSS_MASTER_NODE="$(hostname)" COMPSS_WORKER_NODES="${nodes[*]:1}" COMPSS_RUNNING_IN_SC=true
on_every_node() { for node in "${nodes[@]}"; do pbs_remsh "$node" "$1"; done; }
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
