#!/usr/bin/env bash
# Builds deploy/docker/Dockerfile.cpu as it stands and runs it, on a machine without a container engine: buildah in chroot
# isolation needs neither a daemon nor namespaces. Starts api and worker from the image as its own user, segments a head
# through them, and stops them. For Debian and Ubuntu, as root:
#
#   apt-get install debootstrap buildah redis-server
#   npm run check:image                   # or: bash scripts/check-image.sh <folder that is kept, to be faster next time>
#
# Docker Hub need not be reachable: the base image is a fresh Debian by debootstrap with this machine's Node. What that
# leaves untried is Docker Hub's own base image, a read-only root, and the limits and networks of an engine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DOCKERFILE=deploy/docker/Dockerfile.cpu
readonly SUITE=bookworm
readonly IMAGE=parse3d:check
readonly CLI=(node cli/bin/parse3d.js)

fail() {
  echo "error: $*" >&2
  exit 1
}
step() { echo "== $* (${SECONDS} s)"; }

[ "$(id -u)" = 0 ] || fail 'run it as root: debootstrap and chroot need that'
for program in debootstrap buildah redis-server node npm; do
  command -v "$program" >/dev/null || fail "$program is not installed"
done
BASE=$(sed -n 's/^FROM \(node:[^ ]*\) AS node$/\1/p' "$DOCKERFILE")
[ -n "$BASE" ] || fail "expected a base image node:… in $DOCKERFILE"

if [ $# -gt 0 ]; then
  mkdir -p "$1"
  work=$(cd "$1" && pwd)
  keep=yes
else
  work=$(mktemp -d /var/tmp/parse3d-image.XXXXXX)
  keep=no
fi
grep -q '\boverlay$' /proc/filesystems && driver=overlay || driver=vfs
builder() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver "$driver" "$@"; }

started=()
finish() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  builder rm --all >/dev/null 2>&1 || true
  rm -rf "$work/store" "$work/redis"
  if [ "$keep" = no ]; then
    builder rmi --all --force >/dev/null 2>&1 || true
    rm -rf "$work"
  fi
}
trap finish EXIT

# 1. A base image under the name that the Dockerfile asks for.
if ! builder inspect --type image "$BASE" >/dev/null 2>&1; then
  step "base image $BASE from debootstrap $SUITE and $(node --version) of this machine"
  rm -rf "$work/base"
  debootstrap --variant=minbase --include=ca-certificates,libstdc++6 "$SUITE" "$work/base" >"$work/debootstrap.log" 2>&1 ||
    fail "debootstrap failed: $work/debootstrap.log"
  install -D "$(readlink -f "$(command -v node)")" "$work/base/usr/local/bin/node"
  mkdir -p "$work/base/usr/local/lib/node_modules"
  cp -a "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")" "$work/base/usr/local/lib/node_modules/npm"
  for name in npm npx; do ln -s "../lib/node_modules/npm/bin/$name-cli.js" "$work/base/usr/local/bin/$name"; done
  container=$(builder from scratch)
  builder add --quiet "$container" "$work/base" / >/dev/null
  builder config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  # A proxy with a certificate of its own has to be trusted while npm installs.
  if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
    builder add --quiet "$container" "$NODE_EXTRA_CA_CERTS" /usr/local/share/extra-ca.pem >/dev/null
    builder config --env NODE_EXTRA_CA_CERTS=/usr/local/share/extra-ca.pem "$container"
  fi
  builder commit --quiet "$container" "docker.io/library/$BASE" >/dev/null
  builder rm "$container" >/dev/null
  rm -rf "$work/base"
fi

# 2. The Dockerfile, every step of it.
step "building $DOCKERFILE"
builder build --isolation chroot --pull-never --layers --build-arg "PARSE3D_COMMIT=$(git rev-parse HEAD)" \
  -f "$DOCKERFILE" -t "$IMAGE" . >"$work/build.log" 2>&1 || fail "the build failed: $work/build.log$(echo; tail -n 20 "$work/build.log")"

