# shellcheck shell=bash disable=SC2154
# LND, bitcoind and eddy in containers: compose.yaml beside this.
# shellcheck source=lnd.sh
. "$here/lnd.sh"

compose() { docker compose -f "$here/compose.yaml" "$@"; }
address_of() { echo "$1:9735"; }
lncli() { local node=$1; shift; compose exec -T "$node" lncli --lnddir=/lnd --network=regtest "$@"; }
bitcoin() { compose exec -T bitcoind bitcoin-cli -regtest -rpcuser=eddy -rpcpassword=eddy "$@"; }
mine() { bitcoin -rpcwallet=miner generatetoaddress "$1" "$(bitcoin -rpcwallet=miner getnewaddress)" >/dev/null; }
give() { local address; for address in "$@"; do bitcoin -rpcwallet=miner sendtoaddress "$address" 1 >/dev/null; done; }

backend_up() {
  EDDY_IMAGE=${EDDY_IMAGE:-eddy:$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$root/Directory.Build.props")}
  export EDDY_IMAGE
  docker image inspect "$EDDY_IMAGE" >/dev/null 2>&1 || "$root/dist/build.sh" image
  echo "export EDDY_IMAGE=$EDDY_IMAGE" >>"$state/ring.env"
  compose up -d bitcoind "${nodes[@]}"
  retry 60 bitcoin getblockchaininfo
  bitcoin createwallet miner >/dev/null 2>&1 || bitcoin loadwallet miner >/dev/null 2>&1 || true
  mine 110
}

backend_open() { open_ring; }

setup_eddy() { # NODE NUMBER FLAGS...
  local node=$1
  shift 2
  compose run --rm --no-deps -T "eddy-$node" setup --lnddir /lnd --lnd.host "$node:10009" --lnd.network regtest "$@"
}

start_eddy() { compose up -d --no-deps "eddy-$1"; }
kill_eddy() { compose kill -s KILL "eddy-$1"; }
kill_lnd() { compose kill -s KILL "$1"; }
start_lnd() { compose up -d --no-deps "$1"; retry 120 lncli "$1" getinfo; }
eddy() { local node=$1; shift; compose exec -T "eddy-$node" eddy "$@"; }
eddy_get() { eddy "$1" rings --json; }
backend_down() { compose down -v --remove-orphans; }
