#!/usr/bin/env bash
# Packs what users get: a wheel and its source, an npm tarball, a C tarball, and the sandbox as a program.
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
(cd bindings-node && npm pack --silent --pack-destination "$out" >/dev/null)

[ "$profile" = dev ] || cargo build --release -p dropoff-c -p dropoff-sandbox
version=$(sed -n 's/^#define DROPOFF_VERSION "\(.*\)"$/\1/p' include/dropoff.h)
name=dropoff-c-$version-linux-x86_64
DESTDIR=$out bindings-c/install.sh "/$name" "$built"
mkdir "$out/$name/examples"
cp examples/c/{send_files,upload_profile}.c "$out/$name/examples"
cp LICENSE "$out/$name"
tar -C "$out" --sort=name --owner=0 --group=0 -czf "$out/$name.tar.gz" "$name"
rm -r "${out:?}/$name"
cp "$built/dropoff-sandbox" "$out"

(cd "$out" && ls -l --block-size=1 | awk 'NR > 1 { printf "%12d %s\n", $5, $9 }')
