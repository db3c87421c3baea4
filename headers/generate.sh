#!/bin/sh
# Writes src/main/java/io/github/linuxns/internal/ffi anew from namespaces.h and includes.txt.
# JEXTRACT names the jextract launcher; see README.md.
set -eu
LC_ALL=C
export LC_ALL

fail() {
    printf 'generate.sh: %s\n' "$*" >&2
    exit 1
}

[ -n "${JEXTRACT:-}" ] ||
    fail 'set JEXTRACT to a jextract launcher: JEXTRACT=/path/to/jextract/bin/jextract headers/generate.sh'
JEXTRACT=$(command -v -- "$JEXTRACT") || fail 'JEXTRACT is not an executable file or a command on the PATH'
case $JEXTRACT in
    /*) ;;
    *) JEXTRACT=$PWD/$JEXTRACT ;;
esac
machine=$(uname -sm)
[ "$machine" = 'Linux x86_64' ] ||
    fail "the committed output holds the system call numbers of Linux x86_64; this is $machine"

headers=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
sources=$(dirname -- "$headers")/src/main/java
package=io.github.linuxns.internal.ffi
directory=io/github/linuxns/internal/ffi

# Into a new directory first, so that a jextract that fails leaves the committed files as they are.
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
trap 'exit 1' HUP INT TERM

# From the headers' directory, so that no path of this machine is on the command line.
cd -- "$headers"
"$JEXTRACT" --output "$output" --target-package "$package" --header-class-name namespaces_h \
    @includes.txt namespaces.h || fail 'jextract failed; the committed files are as they were'

# jextract passes over a name it does not find.
sed -n 's/^--include-\([a-z]*\)  *\([A-Za-z0-9_]*\).*/\1 \2/p' includes.txt >"$output/wanted"
while read -r kind name; do
    case $kind in
        constant) pattern="public static [a-z]* $name()" ;;
        *) pattern="public \(static \)\{0,1\}class $name " ;;
    esac
    grep -q "$pattern" "$output/$directory"/*.java || fail "jextract found no $kind $name"
done <"$output/wanted"

rm -rf "${sources:?}/$directory"
mkdir -p "$sources/$directory"
cp "$output/$directory"/*.java "$sources/$directory/"
