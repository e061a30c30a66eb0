# shellcheck shell=bash disable=SC2154
# Daemons as plain processes, for backends whose LNDs can be reached from here: the backend brings lnd_flags NODE.

eddy_binary() {
  if [ -n "${EDDY:-}" ]; then
    echo "$EDDY"
  else
    echo "$root/artifacts/bin/Eddy/release/eddy"
  fi
}

build_eddy() {
  [ -n "${EDDY:-}" ] || dotnet build "$root/src/Eddy" -c Release -v q >&2
}

setup_eddy() { # NODE NUMBER FLAGS...
  local node=$1 port=$((${EDDY_PORT:-8740} + $2))
  shift 2
  local -a lnd
  mapfile -t lnd < <(lnd_flags "$node")
  "$(eddy_binary)" setup --config "$state/eddy-$node/eddy.conf" --eddy.datadir "$state/eddy-$node" --eddy.listen "127.0.0.1:$port" "${lnd[@]}" "$@"
}

start_eddy() {
  setsid "$(eddy_binary)" run --config "$state/eddy-$1/eddy.conf" </dev/null >>"$state/eddy-$1.log" 2>&1 &
  echo $! >"$state/eddy-$1.pid"
}

# SIGKILL to the supervisor, the daemon and the guard: nothing is tidied up.
kill_eddy() {
  kill -KILL -- "-$(cat "$state/eddy-$1.pid")" 2>/dev/null || true
  rm -f "$state/eddy-$1.pid"
}

stop_eddys() {
  local file
  for file in "$state"/eddy-*.pid; do
    [ -f "$file" ] || continue
    kill -TERM -- "-$(cat "$file")" 2>/dev/null || true
    rm -f "$file"
  done
}

eddy() {
  local node=$1
  shift
  "$(eddy_binary)" "$@" --config "$state/eddy-$node/eddy.conf"
}

# Its API without a process of .NET's for it: rings are under way for moments only.
eddy_get() { # NODE PATH
  local listen
  listen=$(sed -n 's/^listen=//p' "$state/eddy-$1/eddy.conf")
  curl -fsS -m 5 -H "Authorization: Bearer $(cat "$state/eddy-$1/token")" "http://$listen/$2"
}
