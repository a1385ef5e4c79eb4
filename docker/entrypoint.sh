#!/bin/sh
# The way into the image: `switchyard COMMAND …`; without a command it runs everything itself when no
# server of the operator's is named, else the server.
set -eu

most_workers=8

# Processors this container may use: the machine's, or the quota of its control group if that is less.
processors() {
    count=$(nproc)
    if read -r quota period 2>/dev/null </sys/fs/cgroup/cpu.max && [ "$quota" != max ]; then
        allowed=$(((quota + period - 1) / period))
        [ "$allowed" -ge "$count" ] || count=$allowed
    fi
    [ "$count" -le "$most_workers" ] || count=$most_workers
    echo "$count"
}

if [ "$#" -eq 0 ]; then
    if [ -z "${DATABASE_URL:-}${DATABASE_URL_FILE:-}${REDIS_URL:-}${REDIS_URL_FILE:-}" ]; then
        set -- up
    else
        set -- serve
    fi
fi

if [ "$1" = serve ] && [ -z "${WORKERS:-}" ]; then
    WORKERS=$(processors)
    export WORKERS
fi

cd /app
exec /opt/venv/bin/python -m gateway "$@"
