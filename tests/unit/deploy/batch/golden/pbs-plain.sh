#!/bin/bash -e
#
#PBS -N COMPSs
#PBS -V
#PBS -l walltime=00:10:00
#PBS -o /home/me
#PBS -e /home/me
#PBS -l select=2
#PBS -l place=scatter:excl

cd /home/me
job="${PBS_JOBID%%.*}"
exec >"compss-$job.out" 2>"compss-$job.err"
nodes=($(awk '!seen[$0]++' "$PBS_NODEFILE"))
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
