# shellcheck shell=bash disable=SC2154
# A network that runs in Polar: its containers are used as they are, and eddy runs beside them as processes of this machine.
# POLAR_NETWORK is its folder, the newest in ~/.polar/networks where that is not set. Its LND nodes have to be called alice, bob, carol ...
# shellcheck source=lnd.sh
. "$here/lnd.sh"
# shellcheck source=eddys.sh
. "$here/eddys.sh"
polar=${POLAR_NETWORK:-$(find "$HOME/.polar/networks" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' 2>/dev/null | sort -rn | head -n 1 | cut -d' ' -f2-)}

container() { echo "polar-n$(basename "$polar")-$1"; }
address_of() { echo "$(container "$1"):9735"; }
lncli() { local node=$1; shift; docker exec -u lnd "$(container "$node")" lncli --network=regtest "$@"; }
bitcoin() { docker exec -u bitcoin "$(container "${POLAR_BACKEND:-backend1}")" bitcoin-cli -regtest -rpcuser=polaruser -rpcpassword=polarpass "$@"; }
mine() { bitcoin generatetoaddress "$1" "$(bitcoin getnewaddress)" >/dev/null; }
give() { local address; for address in "$@"; do bitcoin sendtoaddress "$address" 1 >/dev/null; done; }
lnd_flags() { printf '%s\n' --lnddir "$polar/volumes/lnd/$1" --lnd.network regtest --lnd.host "$(docker port "$(container "$1")" 10009/tcp | head -n 1 | sed 's/^0\.0\.0\.0:/127.0.0.1:/')"; }
kill_lnd() { docker kill -s KILL "$(container "$1")" >/dev/null; }
start_lnd() { docker start "$(container "$1")" >/dev/null; retry 120 lncli "$1" getinfo; }

backend_up() {
  local node
  [ -n "$polar" ] || fail "there is no network in ~/.polar/networks: import polar/export.json in Polar, or set POLAR_NETWORK to its folder" 3
  for node in "${nodes[@]}"; do
    docker exec -u lnd "$(container "$node")" true 2>/dev/null || fail "no node '$node' runs in $polar: start the network in Polar" 3
  done
  build_eddy
  [ "$(bitcoin getblockcount)" -ge 110 ] || mine 110
}

backend_open() {
  local node
  for node in "${nodes[@]}"; do
    if has_active "$node" 0; then continue; fi
    # Somebody has opened channels by hand, so these are the ring.
    return 0
  done
  open_ring
}

backend_down() {
  stop_eddys
  rm -rf "$state"/eddy-*
}
