#!/bin/sh
# Installs the C library below a prefix: header, shared and static library, pkg-config and CMake files. What
# it installs holds no absolute path, so the folder can be moved.
#
#     cargo build --release -p dropoff-c && bindings-c/install.sh /usr/local
#
# PROFILE-DIR is the folder cargo built into (target/release). Libraries go to LIBDIR below PREFIX, such as
# lib64 or lib/x86_64-linux-gnu instead of lib; the environment may name it, too. A packager's DESTDIR stands
# before every path, and the machine's loader is told nothing then. Needs binutils, as every C compiler does;
# LD, OBJCOPY, READELF and AR name others. Where PROFILE-DIR has Windows' library, that is installed as
# bin/dropoff.dll with the import library dropoff.lib, which both Microsoft's compiler and mingw link; DLLTOOL
# names mingw's or LLVM's. Of macOS' the shared library is installed, and no archive.
set -eu

usage() {
    echo "usage: [DESTDIR=ROOT] $0 [--libdir=LIBDIR] PREFIX [PROFILE-DIR]" >&2
    exit 2
}

fail() {
    echo "$1" >&2
    exit 1
}

libdir=${LIBDIR:-lib} prefix='' built=''
while [ $# -gt 0 ]; do
    case $1 in
    --libdir=*) libdir=${1#*=} ;;
    --libdir) [ $# -gt 1 ] || usage && shift && libdir=$1 ;;
    -*) usage ;;
    *) if [ -z "$prefix" ]; then prefix=$1; elif [ -z "$built" ]; then built=$1; else usage; fi ;;
    esac
    shift
done
[ -n "$prefix" ] || usage
here=$(cd "$(dirname "$0")" && pwd)
built=${built:-${CARGO_TARGET_DIR:-$here/../target}/release}
header=$here/../include/dropoff.h
version=$(sed -n 's/^#define DROPOFF_VERSION "\(.*\)"$/\1/p' "$header")
# What `rustc --print native-static-libs` says, but for gcc_s: the compiler adds that one, or gcc_eh with
# -static, by itself. tests/c compares.
native="util rt pthread m dl c"

# The folder of the files is found from theirs, so it must be below the prefix.
libdir=$(echo "${libdir#"${prefix%/}"/}" | sed 's,//*,/,g; s,/$,,')
case /$libdir/ in
// | //* | */../* | */./*) fail "--libdir must be a folder below $prefix, such as lib64" ;;
esac

root=${DESTDIR:+$DESTDIR/}$prefix
lib=$root/$libdir
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The shared library under its SONAME, and an archive. Nothing is installed before all of it is made.
install_linux() {
    for file in libdropoff_c.so libdropoff_c.a; do
        [ -f "$built/$file" ] || fail "$built/$file is missing; run: cargo build --release -p dropoff-c"
    done

    # Not the linker of any name: --force-group-allocation is GNU's alone.
    LD=${LD:-$(command -v ld.bfd || echo ld)}
    OBJCOPY=${OBJCOPY:-objcopy}
    READELF=${READELF:-readelf}
    AR=${AR:-ar}
    for tool in "$LD" "$OBJCOPY" "$READELF" "$AR"; do
        command -v "$tool" >/dev/null || fail "$tool is missing; install binutils"
    done
    soname=$(LC_ALL=C "$READELF" -d "$built/libdropoff_c.so" | sed -n 's/.*Library soname: \[\(.*\)\]$/\1/p')
    [ -n "$soname" ] || fail "$built/libdropoff_c.so has no SONAME; build it with bindings-c/build.rs"

    # Of the archive one object whose only globals are dropoff_*: as cargo writes it, it exports Rust's
    # library and its dependencies' names, and links neither beside another Rust library nor beside
    # libdeflate. Groups are dissolved, or the linker would drop ours, local symbols and all, for those of
    # another archive; std's LLVM bitcode ends nm and ar where an older LLVM is their plugin.
    "$LD" -r -o "$scratch/dropoff.o" --force-group-allocation --whole-archive "$built/libdropoff_c.a"
    "$OBJCOPY" --wildcard --keep-global-symbol='dropoff_*' --remove-section=.llvmbc --remove-section=.llvmcmd \
        "$scratch/dropoff.o"
    "$AR" rcsD "$scratch/libdropoff.a" "$scratch/dropoff.o"
    install_headers
    install -m 755 "$built/libdropoff_c.so" "$lib/libdropoff.so.$version"
    install -m 644 "$scratch/libdropoff.a" "$lib/libdropoff.a"
    ln -sf "libdropoff.so.$version" "$lib/$soname"
    ln -sf "$soname" "$lib/libdropoff.so"
    cmake_shared="
    IMPORTED_LOCATION \"\${_dropoff_prefix}/$libdir/libdropoff.so.$version\"
    IMPORTED_SONAME \"$soname\""
}

# As on Linux, by the name that build.rs gave it.
install_macos() {
    soname=$(otool -D "$built/libdropoff_c.dylib" | sed -n '$s,.*/,,p')
    install_headers
    install -m 755 "$built/libdropoff_c.dylib" "$lib/libdropoff.$version.dylib"
    ln -sf "libdropoff.$version.dylib" "$lib/$soname"
    ln -sf "$soname" "$lib/libdropoff.dylib"
    cmake_shared="
    IMPORTED_LOCATION \"\${_dropoff_prefix}/$libdir/libdropoff.$version.dylib\"
    IMPORTED_SONAME \"@rpath/$soname\""
}

