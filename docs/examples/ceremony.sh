#!/usr/bin/env bash
# Seven founders agree on a genesis, each with a folder of its own and nothing shared but the files that they send.
# One declares more stake than it has, one sends a proof of possession that it cannot have, one approves another
# document: each is found and named. The genesis that they seal starts the network, and a node whose copy differs
# in one byte is not let in.
#
#   bash docs/examples/ceremony.sh FOLDER          (a folder that is not there yet)
#
# Needs: npx node0 (NODE0 names another command), ports of 127.0.0.1 from BASE_PORT (26700) on.
set -euo pipefail

folder=${1:?usage: ceremony.sh FOLDER}
base_port=${BASE_PORT:-26700}
node0=${NODE0:-npx node0}
founders=(amira bashir celine dmitri esra farid grace)

mkdir "$folder"
cd "$folder"
mkdir declarations approvals
pids=()
finish() {
  status=$?
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  exit "$status"
}
trap finish EXIT

step() { printf '\n== %s\n' "$*"; }
# Runs a command that must be refused, and asks its output for what it must name.
refused() {
  local expected=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "was not refused: $*" >&2
    exit 1
  fi
  printf '%s\n' "$output"
  grep -Eq "$expected" <<<"$output" || { echo "does not say: $expected" >&2; exit 1; }
}

# Changes a file as somebody on the way could.
alter() { sed "$2" "$1" >"$1.altered" && mv "$1.altered" "$1"; }

step "each founder makes the home of a node"
for index in "${!founders[@]}"; do
  name=${founders[$index]}
  $node0 init --home "$name" --name "$name" --generate-password \
    --listen "/ip4/127.0.0.1/tcp/$((base_port + index))" --api "127.0.0.1:$((base_port + 100 + index))"
done

step "amira begins the genesis, with an account for each operator"
$node0 genesis init --chain-id founders-1 --time +45s
for name in "${founders[@]}"; do
  $node0 genesis account add genesis.json "$name/keys/operator.json" 2000000000 --label "$name"
done

step "each founder declares its validator; bashir more stake than the account holds"
declare_validator() {
  $node0 genesis declare --genesis genesis.json --home "$1" --stake "$2" --name "$1" \
    --contact "ops@$1.example" --out "declarations/$1.json"
}
for name in "${founders[@]}"; do
  [ "$name" = bashir ] && stake=9000000000 || stake=1000000000
  declare_validator "$name" "$stake"
done

step "somebody sends celine's declaration with the proof of another key"
cp declarations/celine.json celine.honest.json
proof() { sed -nE 's/.*"proofOfPossession": "([0-9a-f]+)".*/\1/p' "$1"; }
alter declarations/celine.json "s/$(proof declarations/celine.json)/$(proof declarations/dmitri.json)/"

step "amira collects: both are found, with file and contributor"
refused 'bashir.json +bashir <ops@bashir.example>' $node0 genesis collect genesis.json declarations
refused 'genesis.stake-not-covered' $node0 genesis collect genesis.json declarations --check
refused 'celine.json +celine <ops@celine.example>' $node0 genesis collect genesis.json declarations --check
refused 'genesis.possession' $node0 genesis collect genesis.json declarations --check

step "both send again, and the genesis is complete"
rm declarations/bashir.json
declare_validator bashir 1000000000
mv celine.honest.json declarations/celine.json
$node0 genesis collect genesis.json declarations
$node0 genesis validate genesis.json --html report.html
$node0 genesis show genesis.json
hash=$($node0 genesis hash genesis.json)

step "each founder approves the bytes that it received; those of esra were changed on the way"
for name in "${founders[@]}"; do cp genesis.json "$name/genesis.json"; done
alter esra/genesis.json 's/"label": "grace"/"label": "Grace"/'
refused 'Grace' $node0 genesis diff genesis.json esra/genesis.json
for name in "${founders[@]}"; do
  $node0 genesis approve "$name/genesis.json" --home "$name" --yes --out "approvals/$name.json"
done

step "amira seals: the approval of another genesis is named, the others are enough"
$node0 genesis seal genesis.json approvals | tee seal.txt
grep -Eq 'esra.json +esra' seal.txt
grep -q 'ceremony.other-hash' seal.txt
$node0 genesis verify genesis.json --seal genesis.seal.json --genesis-hash "$hash"
refused 'genesis.unexpected-hash' $node0 genesis verify esra/genesis.json --seal genesis.seal.json --genesis-hash "$hash"

step "the network starts from the sealed genesis, at its time"
for name in "${founders[@]}"; do
  [ "$name" = esra ] && continue
  cp genesis.seal.json "$name/"
  $node0 start --home "$name" --genesis-hash "$hash" \
    --set chain.seal=genesis.seal.json --set chain.requireSeal=true >"$name.log" 2>&1 &
  pids+=($!)
done

step "a node whose genesis differs in one byte is told so, and ends"
refused "$hash" timeout 300 $node0 start --home esra
$node0 genesis hash esra/genesis.json

step "six of seven finalise blocks"
api="http://127.0.0.1:$((base_port + 100))"
for _ in $(seq 1 300); do
  height=$($node0 query status --node "$api" --json 2>/dev/null | sed -E 's/.*"height":([0-9]+).*/\1/') || height=0
  [ "${height:-0}" -ge 3 ] && break
  sleep 1
done
[ "$height" -ge 3 ] || { echo "no blocks" >&2; tail -n 5 ./*.log >&2; exit 1; }
echo "height $height"

step "esra takes the right genesis, joins and catches up"
# What the other genesis led to is another chain's state.
mv esra/data esra/data.other
cp genesis.json genesis.seal.json esra/
$node0 start --home esra --genesis-hash "$hash" --seal esra/genesis.seal.json >esra.log 2>&1 &
pids+=($!)
api="http://127.0.0.1:$((base_port + 104))"
for _ in $(seq 1 300); do
  joined=$($node0 query status --node "$api" --json 2>/dev/null | sed -E 's/.*"height":([0-9]+).*/\1/') || joined=0
  [ "${joined:-0}" -ge "$height" ] && break
  sleep 1
done
[ "$joined" -ge "$height" ] || { echo "esra did not catch up" >&2; exit 1; }
echo "esra is at height $joined"
step "done"
