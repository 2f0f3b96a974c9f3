#!/usr/bin/env bash
# Writes what each package is compiled from (CycloneDX 1.5, all systems) beside the packages: sbom.sh OUT. The
# wheel has its own inside as well.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$root"
cargo cyclonedx --version >/dev/null 2>&1 || {
    echo "cargo-cyclonedx is missing; run: cargo install cargo-cyclonedx --locked" >&2
    exit 1
}
# It writes one beside the manifest of every crate of the workspace.
name=dropoff-sbom
trap 'find . -name "$name.json" -not -path "./target/*" -delete' EXIT
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) cargo cyclonedx --quiet --format json --spec-version 1.5 --target all \
    --no-build-deps --override-filename "$name"
for part in c node python; do
    mv "bindings-$part/$name.json" "$out/dropoff-$part.cdx.json"
done
mv "cli/$name.json" "$out/dropoff-cli.cdx.json"
mv "sandbox/$name.json" "$out/dropoff-sandbox.cdx.json"
ls -l "$out"/*.cdx.json