# A DLL's own name is in what is linked to it, so the import library is made anew, for the installed name.
install_windows() {
    DLLTOOL=${DLLTOOL:-$(command -v x86_64-w64-mingw32-dlltool || command -v llvm-dlltool || echo dlltool)}
    command -v "$DLLTOOL" >/dev/null || fail "$DLLTOOL is missing; install binutils of mingw-w64, or LLVM"
    {
        echo EXPORTS
        sed -n 's/^[a-z].*[ *]\(dropoff_[a-z0-9_]*\)(.*/\1/p' "$header" | sort -u
    } >"$scratch/dropoff.def"
    "$DLLTOOL" -m i386:x86-64 -D dropoff.dll -d "$scratch/dropoff.def" -l "$scratch/dropoff.lib"
    install_headers
    mkdir -p "$root/bin"
    install -m 755 "$built/dropoff_c.dll" "$root/bin/dropoff.dll"
    install -m 644 "$scratch/dropoff.lib" "$lib/dropoff.lib"
    cmake_shared="
    IMPORTED_LOCATION \"\${_dropoff_prefix}/bin/dropoff.dll\"
    IMPORTED_IMPLIB \"\${_dropoff_prefix}/$libdir/dropoff.lib\""
}

install_headers() {
    mkdir -p "$root/include" "$lib/pkgconfig" "$lib/cmake/dropoff"
    install -m 644 "$header" "${header%.h}.hpp" "$root/include/"
}

if [ -f "$built/dropoff_c.dll" ]; then
    system=windows
elif [ -f "$built/libdropoff_c.dylib" ]; then
    system=macos
else
    system=linux
fi
install_$system

# From the libraries' folder to the prefix.
up=$(echo "$libdir" | sed 's,[^/][^/]*,..,g')
cat >"$lib/pkgconfig/dropoff.pc" <<EOF
prefix=\${pcfiledir}/../$up
libdir=\${prefix}/$libdir
includedir=\${prefix}/include

Name: dropoff
Description: Hands an agent's files to presigned object storage
URL: https://dropoff.github.io/dropoff/
License: MIT OR Apache-2.0
Version: $version
Cflags: -I\${includedir}
Libs: -L\${libdir} -ldropoff
EOF
# What an archive wants, where there is one.
if [ $system = linux ]; then
    echo "Libs.private:$(printf ' -l%s' $native)" >>"$lib/pkgconfig/dropoff.pc"
fi

static_target=''
if [ $system = linux ]; then
    static_target="
  add_library(dropoff::static STATIC IMPORTED)
  set_target_properties(dropoff::static PROPERTIES
    IMPORTED_LOCATION \"\${_dropoff_prefix}/$libdir/libdropoff.a\"
    INTERFACE_INCLUDE_DIRECTORIES \"\${_dropoff_prefix}/include\"
    INTERFACE_LINK_LIBRARIES \"$(echo "$native" | tr ' ' ';')\")"
fi
cat >"$lib/cmake/dropoff/dropoff-config.cmake" <<EOF
# find_package(dropoff) gives the targets dropoff::dropoff (shared)${static_target:+ and dropoff::static}.
get_filename_component(_dropoff_prefix "\${CMAKE_CURRENT_LIST_DIR}/../../$up" ABSOLUTE)
if(NOT TARGET dropoff::dropoff)
  add_library(dropoff::dropoff SHARED IMPORTED)
  set_target_properties(dropoff::dropoff PROPERTIES$cmake_shared
    INTERFACE_INCLUDE_DIRECTORIES "\${_dropoff_prefix}/include")$static_target
endif()
unset(_dropoff_prefix)
EOF

# Before 1.0 a minor version may break programs.
cat >"$lib/cmake/dropoff/dropoff-config-version.cmake" <<EOF
set(PACKAGE_VERSION "$version")
if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION
   OR NOT PACKAGE_FIND_VERSION VERSION_GREATER_EQUAL "${version%.*}")
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
  if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
endif()
EOF

[ -z "${DESTDIR:-}" ] || exit 0
if [ $system = macos ]; then
    # For a library whose name begins with @rpath its loader looks into the program's own folders alone.
    echo "Link programs with -Wl,-rpath,$(cd "$lib" && pwd)."
fi
[ $system = linux ] || exit 0

# Whether the loader looks into a folder: into few, and there only at what ldconfig has noted. Not every
# user's PATH leads to ldconfig, and musl has none.
PATH=$PATH:/usr/sbin:/sbin
searched() {
    ldconfig -N -X -v 2>/dev/null | sed -n 's,^\(/[^:]*\):.*,\1,p' | while read -r folder; do
        [ ! "$folder" -ef "$1" ] || echo yes
    done
}

lib=$(cd "$lib" && pwd)
if [ -z "$(searched "$lib")" ]; then
    echo "The loader does not look into $lib by itself:" \
        "link programs with -Wl,-rpath,$lib, or run them with LD_LIBRARY_PATH=$lib."
elif [ "$(id -u)" = 0 ]; then
    ldconfig
else
    echo "Run ldconfig as root, or the loader does not find $soname."
fi
