#!/usr/bin/env bash
# Packs what users get: a wheel and its source, npm's packages, a C tarball, and a tarball with the sandbox's program.
# Each has LICENSE and THIRD-PARTY-LICENSES.txt.
#
# Usage: pack.sh dev|release OUT. `dev` takes what the tests have built anyway.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
profile=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
rm -rf "${out:?}"/*
case $profile in
release) flags=(--release) built=$root/target/release ;;
dev) flags=() built=$root/target/debug ;;
*) echo "usage: $0 dev|release OUT" >&2 && exit 2 ;;
esac
cd "$root"

.venv/bin/maturin build --quiet "${flags[@]}" -m bindings-python/Cargo.toml --out "$out"
.venv/bin/maturin sdist -m bindings-python/Cargo.toml --out "$out" >/dev/null

if [ "$profile" = dev ]; then
    node bindings-node/scripts/build.mjs --workspace --all-targets
else
    node bindings-node/scripts/build.mjs --release
fi
node bindings-node/scripts/pack.mjs "$out" linux-x64-gnu=bindings-node/dropoff.linux-x64-gnu.node

[ "$profile" = dev ] || cargo build --release -p dropoff-c -p dropoff-sandbox
version=$(sed -n 's/^#define DROPOFF_VERSION "\(.*\)"$/\1/p' include/dropoff.h)
system=linux-x86_64
# A folder of that name becomes a tarball of it.
tarball() {
    cp LICENSE THIRD-PARTY-LICENSES.txt "$out/$1"
    tar -C "$out" --sort=name --owner=0 --group=0 -czf "$out/$1.tar.gz" "$1"
    rm -r "${out:?}/$1"
}

name=dropoff-c-$version-$system
DESTDIR=$out bindings-c/install.sh "/$name" "$built"
mkdir "$out/$name/examples"
cp examples/c/{send_files,upload_profile}.c "$out/$name/examples"
tarball "$name"

name=dropoff-sandbox-$version-$system
mkdir "$out/$name"
cp "$built/dropoff-sandbox" sandbox/README.md "$out/$name"
tarball "$name"

(cd "$out" && ls -l --block-size=1 | awk 'NR > 1 { printf "%12d %s\n", $5, $9 }')
