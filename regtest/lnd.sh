# shellcheck shell=bash disable=SC2154
# What is the same for all backends with a real LND: the backend brings lncli NODE, bitcoin, mine COUNT, give ADDRESS... and address_of NODE.

is_synced() { [ "$(lncli "$1" getinfo | field synced_to_chain)" = True ]; }
key_of() { lncli "$1" getinfo | field identity_pubkey; }
total_of() { lncli "$1" channelbalance | field local_balance msat; }
has_active() { [ "$(lncli "$1" listchannels --active_only | python3 -c 'import json,sys; print(len(json.load(sys.stdin)["channels"]))')" = "$2" ]; }

in_flight() {
  local node
  for node in "${nodes[@]}"; do lncli "$node" listchannels; done |
    python3 -c 'import json,sys
text, total, decoder = sys.stdin.read(), 0, json.JSONDecoder()
while text.strip():
    value, end = decoder.raw_decode(text.lstrip()); text = text.lstrip()[end:]
    total += sum(len(c["pending_htlcs"]) for c in value["channels"])
print(total)'
}

channels() {
  local node
  for node in "${nodes[@]}"; do
    lncli "$node" listchannels | python3 -c '
import json, sys
for c in json.load(sys.stdin)["channels"]:
    capacity, local = int(c["capacity"]), int(c["local_balance"])
    print(f"  {sys.argv[1]:6} {c[sys.argv[2]]:>20}  {local:>9} of {capacity} sat  {local * 100 // capacity:3} %")' "$node" chan_id
  done
}

# Coins for everybody, a channel from each to the next with nearly all on the opener's side, and a fee on each.
open_ring() {
  local node i from to key
  for node in "${nodes[@]}"; do retry 120 is_synced "$node"; done
  local -a addresses=()
  for node in "${nodes[@]}"; do addresses+=("$(lncli "$node" newaddress p2wkh | field address)"); done
  give "${addresses[@]}"
  mine 6
  for node in "${nodes[@]}"; do retry 60 is_synced "$node"; done
  for i in "${!nodes[@]}"; do
    from=${nodes[$i]} to=${nodes[$(((i + 1) % ${#nodes[@]}))]}
    key=$(key_of "$to")
    lncli "$from" connect "$key@$(address_of "$to")" >/dev/null 2>&1 || true
    retry 60 lncli "$from" openchannel --node_key="$key" --local_amt="$capacity" --push_amt="$pushed"
  done
  mine 6
  for node in "${nodes[@]}"; do retry 120 has_active "$node" 2; done
  for node in "${nodes[@]}"; do
    lncli "$node" updatechanpolicy --base_fee_msat=1000 --fee_rate_ppm=500 --time_lock_delta=80 >/dev/null
  done
}
