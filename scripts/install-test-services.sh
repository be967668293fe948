#!/usr/bin/env bash
# Installs on Debian what the tests need besides Node: a Redis server, a single-node Ceph with its S3 gateway (the store
# that the S3 tests run against), Chromium (the browser that the page is tested in), curl and jq (of the commands that the
# page shows), zsh (completion), nibabel (the oracle of the NIfTI tests), pydicom, dcm2niix, dcmtk and dicom3tools (those
# of the DICOM tests), torch and onnx (of the exporter of BiomedParse), and what the Python client is built with and used
# by. Installs only what is missing, so that it may be run again and again.
#
#   scripts/install-test-services.sh
set -euo pipefail

# package=a file or program that shows that it is there
needed=(
  redis-server=redis-server
  radosgw=radosgw
  ceph-mon=ceph-mon
  ceph-osd=ceph-osd
  ceph-common=ceph
  chromium=chromium
  jq=jq
  curl=curl
  zsh=zsh
  python3-numpy=/usr/lib/python3/dist-packages/numpy
  python3-nibabel=/usr/lib/python3/dist-packages/nibabel
  python3-pydicom=/usr/lib/python3/dist-packages/pydicom
  python3-torch=/usr/lib/python3/dist-packages/torch
  python3-onnx=/usr/lib/python3/dist-packages/onnx
  python3-httpx=/usr/lib/python3/dist-packages/httpx
  python3-pandas=/usr/lib/python3/dist-packages/pandas
  python3-hatchling=/usr/lib/python3/dist-packages/hatchling
  python3-nbclient=/usr/lib/python3/dist-packages/nbclient
  python3-ipykernel=/usr/lib/python3/dist-packages/ipykernel
  python3-pip=/usr/lib/python3/dist-packages/pip
  dcm2niix=dcm2niix
  dcmtk=dcmcjpeg
  dicom3tools=dciodvfy
)

missing=()
for entry in "${needed[@]}"; do
  package=${entry%%=*} proof=${entry#*=}
  if ! command -v "$proof" >/dev/null && [ ! -e "$proof" ]; then missing+=("$package"); fi
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "install-test-services: nothing is missing"
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "install-test-services: this is not Debian or Ubuntu; install by your own means: ${missing[*]}" >&2
  exit 69
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "install-test-services: root is needed; run: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 77
fi

echo "install-test-services: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# The tests start their own servers on ports of their own, so none of the packages may start one.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
echo "install-test-services: done"
