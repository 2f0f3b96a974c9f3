#!/bin/bash
# Debian's next release in a folder of its own, with the compilers and emulators that tests/platforms wants:
#   tests/platforms/chroot.sh FOLDER check|windows|musl|arm64 …
# A part that is there already is left as it is. Wants root, debootstrap and a Debian mirror: DEBIAN_MIRROR,
# or the one this machine's apt has. Nothing outside of FOLDER is changed. All of it takes some minutes and
# 5 GB; with what run.py builds beside it, 8.
set -euo pipefail

folder=$(realpath -m "$1")
shift
release=forky
root=$folder/root

fail() { echo "tests/platforms: $*" >&2; exit 1; }

mirror() {
    if [ -n "${DEBIAN_MIRROR:-}" ]; then
        echo "$DEBIAN_MIRROR"
        return
    fi
    apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 2>/dev/null | sort -u |
        awk '$1 == "Debian" && $2 !~ /security/ { print $2; exit }'
}

base() {
    [ -e "$folder/base.done" ] && return
    [ "$(id -u)" = 0 ] || fail "a chroot is made by root; run this with sudo"
    command -v debootstrap >/dev/null || fail "debootstrap is missing; run: apt-get install debootstrap"
    local from
    from=$(mirror)
    [ -n "$from" ] || fail "this machine's apt has no Debian mirror; name one in DEBIAN_MIRROR"
    rm -rf "$root"
    mkdir -p "$root"
    # Every release after the stable one is set up as sid is; an older debootstrap does not know its name.
    debootstrap --variant=minbase --include=ca-certificates "$release" "$root" "$from" \
        /usr/share/debootstrap/scripts/sid
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
    echo 'APT::Install-Recommends "false";' >"$root/etc/apt/apt.conf.d/tests"
    # Whether a mirror may be behind is said by this machine's own apt.
    apt-config dump Acquire::Check-Valid-Until >>"$root/etc/apt/apt.conf.d/tests"
    rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
    # Wine is not in every next release; it then comes from sid, and nothing else does.
    printf 'deb %s %s main\n' "$from" "$release" "$from" sid >"$root/etc/apt/sources.list"
    printf 'Package: *\nPin: release n=sid\nPin-Priority: 100\n' >"$root/etc/apt/preferences.d/sid"
    touch "$folder/base.done"
}

# In a mount namespace of its own, so that nothing has to be unmounted.
inside() {
    unshare --mount --fork bash -c 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
        cp /etc/resolv.conf "$0/etc/resolv.conf" &&
        DEBIAN_FRONTEND=noninteractive exec chroot "$0" "$@"' "$root" "$@"
}

packages() {
    local part=$1
    shift
    [ -e "$folder/$part.done" ] && return
    base
    inside apt-get update -q
    inside apt-get install -q -y "$@"
    inside apt-get clean
    touch "$folder/$part.done"
}

rust() { packages rust rustc cargo rust-src gcc libc6-dev pkg-config; }

# What runs programs of tests/c, tests/cli and tests/python.
pytest() {
    packages pytest python3-pytest python3-pytest-timeout
    packages jsonschema python3-jsonschema
}

# Debian has Rust's std for its own architectures, and libraries of all of them side by side; but of programs
# one alone, so that the interpreter lies in a folder of its own.
arm64() {
    base
    [ -e "$folder/arm64.done" ] || inside dpkg --add-architecture arm64
    packages arm64 qemu-user gcc-aarch64-linux-gnu libc6-dev:arm64 libstd-rust-dev:arm64 libstdc++6:arm64
    packages venv python3-venv
    local python
    python=$(inside python3 -c 'import sys; print("python3.%d" % sys.version_info[1])')
    # So that it finds its library without being told, as in an environment that is made of it.
    mkdir -p "$root/opt/arm64/usr/lib"
    ln -sfn "/usr/lib/$python" "$root/opt/arm64/usr/lib/$python"
    [ -e "$folder/python-arm64.done" ] && return
    inside apt-get install -q -y "lib$python-stdlib:arm64" libexpat1:arm64 zlib1g:arm64
    inside sh -ec 'cd /tmp && apt-get download -q "$0-minimal:arm64" &&
        mkdir -p /opt && dpkg-deb -x "$0"-minimal_*.deb /opt/arm64 && rm "$0"-minimal_*.deb &&
        ln -sf "$0" /opt/arm64/usr/bin/python3' "$python"
    touch "$folder/python-arm64.done"
}

# Debian has no std for it; zig's linker tells of the folder that is missing.
musl() {
    packages musl musl musl-tools
    mkdir -p "$root/usr/lib/rustlib/x86_64-unknown-linux-musl/lib"
}

for part in "$@"; do
    case $part in
        check) rust; packages mingw gcc-mingw-w64-x86-64 ;;
        windows) rust; packages mingw gcc-mingw-w64-x86-64; packages wine wine wine64 ;;
        musl) rust; pytest; musl ;;
        arm64) rust; pytest; arm64 ;;
        *) fail "there is no part $part; there are check, windows, musl and arm64" ;;
    esac
done
