#!/bin/sh
# Installs the C library below a prefix: header, shared and static library, pkg-config and CMake files. What it
# installs holds no absolute path, so the folder can be moved.
#
#     cargo build --release -p dropoff-c && bindings-c/install.sh /usr/local
#
# Usage: install.sh PREFIX [PROFILE-DIR], where PROFILE-DIR is the folder cargo built into (target/release).
set -eu

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: $0 PREFIX [PROFILE-DIR]" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
prefix=$1
built=${2:-$here/../target/release}
header=$here/../include/dropoff.h
version=$(sed -n 's/^#define DROPOFF_VERSION "\(.*\)"$/\1/p' "$header")
major=${version%%.*}
# What `rustc --print native-static-libs` says; tests/c links a program with it.
native="gcc_s util rt pthread m dl c"

for file in libdropoff_c.so libdropoff_c.a; do
    if [ ! -f "$built/$file" ]; then
        echo "$built/$file is missing; run: cargo build --release -p dropoff-c" >&2
        exit 1
    fi
done

mkdir -p "$prefix/include" "$prefix/lib/pkgconfig" "$prefix/lib/cmake/dropoff"
install -m 644 "$header" "$prefix/include/dropoff.h"
install -m 755 "$built/libdropoff_c.so" "$prefix/lib/libdropoff.so.$version"
install -m 644 "$built/libdropoff_c.a" "$prefix/lib/libdropoff.a"
ln -sf "libdropoff.so.$version" "$prefix/lib/libdropoff.so.$major"
ln -sf "libdropoff.so.$major" "$prefix/lib/libdropoff.so"

cat >"$prefix/lib/pkgconfig/dropoff.pc" <<EOF
prefix=\${pcfiledir}/../..
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: dropoff
Description: Hands an agent's files to presigned object storage
Version: $version
Cflags: -I\${includedir}
Libs: -L\${libdir} -ldropoff
Libs.private:$(printf ' -l%s' $native)
EOF

cat >"$prefix/lib/cmake/dropoff/dropoff-config.cmake" <<EOF
# find_package(dropoff) gives the targets dropoff::dropoff (shared) and dropoff::static.
get_filename_component(_dropoff_prefix "\${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET dropoff::dropoff)
  add_library(dropoff::dropoff SHARED IMPORTED)
  set_target_properties(dropoff::dropoff PROPERTIES
    IMPORTED_LOCATION "\${_dropoff_prefix}/lib/libdropoff.so.$version"
    IMPORTED_SONAME "libdropoff.so.$major"
    INTERFACE_INCLUDE_DIRECTORIES "\${_dropoff_prefix}/include")
  add_library(dropoff::static STATIC IMPORTED)
  set_target_properties(dropoff::static PROPERTIES
    IMPORTED_LOCATION "\${_dropoff_prefix}/lib/libdropoff.a"
    INTERFACE_INCLUDE_DIRECTORIES "\${_dropoff_prefix}/include"
    INTERFACE_LINK_LIBRARIES "$(echo "$native" | tr ' ' ';')")
endif()
unset(_dropoff_prefix)
EOF

# Before 1.0 a minor version may break programs.
cat >"$prefix/lib/cmake/dropoff/dropoff-config-version.cmake" <<EOF
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
