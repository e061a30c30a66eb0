# The guard: looks at the heartbeat of the daemon's read loop and kills the daemon when it stands still. Needs nothing but sh and sleep, reads
# nothing from a disk, and writes only after the kill. Time is counted in looks and never read from a clock, so that a machine that was
# suspended, or a guard that was stopped or starved itself, has seen no silence meanwhile.
pid=$1 born=$2 beat=$3 tick=$4 looks=$5 good=$6 supervisor=$7 supervisor_born=$8 note=$9
shift 9
silence=$1
unset EDDY_GUARD_SCRIPT
set -f
umask 077
exec </dev/null >/dev/null

# Whatever ends or stops the daemon's terminal or service must not reach the guard: it ends with the daemon.
trap '' HUP INT QUIT TERM TSTP TTIN TTOU USR1 USR2 PIPE

last='' silent=0 looked=0
while sleep "$tick"; do
    # Ended, or dead and not yet collected, or another process with the same number by now.
    { read -r stat < "/proc/$pid/stat"; } 2>/dev/null || exit 0
    set -- ${stat##*) }
    state=$1
    case $state in Z | X) exit 0 ;; esac
    [ "${20}" = "$born" ] || exit 0

    { read -r now < "$beat"; } 2>/dev/null || exit 3
    looked=$((looked + 1))
    case $now in
        armed*) ;;
        *) last=''; silent=0; continue ;;
    esac
    if [ "$now" != "$last" ]; then
        last=$now
        silent=0
        continue
    fi
    silent=$((silent + 1))
    [ "$silent" -ge "$looks" ] || continue

    # The supervisor first: it has to know before it sees the daemon end. Whoever has its number after it is not told.
    next='systemd is to start it again'
    if [ "$supervisor" -gt 0 ]; then
        next='nobody starts it again, for its supervisor is gone'
        set --
        { read -r stat < "/proc/$supervisor/stat" && set -- ${stat##*) }; } 2>/dev/null
        [ "${20-}" = "$supervisor_born" ] || supervisor=0
    fi
    if [ "$supervisor" -gt 0 ]; then
        if [ "$looked" -ge "$good" ]; then kill -USR2 "$supervisor"; else kill -USR1 "$supervisor"; fi
        next='eddy starts again'
    fi 2>/dev/null
    kill -KILL "$pid" 2>/dev/null

    case $state in
        T | t) why='its process was stopped, as by a signal or a debugger' ;;
        *) why='its process was not stopped: it hung, or waited for a processor, a disk or swapped memory' ;;
    esac
    echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) WARN  Guard: the daemon (process $pid) did not look after LND's interceptor for $silence or more: $why. Killed, so that LND forwards again; $next." >&2
    { echo "$(date -u +%s) $why" > "$note"; } 2>/dev/null
    exit 0
done
exit 2
