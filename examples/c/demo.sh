#!/bin/bash
# Builds demo.c as a user of the installed library would, and runs it against a sandbox of its own. Nothing is
# left behind: the sandbox ends with its standard input, and the folder is removed.
#
# Usage: examples/c/demo.sh [PROFILE-DIR], the folder cargo built into (target/debug).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
built=$(cd "${1:-$here/../../target/debug}" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$here/../../bindings-c/install.sh" "$folder/prefix" "$built"
PKG_CONFIG_PATH=$folder/prefix/lib/pkgconfig
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # flags are words
cc -std=c99 "$here/demo.c" -o "$folder/demo" $(pkg-config --cflags --libs dropoff) -Wl,-rpath,"$folder/prefix/lib"

coproc SANDBOX { exec "$built/dropoff-sandbox" serve --exit-with-stdin; }
read -r ready <&"${SANDBOX[0]}"
fact() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" <<<"$ready"; }
API_URL=$(fact api_url) STORAGE_URL=$(fact storage_url)
H_API_KEY=$(fact h_api_key) AGENTDROP_API_KEY=$(fact agentdrop_api_key)
export API_URL STORAGE_URL H_API_KEY AGENTDROP_API_KEY

echo "sandbox: both services at $API_URL, storage at $STORAGE_URL"
mkdir "$folder/work"
"$folder/demo" "$folder/work"
