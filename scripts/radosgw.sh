#!/usr/bin/env bash
# Starts a throw-away S3 server for tests and trials: one ceph monitor, one in-memory OSD and one radosgw, all on
# 127.0.0.1, without authentication between the daemons. Runs until Ctrl-C, SIGTERM, or (with --with-stdin) the end of
# its standard input, so that it cannot outlive the process that started it. Then it stops the daemons and removes its
# folder: nothing that was stored is kept.
#
#   scripts/radosgw.sh [--with-stdin]
#
# Environment (all optional):
#   RGW_PORT            port of the S3 endpoint                                  [7480]
#   MON_PORT            port of the monitor, not visible to S3 clients           [33300]
#   RGW_FOLDER          where the daemons keep their files; must not exist yet   [a new folder in $TMPDIR]
#   RGW_ACCESS_KEY, RGW_SECRET_KEY   the S3 user's keys                          [parse3d-test, parse3d-test-secret]
#
# Prints "ready http://127.0.0.1:PORT" when requests are answered. Needs the Debian packages radosgw, ceph-mon,
# ceph-osd and ceph-common (scripts/install-test-services.sh).
set -euo pipefail

rgw_port=${RGW_PORT:-7480}
mon_port=${MON_PORT:-33300}
folder=${RGW_FOLDER:-$(mktemp -u -d "${TMPDIR:-/tmp}/parse3d-radosgw-XXXXXX")}
access_key=${RGW_ACCESS_KEY:-parse3d-test}
secret_key=${RGW_SECRET_KEY:-parse3d-test-secret}
daemons=()
watcher=

for program in ceph ceph-mon ceph-osd monmaptool radosgw radosgw-admin; do
  if ! command -v "$program" >/dev/null; then
    echo "radosgw.sh: $program is not installed; as root on Debian: scripts/install-test-services.sh" >&2
    exit 69
  fi
done
if [ -e "$folder" ]; then
  echo "radosgw.sh: $folder exists already; remove it, or name another folder in RGW_FOLDER" >&2
  exit 73
fi
mkdir -p -m 700 "$folder"/{mon,osd,run,log}

stop() {
  trap - EXIT
  trap '' INT TERM HUP # a second signal must not leave the folder behind
  # All the state is thrown away, so the daemons need no orderly shutdown.
  kill -KILL $watcher "${daemons[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 143' INT TERM HUP

# Starts a daemon in the foreground mode it has, as a child of this script.
daemon() {
  local name=$1
  shift
  "$@" >"$folder/log/$name.out" 2>&1 </dev/null &
  daemons+=($!)
}

# Repeats a command until it succeeds; gives up when a daemon has died or after half a minute.
await() {
  local what=$1 deadline=$((SECONDS + 30)) pid
  shift
  until "$@" >/dev/null 2>&1; do
    for pid in "${daemons[@]}"; do
      if ! kill -0 "$pid" 2>/dev/null; then give_up "a daemon ended while waiting for $what"; fi
    done
    if ((SECONDS > deadline)); then give_up "waited 30 s for $what"; fi
    sleep 0.1
  done
}

give_up() {
  echo "radosgw.sh: $1; last lines of the logs:" >&2
  tail -n 15 "$folder"/log/*.out "$folder"/log/*.log >&2 2>/dev/null || true
  exit 70
}

cluster_id=$(cat /proc/sys/kernel/random/uuid)
osd_id=$(cat /proc/sys/kernel/random/uuid)
mon_address="[v2:127.0.0.1:$mon_port]"
export CEPH_CONF=$folder/ceph.conf
unset CEPH_ARGS
cat >"$CEPH_CONF" <<CONF
[global]
fsid = $cluster_id
mon host = $mon_address
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
auth cluster required = none
auth service required = none
auth client required = none
# Without authentication there is no key to encrypt with, which the daemons would otherwise insist on.
ms mon client mode = crc secure
run dir = $folder/run
admin socket = $folder/run/\$name.asok
pid file =
log file = $folder/log/\$name.log
crash dir = $folder/run

# A single node that must be up within seconds, not safe against anything.
mon data = $folder/mon
mon allow pool size one = true
mon data avail crit = 0
mon max pg per osd = 1000
paxos propose interval = 0.05
paxos min wait = 0.01
osd data = $folder/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd memory target = 939524096
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0

[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$rgw_port
rgw run sync thread = false
rgw enable usage log = false
CONF

monmaptool --create --fsid "$cluster_id" --addv a "$mon_address" "$folder/monmap" >"$folder/log/monmap.out"
ceph-mon -i a --mkfs --monmap "$folder/monmap" >"$folder/log/mon-mkfs.out" 2>&1 || give_up 'ceph-mon --mkfs failed'
daemon mon ceph-mon -i a -f
await 'the monitor' ceph --connect-timeout 2 mon stat

ceph osd new "$osd_id" >/dev/null
ceph-osd -i 0 --mkfs --osd-uuid "$osd_id" >"$folder/log/osd-mkfs.out" 2>&1 || give_up 'ceph-osd --mkfs failed'
daemon osd ceph-osd -i 0 -f
osd_is_up() { ceph --connect-timeout 2 osd stat | grep -q '1 up'; }
await 'the OSD' osd_is_up

radosgw-admin user create --uid=parse3d --display-name=parse3d \
  --access-key="$access_key" --secret-key="$secret_key" >"$folder/log/user.out" 2>&1 || give_up 'radosgw-admin failed'
daemon radosgw radosgw -n client.rgw -f
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$rgw_port"); }
await 'radosgw' answers
echo "ready http://127.0.0.1:$rgw_port"

if [ "${1:-}" = --with-stdin ]; then
  # A background command reads /dev/null unless it is told otherwise.
  exec 3<&0
  cat <&3 >/dev/null &
  watcher=$!
fi
wait -n $watcher "${daemons[@]}" || true
for pid in "${daemons[@]}"; do
  if ! kill -0 "$pid" 2>/dev/null; then give_up 'a daemon ended'; fi
done
