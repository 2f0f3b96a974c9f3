#!/usr/bin/env bash
# Packs what users get: a wheel and its source, npm packages, a C tarball, the sandbox as a tarball, and the
# command as wheel, npm packages and tarball. Each has LICENSE and THIRD-PARTY-LICENSES.txt.
#
# Usage: pack.sh dev OUT             what the tests have built anyway
#        pack.sh release OUT TARGET  for one of Rust's targets, such as x86_64-unknown-linux-musl; wants
#                                    .venv-dist/bin first in PATH, and rustup's std for that target. Those of
#                                    macOS and Windows are made on such a machine, with its own compiler.
#        pack.sh built OUT TARGET CONFIG
#                                    what cargo has built for TARGET, a Linux, without optimising, by CONFIG
#                                    and the environment's flags; wheels are built so, too: tests/platforms
# TAR names GNU's tar, where it is not the usual one.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
usage() { echo "usage: $0 dev OUT | release OUT TARGET | built OUT TARGET CONFIG" >&2 && exit 2; }
[ $# -ge 2 ] || usage
profile=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
rm -rf "${out:?}"/*
cd "$root"
host=$(rustc -vV | sed -n 's/^host: //p')
target_dir=${CARGO_TARGET_DIR:-$root/target}

# No list is ever empty: macOS' bash takes one that is for a variable that nobody set.
case $profile in
dev)
    target=$host
    maturin=(.venv/bin/maturin) arguments=(--quiet)
    built=$target_dir/debug
    ;;
release)
    target=${3:?"usage: $0 release OUT TARGET"}
    maturin=(maturin) arguments=(--quiet --release --zig --target "$target")
    built=$target_dir/$target/release
    flags=CARGO_TARGET_$(echo "$target" | tr a-z- A-Z_)_RUSTFLAGS
    ;;
built)
    [ $# -eq 4 ] || usage
    target=$3
    maturin=(maturin) arguments=(--quiet --profile dev --config "$4" --zig --target "$target")
    built=$target_dir/$target/debug
    ;;
*) usage ;;
esac
arch=${target%%-*}
case $target in
*-linux-gnu) system=linux-$arch libc=gnu ;;
*-linux-musl) system=linux-$arch-musl libc=musl ;;
*-apple-darwin) system=macos-$arch libc= ;;
*-pc-windows-msvc) system=windows-$arch libc= ;;
*) echo "$0 knows no packages for $target" >&2 && exit 2 ;;
esac
case $arch in
x86_64) cpu=x64 ;;
aarch64) cpu=arm64 ;;
esac
: "${cpu:?"no name for $arch"}"
exe=""
case $system in
linux-*) platform=linux-$cpu-$libc library=libdropoff_node.so ;;
macos-*) platform=darwin-$cpu library=libdropoff_node.dylib ;;
windows-*) platform=win32-$cpu-msvc library=dropoff_node.dll exe=.exe ;;
esac

if [ "$profile" = dev ]; then
    node bindings-node/scripts/build.mjs --workspace --all-targets
    module=bindings-node/dropoff.$platform.node
elif [ -z "$libc" ]; then
    arguments=(--quiet --release --target "$target")
    # The oldest macOS that Rust knows on both processors; Windows' C library in the file itself, since not
    # every machine has it.
    export MACOSX_DEPLOYMENT_TARGET=11.0
    case $system in windows-*) export "$flags=-C target-feature=+crt-static" ;; esac
    cargo build --release --lib -p dropoff-c -p dropoff-node --target "$target"
    cargo build --release -p dropoff-sandbox --bin dropoff-sandbox --target "$target"
    module=$built/$library
else
    if [ $libc = gnu ]; then
        # RHEL 7 has this one, and Amazon Linux 2 and Debian 10 newer ones.
        arguments+=(--compatibility manylinux2014) zig=$target.2.17
        # By itself zig puts an unwinder of its own into each library. CPython before 3.14 ends threads that
        # outlive the program by unwinding them with libgcc's, and the process crashes where the two meet.
        compiler=cc
        [ "$arch" = "$(uname -m)" ] || compiler=$arch-linux-gnu-gcc
        # Where it is linked to a program, lld would look for what it wants of this machine's glibc, too.
        unwinder=$("$compiler" -print-file-name=libgcc_s.so.1)
        linking="-C link-arg=$unwinder -C link-arg=-Wl,--allow-shlib-undefined"
    else
        arguments+=(--compatibility musllinux_1_2) zig=$target
        # A library for musl's own loader; Rust would link musl in.
        linking="-C target-feature=-crt-static"
    fi
    if [ "$profile" = release ]; then
        export "$flags=$linking"
        cargo-zigbuild zigbuild --release --lib -p dropoff-c -p dropoff-node --target "$zig"
        # Apart: with the command's features tokio wants descriptors for signals, and panics where few are
        # left.
        cargo-zigbuild zigbuild --release -p dropoff-sandbox --bin dropoff-sandbox --target "$zig"
    fi
    # maturin has cargo-zigbuild inside, whose linker lies in a folder by the program's name; cargo would
    # compile all anew for another linker.
    zigbuild=$(realpath "$(command -v cargo-zigbuild)")
    maturin=(env "CARGO_BIN_EXE_cargo-zigbuild=$zigbuild" maturin)
    module=$built/$library
fi
"${maturin[@]}" build "${arguments[@]}" -m bindings-python/Cargo.toml --out "$out"
"${maturin[@]}" build "${arguments[@]}" -m cli/Cargo.toml --out "$out"
"${maturin[@]}" sdist -m bindings-python/Cargo.toml --out "$out" >/dev/null
node bindings-node/scripts/pack.mjs "$out" "$platform=$module"
node cli/npm/pack.mjs "$out" "$platform=$built/dropoff$exe"

version=$(sed -n 's/^#define DROPOFF_VERSION "\(.*\)"$/\1/p' include/dropoff.h)
# A folder of that name becomes a tarball of it.
tarball() {
    cp LICENSE THIRD-PARTY-LICENSES.txt "$out/$1"
    "${TAR:-tar}" -C "$out" --sort=name --owner=0 --group=0 -czf "$out/$1.tar.gz" "$1"
    rm -r "${out:?}/$1"
}

name=dropoff-c-$version-$system
DESTDIR=$out bindings-c/install.sh "/$name" "$built"
mkdir "$out/$name/examples"
cp examples/c/{send_files,upload_profile}.c "$out/$name/examples"
tarball "$name"

name=dropoff-cli-$version-$system
mkdir -p "$out/$name"/{bin,share/{man/man1,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}}
cp "$built/dropoff$exe" "$out/$name/bin"
cp cli/README.md "$out/$name"
share=$out/$name/share
# They are the same on every system, and what was built for another one may not run here.
program=("$built/dropoff$exe")
[ "$target" = "$host" ] || "${program[@]}" --version >/dev/null 2>&1 ||
    program=(cargo run --quiet --package dropoff-cli --bin dropoff --)
"${program[@]}" man "$share/man/man1" >/dev/null
"${program[@]}" completion bash >"$share/bash-completion/completions/dropoff"
"${program[@]}" completion zsh >"$share/zsh/site-functions/_dropoff"
"${program[@]}" completion fish >"$share/fish/vendor_completions.d/dropoff.fish"
tarball "$name"

name=dropoff-sandbox-$version-$system
mkdir "$out/$name"
cp "$built/dropoff-sandbox$exe" sandbox/README.md "$out/$name"
tarball "$name"

(cd "$out" && wc -c -- *)
