# The supervisor: runs the daemon and ends with its exit code. It starts the daemon again only where the guard, which has to kill what is
# frozen, asked for that: by USR1, or by USR2 if the daemon had run well before. Each time it waits longer.
unset EDDY_SUPERVISOR_SCRIPT
child='' again='' stopping='' signalled='' pause=0

stop() {
    stopping=1 signalled=1
    [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}

# A terminal that was closed ends the daemon; a HUP that somebody sent is passed on, and has it read its configuration again. The terminal is
# looked for in a shell of its own, which an error ends.
terminal=''
(: < /dev/tty) 2>/dev/null && terminal=1
hang_up() {
    if [ -n "$terminal" ] && ! (: < /dev/tty) 2>/dev/null; then
        stop
    else
        signalled=1
        [ -z "$child" ] || kill -HUP "$child" 2>/dev/null
    fi
}
trap stop INT QUIT TERM
trap hang_up HUP
trap 'again=1 signalled=1' USR1
trap 'again=1 signalled=1 pause=0' USR2

# A signal ends a wait early; 127, and bash's -1, say that the wait before had the answer already.
await() {
    wait "$1" 2>/dev/null
    code=$?
    while [ -n "$signalled" ]; do
        signalled=''
        wait "$1" 2>/dev/null
        next=$?
        case $next in 127 | -*) ;; *) code=$next ;; esac
    done
}

while :; do
    again=''
    EDDY_SUPERVISOR=$$ "$@" &
    child=$!
    [ -z "$stopping" ] || kill -TERM "$child" 2>/dev/null
    await "$child"
    child=''
    if [ -z "$again" ] || [ -n "$stopping" ]; then exit "$code"; fi

    if [ "$pause" -gt 0 ]; then
        sleep "$pause" &
        child=$!
        [ -z "$stopping" ] || kill -TERM "$child" 2>/dev/null
        ended=$code
        await "$child"
        child=''
        [ -z "$stopping" ] || exit "$ended"
    fi
    pause=$((pause * 2 + 2))
    [ "$pause" -le 300 ] || pause=300
done
