#!/bin/bash
# Debian's next release in a folder of its own, with the compilers and emulators that tests/platforms wants:
#   tests/platforms/chroot.sh FOLDER check|windows|musl|arm64|arm64-musl …
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
    # So that it finds its library, and Debian's pytest, without being told.
    mkdir -p "$root/opt/arm64/usr/lib"
    for each in "$python" python3; do ln -sfn "/usr/lib/$each" "$root/opt/arm64/usr/lib/$each"; done
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
    python_of_musl musl musl-gcc
}

# The other Python compiles what this one has in Python; what configure finds by running a program is told.
arm64_musl() {
    packages arm64-musl musl-dev:arm64
    mkdir -p "$root/usr/lib/rustlib/aarch64-unknown-linux-musl/lib"
    python_of_musl arm64-musl aarch64-linux-musl-gcc --host=aarch64-linux-musl --build=x86_64-linux-gnu \
        --with-build-python=/opt/musl/bin/python3 ac_cv_file__dev_ptmx=yes ac_cv_file__dev_ptc=no \
        ac_cv_buggy_getaddrinfo=no
}

# No registry has a CPython for musl, so it is compiled of Debian's source: of the stable release's, which
# stays as it is. It has no TLS and no ctypes; SQLite, which our tests want, is made of its parts by tcl.
# `--print-multiarch` tells of glibc, and configure would end. Arguments: a folder's name, a compiler, and
# what configure is told where that compiles for another processor.
python_of_musl() {
    local name=$1
    [ -e "$folder/python-$name.done" ] && return
    packages make make xz-utils tcl
    sed -n "s/^deb \(.*\) $release main$/deb-src \1 trixie main/p" "$root/etc/apt/sources.list" \
        >"$root/etc/apt/sources.list.d/source.list"
    inside apt-get update -q
    inside bash -euc 'prefix=/opt/$1 compiler=$2
        shift 2
        rm -rf "$prefix" /opt/source && mkdir -p /opt/source && cd /opt/source
        apt-get source -q --tar-only --download-only zlib sqlite3 python3.13
        for each in *.orig.tar.*; do tar -xf "$each"; done
        printf "#!/bin/sh\ncase \$* in *-print-multiarch*) ;; *) exec $compiler \"\$@\" ;; esac\n" >cc
        chmod +x cc
        export CC=$PWD/cc CFLAGS="-O1 -fPIC"
        (cd zlib-* && ./configure --static --prefix="$prefix" && make -j2 install)
        (cd sqlite3-* && flags=(--disable-shared --disable-tcl --disable-readline --prefix="$prefix") &&
            ./configure "${flags[@]}" "${@:1:1}" && make -j2 install)
        export CPPFLAGS=-I$prefix/include LDFLAGS=-L$prefix/lib
        (cd Python-3.* && ./configure --prefix="$prefix" --disable-test-modules "$@" && make -j2 install)
        echo /usr/lib/python3/dist-packages >debian.pth
        mv debian.pth "$prefix"/lib/python3.*/site-packages
        rm -r /opt/source' compile "$@"
    touch "$folder/python-$name.done"
}

for part in "$@"; do
    case $part in
        check) rust; packages mingw gcc-mingw-w64-x86-64 ;;
        windows) rust; pytest; packages mingw gcc-mingw-w64-x86-64; packages wine wine wine64 ;;
        musl) rust; pytest; musl ;;
        arm64) rust; pytest; arm64 ;;
        arm64-musl) rust; pytest; arm64; musl; arm64_musl ;;
        *) fail "there is no part $part; there are check, windows, musl, arm64 and arm64-musl" ;;
    esac
done