# 3. What is in it.
api=$(builder from --pull-never "localhost/$IMAGE")
worker=$(builder from --pull-never "localhost/$IMAGE")
user=$(builder inspect --format '{{.OCIv1.Config.User}}' "$api")
[ "$user" = 10001:10001 ] || fail "expected the user 10001:10001, the image has '$user'"
mkdir -p "$work/store" "$work/redis"
chown 10001:10001 "$work/store"
read -r redis_port api_port api_metrics worker_port < <(node -e '
  const net = require("node:net");
  const servers = [0, 0, 0, 0].map(() => net.createServer().listen(0, "127.0.0.1"));
  setTimeout(() => {
    console.log(servers.map((server) => server.address().port).join(" "));
    for (const server of servers) server.close();
  }, 100);')
environment=(
  "PARSE3D_REDIS_URL=redis://127.0.0.1:$redis_port" PARSE3D_STORAGE=file PARSE3D_STORAGE_ROOT=/store
  PARSE3D_BUCKET=parse3d PARSE3D_SCRATCH=/scratch "PARSE3D_API_PORT=$api_port" "PARSE3D_METRICS_PORT=$api_metrics"
  "PARSE3D_WORKER_METRICS_PORT=$worker_port"
)
inside() {
  local container=$1
  shift
  builder run --isolation chroot --volume "$work/store:/store" "${environment[@]/#/--env=}" "$container" -- "$@"
}
step 'what is in the image'
inside "$api" sh -euc '
  [ "$(id -u):$(id -g)" = 10001:10001 ]
  for place in /app /app/packs /usr/local/bin; do
    if touch "$place/written" 2>/dev/null; then echo "$place can be written to"; exit 1; fi
  done
  touch /scratch/written && rm /scratch/written
  for unwanted in typescript vitest vite; do
    if [ -e "node_modules/$unwanted" ]; then echo "$unwanted is in the image"; exit 1; fi
  done
  test -s LICENSE && test -s NOTICE && test -s services/web/dist/licences.md
  runtimes=$(cd node_modules/onnxruntime-node/bin && echo napi-v*/*/*)
  echo "user $(id -u), /app $(du -sm /app | cut -f1) MB, onnxruntime-node $(du -sm node_modules/onnxruntime-node | cut -f1) MB: $runtimes"
  [ "$(echo "$runtimes" | wc -w)" = 1 ]
' || fail 'the image is not what it should be'
inside "$api" "${CLI[@]}" pack verify starter-brain-mr | tail -n 1

# 4. Redis here; api and worker from the image.
step 'starting api and worker'
redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no --dir "$work/redis" \
  --maxmemory-policy noeviction >"$work/redis.log" 2>&1 &
started+=($!)
inside "$api" node services/api/dist/main.js >"$work/api.log" 2>&1 &
api_run=$!
inside "$worker" node services/worker/dist/main.js >"$work/worker.log" 2>&1 &
worker_run=$!
started+=("$api_run" "$worker_run")
answers() {
  for _ in $(seq 120); do
    if node -e 'fetch(process.argv[1]).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))' "$1"; then
      return 0
    fi
    kill -0 "$2" 2>/dev/null || return 1
    sleep 0.5
  done
  return 1
}
answers "http://127.0.0.1:$api_port/readyz" "$api_run" || fail "the api does not answer: $(tail -n 5 "$work/api.log")"
answers "http://127.0.0.1:$worker_port/healthz" "$worker_run" || fail "the worker does not answer: $(tail -n 5 "$work/worker.log")"

# 5. Who runs, and a job from the upload to the masks.
# The service below buildah's own processes; its first process, for a worker has children.
service_of() {
  local pid=$1
  until [[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" =~ ^[^\ ]*node\ "$2"\ $ ]]; do
    pid=$(pgrep -o -P "$pid") || fail "there is no $2 below buildah"
  done
  [ "$(stat -c %u "/proc/$pid")" = 10001 ] || fail "$2 does not run as user 10001"
  echo "$pid"
}
api_pid=$(service_of "$api_run" services/api/dist/main.js)
worker_pid=$(service_of "$worker_run" services/worker/dist/main.js)
step 'a job, from the upload to the masks'
key=$(inside "$api" "${CLI[@]}" key create --name check --json | node -e '
  let text = "";
  process.stdin.on("data", (part) => (text += part)).on("end", () => console.log(JSON.parse(text).key));')
service=(--url "http://127.0.0.1:$api_port" --key "$key")
job=$(inside "$api" "${CLI[@]}" submit packs/starter-brain-mr/golden.nii.gz --pack starter-brain-mr \
  --prompt brainstem --prompt 'left thalamus' --watch --json "${service[@]}" | node -e '
  let text = "";
  process.stdin.on("data", (part) => (text += part)).on("end", () => console.log(JSON.parse(text.split("\n")[0]).id));')
inside "$api" "${CLI[@]}" results "$job" --out /scratch/found "${service[@]}" | tee "$work/results.txt"
grep -Eq '1 +brainstem +present' "$work/results.txt" || fail 'the job did not find the brainstem'
node -e 'fetch(process.argv[1], { headers: { Accept: "text/html" } }).then(async (answer) => {
  process.exit(answer.ok && /assets\/index/.test(await answer.text()) ? 0 : 1);
})' "http://127.0.0.1:$api_port/" || fail 'the page is not served'

# 6. They end when they are told to.
step 'stopping'
kill -TERM "$worker_pid" "$api_pid"
wait "$worker_run" || fail "the worker ended with $?: $(tail -n 5 "$work/worker.log")"
wait "$api_run" || fail "the api ended with $?: $(tail -n 5 "$work/api.log")"
step 'done: the image builds, runs as its own user, and segments'
