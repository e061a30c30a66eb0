# shellcheck shell=bash disable=SC2154
# No LND at all: 'eddy demo --keep' offers its gRPC API. For trying the scripts, and eddy's own part of them, where there is none.
# shellcheck source=eddys.sh
. "$here/eddys.sh"
network=$state/network

ledger() { # PYTHON: an expression over n, what network.json says
  python3 -c 'import json,sys
n = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$network/network.json" "$1"
}
of_node() { ledger "[x for x in n['nodes'] if x['name'] == '$1'][0]['$2']"; }
lnd_flags() { printf '%s\n' --lnddir "$(of_node "$1" lnd_dir)"; }
lncli() { fail "the simulator has no lncli: ask eddy" 2; }
key_of() { of_node "$1" pubkey; }
total_of() { of_node "$1" balance_msat; }
in_flight() { ledger "0 if n['is_quiet'] else 1"; }
channels() {
  ledger "'\n'.join('  %-6s to %-6s %9d of %d sat  %3d %%' % (c['from'], c['to'], c['local_msat'] // 1000, c['capacity_sat'], c['local_msat'] // 10 // c['capacity_sat']) for c in n['channels'])"
}

backend_up() {
  build_eddy
  rm -rf "$network" "$state/control" "$state/network.log"
  mkfifo "$state/control"
  setsid "$(eddy_binary)" demo --keep "$network" --nodes "${#nodes[@]}" --daemons none --control <>"$state/control" >"$state/network.log" 2>&1 &
  echo $! >"$state/network.pid"
  : >>"$state/network.log"
  retry 60 grep -q '^Ready' "$state/network.log"
}

backend_open() { :; }
tell() { # WORD NODE: and wait until it is done
  local before
  before=$(grep -c "^Done: $1 $2" "$state/network.log" || true)
  echo "$1 $2" >"$state/control"
  retry 60 is_told "$1 $2" "$before"
}
is_told() { [ "$(grep -c "^Done: $1" "$state/network.log")" -gt "$2" ]; }
kill_lnd() { tell kill "$1"; }
start_lnd() { tell start "$1"; }

backend_down() {
  stop_eddys
  if [ -f "$state/network.pid" ]; then
    kill -TERM -- "-$(cat "$state/network.pid")" 2>/dev/null || true
    retry 30 gone "$(cat "$state/network.pid")"
    rm -f "$state/network.pid"
  fi
  rm -rf "$state"/eddy-* "$state/control"
}
gone() { ! kill -0 "$1" 2>/dev/null; }
