# shellcheck shell=bash disable=SC2154
# LND, bitcoind (or btcd) and eddy as processes of this machine, all below $state.
# shellcheck source=lnd.sh
. "$here/lnd.sh"
# shellcheck source=eddys.sh
. "$here/eddys.sh"
base_port=${BASE_PORT:-19700}

number_of() {
  local i
  for i in "${!all_nodes[@]}"; do [ "${all_nodes[$i]}" != "$1" ] || echo "$i"; done
}
rpc_port() { echo $((base_port + 10 + $(number_of "$1"))); }
address_of() { echo "127.0.0.1:$((base_port + 20 + $(number_of "$1")))"; }
lnd_flags() { printf '%s\n' --lnddir "$state/lnd-$1" --lnd.host "127.0.0.1:$(rpc_port "$1")" --lnd.network regtest; }
lncli() { local node=$1; shift; command lncli --lnddir="$state/lnd-$node" --rpcserver="127.0.0.1:$(rpc_port "$node")" --network=regtest "$@"; }

is_bitcoind() { [ "${CHAIN:-bitcoind}" = bitcoind ] && has bitcoind && has bitcoin-cli; }

bitcoin() {
  if is_bitcoind; then
    bitcoin-cli -datadir="$state/chain" -regtest -rpcport="$base_port" -rpcuser=eddy -rpcpassword=eddy "$@"
  else
    btcctl --regtest --rpcserver="127.0.0.1:$base_port" --rpcuser=eddy --rpcpass=eddy --rpccert="$state/chain/rpc.cert" "$@"
  fi
}

start_chain() { # EXTRA...
  mkdir -p "$state/chain"
  if is_bitcoind; then
    setsid bitcoind -datadir="$state/chain" -regtest -server -txindex -fallbackfee=0.0002 -listen=0 -rpcport="$base_port" -rpcuser=eddy -rpcpassword=eddy \
      -zmqpubrawblock="tcp://127.0.0.1:$((base_port + 1))" -zmqpubrawtx="tcp://127.0.0.1:$((base_port + 2))" </dev/null >>"$state/chain.log" 2>&1 &
  else
    setsid btcd --regtest --datadir="$state/chain" --logdir="$state/chain" --nolisten --txindex --rpclisten="127.0.0.1:$base_port" --rpcuser=eddy --rpcpass=eddy \
      --rpccert="$state/chain/rpc.cert" --rpckey="$state/chain/rpc.key" "$@" </dev/null >>"$state/chain.log" 2>&1 &
  fi
  echo $! >"$state/chain.pid"
  retry 60 bitcoin getblockcount
}

stop_chain() {
  [ -f "$state/chain.pid" ] || return 0
  kill -TERM -- "-$(cat "$state/chain.pid")" 2>/dev/null || true
  retry 30 gone "$(cat "$state/chain.pid")"
  rm -f "$state/chain.pid"
}

gone() { ! kill -0 "$1" 2>/dev/null; }

start_lnd() {
  local node=$1
  local -a chain
  if is_bitcoind; then
    chain=(--bitcoin.node=bitcoind --bitcoind.rpchost="127.0.0.1:$base_port" --bitcoind.rpcuser=eddy --bitcoind.rpcpass=eddy
      --bitcoind.zmqpubrawblock="tcp://127.0.0.1:$((base_port + 1))" --bitcoind.zmqpubrawtx="tcp://127.0.0.1:$((base_port + 2))")
  else
    chain=(--bitcoin.node=btcd --btcd.rpchost="127.0.0.1:$base_port" --btcd.rpcuser=eddy --btcd.rpcpass=eddy --btcd.rpccert="$state/chain/rpc.cert")
  fi
  setsid lnd --lnddir="$state/lnd-$node" --noseedbackup --bitcoin.regtest "${chain[@]}" --alias="$node" \
    --listen="$(address_of "$node")" --rpclisten="127.0.0.1:$(rpc_port "$node")" --restlisten="127.0.0.1:$((base_port + 30 + $(number_of "$node")))" \
    --accept-positive-inbound-fees --grpc.server-ping-time=5s --grpc.server-ping-timeout=2s </dev/null >>"$state/lnd-$node.log" 2>&1 &
  echo $! >"$state/lnd-$node.pid"
  retry 120 lncli "$node" getinfo
}

kill_lnd() {
  kill -KILL -- "-$(cat "$state/lnd-$1.pid")" 2>/dev/null || true
  retry 30 gone "$(cat "$state/lnd-$1.pid")"
}

mine() {
  if is_bitcoind; then
    bitcoin -rpcwallet=miner generatetoaddress "$1" "$(bitcoin -rpcwallet=miner getnewaddress)" >/dev/null
  else
    bitcoin generate "$1" >/dev/null
  fi
}

give() { # ADDRESS...: a coin to each
  local address
  if is_bitcoind; then
    for address in "$@"; do bitcoin -rpcwallet=miner sendtoaddress "$address" 1 >/dev/null; done
  else
    # btcd has no wallet: the first node's is what it mines to.
    for address in "${@:2}"; do retry 60 lncli "${nodes[0]}" sendcoins --force --addr="$address" --amt=100000000; done
  fi
}

backend_up() {
  build_eddy
  start_chain
  if is_bitcoind; then
    bitcoin createwallet miner >/dev/null
    mine 110
  fi
  local node
  for node in "${nodes[@]}"; do start_lnd "$node"; done
  if ! is_bitcoind; then
    local address
    address=$(lncli "${nodes[0]}" newaddress p2wkh | field address)
    stop_chain
    start_chain --miningaddr="$address"
    mine 110
  fi
}

backend_open() { open_ring; }

backend_down() {
  stop_eddys
  local file
  for file in "$state"/lnd-*.pid; do
    [ -f "$file" ] || continue
    kill -TERM -- "-$(cat "$file")" 2>/dev/null || true
    retry 30 gone "$(cat "$file")"
    rm -f "$file"
  done
  stop_chain
  rm -rf "$state"/lnd-* "$state"/eddy-* "$state/chain"
}
