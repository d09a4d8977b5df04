# Sourced by ./run and ./test: makes the Python environment in .venv and keeps it right.
#
#   make_environment LOCK...   leaves "$here/.venv" holding exactly what the lock files say
#
# A stamp per lock file remembers what was installed; nothing is done while the stamps agree.
# An interrupted installation leaves its mark and is thrown away by the next run. A kernel lock lets
# two runs start at once. Everything that can be missing is said in one line on standard error.

say() { printf '%s\n' "$*" >&2; }
fail() { say "signoff: $*"; exit 1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

find_python() {
    for candidate in python3.13 python3.12 python3.11 python3.14 python3; do
        found=$(command -v "$candidate") || continue
        if "$found" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null
        then
            printf '%s\n' "$found"
            return
        fi
    done
    return 1
}

stamp_of() {  # what must agree: the lock, this folder, the interpreter, what the package says of itself
    {
        cat -- "$1"
        printf '%s\n' "$here"
        "$here/.venv/bin/python" -V
        sed '/^\[tool\./,$d' "$here/pyproject.toml"
    } 2>/dev/null | sha256sum | cut -d ' ' -f 1
}

is_current() {
    [ -x "$here/.venv/bin/python" ] && [ ! -e "$here/.venv/installing" ] || return 1
    for lock in "$@"; do
        stamp="$here/.venv/$(basename -- "$lock").stamp"
        [ -r "$stamp" ] && [ "$(cat -- "$stamp")" = "$(stamp_of "$lock")" ] || return 1
    done
}

# Usage: quietly WHAT COMMAND...   runs it into the log; on failure says why in one line.
quietly() {
    what=$1; shift
    if "$@" >>"$log" 2>&1 9>&-; then return; fi
    if grep -q 'No space left on device' "$log"; then
        fail "the disk is full: $what needs room below $here (about 1 GB); free some, run again"
    fi
    reason=$(grep -E '^(ERROR|E:|Error)' "$log" | tail -n 1)
    fail "$what failed: ${reason:-$(tail -n 1 "$log")} (all of it: $log)"
}

add_venv_module() {  # Debian keeps venv's half in a package of its own
    package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    is_root && command -v apt-get >/dev/null ||
        fail "Python's venv module is missing; as root: apt-get install -y $package"
    say "Installing $package"
    quietly "apt-get update" apt-get update -q
    quietly "installing $package" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qy --no-install-recommends "$package"
}

create_venv() {
    rm -rf -- "$here/.venv"
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        quietly "making .venv" "$python" -m venv "$here/.venv"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        quietly "making .venv" "$python" -m venv --without-pip "$here/.venv"
        quietly "installing pip" "$python" -m pip --python "$here/.venv/bin/python" install -q pip
    else
        add_venv_module
        quietly "making .venv" "$python" -m venv "$here/.venv"
    fi
}

install_locks() {
    : >"$here/.venv/installing"
    for lock in "$@"; do
        say "Installing $(basename -- "$lock") into .venv (once; a minute or two)"
        quietly "installing $(basename -- "$lock")" "$here/.venv/bin/python" -m pip install \
            --disable-pip-version-check --no-input --no-deps --require-hashes --requirement "$lock"
    done
    quietly "installing signoff itself" "$here/.venv/bin/python" -m pip install \
        --disable-pip-version-check --no-input --no-deps --no-build-isolation --editable "$here"
    for lock in "$@"; do
        stamp_of "$lock" >"$here/.venv/$(basename -- "$lock").stamp"
    done
    rm -f -- "$here/.venv/installing"
}

make_environment() {
    if is_current "$@"; then return; fi
    [ -w "$here" ] || fail "cannot write to $here: run as its owner, or clone into a folder of yours"
    log="$here/.venv.log"
    { exec 9>"$here/.venv.lock" && : >>"$log"; } 2>/dev/null ||
        fail "cannot write to $here: $log or .venv.lock belongs to someone else, or the disk is full"
    flock 9
    if ! is_current "$@"; then
        : >"$log"
        python=$(find_python) ||
            fail "needs Python 3.11 or newer, found none; on Debian 12 as root: apt-get install -y python3"
        free=$(df -Pk -- "$here" | awk 'NR == 2 { print int($4 / 1024) }')
        [ "$free" -ge 700 ] ||
            fail "needs about 700 MB free below $here, found $free MB; free some, run again"
        if [ -e "$here/.venv/installing" ] || ! "$here/.venv/bin/python" -m pip -V >/dev/null 2>&1 ||
            [ "$(cat -- "$here/.venv/made-in" 2>/dev/null)" != "$here" ]; then
            create_venv
            printf '%s\n' "$here" >"$here/.venv/made-in"
        fi
        install_locks "$@"
    fi
    exec 9>&-
}
