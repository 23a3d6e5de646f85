#!/bin/bash -e
#
#$ -q long
#$ -l gpu=2
#$ -N my_job
#$ -hold_jid 1234
#$ -ar course
#$ -l mem_free=90000M
#$ -l exclusive
#$ -V
#$ -l h_rt=01:30:00
#$ -wd /home/me
#$ -o compss-$JOB_ID.out
#$ -e compss-$JOB_ID.err
#$ -S /bin/bash
#$ -pe mpi 192
#$ -P bsc01
#$ --comment=two words
#$ -v

cd /home/me
job="${JOB_ID%%.*}"
source '/home/me/env one.sh'
module load python/3.11
export KEY='it'"'"'s $HOME'
nodes=($(awk '{print $1}' "$PE_HOSTFILE"))
export COMPSS_MASTER_NODE="$(hostname)" COMPSS_WORKER_NODES="${nodes[*]:1}" COMPSS_RUNNING_IN_SC=true
on_every_node() { for node in "${nodes[@]}"; do qrsh -inherit "$node" bash -c "$(printf %q "$1")"; done; }
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
