#!/bin/bash -e
#
#BSUB -q long
#BSUB -gpu "num=2"
#BSUB -J "my job"
#BSUB -w 'ended(1234)'
#BSUB -U course
#BSUB -M 90000
#BSUB -x
#BSUB -W 01:30
#BSUB -cwd /home/me
#BSUB -oo compss-%J.out
#BSUB -eo compss-%J.err
#BSUB -n 192
#BSUB -R "span[ptile=48]"
#BSUB -P bsc01
#BSUB --comment=two words
#BSUB -v

cd /home/me
job="${LSB_JOBID%%.*}"
source '/home/me/env one.sh'
module load python/3.11
export KEY='it'"'"'s $HOME'
nodes=($(awk '!seen[$0]++' "$LSB_DJOB_HOSTFILE"))
export COMPSS_MASTER_NODE="$(hostname)" COMPSS_WORKER_NODES="${nodes[*]:1}" COMPSS_RUNNING_IN_SC=true
on_every_node() { for node in "${nodes[@]}"; do blaunch "$node" bash -c "$1"; done; }
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
